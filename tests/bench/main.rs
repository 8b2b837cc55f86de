//! `bench [swaps [size]]`: from a save to code that runs, by the in-place engine and by a rebuild, side by side.
//!
//! Programs of three sizes are generated, real `midflight dap` and real `lldb-dap` debug them. Medians are of the
//! same run on the same machine, each edit once by either way.

#![allow(clippy::print_stdout, reason = "a table is what this program is for")]

mod rebuild;
mod saves;
mod table;
mod workspace;

use std::process::ExitCode;

use rebuild::Rebuilt;
use saves::{Live, Save};
use table::Table;
use workspace::{SIZES, Size, Workspace};

/// Edits that are made by either way.
const EDITS: u32 = 5;

fn main() -> ExitCode {
    let swaps = std::env::args().nth(1).and_then(|number| number.parse().ok()).unwrap_or(200);
    let only = std::env::args().nth(2);
    let mut table = Table::begin();
    for size in SIZES.iter().filter(|size| only.as_ref().is_none_or(|only| only == size.name)) {
        measure(size, if size.crates == 1 { swaps } else { EDITS }, &mut table);
    }
    if table.end() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn measure(size: &Size, swaps: u32, table: &mut Table) {
    let (swapped, rebuilt) = (Workspace::new(size, "swapped"), Workspace::new(size, "rebuilt"));
    println!("{}: {} lines in {} crates", size.name, swapped.lines(), size.crates + 1);
    Rebuilt::build(&rebuilt);
    let mut live = Live::launch(&swapped);
    // The first edit of each way finds caches cold that every later one finds warm.
    let (mut version, mut saves, mut builds) = (1, Vec::new(), Vec::new());
    live.save(&swapped, version);
    Rebuilt::relaunch(&rebuilt, version);
    while version <= swaps.max(EDITS) {
        version += 1;
        saves.push(live.save(&swapped, version));
        if version <= EDITS + 1 {
            builds.push(Rebuilt::relaunch(&rebuilt, version));
        }
    }
    live.end();
    report(size, &saves, &builds, table);
}

fn report(size: &Size, saves: &[Save], builds: &[Rebuilt], table: &mut Table) {
    let name = size.name;
    let median = |part: &dyn Fn(&Save) -> f64| at(saves.iter().map(part).collect(), 50);
    let live = median(&|save| save.live);
    let rebuild = at(builds.iter().map(|build| build.total).collect(), 50);
    table.measured(name, "save → new code live", live, size.live);
    for part in saves::PARTS {
        Table::seen(name, &format!("  {part}"), median(&|save| save.part(part)));
    }
    table.measured(name, "pause, median", median(&|save| save.part("paused")), Some(25.0));
    let worst = at(saves.iter().map(|save| save.part("paused")).collect(), 99);
    table.measured(name, &format!("pause, 99th percentile of {}", saves.len()), worst, Some(42.0));
    Table::seen(name, "cargo build + relaunch + back to the breakpoint", rebuild);
    Table::seen(name, "  cargo build", at(builds.iter().map(|build| build.build).collect(), 50));
    table.ratio(name, "save → live, of that", live / rebuild, 0.5);
}

/// The value below which so many of a hundred lie.
fn at(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let index = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(index).copied().unwrap_or(f64::NAN)
}
