//! What `midflight check` says, as plain values with positions that every editor understands.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use compat::{Change, EngineKind, FileUnits, Program, Texts, Verdict};
use line_index::{LineIndex, WideEncoding};
use serde::Serialize;

use crate::{Allowance, WITHOUT_REASON};

/// A position: line and UTF-16 code unit, both from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The UTF-16 code unit in it.
    pub character: u32,
}

/// A range of positions; the end is not part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Range {
    /// The first position.
    pub start: Position,
    /// The position after the last.
    pub end: Position,
}

/// Where the same thing is in the old text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Baseline {
    /// The file.
    pub file: Arc<str>,
    /// The range in the old text.
    pub range: Range,
}

/// Which way the edit can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// It can be swapped into the running process.
    HotReload,
    /// It needs a build and a restart, or only the build can tell.
    Build,
}

/// A type, static or function that a changed layout reaches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReportedDependent {
    /// The item's path.
    pub item: String,
    /// What the item is.
    pub kind: &'static str,
    /// The file.
    pub file: Arc<str>,
    /// The range of its name in the new text.
    pub range: Range,
    /// From it to the changed type, such as `State.world → World.bodies → Body`.
    pub path: String,
}

/// One change as reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportedChange {
    /// The rule's number.
    pub code: &'static str,
    /// The rule's name.
    pub rule: &'static str,
    /// What it does to the process.
    pub verdict: Verdict,
    /// The item's path.
    pub item: String,
    /// What the item is.
    pub kind: &'static str,
    /// The file.
    pub file: Arc<str>,
    /// The range in the new text.
    pub range: Range,
    /// The same in bytes, for who prints source.
    #[serde(skip)]
    pub bytes: std::ops::Range<usize>,
    /// The same thing in the old text; `null` where it is new.
    pub baseline: Option<Baseline>,
    /// What changed, what it does, what to do.
    pub message: String,
    /// Why.
    pub why: String,
    /// What to do; empty where there is nothing to do.
    pub remedy: String,
    /// From where live values can be reached.
    pub reachable_from: Vec<String>,
    /// The path from the first of these; `null` where nothing is reached.
    pub live_path: Option<String>,
    /// What a changed layout reaches, the nearest first; left out where it reaches nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dependents: Vec<ReportedDependent>,
    /// How many there are beyond these; left out where there are none.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_dependents: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// A change that a comment on its item allows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Allowed {
    /// The change.
    #[serde(flatten)]
    pub change: ReportedChange,
    /// Why, in the comment's words.
    pub reason: String,
}

/// How much of the program the edit left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct UnitTotals {
    /// Units in the new program.
    pub total: usize,
    /// Of these, units that are as they were.
    pub reused: usize,
}

/// The answer of `midflight check`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The version of this format.
    pub version: u32,
    /// The engine that was asked about.
    pub engine: EngineKind,
    /// The worst of all changes.
    pub verdict: Verdict,
    /// Which way the edit can take.
    pub channel: Channel,
    /// All changes by file and range.
    pub changes: Vec<ReportedChange>,
    /// Changes that comments allow. They count for neither the verdict nor the channel.
    pub allowed: Vec<Allowed>,
    /// How much of the program was left alone.
    pub units: UnitTotals,
    /// How long it took.
    pub elapsed_ms: f64,
}

/// Compares two trees. Without an engine the one that the new tree is made for is taken.
pub fn report(old: &Texts, new: &Texts, engine: Option<EngineKind>) -> Report {
    let started = Instant::now();
    let (before, after) = (crate::program(old), crate::program(new));
    let report = report_with((old, &before), (new, &after), engine, &allowance);
    Report { elapsed_ms: started.elapsed().as_secs_f64() * 1000.0, ..report }
}

/// What a comment in the new text allows of a change.
fn allowance<'a>(new: &'a Texts, change: &Change) -> Option<Allowance<'a>> {
    let text = new.get(&change.file)?;
    crate::allowance(text, change.item_range.as_ref()?, &change.unit_range, change.rule)
}

/// The same for texts whose programs are known, about what is to be swapped now: comments allow nothing there, since
/// one that was written for another edit must not let this one into the process.
pub fn report_of(
    (old, before): (&Texts, &Program),
    (new, after): (&Texts, &Program),
    engine: Option<EngineKind>,
) -> Report {
    report_with((old, before), (new, after), engine, &|_, _| None)
}

fn report_with<'a>(
    (old, before): (&Texts, &Program),
    (new, after): (&'a Texts, &Program),
    engine: Option<EngineKind>,
    allowance: &dyn Fn(&'a Texts, &Change) -> Option<Allowance<'a>>,
) -> Report {
    let started = Instant::now();
    let engine = engine.unwrap_or_else(|| crate::detect_engine(after));
    let mut lines = Lines { old, new, indexes: HashMap::new() };
    let (mut changes, mut allowed) = (Vec::new(), Vec::new());
    for change in compat::compare(before, after, engine) {
        let allowance = allowance(new, &change);
        let mut change = lines.reported(change);
        match allowance {
            Some(Allowance::For(reason)) => allowed.push(Allowed { change, reason: reason.to_owned() }),
            Some(Allowance::WithoutReason) => {
                change.why = format!("{} {WITHOUT_REASON}", change.why);
                changes.push(change);
            }
            None => changes.push(change),
        }
    }
    let verdict = changes.iter().map(|change| change.verdict).max().unwrap_or(Verdict::Safe);
    let units = UnitTotals { total: after.unit_count(), reused: reused(before, after) };
    let channel = if verdict.is_swappable() { Channel::HotReload } else { Channel::Build };
    let elapsed_ms = started.elapsed().as_secs_f64() * 1000.0;
    Report { version: 1, engine, verdict, channel, changes, allowed, units, elapsed_ms }
}

/// Units of `after` whose text is as it was, whatever happened around it.
fn reused(before: &Program, after: &Program) -> usize {
    let in_file = |(path, file): (&Arc<str>, &Arc<FileUnits>)| {
        let Some(old) = before.file(path) else { return 0 };
        let mut left: HashMap<_, usize> = HashMap::new();
        for chunk in &old.chunks {
            *left.entry(chunk.key).or_default() += 1;
        }
        let kept = file.chunks.iter().filter(|chunk| match left.get_mut(&chunk.key) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        });
        kept.map(|chunk| chunk.units.len()).sum()
    };
    after.files().map(in_file).sum()
}

/// Turns byte ranges into positions; a file's lines are counted once.
struct Lines<'a> {
    old: &'a Texts,
    new: &'a Texts,
    indexes: HashMap<(bool, Arc<str>), Arc<LineIndex>>,
}

impl Lines<'_> {
    fn reported(&mut self, change: Change) -> ReportedChange {
        // An item that went with its file has its place in the old text only.
        let is_new = self.new.contains_key(&change.file);
        let range = self.range(is_new, &change.file, &change.range);
        let baseline = change.baseline.map(|location| {
            let range = self.range(false, &location.file, &location.range);
            Baseline { file: location.file, range }
        });
        let dependents = change.dependents.into_iter().map(|dependent| self.dependent(dependent)).collect();
        ReportedChange {
            code: change.rule.code,
            rule: change.rule.name,
            verdict: change.verdict,
            item: change.item,
            kind: change.kind.name(),
            file: change.file,
            range,
            bytes: change.range,
            baseline,
            message: change.message,
            why: change.why,
            remedy: change.remedy,
            reachable_from: change.reachable_from,
            live_path: change.live_path,
            dependents,
            more_dependents: change.more_dependents,
        }
    }

    fn dependent(&mut self, dependent: compat::Dependent) -> ReportedDependent {
        let range = self.range(true, &dependent.location.file, &dependent.location.range);
        ReportedDependent {
            item: dependent.item,
            kind: dependent.kind.name(),
            file: dependent.location.file,
            range,
            path: dependent.path,
        }
    }

    fn range(&mut self, is_new: bool, file: &Arc<str>, range: &std::ops::Range<usize>) -> Range {
        let texts = if is_new { self.new } else { self.old };
        let index = self
            .indexes
            .entry((is_new, Arc::clone(file)))
            .or_insert_with(|| Arc::new(LineIndex::new(texts.get(file).map_or("", |text| text))));
        Range { start: position(index, range.start), end: position(index, range.end) }
    }
}

fn position(index: &LineIndex, offset: usize) -> Position {
    let offset = u32::try_from(offset).unwrap_or(u32::MAX).min(u32::from(index.len()));
    let zero = Position { line: 0, character: 0 };
    let Some(at) = index.try_line_col(offset.into()) else { return zero };
    let Some(wide) = index.to_wide(WideEncoding::Utf16, at) else { return zero };
    Position { line: wide.line, character: wide.col }
}
