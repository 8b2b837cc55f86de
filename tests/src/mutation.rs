//! Random edits of real files: what people and fingers do to a text, and what they don't.

use std::path::{Path, PathBuf};

use cargo_metadata::MetadataCommand;
use fastrand::Rng;

use crate::program::repository;

/// The packages that this workspace is built from, each with its `src` folder.
pub fn published() -> Vec<(String, PathBuf)> {
    let manifest = repository().join("Cargo.toml");
    let metadata =
        MetadataCommand::new().manifest_path(manifest).exec().expect("Cargo fetches what is missing");
    let published = metadata.packages.iter().filter(|package| package.source.is_some());
    let mut found: Vec<_> = published
        .filter_map(|package| {
            let root = package.manifest_path.parent()?.as_std_path();
            Some((format!("{}-{}", package.name, package.version), root.join("src")))
        })
        .collect();
    found.sort();
    found
}

/// About so many real files of every size up to 60 kB, spread over all packages.
pub fn files(count: usize) -> Vec<(PathBuf, String)> {
    let mut paths: Vec<_> = published().iter().flat_map(|(_, src)| files_below(src)).collect();
    paths.sort();
    assert!(paths.len() > count, "the packages' sources are on disk");
    let every = paths.len() / count;
    let read = |path: PathBuf| std::fs::read_to_string(&path).ok().map(|text| (path, text));
    let chosen = paths.into_iter().step_by(every).filter_map(read);
    chosen.filter(|(_, text)| (200..60_000).contains(&text.len())).collect()
}

/// All Rust files below a folder.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Pieces that open, close or begin something.
pub const TYPED: [&str; 22] = [
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

/// The text with something typed, deleted, moved, doubled or brought from another text; rarely does it parse.
pub fn edited(text: &str, other: &str, rng: &mut Rng) -> String {
    let at = |text: &str, rng: &mut Rng| text.floor_char_boundary(rng.usize(..=text.len()));
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut start = at(text, rng);
    let mut end = text.floor_char_boundary((start + rng.usize(..40)).min(text.len()));
    let mut insert = String::new();
    match rng.u8(..6) {
        0 => end = start,
        1 => {}
        2 if !lines.is_empty() => {
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

/// The text with an item moved, removed, doubled or changed inside; mostly it parses.
pub fn reworked(text: &str, rng: &mut Rng) -> String {
    let file = lang_rust::parse("src/lib.rs", "lib", text, None);
    let items: Vec<_> =
        file.chunks.iter().map(|chunk| chunk.start as usize..(chunk.start + chunk.len) as usize).collect();
    let Some(item) = rng.choice(&items).cloned() else { return format!("{text}\npub fn first() {{}}\n") };
    let (head, body, tail) = (&text[..item.start], &text[item.clone()], &text[item.end..]);
    match rng.u8(..7) {
        0 => format!("{head}{tail}"),
        1 => format!("{head}{body}\n{body}{tail}"),
        2 => format!("{head}{tail}\n{body}\n"),
        3 => format!("{head}// A comment.\n{body}{tail}"),
        // The first block of the item gets something: a statement, a field, a variant.
        4 => match body.find('{') {
            Some(brace) => {
                let typed = ["let added = 1;", "added: u64,", "Added(u8),", "fn added() {}", "#[inline]"];
                let typed = typed[rng.usize(..typed.len())];
                format!("{head}{}{{ {typed} {}{tail}", &body[..brace], &body[brace + 1..])
            }
            None => format!("{head}pub {body}{tail}"),
        },
        _ => format!("{head}{}{tail}", reworded(body, rng)),
    }
}

/// One word becomes another word of the same text.
fn reworded(text: &str, rng: &mut Rng) -> String {
    let is_word = |word: &&str| word.chars().next().is_some_and(char::is_alphabetic);
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(is_word).collect();
    let (Some(one), Some(other)) = (rng.choice(&words), rng.choice(&words)) else { return text.to_owned() };
    text.replacen(*one, other, 1)
}
