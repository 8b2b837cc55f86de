//! The program, started on the terminal's own handles: what it writes and reads passes nobody.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use serde_json::Value;
use tokio::process::{Child, Command};

use super::Launch;
use crate::error::{Error, Result};
use crate::platform;

/// The running program. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Debuggee(Child);

impl Debuggee {
    /// Starts what a `runInTerminal` request asks for: the debugger's launcher, which becomes the program once the
    /// debugger has attached to it. The program's own arguments are added here; they need not be text.
    pub(super) async fn start(request: &Value, launch: &Launch) -> Result<Self> {
        let words = request.get("args").and_then(Value::as_array);
        let words: Vec<&str> = words.into_iter().flatten().filter_map(Value::as_str).collect();
        let [launcher, arguments @ ..] = words.as_slice() else {
            return Err(Error::midflight("The debugger does not say how the program is started."));
        };
        let mut command = Command::new(launcher);
        command.args(arguments).args(&launch.arguments).kill_on_drop(true);
        command.envs(launch.environment.iter().map(|(name, value)| (name, value)));
        if let Some(path) = arguments.last().and_then(|program| library_path(Path::new(program), launch)) {
            command.env("LD_LIBRARY_PATH", path);
        }
        if !launch.reads_input {
            command.stdin(Stdio::null());
        }
        let child = platform::spawn(command).await;
        child.map(Self).map_err(|error| Error::user(format!("The program can't be started: {error}.")))
    }

    /// Its process.
    pub(super) fn id(&self) -> Option<u32> {
        self.0.id()
    }

    /// Sends it a signal, if it still runs.
    pub(super) fn signal(&self, signal: i32) {
        platform::signal(&self.0, signal);
    }

    /// Waits for its end.
    pub(super) async fn ended(&mut self) -> Result<ExitStatus> {
        let status = self.0.wait().await;
        status.map_err(|error| Error::nobody(format!("The end of the program is not known: {error}.")))
    }

    /// Ends it at once, if it still runs.
    pub(super) async fn kill(&mut self) -> Result<ExitStatus> {
        let _ = self.0.start_kill();
        self.ended().await
    }
}

/// Where `cargo run` lets a program find libraries: beside it, and in the toolchain.
fn library_path(program: &Path, launch: &Launch) -> Option<OsString> {
    let beside = program.parent()?;
    let profile = if beside.ends_with("examples") { beside.parent()? } else { beside };
    let already = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    let folders = [profile.join("deps"), profile.to_owned()].into_iter();
    let folders = folders.chain(launch.libraries.iter().cloned());
    let already = std::env::split_paths(&already).filter(|folder| *folder != PathBuf::new());
    std::env::join_paths(folders.chain(already)).ok()
}
