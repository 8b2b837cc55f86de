//! The way without Midflight: `cargo build`, a new debugger, back to the breakpoint.

use std::process::Command;
use std::time::Instant;

use midflight_tests::dap::{Client, vs_code};
use serde_json::json;

use super::workspace::Workspace;

/// The debugger that `cargo xtask setup` installs.
const DEBUGGER: &str = "lldb-dap-19";

/// One edit.
pub(crate) struct Rebuilt {
    /// Milliseconds until the program stood at the breakpoint in the new code.
    pub(crate) total: f64,
    /// Milliseconds of the build.
    pub(crate) build: f64,
}

impl Rebuilt {
    /// Builds the program as it is.
    pub(crate) fn build(workspace: &Workspace) {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["build", "--quiet"]).current_dir(workspace.root());
        let status = command.status().expect("cargo starts");
        assert!(status.success(), "{} does not build", workspace.root().display());
    }

    /// Saves the version, builds, and debugs until the breakpoint is hit.
    pub(crate) fn relaunch(workspace: &Workspace, version: u32) -> Self {
        let saved = Instant::now();
        workspace.write_version(version);
        Self::build(workspace);
        let build = saved.elapsed().as_secs_f64() * 1000.0;
        let mut client = Client::start(Command::new(DEBUGGER));
        client.ok("initialize", vs_code());
        let program = workspace.root().join("target/debug/app");
        let launch = client.send("launch", json!({"program": program, "cwd": workspace.root()}));
        client.event("initialized");
        let (path, line) = workspace.breakpoint("// breakpoint: step");
        client.ok("setBreakpoints", json!({"source": {"path": path}, "breakpoints": [{"line": line}]}));
        client.ok("configurationDone", json!({}));
        client.event("stopped");
        let total = saved.elapsed().as_secs_f64() * 1000.0;
        client.response(launch);
        client.disconnect();
        Self { total, build }
    }
}
