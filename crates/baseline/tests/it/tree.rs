use baseline::read_tree;

use crate::{paths, write};

fn is_rust(path: &str) -> bool {
    std::path::Path::new(path).extension().is_some_and(|extension| extension == "rs")
}

#[test]
fn reads_what_is_kept_and_leaves_out_what_was_built() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "src/main.rs", "fn main() {}\r\n");
    write(folder.path(), "src/notes.txt", "");
    write(folder.path(), "target/debug/build.rs", "");
    write(folder.path(), "elsewhere/CACHEDIR.TAG", "");
    write(folder.path(), "elsewhere/cached.rs", "");
    write(folder.path(), "node_modules/a/a.rs", "");
    write(folder.path(), ".git/hooks/a.rs", "");
    write(folder.path(), ".gitignore", "generated.rs");
    write(folder.path(), "src/generated.rs", "");
    let tree = read_tree(folder.path(), &is_rust).unwrap();
    assert_eq!(paths(&tree.texts), ["src/generated.rs", "src/main.rs"]);
    assert_eq!(&*tree.texts["src/main.rs"], "fn main() {}\r\n");
    assert_eq!(tree.skipped, []);
}

#[test]
fn a_file_that_is_not_utf8_is_skipped_and_named() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.rs", b"// \xff");
    write(folder.path(), "b.rs", "// 🦀");
    let tree = read_tree(folder.path(), &is_rust).unwrap();
    assert_eq!(paths(&tree.texts), ["b.rs"]);
    assert_eq!(tree.skipped, [("a.rs".to_owned(), "it is not UTF-8".to_owned())]);
}

#[cfg(unix)]
#[test]
fn links_that_lead_in_circles_end() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "src/main.rs", "");
    symlink(folder.path(), folder.path().join("src/up")).unwrap();
    symlink("/", folder.path().join("src/disk")).unwrap();
    symlink("self", folder.path().join("self")).unwrap();
    symlink("nowhere", folder.path().join("dangling.rs")).unwrap();
    let tree = read_tree(folder.path(), &is_rust).unwrap();
    assert_eq!(paths(&tree.texts), ["src/main.rs"]);
    assert!(tree.skipped.iter().any(|(path, _)| path == "dangling.rs"), "{:?}", tree.skipped);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("pipe.rs")).status().unwrap();
    assert!(made.success());
    let tree = read_tree(folder.path(), &is_rust).unwrap();
    assert_eq!(paths(&tree.texts), [""; 0]);
    assert_eq!(tree.skipped.len(), 1);
}
