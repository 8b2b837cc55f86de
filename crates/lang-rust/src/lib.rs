//! Rust text to units: parsing, crates and modules of a Cargo workspace. No IO.
//!
//! Nothing here can fail: a parse gives units *and* problems, whatever the text.

mod project;
mod report;

use std::sync::Arc;

use compat::{FileUnits, Program, Texts};

pub use project::{HotLib, detect_engine, hot_libs, is_source};
pub use report::{Baseline, Channel, Position, Range, Report, ReportedChange, UnitTotals, report};

/// The units of one file. `last_good` is the same file before the edit: units of unchanged text are shared with
/// it, and where the new text does not parse its units stand in.
pub fn parse(path: &str, module_path: &str, text: &str, last_good: Option<&FileUnits>) -> FileUnits {
    let _ = (path, module_path, text, last_good);
    FileUnits::default()
}

/// All units of a workspace.
pub fn program(texts: &Texts) -> Program {
    program_with(texts, &|_, _| {})
}

/// All units of a workspace; `progress` is told how many files of how many are done, from any thread.
pub fn program_with(texts: &Texts, progress: &(dyn Fn(usize, usize) + Sync)) -> Program {
    let mut files = std::collections::BTreeMap::new();
    for (done, (path, text)) in texts.iter().enumerate() {
        files.insert(Arc::clone(path), Arc::new(parse(path, "", text, None)));
        progress(done + 1, texts.len());
    }
    Program::new(files, Vec::new())
}

/// The program with one file's text replaced or added. Its other files are shared.
#[must_use]
pub fn reparse(program: &Program, path: &str, text: &str) -> Program {
    let units = parse(path, "", text, program.file(path).map(|units| &**units));
    program.with_file(path, Some(Arc::new(units)))
}

/// The program without a file.
#[must_use]
pub fn without(program: &Program, path: &str) -> Program {
    program.with_file(path, None)
}
