//! The npm packages of the extension and its tests, as `package-lock.json` says.

use std::fs;

use anyhow::{Context, Result};

use crate::{console, process};

/// Installs the npm packages unless they are there already, as locked.
pub(crate) fn node_packages() -> Result<()> {
    let root = process::repository();
    let locked =
        fs::read_to_string(root.join("package-lock.json")).context("cannot read package-lock.json")?;
    // What was installed is remembered by its whole lock file: nothing to hash, nothing to guess from times.
    let installed = root.join("node_modules/.midflight-installed");
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == locked) {
        return Ok(());
    }
    console::note("npm ci: the packages that the extension is built and tested with");
    process::run(process::npm().args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    fs::write(&installed, locked).with_context(|| format!("cannot write {}", installed.display()))
}
