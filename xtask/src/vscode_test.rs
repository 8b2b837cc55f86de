//! The extension in the real VS Code: packs it, starts code-server with it, drives it from a headless Chromium.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::package::{self, Profile};
use crate::test::{Tally, run_tests};
use crate::{code_server, process, setup};

/// Runs `tests/vscode`; its screenshots go to `<target>/vscode-test`.
pub(crate) fn run() -> Result<Tally> {
    setup::require(&[setup::GIT, setup::DEBUGGER, setup::BROWSER])?;
    let vsix = package::run(Profile::Dev)?;
    let code_server = code_server::ensure()?;
    let screenshots = package::target_directory()?.join("vscode-test");
    fs::create_dir_all(&screenshots)?;
    let tests = process::repository().join("tests/vscode");
    let chromium = process::find(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]);
    let mut test = Command::new(code_server.node()?);
    // One browser at a time: what a person sees takes longer on a busy machine.
    test.args(["--test", "--test-concurrency=1", "--test-reporter=spec", "*.test.ts"])
        .current_dir(tests)
        .env("MIDFLIGHT_VSIX", vsix)
        .env("MIDFLIGHT_CODE_SERVER", code_server.entry())
        .env("MIDFLIGHT_CHROMIUM", chromium.context("there is no Chromium on the PATH")?)
        .env("MIDFLIGHT_DEBUGGER", setup::debugger().context("there is no lldb-dap on the PATH")?)
        .env("MIDFLIGHT_SCREENSHOTS", screenshots);
    run_tests(&mut test)
}
