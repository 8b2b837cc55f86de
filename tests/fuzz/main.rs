//! `fuzz [seconds] [seed]`: arbitrary and mutated text through the analysis, for so long.

#![allow(clippy::print_stdout, reason = "a report is what this program is for")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use midflight_tests::fuzz;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let time = Duration::from_secs(numbers.next().unwrap_or(3600));
    let seed = numbers.next().unwrap_or(1);
    let folder = std::env::var_os("MIDFLIGHT_FUZZ")
        .map_or_else(|| std::env::temp_dir().join("midflight-fuzz"), PathBuf::from);
    let outcome = fuzz::run(time, seed, &folder, |line| println!("{line}"));
    let fuzz::Outcome { texts, whole, found } = &outcome;
    println!("\nfuzz: {texts} texts, of which {whole} parse whole; {} found", found.len());
    if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
