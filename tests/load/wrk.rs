//! Full load on the server, by `wrk`.

use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// Connections that ask all the time.
const CONNECTIONS: &str = "-c32";

/// Load that goes on.
pub(crate) struct Load(Child);

/// What came of it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Served {
    pub(crate) requests: u64,
    pub(crate) seconds: f64,
    /// Answers that were no success, and sockets that failed.
    pub(crate) failed: u64,
    /// Milliseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Load {
    /// Asks for so many seconds.
    pub(crate) fn start(address: &str, seconds: u64) -> Self {
        let script = midflight_tests::program::repository().join("tests/load/report.lua");
        let mut wrk = Command::new("wrk");
        wrk.args(["-t1", CONNECTIONS, "--timeout", "10s", &format!("-d{seconds}s"), "-s"]).arg(script);
        wrk.arg(format!("http://{address}")).stdin(Stdio::null()).stdout(Stdio::piped());
        Self(wrk.spawn().expect("wrk is installed: `cargo xtask load` sees to it"))
    }

    /// Whether it has come to its end.
    pub(crate) fn is_over(&mut self) -> bool {
        self.0.try_wait().is_ok_and(|status| status.is_some())
    }

    /// Waits for its end.
    pub(crate) fn served(self) -> Served {
        let output = self.0.wait_with_output().expect("wrk ends");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().rfind(|line| line.starts_with('{')).unwrap_or_default();
        let summary: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("wrk says: {text}"));
        let number = |name: &str| summary[name].as_f64().unwrap_or_default();
        let count = |name: &str| summary[name].as_u64().unwrap_or_default();
        Served {
            requests: count("requests"),
            seconds: number("seconds"),
            failed: count("failed"),
            p50: number("p50"),
            p99: number("p99"),
            max: number("max"),
        }
    }
}
