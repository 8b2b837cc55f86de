//! `soak [state|breakpoints] [swaps] [seed]`: so many swaps in one process; after each, the state is checked, or two
//! hundred breakpoints are.

#![allow(clippy::print_stdout, reason = "a report is what this program is for")]

use std::process::ExitCode;

use midflight_tests::{crowd, soak};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut numbers = arguments.iter().filter_map(|argument| argument.parse::<u64>().ok());
    let swaps = numbers.next().and_then(|swaps| swaps.try_into().ok()).unwrap_or(1000);
    let seed = numbers.next().unwrap_or(1);
    let is_wanted = |part: &str| {
        let mut named = arguments.iter().filter(|argument| argument.parse::<u64>().is_err()).peekable();
        named.peek().is_none() || named.any(|name| name == part)
    };
    let mut is_right = true;
    if is_wanted("state") {
        let outcome = soak::run(swaps, seed, |line| println!("{line}"));
        println!("\n{outcome}");
        is_right &= outcome.is_right(swaps);
    }
    if is_wanted("breakpoints") {
        let outcome = crowd::run(swaps, seed, |line| println!("{line}"));
        println!("\n{outcome}");
        is_right &= outcome.is_right(swaps);
    }
    println!("soak: {}", if is_right { "nothing lost, and nothing grew but the patches" } else { "NOT MET" });
    if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
