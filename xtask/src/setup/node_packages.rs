//! The npm packages of the extension and its tests, as `package-lock.json` says.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::{console, process};

/// Installs the npm packages unless they are there already, as locked.
pub(crate) fn node_packages() -> Result<()> {
    let root = process::repository();
    let locked = modified(&root.join("package-lock.json")).context("package-lock.json is missing")?;
    // npm writes this copy of the lock file when it has finished, whoever called it.
    let installed = modified(&root.join("node_modules/.package-lock.json"));
    if installed.is_some_and(|installed| installed >= locked) {
        return Ok(());
    }
    console::note("npm ci: the packages that the extension is built and tested with");
    process::run(process::npm().args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))
}

fn modified(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|file| file.modified()).ok()
}
