//! What can go wrong, worded for the person who will read it.

use std::io;
use std::path::{Path, PathBuf};

/// The result of everything in this crate that touches a disk.
pub type Result<T> = std::result::Result<T, Error>;

/// Why texts or generations could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder for generations can't be written: reloads still work, but no editor will know of them.
    #[error(
        "`{path}` can't be written ({source}); set CARGO_TARGET_DIR to a folder that can, \
         so that Midflight can keep what the program was built from"
    )]
    ReadOnly {
        /// What was to be written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Any other failure of the file system.
    #[error("can't {action} `{path}`: {source}")]
    Io {
        /// What was tried: "read", "lock", …
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A session or generation that is not (or no longer) in the store.
    #[error("generation {generation} of session {session} is not in the store")]
    NoSuchGeneration {
        /// The session that was asked for.
        session: String,
        /// The number that was asked for.
        generation: u32,
    },
    /// A file of the store that does not hold what its name says.
    #[error("`{path}` is damaged: {reason}")]
    Damaged {
        /// The damaged file.
        path: PathBuf,
        /// How that was found out.
        reason: String,
    },
    /// Not inside a git work tree.
    #[error("`{path}` is not in a git repository")]
    NoRepository {
        /// Where a repository was looked for.
        path: PathBuf,
    },
    /// The repository is there, but the revision is not.
    #[error("`{revision}` names no commit in `{path}`: {reason}")]
    NoRevision {
        /// What was to be read.
        revision: String,
        /// In which repository.
        path: PathBuf,
        /// What git's rules say about it.
        reason: String,
    },
    /// A repository that can't be read.
    #[error("the git repository of `{path}` can't be read: {reason}")]
    Git {
        /// Which repository.
        path: PathBuf,
        /// What failed.
        reason: String,
    },
    /// The file watcher of the operating system failed.
    #[error("can't watch `{path}`: {source}")]
    Watch {
        /// What was to be watched.
        path: PathBuf,
        /// What the system said.
        source: notify::Error,
    },
}

impl Error {
    /// Tells a folder that can't be written from everything else, since only the user can mend it.
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path, source },
            io::ErrorKind::PermissionDenied if action != "read" => Self::ReadOnly { path, source },
            _ => Self::Io { action, path, source },
        }
    }
}
