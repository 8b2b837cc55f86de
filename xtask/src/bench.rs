//! `cargo xtask bench`: measures, and compares with the bars that were set.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::{harness, package, setup};

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

/// Measures.
pub(crate) fn run(benchmark: Benchmark) -> Result<ExitCode> {
    match benchmark {
        Benchmark::Analysis => {
            let needs = [setup::LINKER, setup::GIT];
            harness::run("bench", package::Profile::Release, &needs, &["analysis".to_owned()])
        }
        Benchmark::InPlace => measure("in-place"),
        Benchmark::Dap => measure("dap"),
    }
}

fn measure(what: &str) -> Result<ExitCode> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        bail!("functions are swapped in place on Linux x86-64 only, so there is nothing to measure here");
    }
    let needs = [setup::LINKER, setup::DEBUGGER];
    harness::run("bench", package::Profile::Release, &needs, &[what.to_owned()])
}
