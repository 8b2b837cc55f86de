//! `soak [state|breakpoints] [swaps] [seed]`: so many swaps in one process; after each, the state is checked, or two
//! hundred breakpoints are.

#![allow(clippy::print_stdout, reason = "a report is what this program is for")]

use std::process::ExitCode;

use midflight_tests::parts::Parts;
use midflight_tests::{crowd, soak};

fn main() -> ExitCode {
    let parts = Parts::of_this_program();
    let swaps = parts.number(0).unwrap_or(1000);
    let seed = parts.number(1).map_or(1, |seed| seed as u64);
    let mut is_right = true;
    if parts.is_wanted("state") {
        let outcome = soak::run(swaps, seed, |line| println!("{line}"));
        println!("\n{outcome}");
        is_right &= outcome.is_right(swaps);
    }
    if parts.is_wanted("breakpoints") {
        let outcome = crowd::run(swaps, seed, |line| println!("{line}"));
        println!("\n{outcome}");
        is_right &= outcome.is_right(swaps);
    }
    println!("soak: {}", if is_right { "nothing lost, and nothing grew but the patches" } else { "NOT MET" });
    if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
