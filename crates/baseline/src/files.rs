//! Whole files or none: how everything in the store is written and read.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use sha2::{Digest as _, Sha256};

use crate::{Built, Error, Result};

/// How sure a file must be on the disk when the call returns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// Survives the end of this process, which is enough for what a hash can check.
    Process,
    /// Survives a power cut.
    Disk,
}

/// Writes `content` under a temporary name beside `path`, then renames it.
pub(crate) fn write_atomically(path: &Path, content: &[u8], durability: Durability) -> Result<()> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let folder = path.parent().unwrap_or(Path::new("."));
    let unique = COUNTER.fetch_add(1, Ordering::Relaxed);
    let temporary = folder.join(format!("{TEMPORARY}{}-{unique}", std::process::id()));
    let written = write_and_rename(&temporary, path, content, durability);
    if written.is_err() {
        // Nothing more can be done about a leftover: the collector removes it.
        let _ = fs::remove_file(&temporary);
    }
    written.map_err(|source| Error::io("write", path, source))
}

/// What the names of half-written files begin with.
pub(crate) const TEMPORARY: &str = ".tmp-";

fn write_and_rename(
    temporary: &Path,
    path: &Path,
    content: &[u8],
    durability: Durability,
) -> std::io::Result<()> {
    let mut file = File::create(temporary)?;
    file.write_all(content)?;
    if durability == Durability::Disk {
        file.sync_all()?;
    }
    drop(file);
    fs::rename(temporary, path)?;
    if durability == Durability::Disk
        && let Some(folder) = path.parent()
    {
        sync_folder(folder)?;
    }
    Ok(())
}

/// The new name must reach the disk too. Folders can't be opened everywhere; there the rename is enough.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// The SHA-256 of `content` in lower case hexadecimal: the name of a text in the store.
pub fn sha256(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

/// The size and the hash of a file, read in pieces since executables are large.
pub(crate) fn sha256_of_file(path: &Path) -> std::io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 1 << 16];
    let mut size = 0;
    loop {
        let count = file.read(&mut piece)?;
        if count == 0 {
            return Ok((size, hex(&hasher.finalize())));
        }
        hasher.update(&piece[..count]);
        size += count as u64;
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

/// The hashes of built files, remembered as long as size and time of change stay: executables are large,
/// and the question comes again with every change in the store.
#[derive(Debug, Default)]
pub(crate) struct BuiltCache {
    seen: Mutex<HashMap<PathBuf, (u64, SystemTime, Built)>>,
}

impl BuiltCache {
    pub(crate) fn read(&self, path: &Path) -> Result<Built> {
        let failed = |source| Error::io("read", path, source);
        let metadata = fs::metadata(path).map_err(failed)?;
        let changed = metadata.modified().map_err(failed)?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((size, time, built)) = seen.get(path)
            && (*size, *time) == (metadata.len(), changed)
        {
            return Ok(built.clone());
        }
        let (size, sha256) = sha256_of_file(path).map_err(failed)?;
        let built = Built { path: path.to_owned(), size, sha256 };
        seen.insert(path.to_owned(), (metadata.len(), changed, built.clone()));
        Ok(built)
    }
}
