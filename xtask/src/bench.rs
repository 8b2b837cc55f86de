//! `cargo xtask bench`: measures, and compares with the bars that were set.

use std::process::ExitCode;

use clap::ValueEnum;

use crate::console;

/// What can be measured.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Benchmark {
    /// The analysis of an edit: from a keystroke to its verdicts.
    Analysis,
    /// A swap by the in-place engine: from a save to running code.
    InPlace,
    /// The debug adapter: what it adds to each message.
    Dap,
}

/// None of the benchmarks is written yet, and this says so: 2 is the status of a task that can't be done.
pub(crate) fn run(benchmark: Benchmark) -> ExitCode {
    let what = match benchmark {
        Benchmark::Analysis => "the analysis benchmark is not written yet",
        Benchmark::InPlace => {
            "the in-place benchmark is not written yet: it comes with the hardening of that engine"
        }
        Benchmark::Dap => "the adapter benchmark is not written yet: it comes with the other adapters",
    };
    console::failure(&format!("{what}; there is nothing to measure yet"));
    ExitCode::from(2)
}
