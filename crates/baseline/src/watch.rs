//! Tells when the store has another answer, without polling it.
//!
//! Two things can change the answer: a file (a new manifest), and the end of a session, which changes no
//! file at all. The first is what `notify` is for. For the second a thread waits for the lock of the
//! live session: the operating system wakes it when the owner ends, by `kill -9` too.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::{Error, Result, Store};

/// Watches until it is dropped.
#[derive(Debug)]
pub struct Watch {
    events: Sender<Event>,
}

enum Event {
    /// Something happened below a watched folder.
    Files,
    /// These are gone, and with them their watches: of the same name, others may be there already.
    Removed(Vec<PathBuf>),
    /// The lock of this session was let go.
    Ended(String),
    /// The [`Watch`] was dropped.
    Stop,
}

impl Watch {
    pub(crate) fn start(store: Store, on_change: impl FnMut() + Send + 'static) -> Result<Self> {
        let (events, received) = channel();
        let from_files = events.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading is an event of its own on Linux, and ours would wake us for ever.
            let event = match event {
                Ok(event) if event.kind.is_access() => return,
                Ok(event) if event.kind.is_remove() => Event::Removed(event.paths),
                _ => Event::Files,
            };
            let _ = from_files.send(event);
        })
        .map_err(|source| Error::Watch { path: store.folder().to_owned(), source })?;
        let mut observer = Observer {
            store,
            watcher,
            watched: HashSet::new(),
            awaited: HashSet::new(),
            events: events.clone(),
        };
        observer.observe();
        let named = thread::Builder::new().name("midflight-generations".to_owned());
        let spawned = named.spawn(move || observer.run(&received, on_change));
        spawned.map_err(|source| Error::Io {
            action: "start a thread for",
            path: PathBuf::from("generations"),
            source,
        })?;
        Ok(Self { events })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.events.send(Event::Stop);
    }
}

struct Observer {
    store: Store,
    watcher: RecommendedWatcher,
    watched: HashSet<PathBuf>,
    /// The sessions for whose end a thread waits.
    awaited: HashSet<String>,
    events: Sender<Event>,
}

/// What the answer of the store depends on.
type State = Vec<(String, Option<u32>, bool)>;

impl Observer {
    fn run(mut self, received: &Receiver<Event>, mut on_change: impl FnMut()) {
        let mut last = None;
        loop {
            self.observe();
            let state = self.state();
            if last.as_ref() != Some(&state) {
                last = Some(state);
                on_change();
            }
            let Ok(first) = received.recv() else { return };
            // A commit is a burst of events and one change.
            for event in std::iter::once(first).chain(received.try_iter()) {
                match event {
                    Event::Files => {}
                    Event::Removed(paths) => self.forget(&paths),
                    Event::Ended(session) => drop(self.awaited.remove(&session)),
                    Event::Stop => return,
                }
            }
        }
    }

    fn forget(&mut self, removed: &[PathBuf]) {
        for path in removed {
            if self.watched.remove(path) {
                let _ = self.watcher.unwatch(path);
            }
        }
    }

    fn state(&self) -> State {
        let sessions = self.store.sessions().unwrap_or_default();
        let newest = |id: &str| self.store.generation_numbers(id).ok()?.last().copied();
        sessions.into_iter().map(|id| (id.clone(), newest(&id), self.store.is_live(&id))).collect()
    }

    /// Watches what exists of the way to the manifests, and waits for the sessions that live.
    fn observe(&mut self) {
        // What came into being between the look and the watch is seen by the next look: only when two
        // looks agree, nothing can have been missed.
        while self.watch_exactly(self.folders()) {}
        for id in self.store.sessions().unwrap_or_default() {
            if self.store.is_live(&id) && self.awaited.insert(id.clone()) {
                self.wait_for_end(id);
            }
        }
    }

    /// The folder of each session, the nearest folder that exists on the way to them, which tells when
    /// the next one comes into being, and the one above, since a folder that is removed takes its watch
    /// with it.
    fn folders(&self) -> HashSet<PathBuf> {
        let sessions = self.store.sessions_folder();
        let ids = self.store.sessions().unwrap_or_default();
        let existing = sessions.ancestors().filter(|folder| folder.is_dir()).take(2).map(Path::to_owned);
        ids.iter().map(|id| sessions.join(id)).chain(existing).collect()
    }

    /// Whether a folder was added to what is watched.
    fn watch_exactly(&mut self, folders: HashSet<PathBuf>) -> bool {
        for gone in self.watched.difference(&folders) {
            // Fails for a folder that was removed, whose watch is gone with it.
            let _ = self.watcher.unwatch(gone);
        }
        self.watched.retain(|folder| folders.contains(folder));
        let mut has_added = false;
        for folder in folders {
            if self.watched.contains(&folder) {
                continue;
            }
            match self.watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => has_added |= self.watched.insert(folder),
                Err(error) => {
                    tracing::warn!(folder = %folder.display(), %error, "can't watch for generations");
                }
            }
        }
        has_added
    }

    fn wait_for_end(&self, session: String) {
        let path = self.store.sessions_folder().join(&session).join("lock");
        let events = self.events.clone();
        let named = thread::Builder::new().name("midflight-session-end".to_owned());
        let spawned = named.spawn(move || {
            if let Ok(lock) = File::open(&path) {
                let _ = lock.lock_shared();
            }
            let _ = events.send(Event::Ended(session));
        });
        if let Err(error) = spawned {
            tracing::warn!(%error, "the end of a session will not be noticed");
        }
    }
}
