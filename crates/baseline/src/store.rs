//! The generations of all sessions of one target folder.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::files::BuiltCache;
use crate::session::{LiveSession, SessionStart};
use crate::text_store::TextStore;
use crate::watch::Watch;
use crate::{Error, Manifest, Result, Texts, target_dir};

/// How much the store keeps of what has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Sessions that have ended; a live one is never removed.
    pub sessions: usize,
    /// Generations of one session. Generation 0 and the newest ones stay.
    pub generations: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { sessions: 8, generations: 200 }
    }
}

/// The baseline that the store has to offer.
#[derive(Debug, Clone, PartialEq)]
pub struct Current {
    /// What a process runs now, or what the last build was made from.
    pub manifest: Manifest,
    /// Whether its session is alive.
    pub live: bool,
}

/// A handle on `<target dir>/midflight`. Opening it writes nothing: a reader leaves no trace.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
    /// Only sessions of this workspace are seen; all of them if none is given.
    root: Option<PathBuf>,
    limits: Limits,
    built: Arc<BuiltCache>,
}

impl Store {
    /// The store of a target folder. Neither needs to exist yet.
    pub fn open(target_dir: &Path) -> Result<Self> {
        let folder = target_dir.join("midflight");
        match fs::symlink_metadata(&folder) {
            Ok(found) if !found.is_dir() && !folder.is_dir() => {
                let reason = "a file stands where the folder of generations belongs".to_owned();
                Err(Error::Damaged { path: folder, reason })
            }
            Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Err(Error::io("read", &folder, error))
            }
            _ => Ok(Self { folder, root: None, limits: Limits::default(), built: Arc::default() }),
        }
    }

    /// The store of a workspace: its target folder, and only its own sessions, since a target folder
    /// may be shared (`CARGO_TARGET_DIR`).
    pub fn of_workspace(root: &Path) -> Result<Self> {
        let mut store = Self::open(&target_dir(root))?;
        store.root = Some(canonical(root));
        Ok(store)
    }

    /// The same store with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Starts a session. It is alive until it is dropped or its process ends, however it ends.
    pub fn begin(&self, start: &SessionStart) -> Result<LiveSession> {
        LiveSession::begin(self.clone(), start)
    }

    /// The last generation of the newest live session; else the newest generation whose artefacts are
    /// still on disk as they were built; else nothing, and the caller falls back to git.
    ///
    /// A session that has not committed a generation yet is passed over, and so is a manifest that
    /// can't be read.
    pub fn current(&self) -> Result<Option<Current>> {
        let sessions = self.sessions()?;
        let newest_of = |session: &&String| self.generations(session).ok()?.into_iter().next_back();
        let live = sessions.iter().rev().filter(|id| self.is_live(id)).find_map(|id| newest_of(&id));
        if let Some(manifest) = live {
            return Ok(Some(Current { manifest, live: true }));
        }
        let last = sessions.iter().rev().find_map(|id| newest_of(&id));
        Ok(last.filter(|manifest| self.is_built(manifest)).map(|manifest| Current { manifest, live: false }))
    }

    /// The ids of all sessions, oldest first.
    pub fn sessions(&self) -> Result<Vec<String>> {
        let folder = self.sessions_folder();
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if is_absent(&error) => return Ok(Vec::new()),
            Err(error) => return Err(Error::io("read", &folder, error)),
        };
        let mut ids: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|id| !id.starts_with('.'))
            .collect();
        ids.sort();
        Ok(ids)
    }

    /// The readable generations of one session in order; the damaged ones are skipped with a warning.
    pub fn generations(&self, session: &str) -> Result<Vec<Manifest>> {
        let folder = self.sessions_folder().join(session);
        let manifests = self
            .generation_numbers(session)?
            .into_iter()
            .filter_map(|number| readable(Manifest::read(&folder.join(Manifest::file_name(number)))))
            .filter(|manifest| self.is_ours(manifest))
            .collect();
        Ok(manifests)
    }

    /// One generation of one session.
    pub fn generation(&self, session: &str, generation: u32) -> Result<Manifest> {
        let path = self.sessions_folder().join(session).join(Manifest::file_name(generation));
        match Manifest::read(&path) {
            Err(Error::Io { source, .. }) if is_absent(&source) => {
                Err(Error::NoSuchGeneration { session: session.to_owned(), generation })
            }
            other => other,
        }
    }

    /// All texts of a generation. Each is checked against its hash.
    pub fn texts(&self, manifest: &Manifest) -> Result<Texts> {
        // Shared with other readers and with writers: only the collector has to wait.
        let _shared = self.lock_for_reading();
        let texts = self.text_store();
        manifest.files.iter().map(|(path, hash)| Ok((path.clone(), texts.read(hash)?))).collect()
    }

    /// Whether the process that owns the session still holds its lock.
    pub fn is_live(&self, session: &str) -> bool {
        let Ok(lock) = File::open(self.sessions_folder().join(session).join("lock")) else {
            return false;
        };
        // A shared try, so that two that ask at once don't take each other for the owner.
        matches!(lock.try_lock_shared(), Err(fs::TryLockError::WouldBlock))
    }

    /// Calls `on_change` on a thread of its own whenever [`Store::current`] may have another answer: a
    /// new generation, a session's end. It is called once at the start, too, so that nothing falls
    /// between reading and watching.
    pub fn watch(&self, on_change: impl FnMut() + Send + 'static) -> Result<Watch> {
        Watch::start(self.clone(), on_change)
    }

    /// The folder of the store, which need not exist.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    pub(crate) fn sessions_folder(&self) -> PathBuf {
        self.folder.join("sessions")
    }

    pub(crate) fn text_store(&self) -> TextStore {
        TextStore::new(self.folder.join("texts"))
    }

    pub(crate) fn built(&self) -> &BuiltCache {
        &self.built
    }

    /// The numbers that the file names claim, in order: cheap, since no manifest is read.
    pub(crate) fn generation_numbers(&self, session: &str) -> Result<Vec<u32>> {
        let folder = self.sessions_folder().join(session);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if is_absent(&error) => return Ok(Vec::new()),
            Err(error) => return Err(Error::io("read", &folder, error)),
        };
        let mut numbers: Vec<u32> =
            entries.filter_map(|entry| Manifest::number(entry.ok()?.file_name().to_str()?)).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// The store-wide lock, for those who write.
    pub(crate) fn lock_file(&self) -> Result<File> {
        let path = self.folder.join("lock");
        File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|source| Error::io("open", &path, source))
    }

    fn lock_for_reading(&self) -> Option<File> {
        let file = File::open(self.folder.join("lock")).ok()?;
        file.lock_shared().ok()?;
        Some(file)
    }

    fn is_ours(&self, manifest: &Manifest) -> bool {
        self.root.as_ref().is_none_or(|root| *root == canonical(&manifest.root))
    }

    /// "The last build" only while what was built is what lies on disk: after another `cargo build`, the
    /// texts of the session say nothing about the program that would start now.
    fn is_built(&self, manifest: &Manifest) -> bool {
        !manifest.artifacts.is_empty()
            && manifest
                .artifacts
                .iter()
                .all(|artifact| self.built.read(&artifact.path).is_ok_and(|on_disk| on_disk == *artifact))
    }
}

/// A damaged manifest hides one generation, never the store.
fn readable(manifest: Result<Manifest>) -> Option<Manifest> {
    manifest.inspect_err(|error| tracing::warn!(%error, "a generation is skipped")).ok()
}

pub(crate) fn canonical(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
