//! Rust text to units: parsing, crates and modules of a Cargo workspace. No IO.
//!
//! Nothing here can fail: a parse gives units *and* problems, whatever the text. A file is cut into items by a lexer of
//! our own before the parser sees it, so that a broken item costs only itself, an unchanged one is not parsed again,
//! and no text can make the parser recurse further than its stack goes.

mod attribute;
mod body;
mod build_file;
mod declared;
mod endless;
mod file;
mod fingerprint;
mod import;
mod item;
mod lexeme;
mod manifest;
mod methods;
mod note;
mod parentheses;
mod place;
mod project;
mod report;
mod signature;
mod split;
mod stack;
mod types;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use compat::{FileUnits, Program, Texts};
use rayon::prelude::*;

use crate::project::Packages;

pub use note::{Allowance, WITHOUT_REASON, allowance};
pub use project::{HotLib, detect_engine, hot_libs, is_source};
pub use report::{
    Allowed, Baseline, Channel, Position, Range, Report, ReportedChange, ReportedDependent, UnitTotals,
    report, report_of,
};

/// The units of one file. `last_good` is the same file before the edit: units of unchanged text are shared with
/// it, and where the new text does not parse its units stand in.
pub fn parse(path: &str, module_path: &str, text: &str, last_good: Option<&FileUnits>) -> FileUnits {
    stack::deep(|| read(path, module_path, text, last_good))
}

/// The items of one file, where only places matter: those that are built for tests alone are among them, since a
/// test is debugged too.
pub fn items(path: &str, text: &str) -> FileUnits {
    if build_file::is_build_file(path) {
        return FileUnits::default();
    }
    stack::deep(|| file::read_with_tests(text))
}

fn read(path: &str, module_path: &str, text: &str, last_good: Option<&FileUnits>) -> FileUnits {
    if module_path == project::NOT_IN_PROGRAM {
        FileUnits::default()
    } else if build_file::is_build_file(path) {
        build_file::read(path, text)
    } else {
        file::read(module_path, text, last_good)
    }
}

/// All units of a workspace.
pub fn program(texts: &Texts) -> Program {
    program_with(texts, &|_, _| {})
}

/// All units of a workspace; `progress` is told how many files of how many are done, from any thread.
pub fn program_with(texts: &Texts, progress: &(dyn Fn(usize, usize) + Sync)) -> Program {
    program_from((&Program::default(), &Texts::new()), texts, progress)
}

/// So many files are parsed at once.
const BATCH: usize = 256;

/// The same where the program of other texts is known: files that are in both, and the same module, are shared.
pub fn program_from(
    (known, known_texts): (&Program, &Texts),
    texts: &Texts,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Program {
    let done = AtomicUsize::new(0);
    let (manifests, sources): (Vec<_>, Vec<_>) =
        texts.iter().partition(|(path, _)| build_file::is_build_file(path));
    let tell = || progress(done.fetch_add(1, Ordering::Relaxed) + 1, texts.len());
    let mut files: BTreeMap<Arc<str>, Arc<FileUnits>> = BTreeMap::new();
    for (path, text) in manifests {
        files.insert(Arc::clone(path), Arc::new(parse(path, "", text, None)));
        tell();
    }
    let packages = packages(files.iter());
    let shared = |path: &str, module: &str, text: &Arc<str>| {
        let is_same = known_texts.get(path).is_some_and(|other| Arc::ptr_eq(other, text) || other == text);
        known.file(path).filter(|file| is_same && *file.module == *module).map(Arc::clone)
    };
    let units = |(path, text): &(&Arc<str>, &Arc<str>)| {
        let module = packages.module_path(path);
        let units = shared(path, &module, text);
        let units = units.unwrap_or_else(|| Arc::new(read(path, &module, text, None)));
        tell();
        (Arc::clone(path), units)
    };
    // Batch by batch, so that a single file that somebody waits for gets its turn in between.
    for batch in sources.chunks(BATCH) {
        files.extend(stack::deep(|| batch.par_iter().map(units).collect::<Vec<_>>()));
    }
    let crates = project::crates(&files);
    Program::new(files, crates)
}

fn packages<'a>(files: impl Iterator<Item = (&'a Arc<str>, &'a Arc<FileUnits>)>) -> Packages {
    Packages::of(files.filter_map(|(path, file)| Some((path, file.manifest.as_deref()?))))
}

/// The program with one file's text replaced or added. Its other files are shared.
#[must_use]
pub fn reparse(program: &Program, path: &str, text: &str) -> Program {
    let mut program = program.clone();
    revise(&mut program, path, Some(text));
    program
}

/// The program without a file.
#[must_use]
pub fn without(program: &Program, path: &str) -> Program {
    let mut program = program.clone();
    revise(&mut program, path, None);
    program
}

/// Replaces one file's text, adds it, or removes it (`None`).
pub fn revise(program: &mut Program, path: &str, text: Option<&str>) {
    let Some(text) = text else {
        program.set_file(path, None);
        if build_file::is_build_file(path) {
            *program = with_project(program);
        }
        return;
    };
    let last_good = program.file(path).map(Arc::clone);
    // A file stays the module that it is: only a new one is looked up among the packages.
    let known = last_good.as_ref().map(|file| file.module.to_string()).filter(|module| !module.is_empty());
    let module_path = known.unwrap_or_else(|| packages(program.files()).module_path(path));
    let units = parse(path, &module_path, text, last_good.as_deref());
    let before = last_good.as_ref().map(|file| (&file.manifest, &file.hot_modules));
    let is_same_project = before.map_or(units.manifest.is_none() && units.hot_modules.is_empty(), |before| {
        before == (&units.manifest, &units.hot_modules)
    });
    program.set_file(path, Some(Arc::new(units)));
    if !is_same_project {
        *program = with_project(program);
    }
}

/// So many changed files are parsed one after the other; more are parsed on all cores.
const FEW: usize = 64;

/// The program of `old` texts as it is with the `new` ones: only files that differ are parsed.
#[must_use]
pub fn update(program: &Program, old: &Texts, new: &Texts) -> Program {
    update_with(program.clone(), (old, new), &|_, _| {})
}

/// The same, with its progress told as by [`program_with`].
#[must_use]
pub fn update_with(
    program: Program,
    (old, new): (&Texts, &Texts),
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Program {
    let is_same = |path: &str, text: &Arc<str>| {
        old.get(path).is_some_and(|before| Arc::ptr_eq(before, text) || before == text)
    };
    let removed = old.keys().filter(|path| !new.contains_key(*path)).map(|path| (path, None));
    let changed = new.iter().filter(|(path, text)| !is_same(path, text));
    let edits: Vec<_> = removed.chain(changed.map(|(path, text)| (path, Some(&**text)))).collect();
    // With a manifest, files may become other modules than before.
    if edits.len() > FEW || edits.iter().any(|(path, _)| build_file::is_build_file(path)) {
        return program_from((&program, old), new, progress);
    }
    let mut program = program;
    for (path, text) in edits {
        revise(&mut program, path, text);
    }
    program
}

fn with_project(program: &Program) -> Program {
    let files = program.files().map(|(path, file)| (Arc::clone(path), Arc::clone(file))).collect();
    program.with_crates(project::crates(&files))
}
