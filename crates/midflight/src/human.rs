//! The report for people: each change with its line, as the compiler shows it, and a summary.

use std::io::{self, Write};

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use compat::{Texts, Verdict};
use lang_rust::{Report, ReportedChange};

/// Writes the report. Colours are written as escape codes: the writer drops them where they are not wanted.
pub(crate) fn write(out: &mut impl Write, report: &Report, old: &Texts, new: &Texts) -> io::Result<()> {
    let renderer = Renderer::styled().decor_style(DecorStyle::Ascii);
    for change in &report.changes {
        writeln!(out, "{}\n", renderer.render(&[group(change, old, new)]))?;
    }
    writeln!(out, "{}", summary(report))
}

/// So many dependents are named one by one.
const NAMED: usize = 5;

fn group<'a>(change: &'a ReportedChange, old: &'a Texts, new: &'a Texts) -> annotate_snippets::Group<'a> {
    let title = level(change.verdict).primary_title(change.message.as_str()).id(change.code);
    // An item that went with its file is shown where it was.
    let text = new.get(&change.file).or_else(|| old.get(&change.file)).map_or("", |text| text);
    let bytes = shown(text, &change.bytes);
    let snippet = Snippet::source(text).path(&*change.file).annotation(AnnotationKind::Primary.span(bytes));
    let group = title.element(snippet).element(Level::NOTE.message(change.why.as_str()));
    let group = match reaches(change) {
        Some(reaches) => group.element(Level::NOTE.message(reaches)),
        None => group,
    };
    if change.remedy.is_empty() { group } else { group.element(Level::HELP.message(change.remedy.as_str())) }
}

/// What a changed layout reaches, and by which way.
fn reaches(change: &ReportedChange) -> Option<String> {
    let named: Vec<&str> = change.dependents.iter().take(NAMED).map(|dependent| &*dependent.path).collect();
    let more = change.dependents.len() - named.len() + change.more_dependents;
    let more = if more == 0 { String::new() } else { format!(", and {more} more") };
    (!named.is_empty()).then(|| format!("It reaches {}{more}.", named.join(", ")))
}

/// The range, made good for a renderer that trusts it.
fn shown(text: &str, bytes: &std::ops::Range<usize>) -> std::ops::Range<usize> {
    let on_boundary = |at: usize| text.floor_char_boundary(at.min(text.len()));
    on_boundary(bytes.start)..on_boundary(bytes.end.max(bytes.start))
}

pub(crate) fn level(verdict: Verdict) -> Level<'static> {
    match verdict {
        Verdict::Safe => Level::NOTE.with_name("safe"),
        Verdict::Deferred => Level::INFO.with_name("deferred"),
        Verdict::Reset => Level::WARNING.with_name("reset"),
        Verdict::Restart => Level::ERROR.with_name("restart"),
        Verdict::Unknown => Level::WARNING.with_name("unknown"),
    }
}

/// Such as `2 changes under in-place (1 safe, 1 restart), 1 allowed by a comment: a restart is needed`.
fn summary(report: &Report) -> String {
    let engine = report.engine;
    let allowed = match report.allowed.len() {
        0 => String::new(),
        1 => ", 1 allowed by a comment".to_owned(),
        count => format!(", {count} allowed by comments"),
    };
    if report.changes.is_empty() && report.allowed.is_empty() {
        return format!("no changes: {} units as they were", report.units.total);
    }
    if report.changes.is_empty() {
        return format!("no changes but{}", &allowed[1..]);
    }
    let count = |verdict| report.changes.iter().filter(|change| change.verdict == verdict).count();
    let counts: Vec<_> = Verdict::ALL
        .into_iter()
        .map(|verdict| (count(verdict), verdict))
        .filter(|(count, _)| *count > 0)
        .map(|(count, verdict)| format!("{count} {verdict}"))
        .collect();
    let outcome = match report.verdict {
        Verdict::Safe => "everything can be swapped into the running process",
        Verdict::Deferred => "everything can be swapped, but not all of it shows at once",
        Verdict::Reset => "everything can be swapped, but some state starts over",
        Verdict::Restart => "a restart is needed",
        Verdict::Unknown => "only the build can tell whether it can be swapped",
    };
    let plural = if report.changes.len() == 1 { "" } else { "s" };
    format!(
        "{} change{plural} under {engine} ({}){allowed}: {outcome}",
        report.changes.len(),
        counts.join(", ")
    )
}
