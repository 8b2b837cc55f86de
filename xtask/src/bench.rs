//! `cargo xtask bench`: measures, and compares with the bars that were set.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::{console, harness, package, setup};

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

/// Measures; a benchmark that is not written yet says so: 2 is the status of a task that can't be done.
pub(crate) fn run(benchmark: Benchmark) -> Result<ExitCode> {
    let what = match benchmark {
        Benchmark::Analysis => "the analysis benchmark is not written yet",
        Benchmark::InPlace => return in_place(),
        Benchmark::Dap => "the adapter benchmark is not written yet: it comes with the other adapters",
    };
    console::failure(&format!("{what}; there is nothing to measure yet"));
    Ok(ExitCode::from(2))
}

fn in_place() -> Result<ExitCode> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        bail!("functions are swapped in place on Linux x86-64 only, so there is nothing to measure here");
    }
    harness::run("bench", package::Profile::Release, &[setup::LINKER, setup::DEBUGGER], &[])
}
