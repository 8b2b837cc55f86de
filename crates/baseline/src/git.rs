//! The texts of a workspace as a commit has them.

use std::path::{Path, PathBuf};

use gix::objs::tree::EntryKind;

use crate::store::canonical;
use crate::tree::relative;
use crate::{Error, Result, Tree};

/// Reads the texts below `root` at `revision`, whose path relative to `root` the filter accepts.
///
/// The repository's own configuration is the only one that is read, and nothing is run: no filter, no
/// hook, no `git`.
pub fn read_git(root: &Path, revision: &str, keep: &dyn Fn(&str) -> bool) -> Result<Tree> {
    let root = canonical(root);
    let repository = open(&root)?;
    let workdir = repository.workdir().map(canonical).ok_or_else(|| no_repository(&root))?;
    let prefix = relative(&root, &workdir).ok_or_else(|| no_repository(&root))?;
    let mut reader = Reader { repository: &repository, keep, tree: Tree { root, ..Tree::default() } };
    let commit = reader.tree_of(revision)?;
    if let Some(folder) = reader.subfolder(commit, &prefix)? {
        reader.read_folder(&folder, "")?;
    }
    Ok(reader.tree)
}

/// The id of the commit that `revision` names: a cheap way to know whether [`read_git`] would answer anew.
pub fn git_commit(root: &Path, revision: &str) -> Result<String> {
    let root = canonical(root);
    let repository = open(&root)?;
    let id = repository.rev_parse_single(revision).map_err(|error| Error::NoRevision {
        revision: revision.to_owned(),
        path: root.clone(),
        reason: error.to_string(),
    })?;
    Ok(id.to_string())
}

fn open(root: &Path) -> Result<gix::Repository> {
    gix::discover::upwards(root).map_err(|_| no_repository(root))?;
    let options = gix::open::Options::isolated();
    let trust = gix::sec::trust::Mapping { full: options.clone(), reduced: options };
    gix::ThreadSafeRepository::discover_opts(root, gix::discover::upwards::Options::default(), trust)
        .map(|repository| repository.to_thread_local())
        .map_err(|error| Error::Git { path: root.to_owned(), reason: error.to_string() })
}

fn no_repository(root: &Path) -> Error {
    Error::NoRepository { path: root.to_owned() }
}

struct Reader<'a> {
    repository: &'a gix::Repository,
    keep: &'a dyn Fn(&str) -> bool,
    tree: Tree,
}

impl<'a> Reader<'a> {
    fn tree_of(&self, revision: &str) -> Result<gix::Tree<'a>> {
        let refused = |reason: String| Error::NoRevision {
            revision: revision.to_owned(),
            path: self.tree.root.clone(),
            reason,
        };
        let id = self.repository.rev_parse_single(revision).map_err(|error| refused(error.to_string()))?;
        let object = id.object().map_err(|error| self.failed(&error))?;
        object.peel_to_tree().map_err(|error| refused(error.to_string()))
    }

    /// The folder of the workspace inside the repository; none if that commit did not have it.
    fn subfolder(&self, tree: gix::Tree<'a>, prefix: &str) -> Result<Option<gix::Tree<'a>>> {
        if prefix.is_empty() {
            return Ok(Some(tree));
        }
        let entry = tree.lookup_entry_by_path(PathBuf::from(prefix)).map_err(|error| self.failed(&error))?;
        let Some(entry) = entry else { return Ok(None) };
        let object = entry.object().map_err(|error| self.failed(&error))?;
        Ok(object.try_into_tree().ok())
    }

    fn read_folder(&mut self, folder: &gix::Tree<'a>, prefix: &str) -> Result<()> {
        for entry in folder.iter() {
            let entry = entry.map_err(|error| self.failed(&error))?;
            let Ok(name) = std::str::from_utf8(entry.filename()) else {
                let path = format!("{prefix}{}", entry.filename());
                self.tree.skipped.push((path, "its name is not UTF-8".to_owned()));
                continue;
            };
            let path = format!("{prefix}{name}");
            match entry.kind() {
                EntryKind::Tree => {
                    let object = entry.object().map_err(|error| self.failed(&error))?;
                    self.read_folder(&object.into_tree(), &format!("{path}/"))?;
                }
                EntryKind::Blob | EntryKind::BlobExecutable if (self.keep)(&path) => {
                    let object = entry.object().map_err(|error| self.failed(&error))?;
                    self.add(path, object.detach().data);
                }
                EntryKind::Link if (self.keep)(&path) => {
                    self.tree.skipped.push((path, "it is a symbolic link".to_owned()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn add(&mut self, path: String, bytes: Vec<u8>) {
        match String::from_utf8(bytes) {
            Ok(text) => {
                self.tree.texts.insert(path.into(), text.into());
            }
            Err(_) => self.tree.skipped.push((path, "it is not UTF-8".to_owned())),
        }
    }

    fn failed(&self, error: &dyn std::error::Error) -> Error {
        Error::Git { path: self.tree.root.clone(), reason: error.to_string() }
    }
}
