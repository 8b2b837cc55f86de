//! `cargo xtask demo`: one debug session that survives the hot reload of a real program, told step by step.
//!
//! The tale itself is in `tests/demo`, beside the clients that it shares with the tests; here is what it needs.

use std::process::ExitCode;

use anyhow::Result;

use crate::package::Profile;
use crate::{harness, setup};

/// Installs and builds what is missing, then tells.
pub(crate) fn run() -> Result<ExitCode> {
    harness::run("demo", Profile::Dev, &[setup::LINKER, setup::DEBUGGER], &[])
}
