//! The breakpoints that the user has, whatever becomes of the code below them.
//!
//! The editor knows a breakpoint by an id that never changes. The adapter has its own ids, which change
//! whenever a set is sent again; they never reach the editor. A breakpoint belongs to a statement of the
//! text that it was set against, and is placed wherever that statement stands in the code that runs.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use dap::types::Breakpoint;
use remap::LineMap;
use serde_json::{Map, Value, json};

use crate::sources::Key;

/// All breakpoints of a session.
#[derive(Debug, Default)]
pub(crate) struct Breakpoints {
    last_id: i64,
    revision: u64,
    sets: BTreeMap<String, Set>,
    /// The arguments of the last `setFunctionBreakpoints`, and the editor's ids of them.
    functions: Option<(Value, Vec<i64>)>,
    /// The editor's ids of those on addresses, by the request that set them.
    addresses: HashMap<String, Vec<i64>>,
    /// From the adapter's ids to the editor's.
    ids: HashMap<i64, i64>,
}

/// The breakpoints of one source file.
#[derive(Debug)]
pub(crate) struct Set {
    /// The source as the editor names it.
    pub(crate) source: Value,
    /// The file in the texts.
    pub(crate) key: Key,
    /// The text that the lines mean.
    pub(crate) text: Arc<str>,
    /// The breakpoints, in the editor's order.
    pub(crate) points: Vec<Point>,
    revision: u64,
    /// What was sent last, by the file as the debugger knows it, to know when nothing has to be.
    sent: BTreeMap<String, Value>,
}

/// One breakpoint.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    /// What the editor knows it by.
    pub(crate) id: i64,
    /// As the editor asked for it: line, column, condition, …
    request: Value,
    /// The line in the set's text, from 0.
    pub(crate) line: u32,
    /// What the adapter made of it.
    pub(crate) state: State,
    /// What the editor was told of it last.
    told: Option<Value>,
}

/// What the adapter made of a breakpoint.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct State {
    /// Whether it can be hit.
    pub(crate) verified: bool,
    /// Why not, or what else there is to say.
    pub(crate) message: Option<String>,
    /// How many lines below the one asked for.
    slide: i64,
    /// Other fields, as they came.
    rest: Map<String, Value>,
}

/// A set as it has to be sent, and which of its breakpoints the answer will be about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Placement {
    /// The arguments of `setBreakpoints`.
    pub(crate) arguments: Value,
    /// The breakpoints that have a place, and their lines from 0.
    pub(crate) placed: Vec<(usize, u32)>,
    /// Which sending of the set this is; the answer to an older one is not believed.
    pub(crate) revision: u64,
}

/// The base of lines in messages, and the file as the debugger knows it.
pub(crate) struct Target<'a> {
    /// The first line of a file in messages.
    pub(crate) base: i64,
    /// The file's path.
    pub(crate) path: &'a str,
    /// From the set's text to the one that runs.
    pub(crate) map: &'a LineMap,
    /// The generation that runs.
    pub(crate) generation: u32,
    /// The breakpoints, by index, that belong to this file; all, if none are given.
    pub(crate) only: Option<&'a [usize]>,
}

impl Breakpoints {
    /// The editor sent all breakpoints of a source. Those on a statement that had one keep their ids.
    pub(crate) fn replace(
        &mut self,
        path: &str,
        set: (Value, Key, Arc<str>),
        requests: Vec<(u32, Value)>,
        since: Option<&LineMap>,
    ) {
        let (source, key, text) = set;
        let mut old = self.sets.remove(path).map(|set| (set.points, set.sent)).unwrap_or_default();
        let mut points = Vec::new();
        for (line, request) in requests {
            let is_same = |point: &Point| {
                let now = since.map_or(Some(point.line), |map| map.forward(point.line).exact());
                now == Some(line) && point.request.get("column") == request.get("column")
            };
            let (id, state, told) = match old.0.iter().position(is_same) {
                Some(index) => {
                    let point = old.0.swap_remove(index);
                    (point.id, point.state, point.told)
                }
                None => (self.new_id(), State::default(), None),
            };
            points.push(Point { id, request, line, state, told });
        }
        let revision = self.next_revision();
        self.sets.insert(path.to_owned(), Set { source, key, text, points, revision, sent: old.1 });
    }

    /// The text that a source's breakpoints were set against.
    pub(crate) fn text(&self, path: &str) -> Option<&Arc<str>> {
        self.sets.get(path).map(|set| &set.text)
    }

    /// The breakpoints of a source.
    pub(crate) fn set(&self, path: &str) -> Option<&Set> {
        self.sets.get(path)
    }

    /// The sources that have breakpoints, with their files.
    pub(crate) fn sources(&self) -> Vec<(String, Key)> {
        self.sets.iter().map(|(path, set)| (path.clone(), Arc::clone(&set.key))).collect()
    }

    /// Where a set's breakpoints stand in the code that runs. What has no place is marked so at once.
    pub(crate) fn place(&mut self, path: &str, target: &Target<'_>) -> Option<Placement> {
        let set = self.sets.get_mut(path)?;
        let revision = set.revision;
        let (mut placed, mut requests) = (Vec::new(), Vec::new());
        for (index, point) in set.points.iter_mut().enumerate() {
            if target.only.is_some_and(|only| !only.contains(&index)) {
                continue;
            }
            let Some(line) = target.map.forward(point.line).exact() else {
                point.state = State::absent(target.generation);
                continue;
            };
            let mut request = point.request.clone();
            request["line"] = json!(i64::from(line) + target.base);
            requests.push(request);
            placed.push((index, line));
        }
        let lines: Vec<&Value> = requests.iter().map(|request| &request["line"]).collect();
        let arguments = json!({
            "source": {"name": set.source.get("name"), "path": target.path},
            "lines": lines,
            "breakpoints": requests,
        });
        Some(Placement { arguments, placed, revision })
    }

    /// The editor is told how a breakpoint stands. Returns whether that is news.
    pub(crate) fn tell(&mut self, path: &str, breakpoint: &Value) -> bool {
        let mut points = self.sets.get_mut(path).map(|set| set.points.iter_mut()).into_iter().flatten();
        let point = points.find(|point| breakpoint["id"] == point.id);
        point.is_none_or(|point| point.told.replace(breakpoint.clone()).as_ref() != Some(breakpoint))
    }

    /// Whether the adapter has exactly this already.
    pub(crate) fn is_set(&self, path: &str, placement: &Placement) -> bool {
        let sent = self.sets.get(path).and_then(|set| set.sent.get(placement.file()));
        sent == Some(&placement.arguments)
    }

    /// Whether the adapter has breakpoints of a source in this file.
    pub(crate) fn has_sent(&self, path: &str, file: &str) -> bool {
        let sent = self.sets.get(path).and_then(|set| set.sent.get(file));
        sent.is_some_and(|arguments| arguments["lines"].as_array().is_some_and(|lines| !lines.is_empty()))
    }

    /// A source's breakpoints are about to be sent anew: answers to what was sent before are not believed.
    pub(crate) fn anew(&mut self, path: &str) {
        let revision = self.next_revision();
        if let Some(set) = self.sets.get_mut(path) {
            set.revision = revision;
        }
    }

    /// The adapter was told to forget a source's breakpoints.
    pub(crate) fn cleared(&mut self, path: &str) {
        let revision = self.next_revision();
        if let Some(set) = self.sets.get_mut(path) {
            set.revision = revision;
            set.sent.clear();
        }
    }

    /// Takes over the adapter's answer to a placement.
    pub(crate) fn confirm(&mut self, path: &str, placement: &Placement, body: &Value, base: i64) {
        let Some(set) = self.sets.get_mut(path).filter(|set| set.revision == placement.revision) else {
            return;
        };
        set.sent.insert(placement.file().to_owned(), placement.arguments.clone());
        let answers = body.get("breakpoints").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (&(index, line), answer) in placement.placed.iter().zip(answers) {
            let Some(point) = set.points.get_mut(index) else { continue };
            point.state.take(answer, line, base);
            if let Some(id) = answer.get("id").and_then(Value::as_i64) {
                self.ids.insert(id, point.id);
            }
        }
    }

    /// The adapter says that a breakpoint changed: the source and the breakpoint, if it is one of a set.
    pub(crate) fn changed(&mut self, answer: &Value) -> Option<(String, i64, bool)> {
        let id = self.editor_id(answer.get("id")?.as_i64()?);
        let found = self.sets.iter_mut().find_map(|(path, set)| {
            let point = set.points.iter_mut().find(|point| point.id == id)?;
            Some((path, point))
        });
        let (path, point) = found?;
        let before = point.state.clone();
        point.state.take_change(answer);
        Some((path.clone(), id, point.state != before))
    }

    /// Remembers the function breakpoints, to set them again after a reload.
    pub(crate) fn set_functions(&mut self, arguments: Value, body: &Value) {
        let ids = body.get("breakpoints").and_then(Value::as_array).into_iter().flatten();
        let ids = ids.map(|answer| answer.get("id").and_then(Value::as_i64)).collect::<Vec<_>>();
        let ids = ids.into_iter().map(|id| id.map_or(0, |id| self.editor_id(id))).collect();
        self.functions = Some((arguments, ids));
    }

    /// The function breakpoints, if there are any.
    pub(crate) fn functions(&self) -> Option<&Value> {
        let (arguments, _) = self.functions.as_ref()?;
        let is_empty = arguments.get("breakpoints").and_then(Value::as_array).is_none_or(Vec::is_empty);
        (!is_empty).then_some(arguments)
    }

    /// The function breakpoints were set again: their new ids stand for the old breakpoints.
    pub(crate) fn functions_set_again(&mut self, body: &Value) {
        let Some((_, ids)) = &self.functions else { return };
        let answers = body.get("breakpoints").and_then(Value::as_array).into_iter().flatten();
        for (answer, id) in answers.zip(ids) {
            if let Some(new) = answer.get("id").and_then(Value::as_i64) {
                self.ids.insert(new, *id);
            }
        }
    }

    /// Remembers which breakpoints belong to addresses. They are named as the editor knows them.
    pub(crate) fn set_addresses(&mut self, command: &str, body: &Value) {
        let points = body.get("breakpoints").and_then(Value::as_array).into_iter().flatten();
        let ids = points.filter_map(|point| point.get("id")?.as_i64()).collect();
        self.addresses.insert(command.to_owned(), ids);
    }

    /// The addresses are no longer those of the process.
    pub(crate) fn take_addresses(&mut self) -> Vec<i64> {
        std::mem::take(&mut self.addresses).into_values().flatten().collect()
    }

    /// Another adapter knows nothing of what was set.
    pub(crate) fn forget_adapter(&mut self) {
        self.ids.clear();
        let paths: Vec<String> = self.sets.keys().cloned().collect();
        for path in paths {
            self.cleared(&path);
        }
    }

    /// What the editor knows one of the adapter's breakpoints by.
    pub(crate) fn editor_id(&mut self, id: i64) -> i64 {
        if let Some(id) = self.ids.get(&id) {
            return *id;
        }
        let new = self.new_id();
        self.ids.insert(id, new);
        new
    }

    /// Gives every breakpoint in a response or event the editor's id.
    pub(crate) fn rename(&mut self, breakpoint: &mut Value) {
        if let Some(id) = breakpoint.get("id").and_then(Value::as_i64) {
            breakpoint["id"] = json!(self.editor_id(id));
        }
    }

    fn new_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    fn next_revision(&mut self) -> u64 {
        self.revision += 1;
        self.revision
    }
}

impl Placement {
    /// The file as the debugger knows it.
    pub(crate) fn file(&self) -> &str {
        self.arguments["source"]["path"].as_str().unwrap_or_default()
    }
}

impl Set {
    /// A breakpoint as the editor sees it, in the text that it shows.
    pub(crate) fn shown(&self, point: &Point, to_shown: &LineMap, base: i64) -> Breakpoint {
        let line = i64::from(point.line) + point.state.slide;
        let line = u32::try_from(line).ok().and_then(|line| to_shown.forward(line).nearest());
        let number = |name: &str| point.state.rest.get(name).and_then(Value::as_i64);
        Breakpoint {
            id: Some(point.id),
            verified: point.state.verified,
            message: point.state.message.clone(),
            source: serde_json::from_value(self.source.clone()).ok(),
            line: Some(line.map_or(i64::from(point.line), i64::from) + base),
            // For a breakpoint on a line, editors would make one at the column.
            column: number("column")
                .filter(|_| point.state.verified && point.request.get("column").is_some()),
            end_line: None,
            end_column: None,
            instruction_reference: None,
            offset: None,
        }
    }
}

impl State {
    /// Whether a breakpoint that was asked for on one line may be on another.
    pub(crate) fn reaches(&self, asked: u32, line: u32) -> bool {
        let slide = i64::from(line) - i64::from(asked);
        slide == 0 || slide == self.slide
    }

    fn absent(generation: u32) -> Self {
        let message = format!("This statement is not in the code that runs (generation {generation}).");
        Self { message: Some(message), ..Self::default() }
    }

    /// The answer to a breakpoint that was asked for at `line`.
    fn take(&mut self, answer: &Value, line: u32, base: i64) {
        *self = Self::default();
        self.take_change(answer);
        if let Some(at) = answer.get("line").and_then(Value::as_i64).filter(|at| *at >= base && *at > 0) {
            self.slide = at - base - i64::from(line);
        }
    }

    /// An event about it: it never says where it was asked for, so a line in it is not believed.
    fn take_change(&mut self, answer: &Value) {
        self.verified = answer.get("verified").and_then(Value::as_bool).unwrap_or(false);
        self.message = answer.get("message").and_then(Value::as_str).map(str::to_owned);
        self.rest = answer.as_object().cloned().unwrap_or_default();
        for moved in ["id", "verified", "message", "source", "line", "endLine", "instructionReference"] {
            self.rest.remove(moved);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "fn step() {\n    let a = 1;\n    let b = 2;\n}\n";
    const NEW: &str = "// one\n// two\nfn step() {\n    let a = 1;\n    let b = 2;\n    let c = 3;\n}\n";

    fn with(text: &str, lines: &[u32]) -> Breakpoints {
        let mut breakpoints = Breakpoints::default();
        set(&mut breakpoints, text, lines, None);
        breakpoints
    }

    fn set(breakpoints: &mut Breakpoints, text: &str, lines: &[u32], since: Option<&LineMap>) {
        let requests = lines.iter().map(|line| (*line, json!({"line": line + 1}))).collect();
        breakpoints.replace(
            "/w/lib.rs",
            (json!({"path": "/w/lib.rs"}), "lib.rs".into(), text.into()),
            requests,
            since,
        );
    }

    fn target(map: &LineMap) -> Target<'_> {
        Target { base: 1, path: "/w/lib.rs", map, generation: 1, only: None }
    }

    fn lines(placement: &Placement) -> Vec<u32> {
        placement.placed.iter().map(|(_, line)| *line).collect()
    }

    #[test]
    fn a_breakpoint_stays_with_its_statement() {
        let mut breakpoints = with(OLD, &[2]);
        let placement = breakpoints.place("/w/lib.rs", &target(&LineMap::between(OLD, NEW))).expect("a set");
        assert_eq!(lines(&placement), [4]);
        assert_eq!(placement.arguments["breakpoints"], json!([{"line": 5}]));
    }

    #[test]
    fn a_statement_that_does_not_run_yet_has_no_place_and_no_other_one() {
        let mut breakpoints = with(NEW, &[4, 5]);
        let placement = breakpoints.place("/w/lib.rs", &target(&LineMap::between(NEW, OLD))).expect("a set");
        assert_eq!(lines(&placement), [2]);
        let set = breakpoints.set("/w/lib.rs").expect("a set");
        let shown = set.shown(&set.points[1], &LineMap::between(NEW, NEW), 1);
        assert!(!shown.verified && shown.line == Some(6) && shown.message.is_some());
    }

    #[test]
    fn ids_survive_when_the_lines_move() {
        let mut breakpoints = with(OLD, &[1, 2]);
        set(&mut breakpoints, NEW, &[4, 5], Some(&LineMap::between(OLD, NEW)));
        let ids: Vec<i64> =
            breakpoints.set("/w/lib.rs").expect("a set").points.iter().map(|p| p.id).collect();
        assert_eq!(ids, [2, 3], "the second kept its id, the other one is new");
    }

    #[test]
    fn answers_to_an_older_set_are_not_believed() {
        let mut breakpoints = with(OLD, &[1]);
        let map = LineMap::between(OLD, OLD);
        let old = breakpoints.place("/w/lib.rs", &target(&map)).expect("a set");
        breakpoints.anew("/w/lib.rs");
        let new = breakpoints.place("/w/lib.rs", &target(&map)).expect("a set");
        breakpoints.confirm(
            "/w/lib.rs",
            &old,
            &json!({"breakpoints": [{"id": 7, "verified": true, "line": 2}]}),
            1,
        );
        assert!(!breakpoints.is_set("/w/lib.rs", &new));
        breakpoints.confirm(
            "/w/lib.rs",
            &new,
            &json!({"breakpoints": [{"id": 8, "verified": true, "line": 3}]}),
            1,
        );
        assert!(breakpoints.is_set("/w/lib.rs", &new));
        let set = breakpoints.set("/w/lib.rs").expect("a set");
        assert_eq!(set.shown(&set.points[0], &map, 1).line, Some(3), "where the debugger moved it");
        assert_eq!(breakpoints.editor_id(8), 1);
    }

    #[test]
    fn what_the_adapter_unbinds_is_unverified_and_stays_where_it_is() {
        let mut breakpoints = with(OLD, &[1]);
        let map = LineMap::between(OLD, OLD);
        let placement = breakpoints.place("/w/lib.rs", &target(&map)).expect("a set");
        let answer = json!({"breakpoints": [{"id": 8, "verified": true, "line": 2}]});
        breakpoints.confirm("/w/lib.rs", &placement, &answer, 1);
        let event = json!({"id": 8, "verified": false, "line": 0});
        assert_eq!(breakpoints.changed(&event), Some(("/w/lib.rs".into(), 1, true)));
        assert_eq!(breakpoints.changed(&event), Some(("/w/lib.rs".into(), 1, false)));
        let set = breakpoints.set("/w/lib.rs").expect("a set");
        assert_eq!(set.shown(&set.points[0], &map, 1).line, Some(2));
    }
}
