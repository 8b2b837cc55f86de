//! The way by swaps: `midflight dap` holds the program, and edits are saved.

use std::process::Command;
use std::time::Instant;

use midflight_tests::dap::{Client, vs_code};
use midflight_tests::midflight_bin;
use serde_json::{Value, json};

use super::workspace::Workspace;

/// The parts of a swap, in their order.
pub(crate) const PARTS: [&str; 11] =
    ["judge", "compile", "diff", "link", "gate", "stop", "load", "redirect", "breakpoints", "paused", "swap"];

/// A program that is debugged.
pub(crate) struct Live {
    client: Client,
}

/// One save.
pub(crate) struct Save {
    /// Milliseconds until the program said that the new code runs.
    pub(crate) live: f64,
    record: Value,
}

impl Live {
    /// Builds and launches it with a breakpoint that is never hit, and waits until it runs.
    pub(crate) fn launch(workspace: &Workspace) -> Self {
        let mut command = Command::new(midflight_bin());
        command.arg("dap").current_dir(workspace.root());
        let mut client = Client::start(command);
        client.ok("initialize", vs_code());
        client.ok("launch", json!({"cwd": workspace.root(), "midflight": {}}));
        client.event("initialized");
        let (path, line) = workspace.breakpoint("// breakpoint: never");
        client.ok("setBreakpoints", json!({"source": {"path": path}, "breakpoints": [{"line": line}]}));
        client.ok("configurationDone", json!({}));
        client.output("live 0");
        Self { client }
    }

    /// Saves the version, and waits until it runs.
    pub(crate) fn save(&mut self, workspace: &Workspace, version: u32) -> Save {
        let saved = Instant::now();
        workspace.write_version(version);
        // A terminal may hand a line over in parts.
        let (mut printed, said) = (String::new(), format!("live {version}\r\n"));
        while !printed.contains(&said) {
            let output = self.client.event_where("output", |body| body["category"] == "stdout");
            printed += output["output"].as_str().unwrap_or_default();
        }
        let live = saved.elapsed().as_secs_f64() * 1000.0;
        Save { live, record: self.client.event("midflight/generation") }
    }

    pub(crate) fn end(self) {
        self.client.disconnect();
    }
}

impl Save {
    /// The milliseconds of one of [`PARTS`].
    pub(crate) fn part(&self, part: &str) -> f64 {
        let value = match part {
            "judge" => &self.record["judgeMs"],
            "compile" => &self.record["buildMs"],
            "diff" | "link" | "gate" => &self.record["preparation"][format!("{part}Ms")],
            "swap" => &self.record["swapMs"],
            "paused" => &self.record["pausedMs"],
            _ => &self.record["pause"][format!("{part}Ms")],
        };
        value.as_f64().unwrap_or(f64::NAN)
    }
}
