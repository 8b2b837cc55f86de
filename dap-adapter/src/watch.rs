//! Tells when source files of the workspace are saved.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use compat::Texts;
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

use crate::project::Project;

/// An editor writes a file in several steps, and often several files at once.
const QUIET: Duration = Duration::from_millis(30);

/// However busy the files are, a save is noticed after this time.
const AT_LAST: Duration = Duration::from_millis(300);

/// Watches the folders that hold sources; not the whole tree, since builds write a great deal into it.
#[derive(Debug)]
pub(crate) struct Watch {
    watcher: RecommendedWatcher,
    folders: BTreeSet<PathBuf>,
}

impl Watch {
    /// Watches the folders of these texts, and calls `on_save` after sources were written.
    pub(crate) fn start(
        root: &Path,
        texts: &Texts,
        project: Project,
        on_save: impl Fn() + Send + 'static,
    ) -> notify::Result<Self> {
        let (touched, saves) = mpsc::unbounded_channel();
        let base = root.to_owned();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let Ok(event) = event else { return };
            if !matches!(event.kind, EventKind::Access(_))
                && event.paths.iter().any(|p| is_source(project, &base, p))
            {
                let _ = touched.send(());
            }
        })?;
        tokio::spawn(debounce(saves, on_save));
        let mut watch = Self { watcher, folders: BTreeSet::new() };
        watch.follow(root, texts);
        Ok(watch)
    }

    /// Watches new folders too.
    pub(crate) fn follow(&mut self, root: &Path, texts: &Texts) {
        let folders: BTreeSet<PathBuf> =
            texts.keys().filter_map(|file| root.join(&**file).parent().map(Path::to_owned)).collect();
        for folder in folders {
            if !self.folders.contains(&folder)
                && self.watcher.watch(&folder, RecursiveMode::NonRecursive).is_ok()
            {
                self.folders.insert(folder);
            }
        }
    }
}

fn is_source(project: Project, root: &Path, path: &Path) -> bool {
    let relative = path.strip_prefix(root).unwrap_or(path);
    relative.to_str().is_some_and(|relative| project.is_source(&relative.replace('\\', "/")))
}

async fn debounce(mut saves: mpsc::UnboundedReceiver<()>, on_save: impl Fn()) {
    while saves.recv().await.is_some() {
        let latest = Instant::now() + AT_LAST;
        while Instant::now() < latest && matches!(timeout(QUIET, saves.recv()).await, Ok(Some(()))) {}
        on_save();
    }
}
