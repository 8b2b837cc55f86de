//! The report as workflow commands of GitHub Actions, which shows them beside the lines of a pull request.
//!
//! Lines and columns count from 1. What is safe needs no annotation: there may be only ten of each kind a step.

use std::io::{self, Write};

use compat::Verdict;
use lang_rust::{Report, ReportedChange};

/// Writes a command for each change that is not safe.
pub(crate) fn write(out: &mut impl Write, report: &Report) -> io::Result<()> {
    for change in &report.changes {
        if let Some(command) = command(change.verdict) {
            writeln!(out, "::{command} {}::{}", properties(change), message(change))?;
        }
    }
    Ok(())
}

fn command(verdict: Verdict) -> Option<&'static str> {
    match verdict {
        Verdict::Safe => None,
        Verdict::Deferred => Some("notice"),
        Verdict::Reset | Verdict::Unknown => Some("warning"),
        Verdict::Restart => Some("error"),
    }
}

fn properties(change: &ReportedChange) -> String {
    let (start, end) = (change.range.start, change.range.end);
    let title = format!("{} {}", change.code, change.rule);
    // Columns are only shown where the lines agree.
    format!(
        "file={},line={},endLine={},col={},endColumn={},title={}",
        property(&change.file),
        start.line + 1,
        end.line + 1,
        start.character + 1,
        end.character + 1,
        property(&title),
    )
}

fn message(change: &ReportedChange) -> String {
    let sentences = [&change.message, &change.why, &change.remedy];
    let text: Vec<&str> = sentences.into_iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    data(&text.join("\n"))
}

/// As the toolkit of GitHub Actions escapes a command's message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// As it escapes a command's properties.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
