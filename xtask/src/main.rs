//! The tasks of this repository:
//! `cargo xtask demo | test | oracle | strangers | soak | load | fuzz | bench | package | setup`.
//!
//! Each starts from a clean checkout. What a task needs and the machine lacks is installed through the ordinary
//! package managers ([`setup`]); what is costly to make is kept in a cache outside the checkout ([`cache`]).

#![expect(clippy::print_stdout, reason = "a task talks to the person who started it")]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bench;
mod cache;
mod code_server;
mod console;
mod demo;
mod fuzz;
mod harness;
mod load;
mod oracle;
mod package;
mod process;
mod setup;
mod soak;
mod strangers;
mod test;
mod vscode_test;

/// The tasks of this repository.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Install what the tasks need and the machine lacks.
    Setup,
    /// Show a debug session that survives the hot reload of a real program, told in the terminal.
    Demo,
    /// Run all tests, or only the parts that are named.
    Test {
        /// The parts to run: all of them when none is named.
        parts: Vec<test::Part>,
    },
    /// Ask what the rules and the gate say of hundreds of edits, and what then really happens.
    Oracle {
        /// One part of it: all when none is named.
        part: Option<oracle::Part>,
        /// How many edits, or sequences of edits, of each program at most.
        #[arg(long, default_value_t = 130)]
        edits: usize,
    },
    /// Edit published programs that nobody here wrote while they run, and compare what they then answer.
    Strangers {
        /// The package to edit: all of them when none is named.
        package: Option<String>,
        /// How many edits of each.
        #[arg(long, default_value_t = 40)]
        edits: usize,
        /// Which edits: the same seed chooses the same.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Swap a thousand random edits into one process, and check its state and two hundred breakpoints after each.
    Soak {
        /// One part of it: both when none is named.
        part: Option<soak::Part>,
        /// How many swaps in each.
        #[arg(long, default_value_t = 1000)]
        swaps: usize,
        /// Which edits: the same seed chooses the same.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Edit a web server under full load: no request may fail, and hardly any throughput be lost.
    Load {
        /// How many edits.
        #[arg(long, default_value_t = 50)]
        edits: usize,
        /// How many seconds there are for each; more on a slow machine.
        #[arg(long, default_value_t = 4)]
        seconds: u64,
        /// Whether the compiler and the debugger take processors from the server.
        #[arg(long, default_value = "split")]
        cores: load::Cores,
    },
    /// Put arbitrary and mutated text and edits through the analysis, and say what was found.
    Fuzz {
        /// For how long.
        #[arg(default_value_t = 3600)]
        seconds: u64,
        /// Where to begin: the same seed finds the same.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Make the VS Code extension for this platform, with the binary inside.
    Package,
    /// Measure, and compare with the bars that were set.
    Bench {
        /// What to measure.
        benchmark: bench::Benchmark,
    },
}

fn main() -> ExitCode {
    let result = match Arguments::parse().task {
        Task::Setup => setup::everything().map(|()| ExitCode::SUCCESS),
        Task::Demo => demo::run(),
        Task::Test { parts } => test::run(&parts),
        Task::Oracle { part, edits } => oracle::run(part, edits),
        Task::Strangers { package, edits, seed } => strangers::run(package, edits, seed),
        Task::Soak { part, swaps, seed } => soak::run(part, swaps, seed),
        Task::Load { edits, seconds, cores } => load::run(edits, seconds, cores),
        Task::Fuzz { seconds, seed } => fuzz::run(seconds, seed),
        Task::Package => package::run(package::Profile::Release).map(|vsix| {
            console::note(&format!("packed {}", vsix.display()));
            ExitCode::SUCCESS
        }),
        Task::Bench { benchmark } => bench::run(benchmark),
    };
    result.unwrap_or_else(|problem| {
        console::failure(&format!("{problem:#}"));
        ExitCode::FAILURE
    })
}
