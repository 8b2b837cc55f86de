//! The crate as the server and the adapter use it, over real folders, processes and repositories.

mod cargo;
mod git;
mod store;
mod tree;
mod watch;

use std::fs;
use std::path::Path;

use baseline::Texts;

/// Writes a file and the folders on the way to it.
fn write(root: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn texts(files: &[(&str, &str)]) -> Texts {
    files.iter().map(|(path, text)| ((*path).into(), (*text).into())).collect()
}

fn paths(texts: &Texts) -> Vec<&str> {
    texts.keys().map(AsRef::as_ref).collect()
}
