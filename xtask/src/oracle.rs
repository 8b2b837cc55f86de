//! `cargo xtask oracle`: predicted verdicts and the gate's, against what is built and what a process really does.

use std::process::ExitCode;

use anyhow::Result;
use clap::ValueEnum;

use crate::package::Profile;
use crate::{harness, setup};

/// Which part of the oracle.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Part {
    /// hot-lib-reloader: what the rules predict against the layouts that the compiler chose.
    Library,
    /// In place: the rules, the gate, and a running process that takes the edit.
    InPlace,
    /// In place, of types that macros make: the gate, and a running process that takes the edit.
    Veiled,
    /// In place: a running process that takes several edits after each other.
    Sequences,
    /// In place, of optimised builds: a running process that takes the edit.
    Optimised,
    /// In place, of optimised builds: a running process that takes several edits after each other.
    OptimisedSequences,
}

/// Asks the oracle about so many edits of each program at most.
pub(crate) fn run(part: Option<Part>, edits: usize) -> Result<ExitCode> {
    let arguments: Vec<String> = harness::named(part).into_iter().chain([edits.to_string()]).collect();
    harness::run("oracle", Profile::Release, &[setup::LINKER, setup::DEBUGGER], &arguments)
}
