//! `cargo xtask fuzz`: arbitrary and mutated text through the analysis, and streams of edits.

use std::process::ExitCode;

use anyhow::Result;

use crate::package::Profile;
use crate::{harness, setup};

/// Fuzzes for so long, from this seed on.
pub(crate) fn run(seconds: u64, seed: u64) -> Result<ExitCode> {
    harness::run("fuzz", Profile::Release, &[setup::LINKER], &[seconds.to_string(), seed.to_string()])
}
