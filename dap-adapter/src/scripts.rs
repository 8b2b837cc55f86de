//! Scripts for LLDB's own Python: written where every debugger of a workspace can load them.

use std::fs;
use std::path::{Path, PathBuf};

/// The command that loads a script. Nothing where it can't be written: what it is for goes without it then.
///
/// The question mark tells lldb-dap to show a command only when it fails, as in an LLDB without Python.
pub(crate) fn load(target_dir: &Path, module: &str, text: &str) -> Option<String> {
    match written(target_dir, module, text) {
        Ok(script) => Some(format!("?command script import {}", quoted(script.to_str()?))),
        Err(error) => {
            tracing::warn!("the script `{module}` can't be written: {error}");
            None
        }
    }
}

/// A text in quotation marks, as Python, C and LLDB's command line all read it.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The script in a file of its own, which may be read by another debugger at the same time.
fn written(target_dir: &Path, module: &str, text: &str) -> std::io::Result<PathBuf> {
    let folder = target_dir.join("midflight/scripts");
    let path = folder.join(format!("{module}.py"));
    if fs::read(&path).is_ok_and(|known| known == text.as_bytes()) {
        return Ok(path);
    }
    fs::create_dir_all(&folder)?;
    let unfinished = folder.join(format!("{module}.{}.unfinished", std::process::id()));
    fs::write(&unfinished, text)?;
    fs::rename(&unfinished, &path)?;
    Ok(path)
}
