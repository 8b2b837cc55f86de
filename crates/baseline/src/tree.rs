//! The texts of a workspace as they are on disk.

use std::fs;
use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};

use crate::store::canonical;
use crate::{Error, Result, Texts, target_dir};

/// Texts of a workspace, and what could not be read of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// The workspace root.
    pub root: PathBuf,
    /// The texts that were asked for.
    pub texts: Texts,
    /// Path relative to the root, and why it is not among the texts.
    pub skipped: Vec<(String, String)>,
}

/// Reads the texts below `root` whose relative path `keep` accepts.
///
/// What git ignores is read nevertheless: generated code that is compiled counts. What is not read are
/// hidden folders (but for `.cargo`), the target folder, caches that say so (`CACHEDIR.TAG`) and
/// `node_modules`.
pub fn read_tree(root: &Path, keep: &dyn Fn(&str) -> bool) -> Result<Tree> {
    fs::read_dir(root).map_err(|source| Error::io("read", root, source))?;
    let mut tree = Tree { root: root.to_owned(), ..Tree::default() };
    for entry in walk(root) {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_dir()) => {}
            Ok(entry) => tree.add(&entry, keep),
            Err(error) => tree.skip_error(&error),
        }
    }
    Ok(tree)
}

fn walk(root: &Path) -> ignore::Walk {
    let target = canonical(&target_dir(root));
    let root = canonical(root);
    WalkBuilder::new(root.clone())
        .standard_filters(false)
        .follow_links(true)
        .sort_by_file_name(std::cmp::Ord::cmp)
        .filter_entry(move |entry| {
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            entry.depth() == 0 || !is_folder || is_wanted(entry, &root, &target)
        })
        .build()
}

fn is_wanted(folder: &DirEntry, root: &Path, target: &Path) -> bool {
    let name = folder.file_name().to_string_lossy();
    if (name.starts_with('.') && name != ".cargo") || name == "node_modules" {
        return false;
    }
    let path = folder.path();
    if path == target || path.join("CACHEDIR.TAG").exists() {
        return false;
    }
    // A link to a folder that contains the workspace would drag in the rest of the disk.
    !folder.path_is_symlink() || !root.starts_with(canonical(path))
}

impl Tree {
    fn add(&mut self, entry: &DirEntry, keep: &dyn Fn(&str) -> bool) {
        let Some(path) = relative(entry.path(), &canonical(&self.root)) else {
            let path = entry.path().to_string_lossy().into_owned();
            self.skipped.push((path, "its name is not UTF-8".to_owned()));
            return;
        };
        if !keep(&path) {
            return;
        }
        match read_text(entry.path()) {
            Ok(text) => {
                self.texts.insert(path.into(), text.into());
            }
            Err(reason) => self.skipped.push((path, reason)),
        }
    }

    fn skip_error(&mut self, error: &ignore::Error) {
        let (path, reason) = explain(error);
        let root = canonical(&self.root);
        let path = path.map_or_else(String::new, |path| {
            relative(&path, &root).unwrap_or_else(|| path.to_string_lossy().into_owned())
        });
        self.skipped.push((path, reason));
    }
}

fn explain(error: &ignore::Error) -> (Option<PathBuf>, String) {
    match error {
        ignore::Error::Loop { child, ancestor } => {
            (Some(child.clone()), format!("it is a link to `{}`, which contains it", ancestor.display()))
        }
        ignore::Error::WithPath { path, err } => {
            let (inner, reason) = explain(err);
            (inner.or_else(|| Some(path.clone())), reason)
        }
        ignore::Error::WithDepth { err, .. } => explain(err),
        other => (None, other.to_string()),
    }
}

/// Regular files only: even opening a pipe would wait for ever.
fn read_text(path: &Path) -> std::result::Result<String, String> {
    let metadata = fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

/// The path below `root` with `/`, whatever the system uses.
pub(crate) fn relative(path: &Path, root: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> =
        path.strip_prefix(root).ok()?.components().map(|part| part.as_os_str().to_str()).collect();
    parts.map(|parts| parts.join("/"))
}
