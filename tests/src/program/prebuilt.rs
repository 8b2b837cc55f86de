//! The compiled dependencies of the examples, kept in `target/fixtures` and linked into each copy.
//!
//! Only dependencies are shared. The workspace's own crates are compiled anew in every copy, since the debugger
//! reads the absolute paths of their sources out of what was built.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::Command;

use super::{BUILD_VARIABLES, cargo, copy_sources, repository, run};

/// What is compiled anew in every copy: found by the name that Cargo gives the files of a crate.
struct Members(Vec<String>);

/// Gives the copy in `root` the compiled dependencies of `example`.
pub(super) fn install(example: &Path, root: &Path) -> io::Result<()> {
    let name = example.file_name().unwrap_or_default();
    let cache = repository().join("target/fixtures").join(name);
    fs::create_dir_all(&cache)?;
    // Test processes run side by side; the first builds, the others wait. The lock goes with the file handle.
    let lock = File::create(cache.with_extension("lock"))?;
    lock.lock()?;
    copy_sources(example, &cache)?;
    let mut build = Command::new(cargo());
    build.args(["build", "--quiet"]).current_dir(&cache);
    for variable in BUILD_VARIABLES {
        build.env_remove(variable);
    }
    run(&mut build)?;
    let members = Members::of(&cache)?;
    link_tree(&cache.join("target/debug"), &root.join("target/debug"), &members)
}

impl Members {
    /// Every crate with a manifest of its own below the workspace.
    fn of(workspace: &Path) -> io::Result<Self> {
        let mut names = Vec::new();
        for entry in fs::read_dir(workspace)? {
            let directory = entry?;
            if directory.path().join("Cargo.toml").is_file() {
                names.push(directory.file_name().to_string_lossy().replace('-', "_"));
            }
        }
        names.extend(workspace.file_name().map(|name| name.to_string_lossy().replace('-', "_")));
        Ok(Self(names))
    }

    /// Whether a file or directory of the target directory belongs to a member: `libworld.so`, `app-0123456789abcdef`.
    fn own(&self, file_name: &str) -> bool {
        let stem = file_name.strip_prefix("lib").unwrap_or(file_name);
        let stem = stem.split(['-', '.']).next().unwrap_or(stem);
        self.0.iter().any(|name| name == stem)
    }
}

/// Copies a target directory with the times of its files, which tell Cargo that they are fresh; compiled code is
/// hard-linked where the file system can.
fn link_tree(from: &Path, to: &Path, members: &Members) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if members.own(&name.to_string_lossy()) || name == "incremental" {
            continue;
        }
        let target = to.join(&name);
        if entry.file_type()?.is_dir() {
            link_tree(&entry.path(), &target, members)?;
        } else {
            let compiled = from.ends_with("deps");
            if !(compiled && fs::hard_link(entry.path(), &target).is_ok()) {
                fs::copy(entry.path(), &target)?;
                let modified = entry.metadata()?.modified()?;
                File::options().write(true).open(&target)?.set_modified(modified)?;
            }
        }
    }
    Ok(())
}
