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
        Benchmark::Analysis => "the analysis benchmark comes with the full table of rules",
        Benchmark::InPlace => "the in-place benchmark comes with the in-place engine",
        Benchmark::Dap => "the adapter benchmark comes with the benchmarks of the other adapters",
    };
    console::failure(&format!("{what}; there is nothing to measure yet"));
    ExitCode::from(2)
}
