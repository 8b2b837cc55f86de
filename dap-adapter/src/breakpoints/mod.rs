//! The breakpoints that the user has, whatever becomes of the code below them.
//!
//! The editor knows a breakpoint by an id that never changes. The adapter has its own ids, which change
//! whenever a set is sent again; they never reach the editor. A breakpoint belongs to a statement of the
//! text that it was set against, and is placed wherever that statement stands in the code that runs: in the
//! same file, in one that it was moved to, or in what was generated from it. So the breakpoints that the
//! adapter has in one file may come from several sources of the editor's.

mod addresses;
mod point;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use remap::LineMap;
use serde_json::{Value, json};

use self::addresses::Addresses;
pub(crate) use self::addresses::Sending;
pub(crate) use self::point::{Place, Point, Shown, Spot, Stand, State};
use crate::in_library;
use crate::message::{self, Base};
use crate::sources::Key;

/// All breakpoints of a session.
#[derive(Debug, Default)]
pub(crate) struct Breakpoints {
    last_id: i64,
    revision: u64,
    sets: BTreeMap<String, Set>,
    /// What the adapter has, by the file as the debugger knows it.
    files: BTreeMap<String, Sent>,
    /// The arguments of the last `setFunctionBreakpoints`, and the editor's ids of them.
    functions: Option<(Value, Vec<i64>)>,
    /// Those on addresses.
    pub(crate) addresses: Addresses,
    /// From the adapter's ids to the editor's.
    ids: HashMap<i64, i64>,
    /// Where one of the adapter's is several of the editor's: those, and the line (from 0) that was asked for.
    shared: HashMap<i64, (Vec<i64>, u32)>,
}

/// The breakpoints of one source file.
#[derive(Debug)]
pub(crate) struct Set {
    /// The source as the editor names it.
    pub(crate) source: Arc<Value>,
    /// The file in the texts; an absolute path, where it is none of those that the program is built from.
    pub(crate) key: Key,
    /// The text that the lines mean.
    pub(crate) text: Arc<str>,
    /// The breakpoints, in the editor's order.
    pub(crate) points: Vec<Point>,
    /// The files, as the debugger knows them, that they were placed in last.
    files: BTreeSet<String>,
}

/// What was sent of a file.
#[derive(Debug, Default)]
struct Sent {
    /// The last one, to know when nothing has to be.
    arguments: Option<Arc<Value>>,
    /// The answer to an older sending is not believed.
    revision: u64,
    /// Those that were not set by the adapter.
    in_library: in_library::Set,
}

/// A file's breakpoints as they have to be sent, and which of them each answer will be about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Placement {
    /// The arguments of `setBreakpoints`.
    pub(crate) arguments: Arc<Value>,
    /// The breakpoints, by the editor's ids, and their lines from 0.
    pub(crate) placed: Vec<(Vec<i64>, u32)>,
    /// Which sending of the file this is.
    pub(crate) revision: u64,
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
        let mut old = self.sets.remove(path).map(|set| (set.points, set.files)).unwrap_or_default();
        let mut points = Vec::new();
        for (line, request) in requests {
            let is_same = |point: &Point| {
                let now = since.map_or(Some(point.line), |map| map.forward(point.line).exact());
                now == Some(line) && point.request.get("column") == request.get("column")
            };
            let mut point = match old.0.iter().position(is_same) {
                Some(index) => old.0.swap_remove(index),
                None => Point::new(self.new_id()),
            };
            if point.request.get("hitCondition") != request.get("hitCondition") {
                point.hits = 0;
            }
            points.push(Point { request, line, ..point });
        }
        let source = Arc::new(source);
        self.sets.insert(path.to_owned(), Set { source, key, text, points, files: old.1 });
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

    /// The breakpoints on a line (from 0) of the code that runs.
    pub(crate) fn at(&self, key: &Key, line: u32) -> Vec<i64> {
        let is_there = |point: &&Point| {
            let place = point.place.as_ref().filter(|place| place.key == *key);
            place.is_some_and(|place| point.state.reaches(place.line, line))
        };
        let points = self.sets.values().flat_map(|set| &set.points);
        points.filter(is_there).map(|point| point.id).collect()
    }

    /// The files, as the debugger knows them, in which the adapter has breakpoints.
    pub(crate) fn files(&self) -> Vec<String> {
        let has_some = |sent: &&Sent| sent.arguments.as_ref().is_some_and(|sent| !is_empty(sent));
        self.files.iter().filter(|(_, sent)| has_some(sent)).map(|(file, _)| file.clone()).collect()
    }

    /// Where a source's breakpoints stand in the code that runs. What has no place is marked so at once.
    /// Returns the files that have to be sent.
    pub(crate) fn put(&mut self, path: &str, places: Vec<Result<Place, String>>) -> BTreeSet<String> {
        let Some(set) = self.sets.get_mut(path) else { return BTreeSet::new() };
        let before = std::mem::take(&mut set.files);
        for (point, place) in set.points.iter_mut().zip(places) {
            match place {
                Ok(place) => {
                    set.files.extend(place.spots().map(|spot| spot.file));
                    let spot = place.spot();
                    let before = point.place.replace(place);
                    point.has_moved |= before.is_some_and(|before| before.spot() != spot);
                }
                Err(reason) => {
                    point.state = State::absent(reason);
                    point.place = None;
                }
            }
        }
        let known = before.into_iter().filter(|file| self.files.contains_key(file));
        known.chain(set.files.iter().cloned()).collect()
    }

    /// What of a source would be asked for, in which files, if its breakpoints stood there.
    pub(crate) fn requests_at(
        &self,
        path: &str,
        places: &[Result<Place, String>],
        base: Base,
    ) -> Vec<(String, Value)> {
        let points = self.sets.get(path).map_or(&[][..], |set| &set.points);
        let standing =
            points.iter().zip(places).filter_map(|(point, place)| Some((point, place.as_ref().ok()?)));
        standing.map(|(point, place)| (place.file.clone(), point.request_at(&place.spot(), base))).collect()
    }

    /// A file's breakpoints, to be sent anew: answers to what was sent before are not believed.
    pub(crate) fn placement(&mut self, file: &str, base: Base) -> Placement {
        let mut placed: Vec<(Vec<i64>, u32)> = Vec::new();
        let mut requests: Vec<Value> = Vec::new();
        let mut on_line: HashMap<u32, Vec<usize>> = HashMap::new();
        let mut name = Value::Null;
        for set in self.sets.values().filter(|set| set.files.contains(file)) {
            name = set.source.get("name").cloned().unwrap_or(name);
            for point in &set.points {
                let spots = point.place.iter().flat_map(Place::spots);
                for spot in spots.filter(|spot| spot.file == file) {
                    let request = point.request_at(&spot, base);
                    let same = on_line.entry(spot.line).or_default();
                    if let Some(same) = same.iter().find(|same| requests[**same] == request) {
                        // Two lines of the editor's are one of the code.
                        placed[*same].0.push(point.id);
                    } else {
                        same.push(requests.len());
                        requests.push(request);
                        placed.push((vec![point.id], spot.line));
                    }
                }
            }
        }
        let mut arguments = json!({"source": {"path": file}});
        if name.is_string() {
            arguments["source"]["name"] = name;
        }
        arguments["lines"] = requests.iter().map(|request| request["line"].clone()).collect();
        arguments["breakpoints"] = Value::Array(requests);
        Placement { arguments: Arc::new(arguments), placed, revision: self.anew(file) }
    }

    /// The editor is told how a breakpoint stands. Returns whether that is news.
    pub(crate) fn tell(&mut self, path: &str, breakpoint: &Shown) -> bool {
        let mut points = self.sets.get_mut(path).map(|set| set.points.iter_mut()).into_iter().flatten();
        let point = points.find(|point| breakpoint.id == point.id);
        point.is_none_or(|point| point.told.replace(breakpoint.clone()).as_ref() != Some(breakpoint))
    }

    /// Whether the adapter has exactly this already.
    pub(crate) fn is_set(&self, placement: &Placement) -> bool {
        let sent = self.files.get(placement.file()).and_then(|sent| sent.arguments.as_ref());
        sent.map_or_else(|| is_empty(&placement.arguments), |sent| *sent == placement.arguments)
    }

    fn anew(&mut self, file: &str) -> u64 {
        self.revision += 1;
        let sent = self.files.entry(file.to_owned()).or_default();
        sent.revision = self.revision;
        self.revision
    }

    /// The adapter was told to forget a file's breakpoints.
    pub(crate) fn cleared(&mut self, file: &str) {
        self.anew(file);
        self.files.entry(file.to_owned()).and_modify(|sent| sent.arguments = None);
    }

    /// Takes out what was set of a file without the adapter; else whether the adapter has some of it.
    pub(crate) fn take_in_library(&mut self, file: &str) -> (in_library::Set, bool) {
        let Some(sent) = self.files.get_mut(file) else { return Default::default() };
        let ours = std::mem::take(&mut sent.in_library);
        let has_some = ours.is_empty() && sent.arguments.as_ref().is_some_and(|sent| !is_empty(sent));
        (ours, has_some)
    }

    /// What of a file is set without the adapter.
    pub(crate) fn set_in_library(&mut self, file: &str, set: in_library::Set) {
        self.files.entry(file.to_owned()).or_default().in_library = set;
    }

    /// Takes over the adapter's answer to a placement.
    pub(crate) fn confirm(&mut self, placement: &Placement, body: &Value, base: Base) {
        let sent = self.files.get_mut(placement.file());
        let Some(sent) = sent.filter(|sent| sent.revision == placement.revision) else { return };
        sent.arguments = Some(Arc::clone(&placement.arguments));
        if is_empty(&placement.arguments) && sent.in_library.is_empty() {
            // As if nothing had ever been sent of it: each patch brings files of its own.
            self.files.remove(placement.file());
            return;
        }
        let points = self.sets.values_mut().flat_map(|set| set.points.iter_mut());
        let mut points: HashMap<i64, &mut Point> = points.map(|point| (point.id, point)).collect();
        for ((ids, line), answer) in placement.placed.iter().zip(message::breakpoints(body)) {
            let adapters = answer.get("id").and_then(Value::as_i64);
            for id in ids {
                let Some(point) = points.get_mut(id) else { continue };
                // What older code has of it is not what the editor is shown.
                let newest = point.place.as_ref().map(|place| (place.file.as_str(), place.line));
                if newest == Some((placement.file(), *line)) {
                    point.state.take(answer, *line, base.line);
                    point.adapters = adapters;
                }
            }
            if let Some((adapters, id)) = adapters.zip(ids.first()) {
                self.ids.insert(adapters, *id);
                if ids.len() > 1 {
                    self.shared.insert(adapters, (ids.clone(), *line));
                } else {
                    self.shared.remove(&adapters);
                }
            }
        }
    }

    /// The newest code that has one of these breakpoints, which were asked for at `line`, has it at another (from 0).
    pub(crate) fn found(&mut self, ids: &[i64], line: u32, at: Option<u32>) {
        let points = self.sets.values_mut().flat_map(|set| set.points.iter_mut());
        let is_it = |point: &&mut Point| {
            ids.contains(&point.id) && point.place.as_ref().is_some_and(|place| place.line == line)
        };
        for point in points.filter(is_it) {
            point.state.slide = at.map_or(0, |at| i64::from(at) - i64::from(line));
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

    /// The breakpoints that stop at some hit only and that have moved: the adapter's ids of them, and the editor's.
    pub(crate) fn take_counted(&mut self) -> Vec<(i64, i64)> {
        let points = self.sets.values_mut().flat_map(|set| set.points.iter_mut());
        let moved = points.filter_map(|point| {
            let has_moved = std::mem::take(&mut point.has_moved) && point.wanted_hits().is_some();
            Some((point.adapters.filter(|_| has_moved)?, point.id))
        });
        moved.collect()
    }

    /// The breakpoints of a file are about to be taken away, and will be set again.
    pub(crate) fn lift(&mut self, file: &str) {
        for point in self.sets.values_mut().flat_map(|set| set.points.iter_mut()) {
            point.has_moved |= point.place.as_ref().is_some_and(|place| place.file == file);
        }
    }

    /// So often a breakpoint was hit before it is set again.
    pub(crate) fn carry_hits(&mut self, id: i64, hits: u64) {
        let mut points = self.sets.values_mut().flat_map(|set| set.points.iter_mut());
        if let Some(point) = points.find(|point| point.id == id) {
            point.hits += hits;
        }
    }

    /// Remembers the function breakpoints, to set them again after a reload.
    pub(crate) fn set_functions(&mut self, arguments: Value, body: &Value) {
        let ids = message::breakpoints(body).iter().map(|answer| answer.get("id").and_then(Value::as_i64));
        let ids = ids.collect::<Vec<_>>();
        let ids = ids.into_iter().map(|id| id.map_or(0, |id| self.editor_id(id))).collect();
        self.functions = Some((arguments, ids));
    }

    /// The function breakpoints, if there are any.
    pub(crate) fn functions(&self) -> Option<&Value> {
        let (arguments, _) = self.functions.as_ref()?;
        (!is_empty(arguments)).then_some(arguments)
    }

    /// The function breakpoints were set again: their new ids stand for the old breakpoints.
    pub(crate) fn functions_set_again(&mut self, body: &Value) {
        let ids = self.functions.as_ref().map(|(_, ids)| ids.clone()).unwrap_or_default();
        self.set_as(&ids, body);
    }

    /// Breakpoints were set again: their new ids stand for these of the editor's.
    pub(crate) fn set_as(&mut self, ids: &[i64], body: &Value) {
        for (answer, id) in message::breakpoints(body).iter().zip(ids) {
            if let Some(new) = answer.get("id").and_then(Value::as_i64) {
                self.ids.insert(new, *id);
            }
        }
    }

    /// Another adapter knows nothing of what was set.
    pub(crate) fn forget_adapter(&mut self) {
        self.ids.clear();
        self.shared.clear();
        for point in self.sets.values_mut().flat_map(|set| set.points.iter_mut()) {
            (point.hits, point.has_moved, point.adapters) = (0, false, None);
        }
        let files: Vec<String> = self.files.keys().cloned().collect();
        for file in files {
            self.cleared(&file);
            self.take_in_library(&file);
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

    /// Of a breakpoint of the adapter's that is several of the editor's, those, and the line (from 0) asked for.
    pub(crate) fn shared(&self, id: i64) -> Option<(Vec<i64>, u32)> {
        self.shared.get(&id).cloned()
    }

    /// Gives every breakpoint in a response or event the editor's id.
    pub(crate) fn rename(&mut self, breakpoint: &mut Value) {
        if let Some(id) = breakpoint.get("id").and_then(Value::as_i64) {
            breakpoint["id"] = json!(self.editor_id(id));
        }
    }

    /// Gives a breakpoint an id that the adapter has given none, as lldb-dap does with data: what becomes of it can be
    /// told.
    pub(crate) fn identify(&mut self, breakpoint: &mut Value) {
        if breakpoint.get("id").is_none() && breakpoint.is_object() {
            breakpoint["id"] = json!(self.new_id());
        }
    }

    fn new_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }
}

impl Placement {
    /// The file as the debugger knows it.
    pub(crate) fn file(&self) -> &str {
        self.arguments["source"]["path"].as_str().unwrap_or_default()
    }
}

fn is_empty(arguments: &Value) -> bool {
    message::breakpoints(arguments).is_empty()
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

    const FILE: &str = "/w/lib.rs";
    const BASE: Base = Base { line: 1, column: 1 };

    /// Places the set where the statements of its text are in another one.
    fn place(breakpoints: &mut Breakpoints, map: &LineMap) -> Placement {
        let set = breakpoints.set(FILE).expect("a set");
        let places = set.points.iter().map(|point| {
            let line = map.forward(point.line).exact().ok_or("not here")?;
            let (file, key) = (FILE.to_owned(), "lib.rs".into());
            Ok(Place { file, key, generation: 1, line, also: Vec::new(), column: None })
        });
        let places = places.collect();
        assert_eq!(breakpoints.put(FILE, places), BTreeSet::from([FILE.to_owned()]));
        breakpoints.placement(FILE, BASE)
    }

    fn line_shown(breakpoints: &Breakpoints) -> i64 {
        let point = &breakpoints.set(FILE).expect("a set").points[0];
        let line = i64::from(point.line) + point.state.slide;
        point.shown(Arc::default(), line.try_into().expect("a line"), BASE).line
    }

    fn lines(placement: &Placement) -> Vec<u32> {
        placement.placed.iter().map(|(_, line)| *line).collect()
    }

    #[test]
    fn a_breakpoint_stays_with_its_statement() {
        let mut breakpoints = with(OLD, &[2]);
        let placement = place(&mut breakpoints, &LineMap::between(OLD, NEW));
        assert_eq!(lines(&placement), [4]);
        assert_eq!(placement.arguments["breakpoints"], json!([{"line": 5}]));
    }

    #[test]
    fn a_statement_that_does_not_run_yet_has_no_place_and_no_other_one() {
        let mut breakpoints = with(NEW, &[4, 5]);
        let placement = place(&mut breakpoints, &LineMap::between(NEW, OLD));
        assert_eq!(lines(&placement), [2]);
        let set = breakpoints.set("/w/lib.rs").expect("a set");
        let shown = set.points[1].shown(Arc::default(), set.points[1].line, BASE);
        assert!(!shown.verified && shown.line == 6 && shown.message.is_some());
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
        let old = place(&mut breakpoints, &map);
        let new = place(&mut breakpoints, &map);
        breakpoints.confirm(&old, &json!({"breakpoints": [{"id": 7, "verified": true, "line": 2}]}), BASE);
        assert!(!breakpoints.is_set(&new));
        breakpoints.confirm(&new, &json!({"breakpoints": [{"id": 8, "verified": true, "line": 3}]}), BASE);
        assert!(breakpoints.is_set(&new));
        assert_eq!(line_shown(&breakpoints), 3, "where the debugger moved it");
        assert_eq!(breakpoints.editor_id(8), 1);
    }

    #[test]
    fn a_file_without_breakpoints_is_forgotten() {
        let mut breakpoints = with(OLD, &[2]);
        let identity = LineMap::between(OLD, OLD);
        let some = place(&mut breakpoints, &identity);
        let answer = json!({"breakpoints": [{"id": 7, "verified": true, "line": 3}]});
        breakpoints.confirm(&some, &answer, BASE);
        assert_eq!((breakpoints.files.len(), breakpoints.is_set(&some)), (1, true));
        set(&mut breakpoints, OLD, &[], None);
        let none = place(&mut breakpoints, &identity);
        breakpoints.confirm(&none, &json!({"breakpoints": []}), BASE);
        assert_eq!((breakpoints.files.len(), breakpoints.is_set(&none)), (0, true));
        breakpoints.confirm(&some, &answer, BASE);
        assert!(breakpoints.files.is_empty() && !breakpoints.is_set(&some), "an answer that came late");
    }

    #[test]
    fn what_the_adapter_unbinds_is_unverified_and_stays_where_it_is() {
        let mut breakpoints = with(OLD, &[1]);
        let map = LineMap::between(OLD, OLD);
        let placement = place(&mut breakpoints, &map);
        let answer = json!({"breakpoints": [{"id": 8, "verified": true, "line": 2}]});
        breakpoints.confirm(&placement, &answer, BASE);
        let event = json!({"id": 8, "verified": false, "line": 0});
        assert_eq!(breakpoints.changed(&event), Some(("/w/lib.rs".into(), 1, true)));
        assert_eq!(breakpoints.changed(&event), Some(("/w/lib.rs".into(), 1, false)));
        assert_eq!(line_shown(&breakpoints), 2);
    }

    #[test]
    fn breakpoints_of_two_sources_in_one_file_are_sent_together() {
        let mut breakpoints = with(OLD, &[1]);
        let at = |line| Place {
            file: FILE.into(),
            key: "lib.rs".into(),
            generation: 0,
            line,
            also: Vec::new(),
            column: None,
        };
        let request = vec![(7, json!({"line": 8})), (8, json!({"line": 9}))];
        breakpoints.replace("/w/a.tmpl", (json!({}), "/w/a.tmpl".into(), "".into()), request, None);
        breakpoints.put(FILE, vec![Ok(at(1))]);
        breakpoints.put("/w/a.tmpl", vec![Ok(at(1)), Ok(at(2))]);
        let placement = breakpoints.placement(FILE, BASE);
        assert_eq!(placement.arguments["lines"], json!([2, 3]), "of two on one line, one is sent");
        assert_eq!(placement.placed, [(vec![2, 1], 1), (vec![3], 2)]);
        let answer = json!({"breakpoints": [{"id": 7, "verified": true}, {"id": 8, "verified": true}]});
        breakpoints.confirm(&placement, &answer, BASE);
        for path in [FILE, "/w/a.tmpl"] {
            let set = breakpoints.set(path).expect("a set");
            assert!(set.points.iter().all(|point| point.state.verified), "{path}");
        }
        breakpoints.replace("/w/a.tmpl", (json!({}), "/w/a.tmpl".into(), "".into()), vec![], None);
        assert_eq!(breakpoints.put("/w/a.tmpl", vec![]), BTreeSet::from([FILE.to_owned()]));
        assert_eq!(breakpoints.placement(FILE, BASE).arguments["lines"], json!([2]));
    }

    #[test]
    fn hits_before_a_breakpoint_moved_count() {
        let mut breakpoints = Breakpoints::default();
        let request = json!({"line": 2, "hitCondition": "10"});
        breakpoints.replace(FILE, (json!({}), "lib.rs".into(), OLD.into()), vec![(1, request)], None);
        let map = LineMap::between(OLD, NEW);
        let placement = place(&mut breakpoints, &LineMap::between(OLD, OLD));
        assert_eq!(placement.arguments["breakpoints"][0]["hitCondition"], "10");
        breakpoints.confirm(&placement, &json!({"breakpoints": [{"id": 7, "verified": true}]}), BASE);
        assert_eq!(breakpoints.take_counted(), [], "it is where it was");
        place(&mut breakpoints, &map);
        assert_eq!(breakpoints.take_counted(), [(7, 1)]);
        breakpoints.carry_hits(1, 4);
        assert_eq!(place(&mut breakpoints, &map).arguments["breakpoints"][0]["hitCondition"], "6");
        breakpoints.carry_hits(1, 40);
        let placement = place(&mut breakpoints, &map);
        assert_eq!(placement.arguments["breakpoints"][0]["hitCondition"], "1");
    }
}
