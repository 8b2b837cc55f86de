//! An LLDB that is newer than the machine's, beside it: distributions install one at a time.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::packages;
use crate::{cache, console, process};

/// The newest version whose ways were looked at.
const VERSION: u32 = 22;

/// A directory with its `lldb-dap`; none where the release has no such packages.
pub(crate) fn newer_lldb() -> Result<Option<PathBuf>> {
    let names = ["lldb-", "liblldb-", "python3-lldb-", "libllvm", "libclang-cpp"];
    let names = names.map(|name| format!("{name}{VERSION}"));
    if !names.iter().all(|name| packages::is_known(name)) {
        return Ok(None);
    }
    let home = format!("usr/lib/llvm-{VERSION}");
    let entry = cache::entry(&format!("lldb-{VERSION}"), |directory| {
        console::note(&format!("apt-get download {}: a newer LLDB, into the cache", names.join(" ")));
        let packed = directory.with_extension("packed");
        std::fs::create_dir_all(&packed)?;
        process::run(
            process::command("apt-get").args(["download", "-qq"]).args(&names).current_dir(&packed),
        )?;
        for package in files(&packed)? {
            process::run(process::command("dpkg").arg("-x").args([&package, directory]))?;
        }
        std::fs::remove_dir_all(packed)?;
        // Its programs look for its libraries beside them; the packages have them in the system's directory.
        let libraries = directory.join(&home).join("lib");
        let of_system = |path: &PathBuf| path.to_string_lossy().ends_with("-linux-gnu");
        let system = files(&directory.join("usr/lib"))?.into_iter().find(of_system);
        for library in files(&system.context("the packages have no libraries")?)? {
            let name = library.file_name().context("a file has a name")?;
            if library.is_file() && !libraries.join(name).exists() {
                std::fs::copy(&library, libraries.join(name))?;
            }
        }
        Ok(())
    })?;
    Ok(Some(entry.join(home).join("bin")))
}

fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    Ok(entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?)
}
