//! All state of the server, and the only place where it changes.

mod document;
mod features;
mod settings;
mod status;
mod watching;
mod worker;
pub(crate) mod workspace;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use lsp_types::{MessageType, TextDocumentContentChangeEvent, TextDocumentItem, Uri};
use tower_lsp::Client;

pub(crate) use document::Document;
pub(crate) use features::ClientFeatures;
pub(crate) use settings::Settings;
pub(crate) use status::{Counts, FileCounts, Status, StatusNotification, Totals};
pub(crate) use workspace::Workspace;

use crate::orphan::Parent;
use crate::uri;

/// One editor's session.
#[derive(Debug)]
pub(crate) struct Session {
    client: Client,
    features: OnceLock<ClientFeatures>,
    parent: OnceLock<Parent>,
    is_shut_down: AtomicBool,
    state: Mutex<State>,
}

/// What messages change.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) folders: Vec<PathBuf>,
    pub(crate) workspaces: BTreeMap<PathBuf, Arc<Workspace>>,
    pub(crate) documents: HashMap<PathBuf, Document>,
    pub(crate) settings: Arc<Settings>,
    /// Grows with each change of anything that an analysis sees, so that a request can wait for an outcome
    /// that saw all that came before it.
    pub(crate) revision: u64,
    has_said_not_cargo: bool,
}

impl Session {
    pub(crate) fn new(client: Client) -> Arc<Self> {
        Arc::new(Self {
            client,
            features: OnceLock::new(),
            parent: OnceLock::new(),
            is_shut_down: AtomicBool::new(false),
            state: Mutex::default(),
        })
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// What the client can do; nothing before `initialize`.
    pub(crate) fn features(&self) -> &ClientFeatures {
        static NONE: OnceLock<ClientFeatures> = OnceLock::new();
        self.features.get().unwrap_or_else(|| NONE.get_or_init(ClientFeatures::default))
    }

    pub(crate) fn set_features(&self, features: ClientFeatures) {
        let _ = self.features.set(features);
    }

    pub(crate) fn parent(&self) -> Option<Parent> {
        self.parent.get().copied()
    }

    pub(crate) fn set_parent(&self, id: u32) {
        let _ = self.parent.set(Parent::new(id));
    }

    pub(crate) fn is_shut_down(&self) -> bool {
        self.is_shut_down.load(Ordering::Relaxed)
    }

    pub(crate) fn shut_down(&self) {
        self.is_shut_down.store(true, Ordering::Relaxed);
    }

    /// A handler that panicked leaves state that is as good as before: each change is one statement.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens workspaces for folders that came, closes those that no folder needs any more.
    pub(crate) fn change_folders(self: &Arc<Self>, removed: &[PathBuf], added: Vec<PathBuf>) {
        let mut not_cargo = None;
        {
            let mut state = self.state();
            state.folders.retain(|folder| !removed.contains(folder));
            for folder in added {
                match baseline::find_root(&folder) {
                    Some(root) => self.open_workspace(&mut state, root),
                    None => not_cargo = Some(folder.clone()),
                }
                state.folders.push(folder);
            }
            let folders = state.folders.clone();
            state.workspaces.retain(|root, workspace| {
                let is_wanted =
                    folders.iter().any(|folder| root.starts_with(folder) || folder.starts_with(root));
                if !is_wanted {
                    workspace.close();
                }
                is_wanted
            });
        }
        if let Some(folder) = not_cargo {
            self.say_not_cargo(&folder);
        }
    }

    fn open_workspace(self: &Arc<Self>, state: &mut State, root: PathBuf) {
        if state.workspaces.contains_key(&root) {
            return;
        }
        state.revision += 1;
        let workspace = Workspace::open(Arc::clone(self), root.clone());
        state.workspaces.insert(root, workspace);
    }

    /// Once and only where nothing else works: a folder of notes beside a workspace is no mistake.
    fn say_not_cargo(self: &Arc<Self>, folder: &Path) {
        let mut state = self.state();
        if state.has_said_not_cargo || !state.workspaces.is_empty() {
            return;
        }
        state.has_said_not_cargo = true;
        drop(state);
        let message = format!(
            "Midflight found no Cargo.toml in or above `{}`, so there is nothing to watch over. \
             Open the folder of a Cargo package or workspace.",
            folder.display()
        );
        let session = Arc::clone(self);
        let status = StatusNotification::no_workspace(folder);
        tokio::spawn(async move {
            session.client.show_message(MessageType::WARNING, message).await;
            session.client.send_notification::<Status>(status).await;
        });
    }

    pub(crate) fn open_document(self: &Arc<Self>, item: TextDocumentItem) {
        let Some(path) = uri::to_path(&item.uri) else { return };
        let mut state = self.state();
        // A workspace inside a folder that is none itself is found by its first document.
        if let Some(root) = baseline::find_root(&path)
            && (state.folders.is_empty() || state.folders.iter().any(|folder| root.starts_with(folder)))
        {
            self.open_workspace(&mut state, root);
        }
        state.documents.insert(path.clone(), Document::new(item));
        state.touch(&path);
    }

    pub(crate) fn change_document(
        &self,
        uri: &Uri,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
    ) {
        let Some(path) = uri::to_path(uri) else { return };
        let encoding = self.features().encoding;
        let mut state = self.state();
        let Some(document) = state.documents.get_mut(&path) else {
            tracing::warn!(uri = uri.as_str(), "a change of a document that is not open");
            return;
        };
        document.change(version, changes, encoding);
        state.touch(&path);
    }

    pub(crate) fn close_document(&self, uri: &Uri) {
        let Some(path) = uri::to_path(uri) else { return };
        let mut state = self.state();
        state.documents.remove(&path);
        // What was not saved is gone: the file on disk is what counts again.
        if let Some(workspace) = state.workspace_of(&path) {
            workspace.pend(|pending| pending.files.insert(path.clone()));
        }
        state.touch(&path);
    }

    /// A file was saved, or changed on disk by somebody. Either may have been a build or a commit.
    pub(crate) fn files_changed(&self, paths: Vec<PathBuf>) {
        let mut state = self.state();
        for path in paths {
            if let Some(workspace) = state.workspace_of(&path) {
                workspace.pend(|pending| {
                    pending.rebase = true;
                    pending.files.insert(path.clone())
                });
            }
            state.touch(&path);
        }
    }

    /// Everything is to be shown anew: the settings changed.
    pub(crate) fn configure(&self, settings: Settings) {
        let mut state = self.state();
        if *state.settings == settings {
            return;
        }
        state.settings = Arc::new(settings);
        state.revision += 1;
        for workspace in state.workspaces.values() {
            workspace.poke();
        }
    }
}

impl State {
    /// The innermost workspace around a file.
    pub(crate) fn workspace_of(&self, path: &Path) -> Option<&Arc<Workspace>> {
        let around = |path: &Path| {
            let mut around = self.workspaces.values().filter(|workspace| path.starts_with(workspace.root()));
            let first = around.next()?;
            Some(around.fold(first, |best, next| {
                if next.root().as_os_str().len() > best.root().as_os_str().len() { next } else { best }
            }))
        };
        around(path).or_else(|| around(&std::fs::canonicalize(path).ok()?))
    }

    fn touch(&mut self, path: &Path) {
        self.revision += 1;
        if let Some(workspace) = self.workspace_of(path) {
            workspace.poke();
        }
    }
}
