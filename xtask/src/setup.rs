//! What the tasks need of the machine, and how it gets there.
//!
//! Each need is a row: what it is, what for, how to see that it is there, and which packages bring it. What is
//! missing is installed with apt where there is apt; elsewhere the exact command is printed, for a person to judge.

use anyhow::{Result, bail};

use crate::{console, process};

mod debuggers;
mod needs;
mod newer_lldb;
mod node_packages;
mod packages;

pub(crate) use debuggers::debuggers;
pub(crate) use needs::{BROWSER, DEBUGGER, GIT, GO, LINKER, LOAD, NODE, Need, PYTHON};
pub(crate) use newer_lldb::newer_lldb;
pub(crate) use node_packages::node_packages;

/// Installs whatever any of the tasks needs.
pub(crate) fn everything() -> Result<()> {
    console::heading("Setup");
    require(&[LINKER, GIT, NODE, DEBUGGER, GO, PYTHON, BROWSER])?;
    debuggers()?;
    node_packages()?;
    console::note("Everything is there.");
    Ok(())
}

/// Sees to it that the machine has all of these.
pub(crate) fn require(needs: &[Need]) -> Result<()> {
    let missing: Vec<&Need> = needs.iter().filter(|need| !(need.is_there)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    for need in &missing {
        console::note(&format!("{} is missing: {}.", need.name, need.purpose));
    }
    let Some(manager) = packages::Manager::of_this_machine() else {
        let names: Vec<&str> = missing.iter().map(|need| need.name).collect();
        bail!("no package manager that this task knows is here: install {} yourself", names.join(", "));
    };
    manager.install(&missing)?;
    for need in missing {
        if !(need.is_there)() {
            bail!(
                "{} is still not to be found after its packages were installed: {}",
                need.name,
                need.purpose
            );
        }
    }
    Ok(())
}

/// The debug adapter of LLDB, under any of the names that distributions give it.
pub(crate) fn debugger() -> Option<std::path::PathBuf> {
    let numbered: Vec<String> = (18..=30).rev().map(|version| format!("lldb-dap-{version}")).collect();
    let names: Vec<&str> = std::iter::once("lldb-dap").chain(numbered.iter().map(String::as_str)).collect();
    process::find(&names)
}
