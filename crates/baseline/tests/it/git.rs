use std::fs;
use std::path::Path;
use std::process::Command;

use baseline::{Error, read_git};

use crate::{paths, write};

fn git(folder: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
    let status = Command::new("git").args(identity).args(arguments).current_dir(folder).status().unwrap();
    assert!(status.success(), "git {arguments:?}");
}

fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "-q", "-b", "main"]);
    write(folder.path(), "rust/src/main.rs", "fn main() {}\n");
    write(folder.path(), "rust/src/bad.rs", b"\xff");
    write(folder.path(), "other/lib.rs", "");
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-q", "-m", "First"]);
    folder
}

#[test]
fn reads_the_commit_and_not_the_work_tree() {
    let folder = repository();
    write(folder.path(), "rust/src/main.rs", "fn main() { todo!() }\n");
    let tree = read_git(&folder.path().join("rust"), "HEAD", &|_| true).unwrap();
    assert_eq!(paths(&tree.texts), ["src/main.rs"]);
    assert_eq!(&*tree.texts["src/main.rs"], "fn main() {}\n");
    assert_eq!(tree.skipped, [("src/bad.rs".to_owned(), "it is not UTF-8".to_owned())]);
}

#[test]
fn a_workspace_that_the_commit_does_not_have_is_empty() {
    let folder = repository();
    write(folder.path(), "new/src/lib.rs", "");
    let tree = read_git(&folder.path().join("new"), "HEAD", &|_| true).unwrap();
    assert_eq!(paths(&tree.texts), [""; 0]);
}

#[test]
fn a_packed_repository_reads_the_same() {
    let folder = repository();
    git(folder.path(), &["gc", "-q"]);
    let tree = read_git(folder.path(), "main~0", &|path| path.starts_with("rust/")).unwrap();
    assert_eq!(paths(&tree.texts), ["rust/src/main.rs"]);
}

#[test]
fn says_what_is_missing() {
    let outside = tempfile::tempdir().unwrap();
    assert!(matches!(read_git(outside.path(), "HEAD", &|_| true), Err(Error::NoRepository { .. })));
    git(outside.path(), &["init", "-q"]);
    assert!(matches!(read_git(outside.path(), "HEAD", &|_| true), Err(Error::NoRevision { .. })));
    let folder = repository();
    assert!(matches!(read_git(folder.path(), "v9", &|_| true), Err(Error::NoRevision { .. })));
    fs::write(folder.path().join(".git/config"), "[core\n").unwrap();
    assert!(matches!(read_git(folder.path(), "HEAD", &|_| true), Err(Error::Git { .. })));
}
