//! What the variables of a stopped frame were, kept across reloads.
//!
//! References to variables die when the process goes on, so a snapshot is plain values. It is offered as a
//! scope of its own beside the live ones: cached values in place of live ones would be confusing.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use dap::types::{Scope, Variable};
use serde_json::{Value, json};

/// So many generations of each function are kept.
const GENERATIONS: usize = 3;

/// So many snapshots of each function are kept: those at different breakpoints of one generation are.
const SNAPSHOTS: usize = 24;

/// So many functions are kept; the one that was seen longest ago goes first.
const FUNCTIONS: usize = 64;

/// References of ours begin here. Adapters count from 1, or from 2³² for what they keep.
const FIRST_REFERENCE: i64 = 0x6000_0000;

/// One variable as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Its name.
    pub(crate) name: String,
    /// Its value, as the debugger showed it.
    pub(crate) value: String,
    /// Its type.
    pub(crate) kind: Option<String>,
    /// Its fields or elements, as deep as they were read.
    pub(crate) children: Vec<Kept>,
    /// Whether those are all.
    pub(crate) is_whole: bool,
}

/// The variables of one frame at one stop.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    /// The function.
    pub(crate) function: String,
    /// The generation that the frame ran.
    pub(crate) generation: u32,
    /// The frame, as the editor knew it.
    pub(crate) frame: i64,
    /// The breakpoints that were hit, as the editor knows them.
    pub(crate) breakpoints: Vec<i64>,
    /// Its variables.
    pub(crate) variables: Arc<[Kept]>,
    /// Whether those are all: a limit may have cut it short.
    pub(crate) is_whole: bool,
}

/// The snapshots of a session.
#[derive(Debug, Default)]
pub(crate) struct Snapshots {
    functions: HashMap<String, VecDeque<Snapshot>>,
    order: VecDeque<String>,
    offered: HashMap<i64, Vec<Variable>>,
    count: i64,
}

impl Kept {
    fn size(&self) -> usize {
        self.name.len() + self.value.len() + self.kind.as_ref().map_or(0, String::len)
    }

    /// As `midflight/scopeSnapshot` and `midflight/snapshots` say it.
    fn value(&self) -> Value {
        let mut value = json!({"value": self.value, "type": self.kind, "evaluated": true});
        if !self.children.is_empty() {
            value["fields"] = fields(&self.children);
        }
        value
    }

    /// Whether nothing below it was left out.
    fn is_whole_below(&self) -> bool {
        self.is_whole && self.children.iter().all(Self::is_whole_below)
    }

    /// The variable of a `variables` response, without its children; and how many bytes it takes.
    pub(crate) fn read(variable: &Value) -> Option<(Self, usize)> {
        let text = |name: &str| variable.get(name).and_then(Value::as_str).map(str::to_owned);
        let (name, value, kind) = (text("name")?, text("value")?, text("type"));
        let is_whole = reference(variable) == 0;
        let kept = Self { name, value, kind, children: Vec::new(), is_whole };
        let size = kept.size();
        Some((kept, size))
    }
}

/// What stands behind a scope or variable: 0 for nothing.
pub(crate) fn reference(parent: &Value) -> i64 {
    parent.get("variablesReference").and_then(Value::as_i64).unwrap_or_default()
}

fn fields(variables: &[Kept]) -> Value {
    variables.iter().map(|kept| (kept.name.clone(), kept.value())).collect::<serde_json::Map<_, _>>().into()
}

impl Snapshot {
    /// The breakpoint that the frame stood at.
    fn breakpoint(&self) -> Option<i64> {
        self.breakpoints.first().copied()
    }

    /// The body of `midflight/scopeSnapshot`.
    pub(crate) fn value(&self) -> Value {
        json!({
            "breakpointId": self.breakpoint(),
            "stackFrameId": self.frame,
            "function": self.function,
            "generation": self.generation,
            "partial": !(self.is_whole && self.variables.iter().all(Kept::is_whole_below)),
            "variables": fields(&self.variables),
        })
    }
}

impl Snapshots {
    /// Keeps a snapshot; it takes the place of an earlier one of the same function, generation and breakpoint.
    pub(crate) fn keep(&mut self, snapshot: Snapshot) {
        let name = snapshot.function.clone();
        self.order.retain(|other| *other != name);
        self.order.push_back(name.clone());
        let kept = self.functions.entry(name).or_default();
        kept.retain(|other| {
            (other.generation, other.breakpoint()) != (snapshot.generation, snapshot.breakpoint())
        });
        kept.push_back(snapshot);
        let generations: BTreeSet<u32> = kept.iter().map(|snapshot| snapshot.generation).collect();
        if let Some(oldest) = generations.iter().rev().nth(GENERATIONS - 1) {
            kept.retain(|snapshot| snapshot.generation >= *oldest);
        }
        if kept.len() > SNAPSHOTS {
            kept.pop_front();
        }
        if self.order.len() > FUNCTIONS
            && let Some(oldest) = self.order.pop_front()
        {
            self.functions.remove(&oldest);
        }
    }

    /// All snapshots.
    pub(crate) fn value(&self) -> Value {
        let all = self.order.iter().filter_map(|name| self.functions.get(name));
        all.flatten().map(Snapshot::value).collect()
    }

    /// What a function's variables were before the last reload: at the breakpoint that the frame stands at, if it
    /// was hit then, else where they were seen last.
    fn before(&self, function: &str, (generation, frame): (u32, i64)) -> Option<Snapshot> {
        let present = self.present(function, (generation, frame)).and_then(Snapshot::breakpoint);
        let before = self.functions.get(function)?.iter().filter(|snapshot| snapshot.generation < generation);
        let is_same = |snapshot: &Snapshot| present.is_some() && snapshot.breakpoint() == present;
        before.max_by_key(|snapshot| (snapshot.generation, is_same(snapshot))).cloned()
    }

    /// What they were at a breakpoint, when it was hit last before a generation.
    pub(crate) fn at_breakpoint(&self, function: &str, breakpoint: i64, below: u32) -> Option<Snapshot> {
        let kept = self.functions.get(function)?.iter();
        let of_it = kept.filter(|it| it.generation < below && it.breakpoints.contains(&breakpoint));
        of_it.max_by_key(|snapshot| snapshot.generation).cloned()
    }

    /// What they are: as they were read in this frame, else in another one of the function.
    fn present(&self, function: &str, (generation, frame): (u32, i64)) -> Option<&Snapshot> {
        let now = self.functions.get(function)?.iter().filter(|snapshot| snapshot.generation == generation);
        now.max_by_key(|snapshot| snapshot.frame == frame)
    }

    /// What one of them was: `path` is `.name`, with fields and elements after it (`.players[0].score`), as the
    /// debugger names them.
    pub(crate) fn evaluate(
        &mut self,
        function: &str,
        frame: (u32, i64),
        path: &str,
    ) -> Result<Variable, String> {
        let before = self.before(function, frame);
        let before = before.ok_or_else(|| format!("No stop in `{function}` before a reload was kept."))?;
        let mut variables = &*before.variables;
        let (mut found, mut reached) = (None, String::new());
        for name in names(path) {
            let next = variables.iter().find(|kept| kept.name == name);
            let next = next.ok_or_else(|| {
                let whose = if reached.is_empty() { format!("`{function}`") } else { format!("`{reached}`") };
                let kept = variables.iter().map(|kept| kept.name.as_str()).collect::<Vec<_>>();
                let kept = if kept.is_empty() { "nothing".to_owned() } else { kept.join(", ") };
                format!("`{name}` of {whose} was not kept in generation {} (but {kept}).", before.generation)
            })?;
            reached = if name.starts_with('[') || reached.is_empty() {
                reached + name
            } else {
                format!("{reached}.{name}")
            };
            variables = &next.children;
            found = Some(next);
        }
        let found = found.ok_or("Write `$before.` and the name of a variable.")?;
        let reference =
            if found.children.is_empty() { 0 } else { self.offer_variables(&found.children, None) };
        Ok(variable(found, Now::Unknown, reference))
    }

    /// The scope that shows what a function's variables were before the last reload.
    pub(crate) fn offer(&mut self, function: &str, frame: (u32, i64)) -> Option<Scope> {
        let before = self.before(function, frame)?;
        let now = self
            .present(function, frame)
            .map(|snapshot| (Arc::clone(&snapshot.variables), snapshot.is_whole));
        let present = now.as_ref().map(|(variables, is_whole)| (&**variables, *is_whole));
        let reference = self.offer_variables(&before.variables, present);
        Some(Scope {
            name: format!("Before reload (generation {})", before.generation),
            presentation_hint: None,
            variables_reference: reference,
            named_variables: i64::try_from(before.variables.len()).ok(),
            indexed_variables: None,
            expensive: false,
            source: None,
            line: None,
            column: None,
            end_line: None,
            end_column: None,
        })
    }

    fn offer_variables(&mut self, before: &[Kept], now: Option<(&[Kept], bool)>) -> i64 {
        let mut variables = Vec::new();
        for kept in before {
            let live = Now::of(now, &kept.name);
            let children =
                if let Now::Is(live) = live { Some((&*live.children, live.is_whole)) } else { None };
            let reference =
                if kept.children.is_empty() { 0 } else { self.offer_variables(&kept.children, children) };
            variables.push(variable(kept, live, reference));
        }
        self.count += 1;
        let reference = FIRST_REFERENCE + self.count;
        self.offered.insert(reference, variables);
        reference
    }

    /// The variables behind one of our references.
    pub(crate) fn variables(&self, reference: i64) -> Option<&[Variable]> {
        self.offered.get(&reference).map(Vec::as_slice)
    }

    /// Whether a reference was ever one of ours.
    pub(crate) fn is_ours(&self, reference: i64) -> bool {
        (FIRST_REFERENCE + 1..=FIRST_REFERENCE + self.count).contains(&reference)
    }

    /// The process goes on: what was offered is no longer valid.
    pub(crate) fn resumed(&mut self) {
        self.offered.clear();
    }
}

/// The names in `.players[0].score`: `players`, `[0]`, `score`.
fn names(path: &str) -> impl Iterator<Item = &str> {
    let parts = path.split('.').flat_map(|part| {
        let brackets = part.match_indices('[').map(|(at, _)| at).filter(|at| *at > 0);
        let starts: Vec<usize> = std::iter::once(0).chain(brackets).collect();
        let ends: Vec<usize> = starts.iter().skip(1).copied().chain([part.len()]).collect();
        starts.into_iter().zip(ends).map(move |(start, end)| &part[start..end])
    });
    parts.map(str::trim).filter(|name| !name.is_empty())
}

/// What is known of a variable's present value.
#[derive(Clone, Copy)]
enum Now<'a> {
    Unknown,
    Gone,
    Is(&'a Kept),
}

impl<'a> Now<'a> {
    /// Where those are not all, what is missing may be there all the same.
    fn of(present: Option<(&'a [Kept], bool)>, name: &str) -> Self {
        let Some((variables, is_whole)) = present else { return Self::Unknown };
        let missing = if is_whole { Self::Gone } else { Self::Unknown };
        variables.iter().find(|live| live.name == name).map_or(missing, Self::Is)
    }
}

/// Whether something differs below a value, as far as both were read.
fn is_changed_inside(before: &Kept, now: &Kept) -> bool {
    before.children.iter().any(|child| {
        let live = now.children.iter().find(|live| live.name == child.name);
        live.is_some_and(|live| live.value != child.value || is_changed_inside(child, live))
    })
}

fn variable(kept: &Kept, now: Now<'_>, variables_reference: i64) -> Variable {
    let value = match now {
        Now::Is(live) if live.value != kept.value => format!("{}  (now {})", kept.value, live.value),
        Now::Is(live) if is_changed_inside(kept, live) => format!("{}  (changed inside)", kept.value),
        Now::Gone => format!("{}  (no longer there)", kept.value),
        Now::Is(_) | Now::Unknown => kept.value.clone(),
    };
    Variable {
        name: kept.name.clone(),
        value,
        type_field: kept.kind.clone(),
        presentation_hint: Some(dap::types::VariablePresentationHint {
            attributes: Some(vec![dap::types::VariablePresentationHintAttributes::ReadOnly]),
            ..Default::default()
        }),
        variables_reference,
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(name: &str, value: &str, children: Vec<Kept>) -> Kept {
        Kept { name: name.into(), value: value.into(), kind: Some("i64".into()), children, is_whole: true }
    }

    fn snapshot(generation: u32, variables: Vec<Kept>) -> Snapshot {
        Snapshot {
            function: "step".into(),
            generation,
            frame: 4,
            breakpoints: vec![1],
            variables: variables.into(),
            is_whole: true,
        }
    }

    #[test]
    fn the_scope_shows_what_was_and_marks_what_changed() {
        let mut snapshots = Snapshots::default();
        snapshots
            .keep(snapshot(0, vec![kept("a", "1", vec![]), kept("s", "0x1", vec![kept("n", "5", vec![])])]));
        assert!(snapshots.offer("step", (0, 4)).is_none(), "nothing was reloaded");
        snapshots
            .keep(snapshot(2, vec![kept("a", "1", vec![]), kept("s", "0x1", vec![kept("n", "6", vec![])])]));
        let scope = snapshots.offer("step", (2, 4)).expect("a scope");
        assert_eq!(scope.name, "Before reload (generation 0)");
        let shown = snapshots.variables(scope.variables_reference).expect("ours").to_vec();
        let values: Vec<&str> = shown.iter().map(|variable| variable.value.as_str()).collect();
        assert_eq!(values, ["1", "0x1  (changed inside)"]);
        let inner = snapshots.variables(shown[1].variables_reference).expect("ours");
        assert_eq!(inner[0].value, "5  (now 6)");
        let reference = scope.variables_reference;
        snapshots.resumed();
        assert!(snapshots.variables(reference).is_none() && snapshots.is_ours(reference));
    }

    #[test]
    fn an_expression_names_what_was() {
        let mut snapshots = Snapshots::default();
        let inner = kept("[0]", "{...}", vec![kept("score", "7", vec![])]);
        snapshots.keep(snapshot(0, vec![kept("tick", "1", vec![]), kept("players", "size=1", vec![inner])]));
        let was = |snapshots: &mut Snapshots, path: &str| {
            snapshots.evaluate("step", (1, 4), path).map(|variable| variable.value)
        };
        assert_eq!(was(&mut snapshots, ".tick").as_deref(), Ok("1"));
        assert_eq!(was(&mut snapshots, " .players[0].score ").as_deref(), Ok("7"));
        let players = snapshots.evaluate("step", (1, 4), ".players").expect("kept");
        assert_eq!(snapshots.variables(players.variables_reference).map(<[Variable]>::len), Some(1));
        let missing = was(&mut snapshots, ".players[0].rank").expect_err("never there");
        assert_eq!(missing, "`rank` of `players[0]` was not kept in generation 0 (but score).");
        assert!(was(&mut snapshots, "").is_err() && snapshots.evaluate("other", (1, 4), ".tick").is_err());
        assert!(snapshots.evaluate("step", (0, 4), ".tick").is_err(), "nothing was reloaded");
    }

    #[test]
    fn only_the_last_generations_and_functions_are_kept() {
        let mut snapshots = Snapshots::default();
        for generation in 0..10 {
            snapshots.keep(snapshot(generation, vec![]));
        }
        assert_eq!(snapshots.functions["step"].len(), GENERATIONS);
        for index in 0..200 {
            snapshots.keep(Snapshot { function: format!("f{index}"), ..snapshot(0, vec![]) });
        }
        assert_eq!((snapshots.functions.len(), snapshots.order.len()), (FUNCTIONS, FUNCTIONS));
    }

    #[test]
    fn each_breakpoint_has_its_own() {
        let mut snapshots = Snapshots::default();
        let at = |generation, frame, breakpoint, value| Snapshot {
            breakpoints: vec![breakpoint],
            frame,
            ..snapshot(generation, vec![kept("a", value, vec![])])
        };
        snapshots.keep(at(0, 4, 1, "1"));
        snapshots.keep(at(0, 5, 2, "2"));
        snapshots.keep(at(1, 6, 1, "3"));
        let was = snapshots.evaluate("step", (1, 6), ".a").expect("kept");
        assert_eq!(was.value, "1", "at the same breakpoint, though another was hit later");
        let was = snapshots.evaluate("step", (1, 9), ".a").expect("kept");
        assert_eq!(was.value, "1", "the present frame is not known: the function's newest breakpoint tells");
    }
}
