//! What the tests drive beside `lldb-dap`: `cargo xtask setup` puts it into the cache.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

/// Delve, the debugger for Go.
#[track_caller]
pub fn delve() -> PathBuf {
    cached("dlv-").join("dlv")
}

/// air, which builds and starts Go programs again.
#[track_caller]
pub fn air() -> PathBuf {
    cached("air-").join("air")
}

/// Where Python finds debugpy.
#[track_caller]
pub fn debugpy() -> PathBuf {
    cached("debugpy-")
}

/// The newest entry of the cache whose name begins so.
#[track_caller]
fn cached(prefix: &str) -> PathBuf {
    let cache = cache();
    let entries = std::fs::read_dir(&cache).into_iter().flatten().flatten();
    let is_it = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        path.is_dir() && name.starts_with(prefix) && !name.ends_with(".unfinished")
    };
    let newest = entries.map(|entry| entry.path()).filter(is_it).max();
    newest.unwrap_or_else(|| panic!("there is no {prefix}… in {}: run `cargo xtask setup`", cache.display()))
}

/// As `xtask/src/cache.rs` has it.
fn cache() -> PathBuf {
    let of = |variable: &str| {
        env::var_os(variable).filter(|value: &OsString| !value.is_empty()).map(PathBuf::from)
    };
    if let Some(chosen) = of("MIDFLIGHT_CACHE") {
        return chosen;
    }
    let caches = of("XDG_CACHE_HOME").filter(|path| path.is_absolute()).or_else(|| of("LOCALAPPDATA"));
    caches.or_else(|| of("HOME").map(|home| home.join(".cache"))).unwrap_or_default().join("midflight")
}
