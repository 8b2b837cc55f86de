//! Programs of `tests/` that a task runs: they share the clients of the tests, and drive the real `midflight`.

use std::process::{ExitCode, Stdio};

use anyhow::{Context, Result};

use crate::{console, package, process, setup};

/// Installs and builds what is missing, then runs the program of this name.
pub(crate) fn run(name: &str, needs: &[setup::Need], arguments: &[String]) -> Result<ExitCode> {
    console::heading("Setup");
    setup::require(needs)?;
    console::note(&format!("cargo build: midflight, and the program `{name}`"));
    let packages = ["build", "--package", "midflight", "--package", "midflight-tests", "--bins"];
    process::run(process::cargo().args(packages))?;
    let built = package::target_directory()?.join("debug");
    let program = |name: &str| built.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let mut command = process::command(program(name));
    command.args(arguments).env("MIDFLIGHT_BIN", program("midflight")).stdin(Stdio::null());
    let status = command.status().with_context(|| format!("`{name}` does not start"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
