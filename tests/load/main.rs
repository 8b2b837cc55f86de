//! `load [edits] [seconds for each] [split|shared]`: a web server under full load, edited all the while.
//!
//! Segments of the same length take turns: quiet (debugged, nothing edited), swaps (edits go in), builds (the
//! same edits are built, and nothing is swapped). So what the compiler takes from the server, which it shares
//! the processors with, is told from what the swaps take. The server without a debugger comes first and last.

#![allow(clippy::print_stdout, reason = "a report is what this program is for")]

mod builds;
mod cores;
mod edits;
mod report;
mod server;
mod wrk;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use midflight_tests::program::Program;

use builds::Twin;
use cores::Cores;
use edits::Sources;
use report::{Edit, Report};
use server::{Alone, Debugged, get};
use wrk::Load;

/// Edits of one segment.
const EDITS: usize = 5;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let edits = numbers.next().and_then(|edits| edits.try_into().ok()).unwrap_or(50);
    let pace = Duration::from_secs(numbers.next().unwrap_or(4));
    let seconds = pace.as_secs() * EDITS as u64;
    let cores =
        if std::env::args().any(|argument| argument == "shared") { Cores::shared() } else { Cores::split() };
    let load = |address: &str| cores.serving(|| Load::start(address, seconds));
    let alone = |program: &Program| {
        let (_server, address) = cores.serving(|| Alone::start(program));
        load(&address).served()
    };
    let mut report = Report { are_split: cores.are_split(), ..Report::default() };
    let plain = Program::example("web");
    plain.build();
    report.alone.push(alone(&plain));

    let mut server = Debugged::launch(&cores);
    let mut twin = Twin::new();
    let mut sources = Sources::of(&server.program);
    // Memory that the server keeps once it has been busy is not the swaps'.
    load(&server.address).served();
    report.before = Some(server.at_rest());
    while report.edits.len() < edits {
        report.quiet.push(load(&server.address).served());
        let wanted = EDITS.min(edits - report.edits.len());
        let under = load(&server.address);
        let swap = || report.edits.push(edit(&mut server, &mut sources));
        report.swaps.push(edited(under, wanted, pace, swap));
        report.builds.push(edited(load(&server.address), wanted, pace, || twin.edit()));
        println!("{}", report.progress());
    }
    report.after = Some(server.at_rest());
    server.disconnect();
    report.alone.push(alone(&plain));
    println!("\n{report}");
    let is_met = report.is_met();
    println!("load: {}", if is_met { "every bar met" } else { "NOT MET" });
    if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// So many edits under one load, each at its time.
fn edited(mut load: Load, edits: usize, pace: Duration, mut edit: impl FnMut()) -> wrk::Served {
    let started = Instant::now();
    for number in 0..edits {
        let due = pace * u32::try_from(number).unwrap_or(u32::MAX);
        std::thread::sleep(due.saturating_sub(started.elapsed()));
        if load.is_over() {
            println!("the load was over before edit {number} of the segment: give each edit more seconds");
        }
        edit();
    }
    load.served()
}

fn edit(server: &mut Debugged, sources: &mut Sources) -> Edit {
    let kind = sources.kind();
    let sign = sources.edit(&server.program);
    let reload = server.reload();
    // The first request after the swap is answered by new code.
    let answer = get(&server.address, &sign.page).unwrap_or_else(|error| error.to_string());
    let problem = match reload.refused {
        Some(message) => Some(message),
        None if answer.contains(&sign.text) => None,
        None => Some(format!("no {:?} in {answer:?}", sign.text)),
    };
    Edit { kind, problem, times: reload.times }
}
