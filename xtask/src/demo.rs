//! `cargo xtask demo`: one debug session that survives the hot reload of a real program, told step by step.
//!
//! The tale itself is in `tests/demo`, beside the clients that it shares with the tests; here is what it needs.

use std::process::{ExitCode, Stdio};

use anyhow::{Context, Result};

use crate::{console, package, process, setup};

/// Installs and builds what is missing, then tells.
pub(crate) fn run() -> Result<ExitCode> {
    console::heading("Setup");
    setup::require(&[setup::LINKER, setup::DEBUGGER])?;
    console::note("cargo build: midflight, and the demonstration");
    process::run(process::cargo().args([
        "build",
        "--package",
        "midflight",
        "--package",
        "midflight-tests",
        "--bins",
    ]))?;
    let built = package::target_directory()?.join("debug");
    let program = |name: &str| built.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let mut demo = process::command(program("demo"));
    demo.env("MIDFLIGHT_BIN", program("midflight")).stdin(Stdio::null());
    let status = demo.status().context("the demonstration does not start")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
