//! One Cargo workspace that the editor has open.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use crate::analysis::Outcome;
use crate::session::{Session, worker};

/// A workspace: what is to be done for it, and the last outcome.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    poked: Notify,
    pending: Mutex<Pending>,
    is_closed: AtomicBool,
    outcome: watch::Sender<Arc<Outcome>>,
}

/// What the next analysis has to look at besides the open documents.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// The whole tree: something happened that no list of files tells.
    pub(crate) rescan: bool,
    /// Files that changed on disk.
    pub(crate) files: BTreeSet<PathBuf>,
    /// The baseline may be another one.
    pub(crate) rebase: bool,
}

impl Workspace {
    /// Opens it and starts its worker, which reads the tree at once.
    pub(crate) fn open(session: Arc<Session>, root: PathBuf) -> Arc<Self> {
        let workspace = Arc::new(Self {
            root,
            poked: Notify::new(),
            pending: Mutex::default(),
            is_closed: AtomicBool::new(false),
            outcome: watch::Sender::default(),
        });
        workspace.poke();
        tokio::spawn(worker::run(session, Arc::clone(&workspace)));
        workspace
    }

    /// Ends the worker, which takes back what it has shown.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
        self.poke();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Asks for an analysis. Asked while one runs, another follows: one, however often.
    pub(crate) fn poke(&self) {
        self.poked.notify_one();
    }

    /// Other workspaces share the count of revisions, so one of theirs may be ahead of the last outcome
    /// without anything to do here: the answer needs an analysis all the same, which is then quick.
    pub(crate) fn poke_if_behind(&self, revision: u64) {
        if self.outcome.borrow().revision < revision {
            self.poke();
        }
    }

    pub(crate) async fn poked(&self) {
        self.poked.notified().await;
    }

    /// Notes something for the next analysis, and asks for it.
    pub(crate) fn pend<T>(&self, note: impl FnOnce(&mut Pending) -> T) {
        note(&mut self.pending());
        self.poke();
    }

    /// Whether something happened on disk, where more is likely to follow.
    pub(crate) fn is_disk_pending(&self) -> bool {
        let pending = self.pending();
        pending.rescan || pending.rebase || !pending.files.is_empty()
    }

    pub(crate) fn take_pending(&self) -> Pending {
        std::mem::take(&mut self.pending())
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn outcome(&self) -> Arc<Outcome> {
        Arc::clone(&self.outcome.borrow())
    }

    pub(crate) fn set_outcome(&self, outcome: Arc<Outcome>) {
        self.outcome.send_replace(outcome);
    }

    /// The first outcome that saw everything up to a revision.
    pub(crate) async fn outcome_of(&self, revision: u64) -> Arc<Outcome> {
        let mut outcomes = self.outcome.subscribe();
        // The sender lives as long as `self`, so waiting can't fail.
        match outcomes.wait_for(|outcome| outcome.revision >= revision || self.is_closed()).await {
            Ok(outcome) => Arc::clone(&outcome),
            Err(_) => self.outcome(),
        }
    }
}
