//! `cargo xtask soak`: many swaps in one process, and its state checked after each of them.

use std::process::ExitCode;

use anyhow::Result;

use crate::package::Profile;
use crate::{harness, setup};

/// Swaps so often, with edits that this seed chooses.
pub(crate) fn run(swaps: usize, seed: u64) -> Result<ExitCode> {
    harness::run(
        "soak",
        Profile::Release,
        &[setup::LINKER, setup::DEBUGGER],
        &[swaps.to_string(), seed.to_string()],
    )
}
