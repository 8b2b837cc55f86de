//! Programs of `tests/` that a task runs: they share the clients of the tests, and drive the real `midflight`.

use std::process::{ExitCode, Stdio};

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::{console, package, process, setup};

/// The part of such a program that was named, as it knows it.
pub(crate) fn named(part: Option<impl ValueEnum>) -> Option<String> {
    part.and_then(|part| part.to_possible_value()).map(|value| value.get_name().to_owned())
}

/// Installs and builds what is missing, then runs the program of this name with a `midflight` built alike.
pub(crate) fn run(
    name: &str,
    profile: package::Profile,
    needs: &[setup::Need],
    arguments: &[String],
) -> Result<ExitCode> {
    console::heading("Setup");
    setup::require(needs)?;
    console::note(&format!("cargo build: midflight, and the program `{name}`"));
    let midflight = package::binary("midflight", "midflight", profile)?;
    let program = package::binary("midflight-tests", name, profile)?;
    let mut command = process::command(program);
    command.args(arguments).env("MIDFLIGHT_BIN", midflight).stdin(Stdio::null());
    let status = command.status().with_context(|| format!("`{name}` does not start"))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
