//! What is costly to make and the same for every checkout: kept under `MIDFLIGHT_CACHE`, else in the user's cache
//! directory.
//!
//! An entry's name carries everything that its content depends on, so an entry is never changed: it is made in a
//! directory beside its place and renamed when it is whole. A cache that was deleted, in part or whole, is made anew.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The directory of an entry, made by `make` if it is not there yet.
///
/// `make` gets the path of an empty directory to fill; what refers to that path by name breaks when it is renamed.
pub(crate) fn entry(name: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let cache = directory()?;
    let place = cache.join(name);
    if place.is_dir() {
        return Ok(place);
    }
    fs::create_dir_all(&cache).with_context(|| format!("cannot make the cache {}", cache.display()))?;
    // Two tasks may want the same entry: the second waits and finds it made. A lock dies with its process.
    let lock = File::create(cache.join(format!("{name}.lock")))?;
    lock.lock()?;
    if !place.is_dir() {
        let unfinished = cache.join(format!("{name}.unfinished"));
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished)?;
        }
        fs::create_dir(&unfinished)?;
        make(&unfinished).with_context(|| format!("cannot make {}", place.display()))?;
        fs::rename(&unfinished, &place)?;
    }
    Ok(place)
}

/// Where the cache lies.
fn directory() -> Result<PathBuf> {
    let of = |variable: &str| env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(chosen) = of("MIDFLIGHT_CACHE") {
        return Ok(std::path::absolute(chosen)?);
    }
    let caches = of("XDG_CACHE_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| of("LOCALAPPDATA"))
        .or_else(|| of("HOME").map(|home| home.join(".cache")))
        .context("no cache directory: set MIDFLIGHT_CACHE to one outside the checkout")?;
    Ok(caches.join("midflight"))
}
