//! Rust values as their authors write them: LLDB is handed the data formatters of the program's own toolchain.
//!
//! They know the layouts of that toolchain's standard library. What keeps them from hanging the debugger, and from
//! naming another variant of an enum, is in the script beside this file.

use std::path::Path;

use crate::{cargo, scripts};

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
    scripts::load(target_dir, MODULE, SCRIPT).map_or_else(Vec::new, |script| load(script, &toolchain))
}

fn load(script: String, toolchain: &Path) -> Vec<String> {
    let Some(toolchain) = toolchain.to_str() else { return Vec::new() };
    vec![script, format!("?script {MODULE}.load(lldb.debugger, {})", scripts::quoted(toolchain))]
}
