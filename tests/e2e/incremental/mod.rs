//! After any edits, what was followed edit by edit is what reading everything anew comes to.
//!
//! The files are the sources of the packages that this workspace is built from. `MIDFLIGHT_EDITS` sets how many edits
//! are made of each file, and `MIDFLIGHT_SEED` which.

mod server;

use std::path::Path;

use compat::{EngineKind, Program, Texts};
use fastrand::Rng;
use midflight_tests::incremental::{file_differs, is_whole, program_differs};
use midflight_tests::mutation::{edited, files, files_below, published, reworked};

/// So many files are edited one by one.
const FILES: usize = 60;

/// So many packages are edited as wholes, of so many bytes at most.
const PACKAGES: usize = 10;
const LARGEST: usize = 150_000;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

#[test]
fn reading_on_from_edit_to_edit_comes_to_the_same_as_reading_anew() {
    let files = files(FILES);
    let (edits, seed) = (setting("MIDFLIGHT_EDITS", 12), setting("MIDFLIGHT_SEED", 1));
    for (number, (path, original)) in files.iter().enumerate() {
        let mut rng = Rng::with_seed(seed + number as u64);
        let other = &files[(number + 1) % files.len()].1;
        let mut text = original.clone();
        let mut file = lang_rust::parse("src/lib.rs", "lib", &text, None);
        let mut check = |text: &str| {
            file = lang_rust::parse("src/lib.rs", "lib", text, Some(&file));
            let anew = lang_rust::parse("src/lib.rs", "lib", text, None);
            if let Some(what) = file_differs(text, &file, &anew) {
                panic!("{what} after an edit of {}; the text:\n{text}", path.display());
            }
        };
        for _ in 0..edits {
            // Text that grows without end tests nothing but patience.
            text = if text.len() > 200_000 { original.clone() } else { edited(&text, other, &mut rng) };
            check(&text);
        }
        check(original);
    }
}

#[test]
fn comparing_along_edits_never_fails_and_an_undone_edit_is_no_change() {
    let files = files(FILES);
    let edits = setting("MIDFLIGHT_EDITS", 12);
    let base = lang_rust::program(&package("fn main() {}\n"));
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

#[test]
fn a_workspace_that_follows_edits_has_the_units_changes_and_verdicts_of_one_read_anew() {
    let (edits, seed) = (setting("MIDFLIGHT_EDITS", 12), setting("MIDFLIGHT_SEED", 1));
    let packages: Vec<_> =
        published().into_iter().filter_map(|(name, src)| Some((name, texts_of(&src)?))).collect();
    let every = packages.len() / PACKAGES;
    let (mut steps, mut whole) = (0, 0);
    for (number, (name, original)) in packages.iter().step_by(every).enumerate() {
        let mut rng = Rng::with_seed(seed + number as u64);
        let base = lang_rust::program(original);
        let (mut texts, mut program) = (original.clone(), base.clone());
        for _ in 0..edits {
            let before = texts.clone();
            let touched = step(&mut texts, original, &mut rng);
            program = lang_rust::update(&program, &before, &texts);
            let touched: Vec<&str> = touched.iter().map(String::as_str).collect();
            if let Some(what) = program_differs(&base, &program, &texts, &touched) {
                panic!("{name}, seed {seed}: after an edit of {touched:?}: {what}");
            }
            steps += 1;
            whole += u32::from(is_whole(&program));
        }
        let back = lang_rust::update(&program, &texts, original);
        let left = compat::compare(&base, &back, EngineKind::InPlace);
        assert!(left.is_empty(), "{name}: {left:?}");
    }
    // Of what does not parse only the units are compared: most steps must be more than that.
    assert!(whole * 2 > steps, "only {whole} of {steps} steps could be compared in full");
}

/// Edits a few files, or adds, moves or removes one, or changes the manifest; the paths of those that it touched.
fn step(texts: &mut Texts, original: &Texts, rng: &mut Rng) -> Vec<String> {
    let sources: Vec<_> = texts.keys().filter(|path| path.ends_with(".rs")).cloned().collect();
    let Some(path) = rng.choice(&sources).cloned() else {
        texts.clone_from(original);
        return Vec::new();
    };
    match rng.u8(..12) {
        0 => drop(texts.remove(&path)),
        1 => {
            let text = texts.remove(&path).unwrap_or_default();
            texts.insert(path.replace(".rs", "/mod.rs").into(), text);
        }
        2 => drop(
            texts.insert(format!("src/added{}.rs", rng.u8(..)).into(), "pub fn added() -> u8 { 1 }\n".into()),
        ),
        3 => {
            let manifest = format!("{}# {}\n", texts["Cargo.toml"], rng.u8(..));
            texts.insert("Cargo.toml".into(), manifest.into());
        }
        4 => {
            // What is broken is made whole again by the next of these.
            let text = edited(&texts[&path], &texts[&path], rng);
            texts.insert(path.clone(), text.into());
        }
        5..=7 => {
            for (path, text) in original {
                texts.insert(path.clone(), text.clone());
            }
        }
        _ => {
            let text = reworked(&texts[&path], rng);
            let parses = lang_rust::parse("src/lib.rs", "lib", &text, None).problems.is_empty();
            if parses || rng.u8(..6) == 0 {
                texts.insert(path.clone(), text.into());
            }
        }
    }
    vec![path.to_string()]
}

/// The texts of a package as a workspace; none if it is too large or does not parse as it is.
fn texts_of(src: &Path) -> Option<Texts> {
    let mut texts = package("");
    texts.remove("src/main.rs");
    for path in files_below(src) {
        let text = std::fs::read_to_string(&path).ok()?;
        let relative = path.strip_prefix(src.parent()?).ok()?.to_str()?.to_owned();
        texts.insert(relative.into(), text.into());
    }
    let size: usize = texts.values().map(|text| text.len()).sum();
    let is_fit = texts.len() > 3 && size <= LARGEST;
    (is_fit && is_whole(&lang_rust::program(&texts))).then_some(texts)
}

fn package(main: &str) -> Texts {
    let manifest = "[package]\nname = \"lib\"\nversion = \"0.1.0\"\n";
    [("Cargo.toml".into(), manifest.into()), ("src/main.rs".into(), main.into())].into()
}
