//! The one task of a workspace that analyses, and shows what came of it.
//!
//! A poke while an analysis runs is kept, so that another follows: the last keystroke of a burst is always
//! seen, and the ones before it cost nothing.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lsp_types::{MessageType, Uri};
use tokio::task::{JoinError, JoinHandle};

use crate::analysis::{Analysis, OpenText, Outcome, Snapshot};
use crate::session::watching::Watching;
use crate::session::workspace::Pending;
use crate::session::{Session, Status, StatusNotification, Workspace};
use crate::show::progress::Progress;
use crate::uri;

/// Long enough for what one build, checkout or save does to the disk. A keystroke does not wait: an analysis of one is
/// over sooner than the next comes, and those that come meanwhile are analysed together.
const PAUSE: Duration = Duration::from_millis(15);

/// When the first analysis takes longer, the open files are looked at on their own.
const FIRST_LOOK: Duration = Duration::from_secs(1);

/// An analysis on a thread of its own.
type Job = JoinHandle<(Analysis, Outcome)>;

pub(crate) async fn run(session: Arc<Session>, workspace: Arc<Workspace>) {
    let mut worker = Worker { session, workspace, published: HashMap::new(), status: None, watching: None };
    let mut analysis = None;
    worker.send_status(StatusNotification::scanning(worker.workspace.root())).await;
    loop {
        worker.workspace.poked().await;
        if worker.workspace.is_closed() {
            break;
        }
        if analysis.is_some() && worker.workspace.is_disk_pending() {
            tokio::time::sleep(PAUSE).await;
        }
        analysis = worker.analyse(analysis).await;
    }
    worker.take_back().await;
}

struct Worker {
    session: Arc<Session>,
    workspace: Arc<Workspace>,
    /// What the client shows, by file: of which outcome, for which version.
    published: HashMap<PathBuf, (String, Option<i32>)>,
    status: Option<StatusNotification>,
    /// None until the first analysis, whose scan tells what to watch.
    watching: Option<Watching>,
}

impl Worker {
    /// Runs one analysis, shows its outcome, and gives back what the next one builds on: nothing if it
    /// panicked, and the next one begins anew.
    async fn analyse(&mut self, analysis: Option<Analysis>) -> Option<Analysis> {
        let is_first = analysis.is_none();
        // Pending first: what comes after it pokes again.
        let pending = self.workspace.take_pending();
        let snapshot = self.snapshot(pending);
        let revision = snapshot.revision;
        let sees_disk = is_first || snapshot.pending.rescan || !snapshot.pending.files.is_empty();
        let progress = Progress::begin(&self.session, self.workspace.root(), is_first);
        let root = self.workspace.root().to_owned();
        let job = tokio::task::spawn_blocking(move || {
            let mut analysis = analysis.unwrap_or_else(|| Analysis::new(root));
            let outcome = analysis.run(&snapshot, &progress);
            (analysis, outcome)
        });
        let done = if is_first { self.first(job).await } else { job.await };
        let (analysis, outcome) = match done {
            Ok((analysis, outcome)) => (Some(analysis), outcome),
            Err(error) => {
                let message = format!("Midflight's analysis failed, please report it: {error}");
                self.session.client().log_message(MessageType::ERROR, message).await;
                (None, Outcome { revision, ..Outcome::default() })
            }
        };
        let previous = self.workspace.outcome();
        let outcome = Arc::new(outcome);
        self.workspace.set_outcome(Arc::clone(&outcome));
        if let Some(analysis) = analysis.as_ref().filter(|_| sees_disk) {
            self.watch(analysis);
        }
        self.show(&previous, &outcome).await;
        analysis
    }

    /// Waits for the first analysis, and shows meanwhile what is sure of the open files.
    async fn first(&mut self, mut job: Job) -> Result<(Analysis, Outcome), JoinError> {
        if let Ok(done) = tokio::time::timeout(FIRST_LOOK, &mut job).await {
            return done;
        }
        let done = loop {
            self.first_look().await;
            tokio::select! {
                done = &mut job => break done,
                () = self.workspace.poked() => {}
            }
        };
        // What it did not see is analysed next.
        self.workspace.poke();
        done
    }

    async fn first_look(&mut self) {
        let snapshot = self.snapshot(Pending::default());
        if snapshot.documents.is_empty() {
            return;
        }
        let root = self.workspace.root().to_owned();
        let look = tokio::task::spawn_blocking(move || Analysis::first_look(root, &snapshot)).await;
        // The analysis that follows tells of what fails.
        let Ok(outcome) = look else { return };
        let features = self.session.features();
        if !features.pulls_diagnostics {
            self.publish(&outcome).await;
        } else if features.refreshes_diagnostics {
            // Whoever asks is answered now, and asks again when there is more.
            self.workspace.set_outcome(Arc::new(Outcome { status: None, ..outcome }));
        }
    }

    /// All that an analysis may see, as of now.
    fn snapshot(&self, pending: Pending) -> Snapshot {
        let mut state = self.session.state();
        let mut documents = Vec::new();
        let paths: Vec<PathBuf> = state.documents.keys().cloned().collect();
        for path in paths {
            let is_ours = state.workspace_of(&path).is_some_and(|found| Arc::ptr_eq(found, &self.workspace));
            if is_ours && let Some(document) = state.documents.get_mut(&path) {
                let text = document.shared();
                documents.push(OpenText { path, uri: document.uri.clone(), version: document.version, text });
            }
        }
        Snapshot {
            revision: state.revision,
            documents,
            pending,
            settings: Arc::clone(&state.settings),
            features: *self.session.features(),
        }
    }

    fn watch(&mut self, analysis: &Analysis) {
        let watches_files = !self.session.features().watches_files;
        let watching = self.watching.get_or_insert_with(|| Watching::start(&self.workspace, watches_files));
        watching.follow(analysis);
    }

    async fn show(&mut self, previous: &Outcome, outcome: &Outcome) {
        let features = *self.session.features();
        if !features.pulls_diagnostics {
            self.publish(outcome).await;
        }
        // What the client asked for itself, after its own edit, needs no refresh.
        let is_news = outcome.differs_behind_the_back_of_the_editor(previous);
        if is_news && features.pulls_diagnostics && features.refreshes_diagnostics {
            let client = self.session.client().clone();
            tokio::spawn(async move { client.workspace_diagnostic_refresh().await });
        }
        if is_news && features.refreshes_lenses {
            let client = self.session.client().clone();
            tokio::spawn(async move { client.code_lens_refresh().await });
        }
        if let Some(status) = &outcome.status {
            self.send_status(status.clone()).await;
        }
    }

    async fn publish(&mut self, outcome: &Outcome) {
        let gone = self.published.keys().filter(|path| !outcome.files.contains_key(*path)).cloned();
        for path in gone.collect::<Vec<_>>() {
            self.published.remove(&path);
            let (uri, version) = self.open_as(&path);
            self.send_diagnostics(&path, uri, Vec::new(), version).await;
        }
        for (path, file) in &outcome.files {
            let (uri, version) = self.open_as(path);
            let is_stale = version != file.version;
            let key = (file.result_id.clone(), file.version);
            if is_stale || self.published.get(path) == Some(&key) {
                continue;
            }
            self.published.insert(path.clone(), key);
            self.send_diagnostics(path, uri, file.diagnostics.clone(), version).await;
        }
    }

    /// The editor's own URI and version of a file, if it is open.
    fn open_as(&self, path: &Path) -> (Option<Uri>, Option<i32>) {
        let state = self.session.state();
        let document = state.documents.get(path);
        (document.map(|document| document.uri.clone()), document.map(|document| document.version))
    }

    async fn send_diagnostics(
        &self,
        path: &Path,
        uri: Option<Uri>,
        diagnostics: Vec<lsp_types::Diagnostic>,
        version: Option<i32>,
    ) {
        if let Some(uri) = uri.or_else(|| uri::from_path(path)) {
            self.session.client().publish_diagnostics(uri, diagnostics, version).await;
        }
    }

    async fn send_status(&mut self, status: StatusNotification) {
        if self.status.as_ref() != Some(&status) {
            self.status = Some(status.clone());
            self.session.client().send_notification::<Status>(status).await;
        }
    }

    async fn take_back(mut self) {
        let nothing = Arc::new(Outcome { revision: u64::MAX, ..Outcome::default() });
        self.workspace.set_outcome(Arc::clone(&nothing));
        if !self.session.features().pulls_diagnostics {
            self.publish(&nothing).await;
        }
    }
}
