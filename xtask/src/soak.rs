//! `cargo xtask soak`: many swaps in one process, and what must live through them checked after each.

use std::process::ExitCode;

use anyhow::Result;
use clap::ValueEnum;

use crate::package::Profile;
use crate::{harness, setup};

/// Which part of the soak.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Part {
    /// Random edits of bodies: the program's state is what a model says.
    State,
    /// Two hundred breakpoints in fifty files: each stays with its statement.
    Breakpoints,
}

/// Swaps so often, with edits that this seed chooses.
pub(crate) fn run(part: Option<Part>, swaps: usize, seed: u64) -> Result<ExitCode> {
    let arguments: Vec<String> =
        harness::named(part).into_iter().chain([swaps.to_string(), seed.to_string()]).collect();
    harness::run("soak", Profile::Release, &[setup::LINKER, setup::DEBUGGER], &arguments)
}
