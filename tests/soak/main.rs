//! `soak [swaps] [seed]`: so many swaps in one process, and the state checked after each of them.

#![allow(clippy::print_stdout, reason = "a report is what this program is for")]

use std::process::ExitCode;

use midflight_tests::soak;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let swaps = numbers.next().and_then(|swaps| swaps.try_into().ok()).unwrap_or(1000);
    let seed = numbers.next().unwrap_or(1);
    let outcome = soak::run(swaps, seed, |line| println!("{line}"));
    println!("\n{outcome}");
    let is_right = outcome.is_right(swaps);
    println!("soak: {}", if is_right { "nothing lost, and nothing grew but the patches" } else { "NOT MET" });
    if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
