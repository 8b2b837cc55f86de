//! What the user sees of functions that are swapped in place: from starting any target to reading a backtrace.

mod messages;
mod problems;
mod sessions;
mod targets;

use midflight_tests::program::Program;

const MAIN: &str = "src/main.rs";

/// A program of one file that ends by itself, should a test forget it.
#[track_caller]
fn program(main: &str) -> Program {
    let manifest = "[package]\nname = \"ticker\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    Program::files(&[("Cargo.toml", manifest), (MAIN, main)])
}

/// Says what version of itself it runs, over and over.
const TICKER: &str = r#"
use std::time::Duration;

fn step(round: u32) -> String {
    format!("version 1, round {round}")
}

fn main() {
    for round in 0..2_000 {
        println!("{}", step(round));
        std::thread::sleep(Duration::from_millis(50));
    }
}
"#;
