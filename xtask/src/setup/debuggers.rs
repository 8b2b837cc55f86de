//! Debug adapters of other languages, and a watcher: what the tests drive beside `lldb-dap`.
//!
//! Their versions are pinned; each is made once, in the cache, where `tests/src/tools.rs` finds it.

use std::path::Path;

use anyhow::Result;

use crate::{cache, console, process};

/// Delve, the debugger for Go, with its debug adapter. A version knows the Go of its time and older ones.
const DELVE: &str = "github.com/go-delve/delve/cmd/dlv@v1.26.2";

/// air, which builds and starts Go programs again.
const AIR: &str = "github.com/air-verse/air@v1.63.0";

/// debugpy, the debugger for Python.
const DEBUGPY: &str = "debugpy==1.8.16";

/// Installs them into the cache, unless they are there.
pub(crate) fn debuggers() -> Result<()> {
    go_program("dlv", DELVE, "the debugger for Go")?;
    go_program("air", AIR, "a watcher for Go")?;
    cache::entry(&DEBUGPY.replace("==", "-"), |directory| {
        console::note(&format!("pip install {DEBUGPY}: the debugger for Python, into the cache"));
        // Debian's pip is only for virtual environments, so there is one for the time of the installation.
        let environment = directory.with_extension("venv");
        process::run(process::command("python3").args(["-m", "venv"]).arg(&environment))?;
        let python = environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
        let mut pip = process::command(python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"]);
        process::run(pip.arg(directory).arg(DEBUGPY))?;
        Ok(std::fs::remove_dir_all(environment)?)
    })?;
    Ok(())
}

fn go_program(name: &str, module: &str, purpose: &str) -> Result<()> {
    let version = module.rsplit_once("@v").map_or("", |(_, version)| version);
    cache::entry(&format!("{name}-{version}"), |directory: &Path| {
        console::note(&format!("go install {module}: {purpose}, into the cache"));
        process::run(process::command("go").args(["install", module]).env("GOBIN", directory))
    })?;
    Ok(())
}
