//! `midflight diff`: two builds in, what differs for a running process out.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{Group, Level, Renderer};
use anyhow::{Context, anyhow};
use artifact::{Change, Counts, Effect, Inventory, Shape};
use clap::{Args, ValueEnum};
use compat::Verdict;
use serde::Serialize;

use crate::human::level;

/// So many differences of one layout are shown to people; JSON has all.
const SHOWN: usize = 12;

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The program or dynamic library that runs.
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The one that was built from the edited source.
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Only what has this in its name: a type, a function, a module.
    #[arg(long, value_name = "TEXT")]
    item: Option<String>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// How `diff` says what it found; what has no place in a source is neither SARIF nor an annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
}

/// The answer, as JSON has it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    version: u32,
    old: PathBuf,
    new: PathBuf,
    /// The worst of all changes.
    verdict: Verdict,
    channel: &'static str,
    changes: Vec<Change>,
    compared: Counts,
    elapsed_ms: f64,
}

/// Compares the two builds that the arguments name and prints the report.
pub(crate) fn run(arguments: &DiffArgs) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    let old = read(&arguments.old)?;
    let new = read(&arguments.new)?;
    let mut changes = artifact::diff(&old, &new);
    if let Some(item) = &arguments.item {
        changes.retain(|change| change.item.contains(item) || change.message.contains(item));
    }
    let verdict = changes.iter().map(|change| verdict(change.effect)).max().unwrap_or(Verdict::Safe);
    let report = Report {
        version: 1,
        old: arguments.old.clone(),
        new: arguments.new.clone(),
        verdict,
        channel: if verdict == Verdict::Restart { "build" } else { "hot-reload" },
        changes,
        compared: old.counts(),
        elapsed_ms: (started.elapsed().as_secs_f64() * 10_000.0).round() / 10.0,
    };
    let mut out = anstream::stdout().lock();
    let written = match arguments.format {
        Format::Json => serde_json::to_writer_pretty(&mut out, &report)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out)),
        Format::Human => write(&mut out, &report),
    };
    match written {
        // The reader had enough, as `head` has; the exit status still answers.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        other => other.context("cannot write the report")?,
    }
    Ok(if verdict == Verdict::Restart { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn read(path: &Path) -> anyhow::Result<Inventory> {
    // Its message has the cause in it.
    Inventory::read(path).map_err(|error| anyhow!("{error}"))
}

fn verdict(effect: Effect) -> Verdict {
    match effect {
        Effect::Safe => Verdict::Safe,
        Effect::Deferred => Verdict::Deferred,
        Effect::Restart => Verdict::Restart,
    }
}

/// The report for people: each change, and with it the types that hold the changed one.
fn write(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let renderer = Renderer::styled().decor_style(DecorStyle::Ascii);
    let mut holders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let (derived, own): (Vec<&Change>, Vec<&Change>) =
        report.changes.iter().partition(|change| is_told_with_another(change, &report.changes));
    for change in derived {
        holders.entry(change.because.as_deref().unwrap_or_default()).or_default().push(&change.item);
    }
    for change in own {
        let notes = notes(change, holders.get(change.item.as_str()).map_or(&[], Vec::as_slice));
        writeln!(out, "{}\n", renderer.render(&[group(change, &notes)]))?;
    }
    writeln!(out, "{}", summary(report))
}

fn is_told_with_another(change: &Change, all: &[Change]) -> bool {
    change.because.as_ref().is_some_and(|because| all.iter().any(|other| other.item == *because))
}

fn group<'a>(change: &'a Change, notes: &'a [String]) -> Group<'a> {
    let title = level(verdict(change.effect)).primary_title(change.message.as_str()).id(kind(change));
    notes
        .iter()
        .fold(Group::with_title(title), |group, note| group.element(Level::NOTE.message(note.as_str())))
}

fn kind(change: &Change) -> String {
    serde_json::to_value(change.kind)
        .ok()
        .and_then(|kind| Some(kind.as_str()?.to_owned()))
        .unwrap_or_default()
}

fn notes(change: &Change, holders: &[&str]) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some((before, after)) = change.before.as_ref().zip(change.after.as_ref()) {
        notes.extend(differences(before, after));
    }
    if !holders.is_empty() {
        notes.push(format!("with it, what holds it by value: {}", holders.join(", ")));
    }
    if !change.path.is_empty() {
        notes.push(format!("reached through {}", change.path));
    }
    notes.push(change.why.clone());
    notes
}

/// What lies elsewhere or is something else, byte by byte.
fn differences(before: &Shape, after: &Shape) -> Option<String> {
    let lines = |these: &Shape, those: &Shape, sign: char| -> Vec<(u64, String)> {
        let differ = these.leaves.iter().filter(|leaf| !those.leaves.contains(leaf));
        differ
            .map(|leaf| {
                (leaf.offset, format!("{sign} {:>4}  {}: {}", leaf.offset, leaf.field, leaf.type_name))
            })
            .collect()
    };
    let mut all = lines(before, after, '-');
    all.extend(lines(after, before, '+'));
    if all.is_empty() {
        return None;
    }
    all.sort_by_key(|(offset, _)| *offset);
    let more = all.len().saturating_sub(SHOWN);
    let shown: Vec<&str> = all.iter().take(SHOWN).map(|(_, line)| line.as_str()).collect();
    let more = if more > 0 { format!("\n  and {more} more") } else { String::new() };
    let size = if before.size == after.size {
        format!("{} bytes as before", before.size)
    } else {
        format!("{} bytes became {}", before.size, after.size)
    };
    Some(format!("{size}:\n{}{more}", shown.join("\n")))
}

fn summary(report: &Report) -> String {
    let Counts { types, functions, statics, vtables } = report.compared;
    if report.changes.is_empty() {
        return format!(
            "no differences: {types} types, {functions} functions, {statics} statics and {vtables} vtables as they were"
        );
    }
    let count =
        |verdict| report.changes.iter().filter(|change| self::verdict(change.effect) == verdict).count();
    let counts: Vec<String> = Verdict::ALL
        .into_iter()
        .map(|verdict| (count(verdict), verdict))
        .filter(|(count, _)| *count > 0)
        .map(|(count, verdict)| format!("{count} {verdict}"))
        .collect();
    let outcome = match report.verdict {
        Verdict::Safe => "everything can be swapped into the running process",
        Verdict::Deferred => "everything can be swapped, but not all of it shows at once",
        Verdict::Reset | Verdict::Restart | Verdict::Unknown => "a restart is needed",
    };
    let plural = if report.changes.len() == 1 { "" } else { "s" };
    format!("{} difference{plural} ({}): {outcome}", report.changes.len(), counts.join(", "))
}
