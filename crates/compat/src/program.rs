//! All units of a workspace at one moment.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::FileUnits;
use crate::live::Lives;
use crate::reach::Index;

/// What part a crate has in the running process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Built into the executable, as far as is known.
    Executable,
    /// A library that is reloaded while the program runs.
    Hot,
    /// Linked into the reloaded library; the executable may have a copy of its own.
    Shared,
    /// Runs in the compiler: procedural macros.
    Compiler,
}

/// A crate of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crate {
    /// Its name in code.
    pub name: Arc<str>,
    /// Its package's name.
    pub package: Arc<str>,
    /// The package's directory relative to the workspace root, with `/`; empty for the root itself.
    pub root: Arc<str>,
    /// What part it has in the process.
    pub role: Role,
    /// Packages that it depends on.
    pub dependencies: Arc<[Box<str>]>,
    /// Can be loaded at run time: `dylib` or `cdylib`.
    pub loadable: bool,
    /// Has an executable.
    pub executable: bool,
}

/// All units of a workspace at one moment, with its crates. Immutable; a clone costs two counters.
#[derive(Clone, Debug, Default)]
pub struct Program {
    files: Arc<BTreeMap<Arc<str>, Arc<FileUnits>>>,
    crates: Arc<[Crate]>,
    index: Arc<OnceLock<Index>>,
    lives: Arc<OnceLock<Lives>>,
}

impl Program {
    /// A program of these files and crates.
    pub fn new(files: BTreeMap<Arc<str>, Arc<FileUnits>>, crates: Vec<Crate>) -> Self {
        Self { files: Arc::new(files), crates: crates.into(), index: Arc::default(), lives: Arc::default() }
    }

    /// The units of one file.
    pub fn file(&self, path: &str) -> Option<&Arc<FileUnits>> {
        self.files.get(path)
    }

    /// All files, by path.
    pub fn files(&self) -> impl ExactSizeIterator<Item = (&Arc<str>, &Arc<FileUnits>)> {
        self.files.iter()
    }

    /// One file replaced, added, or (`None`) removed. The crates stay as they are. A program that nobody else holds is
    /// changed where it is, so that the cost does not grow with its files.
    pub fn set_file(&mut self, path: &str, units: Option<Arc<FileUnits>>) {
        let files = Arc::make_mut(&mut self.files);
        match units {
            Some(units) => files.insert(path.into(), units),
            None => files.remove(path),
        };
        self.index = Arc::default();
        self.lives = Arc::default();
    }

    /// Makes what rules will ask a baseline for, once. A clone shares it.
    pub fn prepare(&self) {
        self.index();
        self.lives();
    }

    /// This program with other crates: for when a manifest changed.
    #[must_use]
    pub fn with_crates(&self, crates: Vec<Crate>) -> Self {
        Self {
            files: Arc::clone(&self.files),
            crates: crates.into(),
            index: Arc::default(),
            lives: Arc::default(),
        }
    }

    /// The crates of the workspace.
    pub fn crates(&self) -> &[Crate] {
        &self.crates
    }

    /// The crate that a file belongs to: the one with the innermost directory around it.
    pub fn crate_of(&self, path: &str) -> Option<&Crate> {
        self.crates.iter().filter(|krate| is_below(path, &krate.root)).max_by_key(|krate| krate.root.len())
    }

    /// How many units there are in all files.
    pub fn unit_count(&self) -> usize {
        self.files.values().map(|file| file.unit_count()).sum()
    }

    /// Who mentions whom. Made at the first question: a baseline is asked often and never changes.
    pub(crate) fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::of(self))
    }

    /// Where values are kept. Made at the first question too.
    pub(crate) fn lives(&self) -> &Lives {
        self.lives.get_or_init(|| Lives::of(self))
    }
}

/// Whether `path` lies in the directory `root` (the empty one is the workspace's own).
fn is_below(path: &str, root: &str) -> bool {
    root.is_empty() || path.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'))
}
