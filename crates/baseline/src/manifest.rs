//! One generation, as it is written down.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::files::{self, Durability};
use crate::{Error, Result};

/// The version that this program writes. A manifest of a later version is skipped, not guessed at.
const VERSION: u32 = 1;

/// Everything about one generation but the texts themselves.
///
/// Unknown fields are ignored when read, so that a later Midflight may add some without a new version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The version of this format.
    pub version: u32,
    /// The session it belongs to.
    pub session: String,
    /// 0 is what was launched; every applied reload is the next one.
    pub generation: u32,
    /// The workspace root, since several workspaces may share one target folder.
    pub root: PathBuf,
    /// How new code gets into this process: `in-place`, `hot-lib-reloader`, …
    pub engine: String,
    /// The program that is debugged.
    pub program: String,
    /// The debug adapter behind ours, as the user knows it.
    #[serde(default)]
    pub adapter: String,
    /// When it was written, in milliseconds of the Unix epoch.
    pub time: u64,
    /// How long the build and the swap took.
    #[serde(default)]
    pub elapsed_ms: u64,
    /// What the texts were: path relative to the root, to SHA-256.
    pub files: BTreeMap<Arc<str>, String>,
    /// What was built from them.
    #[serde(default)]
    pub artifacts: Vec<Built>,
    /// The worst verdict of the changes; none for generation 0.
    #[serde(default)]
    pub verdict: Option<String>,
    /// The changes from the generation before, in the form of `midflight check`.
    #[serde(default)]
    pub changes: serde_json::Value,
}

/// A file that the build made, as it was when the generation was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Built {
    /// Where it is.
    pub path: PathBuf,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: String,
}

impl Manifest {
    /// The version to write.
    pub(crate) const VERSION: u32 = VERSION;

    pub(crate) fn file_name(generation: u32) -> String {
        format!("generation-{generation:06}.json")
    }

    /// The number in a file name of a session's folder, if it is a manifest's.
    pub(crate) fn number(file_name: &str) -> Option<u32> {
        file_name.strip_prefix("generation-")?.strip_suffix(".json")?.parse().ok()
    }

    pub(crate) fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|source| Error::io("read", path, source))?;
        let damaged = |reason: String| Error::Damaged { path: path.to_owned(), reason };
        let manifest: Self = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        if manifest.version > VERSION {
            return Err(damaged(format!("version {} is newer than this program", manifest.version)));
        }
        Ok(manifest)
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        let path = folder.join(Self::file_name(self.generation));
        let bytes = serde_json::to_vec_pretty(self).map_err(|error| Error::Io {
            action: "write",
            path: path.clone(),
            source: error.into(),
        })?;
        files::write_atomically(&path, &bytes, Durability::Disk)
    }
}
