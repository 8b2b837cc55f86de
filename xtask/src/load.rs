//! `cargo xtask load`: a web server under full load that is edited all the while.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::package::Profile;
use crate::{harness, setup};

/// Who runs where.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Cores {
    /// The server and its load on one half of the processors, compiler and debugger on the other.
    Split,
    /// All on all.
    Shared,
}

/// Makes so many edits, with so many seconds for each.
pub(crate) fn run(edits: usize, seconds: u64, cores: Cores) -> Result<ExitCode> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        bail!("functions are swapped in place on Linux x86-64 only, so there is nothing to measure here");
    }
    let needs = [setup::LINKER, setup::DEBUGGER, setup::LOAD];
    let cores = harness::named(Some(cores)).unwrap_or_default();
    harness::run("load", Profile::Release, &needs, &[edits.to_string(), seconds.to_string(), cores])
}
