//! Runs an edit through the front end and the rules.

use std::fmt::Write;

use compat::{Change, EngineKind, Program, Texts, Verdict};
use expect_test::Expect;

/// Around every test: an executable that reloads the library `world`, which uses `shared`.
const WORKSPACE: &str = r#"
//- /Cargo.toml
[workspace]
members = ["app", "world", "shared"]
//- /app/Cargo.toml
[package]
name = "app"
[dependencies]
hot-lib-reloader = "0.8"
world = { path = "../world" }
//- /app/src/main.rs
#[hot_lib_reloader::hot_module(dylib = "world")]
mod hot {}
fn main() {}
//- /world/Cargo.toml
[package]
name = "world"
[lib]
crate-type = ["rlib", "dylib"]
[dependencies]
shared = { path = "../shared" }
//- /world/src/boundary.rs
#[unsafe(no_mangle)]
pub fn frame() {}
//- /shared/Cargo.toml
[package]
name = "shared"
"#;

/// The texts of a fixture: `//- /path` begins a file; text without one is `world/src/lib.rs`.
pub(crate) fn texts(fixture: &str) -> Texts {
    let mut texts = Texts::new();
    for part in [WORKSPACE, fixture] {
        let part =
            if part.contains("//- /") { part.to_owned() } else { format!("//- /world/src/lib.rs\n{part}") };
        for file in part.split("//- /").skip(1) {
            let (path, text) = file.split_once('\n').unwrap_or((file, ""));
            texts.insert(path.into(), text.into());
        }
    }
    texts
}

pub(crate) fn program(fixture: &str) -> Program {
    lang_rust::program(&texts(fixture))
}

/// The changes of an edit, with the front end's last good trees as an editor would have them.
pub(crate) fn changes(before: &str, after: &str, engine: EngineKind) -> Vec<Change> {
    let baseline = program(before);
    let (old, new) = (texts(before), texts(after));
    let mut edited = baseline.clone();
    for path in old.keys().filter(|path| !new.contains_key(*path)) {
        edited = lang_rust::without(&edited, path);
    }
    for (path, text) in new.iter().filter(|(path, text)| old.get(*path) != Some(*text)) {
        edited = lang_rust::reparse(&edited, path, text);
    }
    compat::compare(&baseline, &edited, engine)
}

/// The worst verdict of an edit.
pub(crate) fn verdict(before: &str, after: &str, engine: EngineKind) -> Verdict {
    compat::worst(&changes(before, after, engine))
}

/// Checks everything that is said about an edit. Each change is a line with what its range covers in the new text.
#[track_caller]
pub(crate) fn check(before: &str, after: &str, engine: EngineKind, expected: Expect) {
    let new = texts(after);
    let mut said = String::new();
    for change in changes(before, after, engine) {
        let text = new.get(&change.file).map_or("", |text| text);
        let shown = text.get(change.range.clone()).unwrap_or("(nowhere)");
        let _ = writeln!(said, "{} {} {} `{shown}`", change.rule.code, change.verdict, change.item);
        let _ = writeln!(said, "  {}", change.message);
        if !change.reachable_from.is_empty() {
            let _ = writeln!(said, "  {}", change.why);
        }
    }
    expected.assert_eq(&said);
}

/// Checks that an edit is no change at all.
#[track_caller]
pub(crate) fn check_unchanged(before: &str, after: &str) {
    let found: Vec<_> =
        changes(before, after, EngineKind::InPlace).into_iter().map(|change| change.message).collect();
    assert!(found.is_empty(), "{found:#?}");
}
