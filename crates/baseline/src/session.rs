//! A session, as the debug adapter that owns it sees it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::store::canonical;
use crate::{Error, Manifest, Result, Store, Texts, collect, files};

/// What is known when a session begins.
#[derive(Debug, Clone, Default)]
pub struct SessionStart {
    /// The workspace root that the paths of the texts are relative to.
    pub root: PathBuf,
    /// How new code gets into this process: `in-place`, `hot-lib-reloader`, …
    pub engine: String,
    /// The program that is debugged.
    pub program: String,
    /// The debug adapter behind ours.
    pub adapter: String,
}

/// What a new generation brings besides its texts.
#[derive(Debug, Clone, Default)]
pub struct NewGeneration {
    /// The files that were built from the texts: the program, the libraries.
    pub artifacts: Vec<PathBuf>,
    /// The worst verdict of the changes; none for generation 0.
    pub verdict: Option<String>,
    /// The changes from the generation before, in the form of `midflight check`.
    pub changes: serde_json::Value,
    /// How long the build and the swap took.
    pub elapsed: Duration,
}

/// A session that this process owns. Others see it live until this is dropped or the process ends.
#[derive(Debug)]
pub struct LiveSession {
    store: Store,
    start: SessionStart,
    id: String,
    next: u32,
    /// The texts of the last generation with their hashes: a text that is the same needs no hashing.
    last: Option<(Texts, Manifest)>,
    /// Locked for the whole life of the session; never read.
    _lock: File,
}

impl LiveSession {
    pub(crate) fn begin(store: Store, start: &SessionStart) -> Result<Self> {
        let sessions = store.sessions_folder();
        fs::create_dir_all(&sessions).map_err(|source| Error::io("create", &sessions, source))?;
        let store_lock = store.lock_file()?;
        lock(&store_lock, store.folder())?;
        collect::collect(&store)?;
        let (id, folder) = create_session_folder(&sessions)?;
        let path = folder.join("lock");
        let session_lock = File::create(&path).map_err(|source| Error::io("create", &path, source))?;
        lock(&session_lock, &path)?;
        let start = SessionStart { root: canonical(&start.root), ..start.clone() };
        Ok(Self { store, start, id, next: 0, last: None, _lock: session_lock })
    }

    /// The id under which the generations are found in the store.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The last generation that was committed.
    pub fn last(&self) -> Option<&Manifest> {
        self.last.as_ref().map(|(_, manifest)| manifest)
    }

    /// Writes the next generation: first the texts, last the manifest, so that whoever sees the manifest
    /// finds the texts.
    pub fn commit(&mut self, texts: &Texts, new: &NewGeneration) -> Result<Manifest> {
        let artifacts =
            new.artifacts.iter().map(|path| self.store.built().read(path)).collect::<Result<_>>()?;
        {
            let store_lock = self.store.lock_file()?;
            store_lock.lock_shared().map_err(|source| Error::io("lock", self.store.folder(), source))?;
            let files = self.write_texts(texts)?;
            let manifest = Manifest {
                version: Manifest::VERSION,
                session: self.id.clone(),
                generation: self.next,
                root: self.start.root.clone(),
                engine: self.start.engine.clone(),
                program: self.start.program.clone(),
                adapter: self.start.adapter.clone(),
                time: unix_ms(),
                elapsed_ms: u64::try_from(new.elapsed.as_millis()).unwrap_or(u64::MAX),
                files,
                artifacts,
                verdict: new.verdict.clone(),
                changes: new.changes.clone(),
            };
            manifest.write(&self.folder())?;
            self.last = Some((texts.clone(), manifest));
            self.next += 1;
        }
        self.trim();
        self.last()
            .cloned()
            .ok_or_else(|| Error::NoSuchGeneration { session: self.id.clone(), generation: 0 })
    }

    fn write_texts(&self, texts: &Texts) -> Result<std::collections::BTreeMap<Arc<str>, String>> {
        let store = self.store.text_store();
        texts
            .iter()
            .map(|(path, text)| {
                let hash = if let Some(known) = self.known_hash(path, text) {
                    known.to_owned()
                } else {
                    let hash = files::sha256(text.as_bytes());
                    store.write(&hash, text)?;
                    hash
                };
                Ok((path.clone(), hash))
            })
            .collect()
    }

    /// A text of the last generation is in the store: its manifest keeps it from being collected.
    fn known_hash(&self, path: &str, text: &Arc<str>) -> Option<&str> {
        let (texts, manifest) = self.last.as_ref()?;
        let same = texts.get(path).is_some_and(|last| Arc::ptr_eq(last, text) || last == text);
        same.then(|| manifest.files.get(path).map(String::as_str))?
    }

    /// A long session must not fill the disk. It is no reason to fail a reload, either.
    fn trim(&self) {
        let limit = self.store.limits().generations;
        if usize::try_from(self.next).unwrap_or(usize::MAX) <= limit {
            return;
        }
        let collected = self.store.lock_file().and_then(|store_lock| {
            lock(&store_lock, self.store.folder())?;
            collect::collect(&self.store)
        });
        if let Err(error) = collected {
            tracing::warn!(%error, "old generations stay");
        }
    }

    fn folder(&self) -> PathBuf {
        self.store.sessions_folder().join(&self.id)
    }
}

fn lock(file: &File, path: &Path) -> Result<()> {
    file.lock().map_err(|source| Error::io("lock", path, source))
}

/// Ids sort by time; the process id and a counter tell two of one millisecond apart.
fn create_session_folder(sessions: &Path) -> Result<(String, PathBuf)> {
    let mut attempt = 0;
    loop {
        let id = format!("{:015}-{}-{attempt}", unix_ms(), std::process::id());
        let folder = sessions.join(&id);
        match fs::create_dir(&folder) {
            Ok(()) => return Ok((id, folder)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => attempt += 1,
            Err(error) => return Err(Error::io("create", &folder, error)),
        }
    }
}

fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
