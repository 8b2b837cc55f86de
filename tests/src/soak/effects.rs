//! What edits do: learnt from programs that have them from the start.

use std::collections::BTreeMap;

use crate::driven::{Driven, Run};
use crate::edits::Edit;

/// Edits, and what a step does with each of them.
pub(super) struct Known {
    pub(super) edits: Vec<Edit>,
    pub(super) effects: Vec<Effect>,
}

/// What a step shows, and what it adds to the state.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Effect {
    shows: BTreeMap<String, String>,
    adds: BTreeMap<String, u64>,
}

/// What the state was after the last step.
#[derive(Debug, Default)]
pub(super) struct State(BTreeMap<String, u64>);

/// So many of the edits: the program as it is, and edits that compile, run on, and do the same at every step.
pub(super) fn learn(driven: &Driven, edits: &[Edit], most: usize) -> Known {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut known = Known { edits: Vec::new(), effects: Vec::new() };
    let first = Edit { name: "no edit".to_owned(), after: driven.model.to_owned() };
    for edit in std::iter::once(&first).chain(edits) {
        let Some(binary) = driven.build(folder.path(), &edit.after) else { continue };
        if let Some(effect) = Effect::of(&Run::alone(&binary, 4)) {
            known.effects.push(effect);
            known.edits.push(Edit { name: edit.name.clone(), after: edit.after.clone() });
        }
        if known.edits.len() == most {
            break;
        }
    }
    known
}

impl Effect {
    fn of(run: &Run) -> Option<Self> {
        let mut state = State::default();
        state.take(run.lines.first()?, &Self::default());
        let mut effects = run.lines.iter().skip(1).map(|line| state.effect(line));
        let first = effects.next()?;
        (run.over.is_none() && effects.all(|effect| effect == first)).then_some(first)
    }
}

impl State {
    /// What a step did.
    fn effect(&mut self, seen: &str) -> Effect {
        let mut effect = Effect::default();
        for (name, value) in parts(seen) {
            if let Some(name) = name.strip_prefix('+') {
                let now = value.parse().unwrap_or(u64::MAX);
                let before = self.0.insert(name.to_owned(), now).unwrap_or(now);
                effect.adds.insert(name.to_owned(), now.wrapping_sub(before));
            } else {
                effect.shows.insert(name.to_owned(), value.to_owned());
            }
        }
        effect
    }

    /// Takes what a step shows; what of it is not as expected. The first step has nothing to compare with.
    pub(super) fn take(&mut self, seen: &str, expected: &Effect) -> Vec<String> {
        let is_first = self.0.is_empty();
        let effect = self.effect(seen);
        if is_first || effect == *expected {
            return Vec::new();
        }
        let shows = effect.shows.iter().filter(|(name, value)| expected.shows.get(*name) != Some(value));
        let shows =
            shows.map(|(name, value)| format!("{name} is {value}, not {:?}", expected.shows.get(name)));
        let adds = effect.adds.iter().filter(|(name, value)| expected.adds.get(*name) != Some(value));
        let adds =
            adds.map(|(name, value)| format!("{name} grew by {value}, not {:?}", expected.adds.get(name)));
        shows.chain(adds).collect()
    }
}

fn parts(line: &str) -> impl Iterator<Item = (&str, &str)> {
    line.split(" | ").filter_map(|part| part.split_once('='))
}
