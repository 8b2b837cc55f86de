//! Rust values as their authors write them: LLDB is handed the data formatters of the program's own toolchain.
//!
//! They know the layouts of that toolchain's standard library. What keeps them from hanging the debugger, and from
//! naming another variant of an enum, is in the script beside this file.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cargo;

const MODULE: &str = "midflight_rust";
const SCRIPT: &str = include_str!("formatters/midflight_rust.py");

/// What LLDB is told before the program is started, for the toolchain that builds in `folder`. Nothing where that
/// toolchain has none: values are then shown as LLDB shows them.
pub(crate) async fn commands(folder: &Path, target_dir: &Path) -> Vec<String> {
    let Some(sysroot) = cargo::sysroot(folder).await else { return Vec::new() };
    let toolchain = sysroot.join("lib/rustlib/etc");
    if !toolchain.join("lldb_lookup.py").is_file() || !toolchain.join("lldb_commands").is_file() {
        return Vec::new();
    }
    match written(target_dir) {
        Ok(script) => load(&script, &toolchain),
        Err(error) => {
            tracing::warn!("the data formatters can't be written: {error}");
            Vec::new()
        }
    }
}

/// The script in a file of its own, which may be read by another debugger at the same time.
fn written(target_dir: &Path) -> std::io::Result<PathBuf> {
    let folder = target_dir.join("midflight/formatters");
    let path = folder.join(format!("{MODULE}.py"));
    if fs::read(&path).is_ok_and(|text| text == SCRIPT.as_bytes()) {
        return Ok(path);
    }
    fs::create_dir_all(&folder)?;
    let unfinished = folder.join(format!("{MODULE}.{}.unfinished", std::process::id()));
    fs::write(&unfinished, SCRIPT)?;
    fs::rename(&unfinished, &path)?;
    Ok(path)
}

/// The question mark tells lldb-dap to show a command only when it fails, as in an LLDB without Python.
fn load(script: &Path, toolchain: &Path) -> Vec<String> {
    let (Some(script), Some(toolchain)) = (script.to_str(), toolchain.to_str()) else { return Vec::new() };
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    vec![
        format!("?command script import {}", quoted(script)),
        format!("?script {MODULE}.load(lldb.debugger, {})", quoted(toolchain)),
    ]
}
