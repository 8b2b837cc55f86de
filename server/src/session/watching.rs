//! What is watched for one workspace: the generations always, files only if the client can't.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::analysis::Analysis;
use crate::session::Workspace;

/// Watches until it is dropped.
#[derive(Debug)]
pub(crate) struct Watching {
    _generations: Option<baseline::Watch>,
    watcher: Option<RecommendedWatcher>,
    /// Folders with sources, each for itself: watching the root with all below would watch the target
    /// folder through every build.
    folders: HashSet<PathBuf>,
    watches_files: bool,
}

impl Watching {
    pub(crate) fn start(workspace: &Arc<Workspace>, watches_files: bool) -> Self {
        Self {
            _generations: watch_generations(workspace),
            watcher: watch_files(workspace),
            folders: HashSet::new(),
            watches_files,
        }
    }

    /// Watches the folders that the last scan found, and where git keeps what `HEAD` is.
    pub(crate) fn follow(&mut self, analysis: &Analysis) {
        let Some(watcher) = &mut self.watcher else { return };
        let mut folders: HashSet<PathBuf> = analysis.git_folders().into_iter().collect();
        if self.watches_files {
            folders.extend(analysis.source_folders());
        }
        for gone in self.folders.difference(&folders) {
            // Fails for a folder that was removed, whose watch is gone with it.
            let _ = watcher.unwatch(gone);
        }
        self.folders.retain(|folder| folders.contains(folder));
        for folder in folders {
            if !self.folders.contains(&folder) && watcher.watch(&folder, RecursiveMode::NonRecursive).is_ok()
            {
                self.folders.insert(folder);
            }
        }
    }
}

fn watch_generations(workspace: &Arc<Workspace>) -> Option<baseline::Watch> {
    let poke = rebase(Arc::downgrade(workspace));
    let watch = baseline::Store::of_workspace(workspace.root()).and_then(|store| store.watch(poke));
    watch.inspect_err(|error| tracing::warn!(%error, "generations are not watched")).ok()
}

fn rebase(workspace: Weak<Workspace>) -> impl FnMut() + Send {
    move || {
        if let Some(workspace) = workspace.upgrade() {
            workspace.pend(|pending| pending.rebase = true);
        }
    }
}

fn watch_files(workspace: &Arc<Workspace>) -> Option<RecommendedWatcher> {
    let workspace = Arc::downgrade(workspace);
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let (Some(workspace), Ok(event)) = (workspace.upgrade(), event) else { return };
        let is_noise = |path: &PathBuf| is_git(path) && !tells_of_head(path);
        if event.kind.is_access() || event.paths.iter().all(is_noise) {
            return;
        }
        workspace.pend(|pending| {
            pending.rebase = true;
            // A folder that comes or goes brings files that no event names.
            pending.rescan |= event.paths.iter().any(|path| path.extension().is_none() && !is_git(path));
            pending.files.extend(event.paths);
        });
    });
    watcher.inspect_err(|error| tracing::warn!(%error, "files are not watched")).ok()
}

fn is_git(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == ".git")
}

/// Editors ask git for the status all the time, which touches its index and locks.
fn tells_of_head(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "HEAD" || name == "packed-refs")
}
