//! `cargo xtask strangers`: published programs that nobody here wrote, edited while they run.

use std::process::ExitCode;

use anyhow::Result;

use crate::package::Profile;
use crate::{harness, setup};

/// Makes so many edits of each program, or of the one that is named; this seed chooses them.
pub(crate) fn run(package: Option<String>, edits: usize, seed: u64) -> Result<ExitCode> {
    let arguments: Vec<String> = [edits.to_string(), seed.to_string()].into_iter().chain(package).collect();
    harness::run("strangers", Profile::Release, &[setup::LINKER, setup::DEBUGGER], &arguments)
}
