//! Texts by the hash of their content.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::files::{self, Durability};
use crate::{Error, Result};

pub(crate) struct TextStore {
    folder: PathBuf,
}

impl TextStore {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a text unless it is there. Not flushed to the disk: a power cut may leave an empty file
    /// under the name, which [`TextStore::read`] finds by the hash and removes.
    pub(crate) fn write(&self, hash: &str, text: &str) -> Result<()> {
        let path = self.path(hash);
        let is_there = fs::metadata(&path).is_ok_and(|found| found.len() == text.len() as u64);
        if is_there {
            return Ok(());
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|source| Error::io("create", folder, source))?;
        }
        files::write_atomically(&path, text.as_bytes(), Durability::Process)
    }

    pub(crate) fn read(&self, hash: &str) -> Result<Arc<str>> {
        let path = self.path(hash);
        let bytes = fs::read(&path).map_err(|source| Error::io("read", &path, source))?;
        if files::sha256(&bytes) == hash
            && let Ok(text) = String::from_utf8(bytes)
        {
            return Ok(text.into());
        }
        // Removed so that the next generation with this text writes it anew.
        let _ = fs::remove_file(&path);
        Err(Error::Damaged { path, reason: "its content is not what its name says".to_owned() })
    }

    /// Two characters make a folder, since a folder of ten thousand files is slow on some systems.
    fn path(&self, hash: &str) -> PathBuf {
        match hash.split_at_checked(2) {
            Some((head, tail)) => self.folder.join(head).join(tail),
            None => self.folder.join(hash),
        }
    }
}
