//! A difference between one unit in the baseline and in the editor, judged.

use std::ops::Range;
use std::sync::Arc;

use crate::{Rule, UnitKind, Verdict};

/// A place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file, relative to the workspace root, with `/`.
    pub file: Arc<str>,
    /// Bytes in the file's text.
    pub range: Range<usize>,
}

/// What a changed layout reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependent {
    /// The item's path, such as `app::world::State`.
    pub item: String,
    /// What it is.
    pub kind: UnitKind,
    /// Its name in the new text.
    pub location: Location,
    /// From it to the changed type: `State.world → World.bodies → Body`.
    pub path: String,
}

/// A difference between one unit in the baseline and in the editor, judged by one rule.
#[derive(Clone, Debug)]
pub struct Change {
    /// The rule that judged it.
    pub rule: &'static Rule,
    /// What it does to the process.
    pub verdict: Verdict,
    /// The item's path, such as `app::world::State`.
    pub item: String,
    /// What the item is.
    pub kind: UnitKind,
    /// The file of the new text (of the old text where the item was removed with its file).
    pub file: Arc<str>,
    /// Bytes in the new text: the smallest range that shows the change.
    pub range: Range<usize>,
    /// Bytes in the new text: the item's name.
    pub unit_range: Range<usize>,
    /// Where the same thing is in the old text.
    pub baseline: Option<Location>,
    /// Bytes in the new text: the whole item. Empty where the item is gone and could stand again; none where no such
    /// place is known.
    pub item_range: Option<Range<usize>>,
    /// The whole item in the old text.
    pub item_baseline: Option<Location>,
    /// One line: what changed, what it does to the process, what to do.
    pub message: String,
    /// Why, in a sentence or two.
    pub why: String,
    /// What the user can do; empty where there is nothing to do.
    pub remedy: String,
    /// The statics and boundary functions from which live values of the item can be reached.
    pub reachable_from: Vec<String>,
    /// The path from the first of these: `app::WORLD → World.bodies → Body`.
    pub live_path: Option<String>,
    /// Types, statics and functions that a changed layout reaches, the nearest first.
    pub dependents: Vec<Dependent>,
    /// How many there are beyond these.
    pub more_dependents: usize,
}

/// The worst verdict of all changes; [`Verdict::Safe`] where there are none.
pub fn worst<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Verdict {
    changes.into_iter().map(|change| change.verdict).max().unwrap_or(Verdict::Safe)
}
