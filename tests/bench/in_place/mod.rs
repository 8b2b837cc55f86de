//! Programs of three sizes are generated, real `midflight dap` and real `lldb-dap` debug them; each edit is made
//! once by either way.

mod rebuild;
mod saves;
mod workspace;

use rebuild::Rebuilt;
use saves::{Live, Save};
use workspace::{SIZES, Size, Workspace};

use crate::at;
use crate::table::Table;

/// Edits that are made by either way.
const EDITS: u32 = 5;

/// So many swaps of the smallest program, of all sizes or of one.
pub(crate) fn measure(arguments: &[&str], table: &mut Table) {
    let swaps = arguments.first().and_then(|number| number.parse().ok()).unwrap_or(200);
    let only = arguments.get(1);
    for size in SIZES.iter().filter(|size| only.is_none_or(|only| *only == size.name)) {
        measure_size(size, if size.crates == 1 { swaps } else { EDITS }, table);
    }
}

fn measure_size(size: &Size, swaps: u32, table: &mut Table) {
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
    let quarter = saves.len() / 4;
    for (which, saves) in [("first", &saves[..quarter]), ("last", &saves[saves.len() - quarter..])] {
        let pauses = saves.iter().map(|save| save.part("paused")).collect();
        Table::seen(name, &format!("  of the {which} quarter, median"), at(pauses, 50));
    }
    Table::seen(name, "cargo build + relaunch + back to the breakpoint", rebuild);
    Table::seen(name, "  cargo build", at(builds.iter().map(|build| build.build).collect(), 50));
    table.ratio(name, "save → live, of that", live / rebuild, 0.5);
}
