//! Workspaces of any size, made of the published crates that this one is built from.
//!
//! Their versions stand in `Cargo.lock`, and Cargo fetches what is not there yet.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fastrand::Rng;
use midflight_tests::mutation::{files_below, published};

/// Larger crates are tables that a program wrote: system calls, instructions.
const TABLES: usize = 200_000;

/// So many functions take the type that is edited, in files of twenty.
const DEPENDENTS: usize = 1000;

/// The field of that type that grows.
pub(super) const GROWING: &str = "growing:";

/// A published crate on disk.
struct Published {
    name: String,
    src: PathBuf,
    lines: usize,
}

/// All that there are, in an order that mixes small and large.
pub(super) struct Sources(Vec<Published>);

/// A workspace that was made.
pub(super) struct Copied {
    pub(super) lines: usize,
    /// Names and versions.
    pub(super) crates: Vec<String>,
    /// A file of some length, the same in every workspace.
    pub(super) edited: PathBuf,
    /// The file of the type with many dependents.
    pub(super) core: PathBuf,
}

/// In every workspace, with the file that is edited.
const FIRST: (&str, &str) = ("regex-automata-", "src/meta/strategy.rs");

impl Sources {
    pub(super) fn fetched() -> Self {
        let mut crates: Vec<_> = published()
            .into_iter()
            .map(|(name, src)| Published { name, lines: lines_below(&src), src })
            .filter(|published| (1..TABLES).contains(&published.lines))
            .collect();
        Rng::with_seed(1).shuffle(&mut crates);
        crates.sort_by_key(|published| !published.name.starts_with(FIRST.0));
        Self(crates)
    }

    /// Makes a workspace of about so many lines, committed to git.
    pub(super) fn copy(&self, folder: &Path, lines: usize) -> Copied {
        let mut copied =
            Copied { lines: 0, crates: Vec::new(), edited: PathBuf::new(), core: PathBuf::new() };
        for published in &self.0 {
            if copied.lines + published.lines > lines + lines / 50 {
                continue;
            }
            let target = folder.join("crates").join(&published.name);
            copy_sources(&published.src, &target.join("src"));
            fs::copy(published.src.with_file_name("Cargo.toml"), target.join("Cargo.toml"))
                .expect("the disk has room");
            copied.lines += published.lines;
            copied.crates.push(published.name.clone());
        }
        copied.edited = folder.join("crates").join(&copied.crates[0]).join(FIRST.1);
        copied.core = dependents(&folder.join("crates/dependents"));
        fs::write(folder.join("Cargo.toml"), "[workspace]\nmembers = [\"crates/*\"]\n")
            .expect("the disk has room");
        for arguments in [&["init", "-q"][..], &["add", "-A"], &["commit", "-q", "-m", "published"]] {
            let mut git = Command::new("git");
            git.current_dir(folder).args(["-c", "user.name=bench", "-c", "user.email=bench@localhost"]);
            let status = git.args(["-c", "gc.auto=0"]).args(arguments).status();
            assert!(status.is_ok_and(|status| status.success()), "git {arguments:?}");
        }
        copied
    }
}

impl Copied {
    /// Says which crates they are, once.
    pub(super) fn list(&self) {
        println!("  {}", self.crates.join(" "));
    }
}

/// A crate with a type that many functions and types mention.
fn dependents(root: &Path) -> PathBuf {
    let src = root.join("src");
    fs::create_dir_all(&src).expect("the disk has room");
    let manifest = "[package]\nname = \"dependents\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    fs::write(root.join("Cargo.toml"), manifest).expect("the disk has room");
    let core = src.join("core.rs");
    let text = format!(
        "use std::sync::Mutex;\npub struct Core {{\n    pub first: u64,\n    pub {GROWING} [u8; 1],\n}}\npub static CORE: Mutex<Option<Core>> = Mutex::new(None);\n"
    );
    fs::write(&core, text).expect("the disk has room");
    let mut modules = "pub mod core;\n".to_owned();
    for file in 0..DEPENDENTS / 20 {
        let mut text = "use crate::core::Core;\n".to_owned();
        for item in 0..10 {
            let _ = writeln!(text, "pub struct Holder{file}x{item} {{ pub core: Core }}");
            let _ = writeln!(text, "pub fn take{file}x{item}(core: &Core) -> u64 {{ core.first }}");
        }
        fs::write(src.join(format!("part{file}.rs")), text).expect("the disk has room");
        let _ = writeln!(modules, "pub mod part{file};");
    }
    fs::write(src.join("lib.rs"), modules).expect("the disk has room");
    core
}

fn copy_sources(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the disk has room");
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_sources(&path, &target);
        } else if is_rust(&path) {
            fs::copy(&path, &target).expect("the disk has room");
        }
    }
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

fn lines_below(folder: &Path) -> usize {
    let files = files_below(folder);
    files.iter().filter_map(|path| fs::read_to_string(path).ok()).map(|text| text.lines().count()).sum()
}
