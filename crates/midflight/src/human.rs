//! The report for people: each change with its line, as the compiler shows it, and a summary.

use std::io::{self, Write};

use compat::Texts;
use lang_rust::Report;

/// Writes the report.
pub(crate) fn write(out: &mut impl Write, report: &Report, _old: &Texts, _new: &Texts) -> io::Result<()> {
    for change in &report.changes {
        writeln!(out, "{} {} {}", change.verdict, change.code, change.message)?;
    }
    Ok(())
}
