//! From an immutable snapshot to an outcome. Runs on a thread of its own and may take its time.

mod basis;
mod outcome;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baseline::Texts;
use compat::{EngineKind, Program, Verdict};
use lsp_types::Uri;

pub(crate) use basis::Basis;
pub(crate) use outcome::{FileOutcome, Finding, Outcome};

use crate::session::{ClientFeatures, Settings, workspace::Pending};

/// All that one analysis may see.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) revision: u64,
    pub(crate) documents: Vec<OpenText>,
    pub(crate) pending: Pending,
    pub(crate) settings: Arc<Settings>,
    pub(crate) features: ClientFeatures,
}

/// The text of an open document at one version.
#[derive(Debug)]
pub(crate) struct OpenText {
    pub(crate) path: PathBuf,
    pub(crate) uri: Uri,
    pub(crate) version: i32,
    pub(crate) text: Arc<str>,
}

/// What one analysis hands on to the next, so that a keystroke costs one file.
#[derive(Debug)]
pub(crate) struct Analysis {
    root: PathBuf,
    canonical_root: PathBuf,
    is_scanned: bool,
    /// Workspaces inside this one: theirs is another target folder and another session.
    nested: BTreeSet<String>,
    disk: Texts,
    basis: Basis,
    /// The texts that `program` was made from: the disk's, and over them the editor's.
    texts: Texts,
    program: Program,
    /// The files of `texts` that are the editor's.
    open: BTreeSet<Arc<str>>,
    /// The files that may differ from the baseline.
    differing: BTreeSet<Arc<str>>,
}

impl Analysis {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self {
            canonical_root: fs::canonicalize(&root).unwrap_or_else(|_| root.clone()),
            basis: Basis::new(&root),
            root,
            is_scanned: false,
            nested: BTreeSet::new(),
            disk: Texts::new(),
            texts: Texts::new(),
            program: Program::default(),
            open: BTreeSet::new(),
            differing: BTreeSet::new(),
        }
    }

    /// Compares what the editor has with the baseline. `progress` is told how many files of how many are
    /// parsed.
    pub(crate) fn run(&mut self, snapshot: &Snapshot, progress: &(dyn Fn(usize, usize) + Sync)) -> Outcome {
        let is_first = !self.is_scanned;
        let touched = self.read_disk(&snapshot.pending);
        let is_rebased = (is_first || snapshot.pending.rebase) && self.renew_basis(progress);
        let edited = self.overlaid(&snapshot.documents);
        match touched {
            Some(touched) if !is_first => self.edit(touched, edited, progress),
            _ => self.read_all(is_first, edited, progress),
        }
        if is_rebased || is_first {
            self.differing = compat::differing(&self.basis.program, &self.program);
            // What rules ask of a baseline is made ready before somebody types.
            let program = self.basis.program.clone();
            std::thread::spawn(move || program.prepare());
        }
        let engine = self.engine(&snapshot.settings);
        let changes = if self.basis.exists() { self.changes(engine) } else { Vec::new() };
        outcome::Builder::new(self, snapshot, engine).build(changes)
    }

    /// What is sure of the open files before anything else is read. By them alone nothing can be found safe, since what
    /// keeps a value may be anywhere; that something needs a restart is said too early at worst.
    pub(crate) fn first_look(root: PathBuf, snapshot: &Snapshot) -> Outcome {
        let mut look = Self::new(root);
        let edited = look.overlaid(&snapshot.documents);
        let is_manifest = |path: &str| path == "Cargo.toml" || path.ends_with("/Cargo.toml");
        let keep = |path: &str| edited.contains_key(path) || is_manifest(path);
        look.basis.renew(&keep, &mut Texts::new(), &|_, _| {});
        look.texts = look.basis.texts.clone();
        look.texts.extend(edited);
        let known = (&look.basis.texts, &look.texts);
        look.program = lang_rust::update_with(look.basis.program.clone(), known, &|_, _| {});
        look.differing = compat::differing(&look.basis.program, &look.program);
        let engine = look.engine(&snapshot.settings);
        let mut changes = if look.basis.exists() { look.changes(engine) } else { Vec::new() };
        changes.retain(|change| change.verdict == Verdict::Restart);
        outcome::Builder::new(&look, snapshot, engine).build(changes)
    }

    fn changes(&self, engine: EngineKind) -> Vec<compat::Change> {
        let (before, after) = (&self.basis.program, &self.program);
        self.differing.iter().flat_map(|path| compat::compare_file(before, after, path, engine)).collect()
    }

    /// Says whether the baseline is another one.
    fn renew_basis(&mut self, progress: &(dyn Fn(usize, usize) + Sync)) -> bool {
        let nested = &self.nested;
        let keep = |path: &str| lang_rust::is_source(path) && !is_nested(nested, path);
        self.basis.renew(&keep, &mut self.disk, progress)
    }

    /// All texts as they are now; what the baseline has too is not read again.
    fn read_all(
        &mut self,
        is_first: bool,
        edited: BTreeMap<Arc<str>, Arc<str>>,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) {
        let mut texts = self.disk.clone();
        self.open = edited.keys().map(Arc::clone).collect();
        texts.extend(edited);
        let (known, known_texts) = if is_first {
            (self.basis.program.clone(), &self.basis.texts)
        } else {
            (std::mem::take(&mut self.program), &self.texts)
        };
        self.program = lang_rust::update_with(known, (known_texts, &texts), progress);
        self.texts = texts;
        self.differing = compat::differing(&self.basis.program, &self.program);
    }

    /// Follows single files: those `touched` on disk, those `edited`, and those that are edited no more.
    fn edit(
        &mut self,
        touched: BTreeSet<Arc<str>>,
        edited: BTreeMap<Arc<str>, Arc<str>>,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) {
        let open = std::mem::replace(&mut self.open, edited.keys().map(Arc::clone).collect());
        let paths: BTreeSet<_> = touched.into_iter().chain(open).chain(self.open.iter().cloned()).collect();
        let is_same = |old: Option<&Arc<str>>, new: Option<&Arc<str>>| match (old, new) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new) || old == new,
            (old, new) => old.is_none() && new.is_none(),
        };
        let now = |path: &Arc<str>| edited.get(path).or_else(|| self.disk.get(path)).cloned();
        let changed: Vec<_> = paths.into_iter().map(|path| (now(&path), path)).collect();
        let changed: Vec<_> = changed
            .into_iter()
            .filter(|(text, path)| !is_same(self.texts.get(path), text.as_ref()))
            .collect();
        if changed.len() > 1 || changed.iter().any(|(_, path)| path.ends_with(".toml")) {
            return self.read_all(false, edited, progress);
        }
        for (text, path) in changed {
            lang_rust::revise(&mut self.program, &path, text.as_deref());
            match text {
                Some(text) => drop(self.texts.insert(Arc::clone(&path), text)),
                None => drop(self.texts.remove(&path)),
            }
            self.differing.insert(path);
        }
    }

    /// The user's choice, else the session's, else what the workspace is made for.
    fn engine(&self, settings: &Settings) -> EngineKind {
        let found = settings.engine.or(self.basis.engine);
        found.unwrap_or_else(|| lang_rust::detect_engine(&self.program))
    }

    /// Says which files were read; none where all were.
    fn read_disk(&mut self, pending: &Pending) -> Option<BTreeSet<Arc<str>>> {
        let is_manifest = |path: &PathBuf| path.file_name().is_some_and(|name| name == "Cargo.toml");
        if !self.is_scanned || pending.rescan || pending.files.iter().any(is_manifest) {
            self.scan();
            return None;
        }
        let mut touched = BTreeSet::new();
        for path in &pending.files {
            let Some(relative) = self.relative(path) else { continue };
            if !lang_rust::is_source(&relative) || is_nested(&self.nested, &relative) {
                continue;
            }
            let relative: Arc<str> = relative.into();
            // Unreadable or not UTF-8: as if it were not there, like in a scan.
            match fs::read_to_string(path) {
                Ok(text) => drop(self.disk.insert(Arc::clone(&relative), text.into())),
                Err(_) => drop(self.disk.remove(&relative)),
            }
            touched.insert(relative);
        }
        Some(touched)
    }

    fn scan(&mut self) {
        match baseline::read_tree(&self.root, &lang_rust::is_source) {
            Ok(tree) => {
                for (path, reason) in &tree.skipped {
                    tracing::info!(path, reason, "skipped");
                }
                self.disk = tree.texts;
            }
            Err(error) => tracing::warn!(%error, "the workspace can't be read"),
        }
        self.is_scanned = true;
        self.nested = self.find_nested();
        let nested = &self.nested;
        self.disk.retain(|path, _| !is_nested(nested, path));
    }

    fn find_nested(&self) -> BTreeSet<String> {
        let folders = self.disk.keys().filter_map(|path| path.strip_suffix("/Cargo.toml"));
        let is_other = |folder: &&str| {
            baseline::find_root(&self.root.join(folder)).is_some_and(|found| found != self.root)
        };
        folders.filter(is_other).map(str::to_owned).collect()
    }

    /// The editor's texts by their path below the root.
    fn overlaid(&self, documents: &[OpenText]) -> BTreeMap<Arc<str>, Arc<str>> {
        let ours = documents.iter().filter_map(|document| {
            let path = self.relative(&document.path).filter(|path| lang_rust::is_source(path))?;
            Some((path.into(), Arc::clone(&document.text)))
        });
        ours.collect()
    }

    /// The path below the root with `/`, also for a file that the editor knows by another name.
    fn relative(&self, path: &Path) -> Option<String> {
        let below = path.strip_prefix(&self.root).map(Path::to_owned).or_else(|_| {
            let canonical = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
            canonical.strip_prefix(&self.canonical_root).map(Path::to_owned)
        });
        let parts: Option<Vec<&str>> =
            below.as_ref().ok()?.components().map(|part| part.as_os_str().to_str()).collect();
        parts.map(|parts| parts.join("/"))
    }

    /// The folders between the root and the sources, both included.
    pub(crate) fn source_folders(&self) -> BTreeSet<PathBuf> {
        let above =
            |path: &Arc<str>| self.root.join(&**path).ancestors().skip(1).map(Path::to_owned).collect();
        let folders = self.disk.keys().flat_map(|path: &Arc<str>| -> Vec<PathBuf> { above(path) });
        folders.filter(|folder| folder.starts_with(&self.root)).chain([self.root.clone()]).collect()
    }

    /// Where a commit or a checkout shows: `HEAD` itself, and the log that every move of it is written to.
    pub(crate) fn git_folders(&self) -> Vec<PathBuf> {
        let git = self.root.ancestors().map(|folder| folder.join(".git")).find(|git| git.is_dir());
        git.into_iter().flat_map(|git| [git.join("logs"), git]).filter(|folder| folder.is_dir()).collect()
    }
}

fn is_nested(nested: &BTreeSet<String>, path: &str) -> bool {
    nested.iter().any(|folder| path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/')))
}
