//! Rust text to units: parsing, crates and modules of a Cargo workspace. No IO.
//!
//! Nothing here can fail: a parse gives units *and* problems, whatever the text. A file is cut into items by a lexer of
//! our own before the parser sees it, so that a broken item costs only itself, an unchanged one is not parsed again,
//! and no text can make the parser recurse further than its stack goes.

mod attribute;
mod body;
mod build_file;
mod declared;
mod file;
mod fingerprint;
mod import;
mod item;
mod lexeme;
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

pub use project::{HotLib, detect_engine, hot_libs, is_source};
pub use report::{Baseline, Channel, Position, Range, Report, ReportedChange, UnitTotals, report, report_of};

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
    let parsed: Vec<_> = stack::deep(|| {
        let units = |(path, text): &(&Arc<str>, &Arc<str>)| {
            let units = read(path, &packages.module_path(path), text, None);
            tell();
            (Arc::clone(path), Arc::new(units))
        };
        sources.par_iter().map(units).collect()
    });
    files.extend(parsed);
    let crates = project::crates(&files);
    Program::new(files, crates)
}

fn packages<'a>(files: impl Iterator<Item = (&'a Arc<str>, &'a Arc<FileUnits>)>) -> Packages {
    Packages::of(files.filter_map(|(path, file)| Some((path, file.manifest.as_deref()?))))
}

/// The program with one file's text replaced or added. Its other files are shared.
#[must_use]
pub fn reparse(program: &Program, path: &str, text: &str) -> Program {
    let last_good = program.file(path).map(|units| &**units);
    // A file stays the module that it is: only a new one is looked up among the packages.
    let known = last_good.map(|file| file.module.to_string()).filter(|module| !module.is_empty());
    let module_path = known.unwrap_or_else(|| packages(program.files()).module_path(path));
    let units = parse(path, &module_path, text, last_good);
    let before = last_good.map(|file| (&file.manifest, &file.hot_modules));
    let same_project = before.map_or(units.manifest.is_none() && units.hot_modules.is_empty(), |before| {
        before == (&units.manifest, &units.hot_modules)
    });
    let program = program.with_file(path, Some(Arc::new(units)));
    if same_project { program } else { with_project(&program) }
}

/// The program of `old` texts as it is with the `new` ones: only files that differ are parsed.
#[must_use]
pub fn update(program: &Program, old: &Texts, new: &Texts) -> Program {
    let removed: Vec<_> = old.keys().filter(|path| !new.contains_key(*path)).collect();
    let changed: Vec<_> = new.iter().filter(|(path, text)| old.get(*path) != Some(text)).collect();
    let mut paths = removed.iter().copied().chain(changed.iter().map(|(path, _)| *path));
    if paths.any(|path| build_file::is_build_file(path)) {
        // Files may be other modules than before.
        return self::program(new);
    }
    let program = removed.into_iter().fold(program.clone(), |program, path| without(&program, path));
    changed.into_iter().fold(program, |program, (path, text)| reparse(&program, path, text))
}

/// The program without a file.
#[must_use]
pub fn without(program: &Program, path: &str) -> Program {
    let removed = program.with_file(path, None);
    if build_file::is_build_file(path) { with_project(&removed) } else { removed }
}

fn with_project(program: &Program) -> Program {
    let files = program.files().map(|(path, file)| (Arc::clone(path), Arc::clone(file))).collect();
    program.with_crates(project::crates(&files))
}
