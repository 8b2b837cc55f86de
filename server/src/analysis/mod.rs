//! From an immutable snapshot to an outcome. Runs on a thread of its own and may take its time.

mod basis;
mod outcome;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baseline::Texts;
use compat::{EngineKind, Program};
use lsp_types::Uri;

pub(crate) use basis::Basis;
pub(crate) use outcome::{FileOutcome, Finding, Outcome};

use crate::session::{ClientFeatures, Settings, workspace::Pending};

/// More files than this are read anew all at once.
const MANY: usize = 64;

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
        }
    }

    /// Compares what the editor has with the baseline. `progress` is told how many files of how many are
    /// parsed.
    pub(crate) fn run(&mut self, snapshot: &Snapshot, progress: &(dyn Fn(usize, usize) + Sync)) -> Outcome {
        let is_first = !self.is_scanned;
        self.read_disk(&snapshot.pending);
        let texts = self.overlaid(&snapshot.documents);
        if is_first || snapshot.pending.rebase {
            let nested = self.nested.clone();
            self.basis.renew(&|path| lang_rust::is_source(path) && !is_nested(&nested, path), progress);
        }
        let (old_program, old_texts) = if is_first {
            (self.basis.program.clone(), &self.basis.texts)
        } else {
            (self.program.clone(), &self.texts)
        };
        self.program = follow(old_program, old_texts, &texts, progress);
        self.texts = texts;
        let engine = self.engine(&snapshot.settings);
        let changes = if self.basis.exists() {
            compat::compare(&self.basis.program, &self.program, engine)
        } else {
            Vec::new()
        };
        outcome::Builder::new(self, snapshot, engine).build(changes)
    }

    /// The user's choice, else the session's, else what the workspace is made for.
    fn engine(&self, settings: &Settings) -> EngineKind {
        let found = settings.engine.or(self.basis.engine);
        found.unwrap_or_else(|| lang_rust::detect_engine(&self.program))
    }

    fn read_disk(&mut self, pending: &Pending) {
        let is_manifest = |path: &PathBuf| path.file_name().is_some_and(|name| name == "Cargo.toml");
        if !self.is_scanned || pending.rescan || pending.files.iter().any(is_manifest) {
            self.scan();
            return;
        }
        for path in &pending.files {
            let Some(relative) = self.relative(path) else { continue };
            if !lang_rust::is_source(&relative) || is_nested(&self.nested, &relative) {
                continue;
            }
            // Unreadable or not UTF-8: as if it were not there, like in a scan.
            match fs::read_to_string(path) {
                Ok(text) => drop(self.disk.insert(relative.into(), text.into())),
                Err(_) => drop(self.disk.remove(relative.as_str())),
            }
        }
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

    fn overlaid(&self, documents: &[OpenText]) -> Texts {
        let mut texts = self.disk.clone();
        for document in documents {
            if let Some(path) = self.relative(&document.path)
                && lang_rust::is_source(&path)
            {
                texts.insert(path.into(), Arc::clone(&document.text));
            }
        }
        texts
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

/// The program of `new`, from that of `old`: only what differs is parsed.
pub(crate) fn follow(
    program: Program,
    old: &Texts,
    new: &Texts,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Program {
    let is_same = |path: &str, text: &Arc<str>| {
        old.get(path).is_some_and(|before| Arc::ptr_eq(before, text) || before == text)
    };
    let changed: Vec<_> = new.iter().filter(|(path, text)| !is_same(path, text)).collect();
    let removed: Vec<_> = old.keys().filter(|path| !new.contains_key(*path)).collect();
    let is_manifest = |path: &str| path == "Cargo.toml" || path.ends_with("/Cargo.toml");
    // A manifest decides which file belongs to which crate.
    let reshapes =
        changed.iter().map(|(path, _)| *path).chain(removed.iter().copied()).any(|path| is_manifest(path));
    if reshapes || changed.len() + removed.len() > MANY {
        return lang_rust::program_with(new, progress);
    }
    let without = removed.into_iter().fold(program, |program, path| lang_rust::without(&program, path));
    changed.into_iter().fold(without, |program, (path, text)| lang_rust::reparse(&program, path, text))
}
