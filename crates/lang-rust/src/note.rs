//! Comments that say something to Midflight: `// midflight: transient`, `// midflight: allow(MF0203): why`.
//!
//! They stand above an item, among its documentation and attributes, each on a line of its own.

use std::ops::Range;

use compat::{Flag, Rule};

use crate::split::indent_before;

/// The flag that a comment above a type sets, if there is one that does. What keeps a value counts more than what lets
/// it go.
pub(crate) fn flag(text: &str, item: usize) -> Option<Flag> {
    let mut found = None;
    for note in above(text, item) {
        match note.split([':', ' ']).next() {
            Some("state") => return Some(Flag::State),
            Some("transient") => found = Some(Flag::Transient),
            _ => {}
        }
    }
    found
}

/// What a comment that allows a rule on an item allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance<'a> {
    /// The rule is silent, for this reason.
    For(&'a str),
    /// Nothing: it gives no reason.
    WithoutReason,
}

/// What is said where a reason is missing.
pub const WITHOUT_REASON: &str = "A comment allows this without a reason, which counts for nothing.";

/// What stands for a reason until somebody writes one.
const PLACEHOLDERS: [&str; 3] = ["say why here", "TODO", "…"];

/// What the comments above an item allow of a rule. `item` is the whole item and `name` its name.
pub fn allowance<'a>(
    text: &'a str,
    item: &Range<usize>,
    name: &Range<usize>,
    rule: &Rule,
) -> Option<Allowance<'a>> {
    let head = text.get(item.start..name.start).unwrap_or_default();
    let notes = above(text, item.start).chain(head.lines().filter_map(note));
    let allowances = notes.filter_map(|note| {
        let (rules, reason) = note.strip_prefix("allow(")?.split_once(')')?;
        let is_it = |named: &str| named.eq_ignore_ascii_case(rule.code) || named == rule.name;
        let reason = reason.trim_start().trim_start_matches(':').trim();
        let is_reason = !reason.is_empty() && !PLACEHOLDERS.contains(&reason);
        let allowance = if is_reason { Allowance::For(reason) } else { Allowance::WithoutReason };
        rules.split(',').map(str::trim).any(is_it).then_some(allowance)
    });
    allowances.min_by_key(|allowance| *allowance == Allowance::WithoutReason)
}

/// The notes in the comments directly above a place, from below.
fn above(text: &str, at: usize) -> impl Iterator<Item = &str> {
    let lines = indent_before(text, at).map_or("", |indent| &text[..at - indent.len()]);
    let lines = lines.strip_suffix('\n').unwrap_or(lines);
    lines.rsplit('\n').take_while(|line| line.trim_start().starts_with("//")).filter_map(note)
}

/// What a line's comment says to Midflight.
fn note(line: &str) -> Option<&str> {
    let comment = line.trim().strip_prefix("//")?;
    Some(comment.trim_start().strip_prefix("midflight:")?.trim())
}
