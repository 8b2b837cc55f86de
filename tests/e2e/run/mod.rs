//! `midflight run`: reloads in a plain terminal, without an editor.

mod commands;
mod endings;
mod reloads;

use std::process::Command;

use midflight_tests::program::Program;
use rustix::process::{Pid, Signal, kill_process};

const MAIN: &str = "src/main.rs";

/// A program that does what its first argument says.
const APP: &str = include_str!("../../fixtures/run/main.rs");

fn app() -> Program {
    let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    Program::files(&[("Cargo.toml", manifest), (MAIN, APP)])
}

/// `midflight run …` in the program's folder.
fn run(program: &Program, arguments: &[&str]) -> Command {
    let mut command = program.command(midflight_tests::midflight_bin());
    command.arg("run").args(arguments).env("TERM", "xterm-256color").env_remove("NO_COLOR");
    command
}

fn cargo_run(program: &Program, mode: &str) -> Command {
    run(program, &["--", "cargo", "run", "--", mode])
}

/// The last number in a line: the program's process, as it prints it.
#[track_caller]
fn number(line: &str) -> u32 {
    let last = line.rsplit(' ').next().and_then(|word| word.parse().ok());
    last.unwrap_or_else(|| panic!("no number at the end of {line:?}"))
}

fn send(process: u32, signal: Signal) {
    let process = Pid::from_raw(process.cast_signed()).expect("a process has a number");
    kill_process(process, signal).expect("the process is there");
}
