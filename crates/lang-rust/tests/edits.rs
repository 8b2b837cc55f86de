//! Random edits of real files: reading on from the last state and reading anew come to the same, and nothing panics.
//!
//! The files are the sources of the packages that this workspace is built from. `MIDFLIGHT_EDITS` sets how many edits
//! are made of each file, and `MIDFLIGHT_SEED` which.

use std::path::{Path, PathBuf};

use cargo_metadata::MetadataCommand;
use compat::{EngineKind, FileUnits, Program, Texts};
use fastrand::Rng;

/// So many files are edited, spread over all packages.
const FILES: usize = 60;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Real files of every size up to 60 kB.
fn files() -> Vec<(PathBuf, String)> {
    let metadata =
        MetadataCommand::new().manifest_path("Cargo.toml").exec().expect("this is a Cargo workspace");
    let mut paths = Vec::new();
    for package in metadata.packages.iter().filter(|package| package.source.is_some()) {
        if let Some(root) = package.manifest_path.parent() {
            collect(root.join("src").as_std_path(), &mut paths);
        }
    }
    paths.sort();
    assert!(paths.len() > FILES, "the packages' sources are on disk");
    let every = paths.len() / FILES;
    let read = |path: PathBuf| std::fs::read_to_string(&path).ok().map(|text| (path, text));
    let chosen = paths.into_iter().step_by(every).filter_map(read);
    chosen.filter(|(_, text)| (200..60_000).contains(&text.len())).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// What people and fingers do to a text, and what they don't.
fn edited(text: &str, other: &str, rng: &mut Rng) -> String {
    const TYPED: [&str; 22] = [
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "<",
        ">",
        "\"",
        "'",
        "/*",
        "*/",
        "//",
        ";",
        "fn ",
        "impl X {",
        "r#\"",
        "#[a]",
        "\n",
        "🦀",
        "let x = |a| a + 1;",
        "struct S { a: u8 }",
    ];
    let at = |text: &str, rng: &mut Rng| text.floor_char_boundary(rng.usize(..=text.len()));
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut start = at(text, rng);
    let mut end = text.floor_char_boundary((start + rng.usize(..40)).min(text.len()));
    let mut insert = String::new();
    match rng.u8(..6) {
        0 => end = start,
        1 => {}
        2 => {
            // A line goes, or is there twice.
            let line = rng.usize(..lines.len());
            start = lines[..line].iter().map(|line| line.len()).sum();
            end = start + lines[line].len();
            insert = lines[line].repeat(rng.usize(..3));
        }
        3 => {
            let from = at(other, rng);
            let to = other.floor_char_boundary((from + rng.usize(..2000)).min(other.len()));
            other[from..to].clone_into(&mut insert);
        }
        4 => {
            let middle = at(&text[start..], rng) + start;
            return format!("{}{}{}", &text[..start], &text[middle..], &text[start..middle]);
        }
        _ => {
            end = start;
            insert = TYPED[rng.usize(..TYPED.len())].repeat(if rng.u8(..40) == 0 { 3000 } else { 1 });
        }
    }
    if insert.is_empty() {
        TYPED[rng.usize(..TYPED.len())].clone_into(&mut insert);
    }
    format!("{}{insert}{}", &text[..start], &text[end..])
}

/// What a file holds besides the last good trees that stand in.
fn read_now(file: &FileUnits) -> Vec<String> {
    file.chunks.iter().filter(|chunk| !chunk.stale).map(|chunk| format!("{chunk:?}")).collect()
}

#[track_caller]
fn check(path: &Path, text: &str, read_on: &FileUnits) {
    let anew = lang_rust::parse("src/lib.rs", "lib", text, None);
    let problems = |file: &FileUnits| -> Vec<_> {
        file.problems.iter().map(|problem| (problem.range.clone(), problem.message.clone())).collect()
    };
    let fail = |what: &str| panic!("{what} after an edit of {}; the text:\n{text}", path.display());
    if read_now(read_on) != read_now(&anew) || problems(read_on) != problems(&anew) {
        fail("reading on and reading anew differ");
    }
    for placed in read_on.units() {
        for range in [placed.range(), placed.name_range()] {
            if text.get(range).is_none() {
                fail("a unit is not within the text");
            }
        }
    }
}

#[test]
fn reading_on_from_edit_to_edit_comes_to_the_same_as_reading_anew() {
    let files = files();
    let edits = setting("MIDFLIGHT_EDITS", 12);
    let seed = setting("MIDFLIGHT_SEED", 1);
    for (number, (path, original)) in files.iter().enumerate() {
        let mut rng = Rng::with_seed(seed + number as u64);
        let other = &files[(number + 1) % files.len()].1;
        let mut text = original.clone();
        let mut file = lang_rust::parse("src/lib.rs", "lib", &text, None);
        for _ in 0..edits {
            // Text that grows without end tests nothing but patience.
            text = if text.len() > 200_000 { original.clone() } else { edited(&text, other, &mut rng) };
            file = lang_rust::parse("src/lib.rs", "lib", &text, Some(&file));
            check(path, &text, &file);
        }
        let back = lang_rust::parse("src/lib.rs", "lib", original, Some(&file));
        check(path, original, &back);
    }
}

#[test]
fn comparing_along_edits_never_fails_and_an_undone_edit_is_no_change() {
    let files = files();
    let edits = setting("MIDFLIGHT_EDITS", 12);
    let texts: Texts = [
        ("Cargo.toml".into(), "[package]\nname = \"lib\"\nversion = \"0.1.0\"\n".into()),
        ("src/main.rs".into(), "fn main() {}\n".into()),
    ]
    .into();
    let base = lang_rust::program(&texts);
    for (number, (path, original)) in files.iter().enumerate() {
        let mut rng = Rng::with_seed(number as u64);
        let other = &files[(number + 1) % files.len()].1;
        let before = lang_rust::reparse(&base, "src/lib.rs", original);
        let mut after: Program = before.clone();
        let mut text = original.clone();
        for round in 0..edits {
            text = if text.len() > 200_000 { original.clone() } else { edited(&text, other, &mut rng) };
            after = lang_rust::reparse(&after, "src/lib.rs", &text);
            let engine = EngineKind::ALL[usize::try_from(round).unwrap_or(0) % EngineKind::ALL.len()];
            for change in compat::compare(&before, &after, engine) {
                assert!(
                    text.get(change.range).is_some(),
                    "a change of {} is not within the text",
                    path.display()
                );
            }
        }
        let undone = lang_rust::reparse(&after, "src/lib.rs", original);
        let left = compat::compare(&before, &undone, EngineKind::InPlace);
        assert!(left.is_empty(), "{}: {left:?}", path.display());
    }
}
