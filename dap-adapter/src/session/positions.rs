//! Positions in messages: between the text that the code was built from and the text the editor shows.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::live::{Documents, Frame, Live};
use super::{Forwarded, Session};
use crate::error::Error;
use crate::message::{self, Base, Message};
use crate::modules;
use crate::names;
use crate::sources::Key;

/// Where a line of running code is for the editor.
enum Place {
    /// In the text that it shows.
    Here(u32),
    /// Only in the text of its generation.
    Old,
}

/// What of a frame decides what is known of it, and where the editor sees it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FrameView<'a> {
    pub(super) id: Option<i64>,
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    source: Option<SourceView<'a>>,
    #[serde(borrow)]
    instruction_pointer_reference: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SourceView<'a> {
    #[serde(borrow)]
    path: Option<Cow<'a, str>>,
    source_reference: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Frames<'a> {
    #[serde(borrow)]
    stack_frames: Vec<FrameView<'a>>,
}

/// What frames have in common that are in one file.
#[derive(Clone)]
struct File<'a> {
    path: Option<&'a str>,
    generation: u32,
    key: Option<Key>,
    /// Nothing of it has moved: the editor sees its frames just as the adapter tells of them, without hashes.
    is_as_shown: bool,
}

impl Session {
    /// A request with positions in it, given in the text that the editor shows.
    pub(super) fn on_request_with_position(&mut self, seq: i64, command: String, message: Message) {
        let base = self.client.base;
        let Some(live) = &mut self.live else { return };
        let mut tree = message.tree();
        let arguments = &mut tree["arguments"];
        let path = arguments.pointer("/source/path").and_then(Value::as_str).map(str::to_owned);
        let mut is_changed = false;
        if let Some(key) = live.key_of(&arguments["source"]) {
            is_changed = live.move_to_running(&key, arguments, base);
        } else if live.ask_of_generated(arguments, base) {
            if let Some(key) = live.key_of(&arguments["source"]) {
                live.move_to_running(&key, arguments, base);
            }
            is_changed = true;
        }
        let bytes = if is_changed { message::bytes(&tree) } else { message.into_bytes() };
        // What an expression is has no position; it may be large, and goes on as it comes.
        let answer = match command.as_str() {
            "evaluate" => Forwarded::Plain(command),
            _ => Forwarded::Positions { command, path },
        };
        self.forward(seq, bytes, answer);
    }

    /// What can be stepped into has lines of the frame's file, in its generation.
    pub(super) fn on_step_in_targets(&mut self, seq: i64, message: Message) {
        let frame = message.arguments().get("frameId").and_then(Value::as_i64);
        let Some(live) = &self.live else { return };
        let frame = frame.and_then(|frame| live.frames.get(&frame));
        let path = frame.and_then(|frame| frame.key.as_ref()).map(|key| live.path(key));
        let path = path.map(|path| path.to_string_lossy().into_owned());
        let generation = frame.map(|frame| frame.generation);
        self.forward(seq, message.into_bytes(), Forwarded::StepInTargets { path, generation });
    }

    /// The answer to that; functions by their names.
    pub(super) fn on_step_in_targets_answer(
        &mut self,
        path: Option<&str>,
        generation: Option<u32>,
        message: &Message,
    ) {
        let base = self.client.base;
        let mut tree = message.tree();
        for target in tree["body"]["targets"].as_array_mut().into_iter().flatten() {
            if let Some(label) = target.get("label").and_then(Value::as_str) {
                target["label"] = json!(names::readable(label));
            }
        }
        if let Some(live) = &mut self.live {
            live.map_positions(&mut tree["body"], path, generation, base);
        }
        self.editor.forward(message::bytes(&tree));
    }

    /// The answer to one: lines without a source belong to the source that was asked about.
    pub(super) fn on_response_with_positions(&mut self, path: Option<&str>, message: Message) {
        if !message.has("line") {
            return self.editor.forward(message.into_bytes());
        }
        let base = self.client.base;
        let mut tree = message.tree();
        let is_changed =
            self.live.as_mut().is_some_and(|live| live.map_positions(&mut tree["body"], path, None, base));
        let bytes = if is_changed { message::bytes(&tree) } else { message.into_bytes() };
        self.editor.forward(bytes);
    }

    /// An event with a position in it.
    pub(super) fn on_event_with_position(&mut self, message: Message) {
        self.on_response_with_positions(None, message);
    }

    /// The text of a generation, or of something the adapter knows.
    pub(super) fn on_source(&mut self, seq: i64, message: Message) {
        let arguments = message.arguments();
        let number =
            |path: &str| arguments.pointer(path).and_then(Value::as_i64).filter(|number| *number > 0);
        let reference = number("/source/sourceReference").or_else(|| number("/sourceReference"));
        let Some(live) = &self.live else { return };
        let document = reference.and_then(|reference| live.documents.resolve(reference));
        let Some((generation, key)) = document else {
            return self.forward(seq, message.into_bytes(), Forwarded::Plain("source".to_owned()));
        };
        let text = match *generation {
            Documents::CARRIED => live.carried(key),
            generation => live.sources.text(generation, key),
        };
        if let Some(text) = text {
            let body = json!({"content": &*text, "mimeType": "text/x-rust"});
            self.editor.answer(seq, "source", &body);
        } else {
            let error = Error::nobody(format!("`{key}` is not in generation {generation}."));
            self.editor.refuse(seq, "source", &error);
        }
    }

    /// Frames in the text that the editor shows; what runs old code says so.
    pub(super) async fn on_stack_trace(&mut self, message: Message) {
        let base = self.client.base;
        let Some(live) = &mut self.live else { return self.editor.forward(message.into_bytes()) };
        let tree;
        let frames = if let Some(Frames { stack_frames }) = message.body_as() {
            stack_frames
        } else {
            // One of them is not as the protocol has it.
            tree = message.body();
            tree["stackFrames"].as_array().into_iter().flatten().map(FrameView::of).collect()
        };
        let files = live.files(&frames);
        let is_as_shown = live.originals.has_none() && files.iter().all(|file| file.is_as_shown);
        let names = frames.iter().map(|frame| (&*frame.name, names::readable(&frame.name)));
        let bytes = if is_as_shown { message.replaced(names) } else { None };
        let bytes = bytes.unwrap_or_else(|| {
            let mut tree = message.tree();
            let frames = tree["body"]["stackFrames"].as_array_mut().into_iter().flatten();
            for (frame, file) in frames.zip(&files) {
                live.map_frame(frame, file.generation, base);
            }
            message::bytes(&tree)
        });
        self.editor.forward(bytes);
        // The editor has to wait for what it sees only.
        tokio::task::yield_now().await;
        let Some(live) = &mut self.live else { return };
        for (frame, file) in frames.iter().zip(files) {
            live.learn(frame, file.generation, file.key);
        }
        self.read_originals();
    }
}

impl<'a> FrameView<'a> {
    /// The file that its source names, if it does not name a document.
    fn path(&self) -> Option<&str> {
        let source = self.source.as_ref()?;
        source.path.as_deref().filter(|_| source.source_reference.unwrap_or_default() <= 0)
    }

    /// The path that its source has, whatever it names.
    fn named(&self) -> Option<&str> {
        self.source.as_ref()?.path.as_deref()
    }

    /// What a tree says of one.
    pub(super) fn of(frame: &'a Value) -> Self {
        Self::deserialize(frame).unwrap_or_default()
    }
}

impl Live {
    /// The generation of the code at an address, of a source's path.
    fn generation_at(&mut self, path: Option<&str>, address: Option<&str>) -> u32 {
        if let Some(generation) = path.and_then(|path| self.sources.generation_of(path)) {
            return generation;
        }
        if !self.sources.images().is_empty() {
            // What no patch's label stands before is the program's own.
            return self.sources.launched();
        }
        let address = address.and_then(modules::number);
        let current = self.sources.current().number;
        match address {
            Some(address) => self.modules.generation_at(address, current).unwrap_or(current),
            None => current,
        }
    }

    /// The generation of a frame's code.
    pub(super) fn generation_of(&mut self, frame: &FrameView<'_>) -> u32 {
        self.generation_at(frame.named(), frame.instruction_pointer_reference.as_deref())
    }

    /// Remembers what later requests about a frame need; returns the generation of its code.
    pub(super) fn learn_frame(&mut self, frame: &FrameView<'_>) -> u32 {
        let generation = self.generation_of(frame);
        let key = frame.path().and_then(|path| self.sources.key(path));
        self.learn(frame, generation, key);
        generation
    }

    fn learn(&mut self, frame: &FrameView<'_>, generation: u32, key: Option<Key>) {
        if let Some(id) = frame.id {
            let function = names::readable(&frame.name).into_owned();
            self.frames.insert(id, Frame { function, generation, key });
        }
    }

    /// What is known of each frame's file, which is looked at once.
    fn files<'a>(&mut self, frames: &'a [FrameView<'a>]) -> Vec<File<'a>> {
        let mut files: Vec<File<'a>> = Vec::with_capacity(frames.len());
        for frame in frames {
            let (path, generation) = (frame.path(), self.generation_of(frame));
            let known = files.iter().find(|file| (file.path, file.generation) == (path, generation)).cloned();
            files.push(known.unwrap_or_else(|| {
                self.name_originals(frame.named());
                self.file(path, generation)
            }));
        }
        files
    }

    /// What is known of a file that frames of a generation are in.
    fn file<'a>(&mut self, path: Option<&'a str>, generation: u32) -> File<'a> {
        let key = path.and_then(|path| self.sources.key(path));
        let is_as_shown = key.as_ref().is_none_or(|key| {
            let is_labelled = path.is_some_and(|path| self.sources.generation_of(path).is_some());
            let texts = self.sources.text(generation, key).zip(self.sources.shown(key));
            !is_labelled && texts.is_some_and(|(running, shown)| Arc::ptr_eq(&running, &shown))
        });
        File { path, generation, key, is_as_shown }
    }

    /// Moves a frame into the editor's text. Returns whether anything changed.
    fn map_frame(&mut self, frame: &mut Value, generation: u32, base: Base) -> bool {
        let mut is_changed = self.map_position(frame, None, Some(generation), base);
        let name = frame.get("name").and_then(Value::as_str).unwrap_or_default();
        let mut shown = names::readable(name).into_owned();
        let reference = frame.pointer("/source/sourceReference").and_then(Value::as_i64);
        if reference.is_some_and(|reference| self.documents.resolve(reference).is_some()) {
            shown = format!("{shown} (generation {generation})");
        }
        if shown != name {
            frame["name"] = json!(shown);
            is_changed = true;
        }
        is_changed
    }

    /// Moves all positions in a body. Returns whether anything changed.
    pub(super) fn map_positions(
        &mut self,
        body: &mut Value,
        path: Option<&str>,
        generation: Option<u32>,
        base: Base,
    ) -> bool {
        match body {
            Value::Array(items) => items
                .iter_mut()
                .fold(false, |changed, item| self.map_positions(item, path, generation, base) | changed),
            Value::Object(_) => {
                let mut is_changed = self.map_position(body, path, generation, base);
                for (name, item) in body.as_object_mut().into_iter().flatten() {
                    if name != "source" && (item.is_array() || item.is_object()) {
                        is_changed |= self.map_positions(item, path, generation, base);
                    }
                }
                is_changed
            }
            _ => false,
        }
    }

    /// Moves the position that an object has in `line` and `endLine`, of its `source` (or `location`, as
    /// `disassemble` calls it), else of `path`.
    fn map_position(
        &mut self,
        object: &mut Value,
        path: Option<&str>,
        generation: Option<u32>,
        base: Base,
    ) -> bool {
        let Some(line) = object.get("line").and_then(Value::as_i64) else { return false };
        let holder = if object.get("location").is_some() { "location" } else { "source" };
        let key = match object.get(holder) {
            Some(source) => self.key_of(source),
            None => path.and_then(|path| self.sources.key(path)),
        };
        let asked = path.filter(|_| object.get(holder).is_none());
        let generated = asked.and_then(|path| self.originals.generated_from(path).first().cloned());
        let key = key.or_else(|| self.sources.key(&generated.as_ref()?.path));
        let Some((key, line)) = key.zip(u32::try_from(line - base.line).ok()) else {
            let path = object.get(holder).and_then(|source| source.get("path")?.as_str().map(str::to_owned));
            let path = path.or_else(|| Some(generated?.path.to_string()));
            return path.is_some_and(|path| self.show_original(object, holder, (&path, None), base));
        };
        let labelled = object.get(holder).and_then(|source| source.get("path")).and_then(Value::as_str);
        let labelled = labelled.and_then(|path| self.sources.generation_of(path));
        // What was asked about in the editor's text is answered in it, whatever else of the function changed.
        let is_answer = asked.is_some() && generation.is_none();
        let generation = generation.or(labelled).unwrap_or_else(|| {
            if let Some(address) = object.get("address") {
                self.generation_at(None, address.as_str())
            } else {
                self.sources.running(&key)
            }
        });
        let place = if is_answer { self.place_of_line(&key, generation, line) } else { None };
        match place.map_or_else(|| self.place(&key, generation, line), Place::Here) {
            Place::Here(shown) => {
                let is_moved = self.move_to(object, &key, generation, (line, shown), base);
                let is_unlabelled = object.get_mut(holder).is_some_and(|source| self.unlabel(source, &key));
                let is_original = !self.originals.has_none()
                    && (object.get(holder).is_some() || generated.is_some())
                    && self.show_original_of(object, holder, &key, base);
                is_unlabelled || is_moved || is_original
            }
            Place::Old => {
                if object.get(holder).is_some() {
                    object[holder] = self.document(&key, generation);
                }
                true
            }
        }
    }

    /// Gives a source that is named by a patch's label the path that the editor knows.
    fn unlabel(&self, source: &mut Value, key: &Key) -> bool {
        let path = source.get("path").and_then(Value::as_str);
        let is_labelled = path.is_some_and(|path| self.sources.generation_of(path).is_some());
        if is_labelled {
            source["path"] = json!(self.path(key));
        }
        is_labelled
    }

    /// Where a line's statement is in the text that the editor shows.
    fn place_of_line(&mut self, key: &Key, generation: u32, line: u32) -> Option<u32> {
        let (running, shown) = self.sources.text(generation, key).zip(self.sources.shown(key))?;
        self.sources.map(key, &running, &shown).forward(line).exact()
    }

    fn place(&mut self, key: &Key, generation: u32, line: u32) -> Place {
        let (Some(running), Some(shown)) = (self.sources.text(generation, key), self.sources.shown(key))
        else {
            return Place::Old;
        };
        let map = self.sources.map(key, &running, &shown);
        match map.forward(line).exact() {
            Some(line) if map.is_identity() => Place::Here(line),
            Some(there) if self.sources.same_function(key, line, &running, &shown) => Place::Here(there),
            _ => Place::Old,
        }
    }

    /// A document with the text of a generation.
    fn document(&mut self, key: &Key, generation: u32) -> Value {
        let name = key.rsplit('/').next().unwrap_or(key);
        json!({
            "name": format!("{name} (generation {generation})"),
            "path": self.path(key),
            "sourceReference": self.documents.reference(generation, key),
            "origin": format!("the text that this code was built from (generation {generation})"),
        })
    }

    fn show_original_of(&mut self, object: &mut Value, holder: &str, key: &Key, base: Base) -> bool {
        let path = self.path(key).to_string_lossy().into_owned();
        let shown = self.sources.shown(key);
        self.show_original(object, holder, (&path, shown.as_ref()), base)
    }

    /// Writes into an object where a line of a generation, and what else it says of the place, is in the editor's
    /// text. Returns whether anything changed.
    fn move_to(
        &mut self,
        object: &mut Value,
        key: &Key,
        generation: u32,
        (line, there): (u32, u32),
        base: Base,
    ) -> bool {
        let running = self.sources.text(generation, key).zip(self.sources.shown(key));
        let Some((running, shown)) = running else { return false };
        let map = self.sources.map(key, &running, &shown);
        if map.is_identity() {
            return false;
        }
        let end = number(object, "endLine", base.line);
        let end_there = end.map(|end| map.forward(end).exact().unwrap_or(there + end.saturating_sub(line)));
        let columns =
            [("column", line, there), ("endColumn", end.unwrap_or(line), end_there.unwrap_or(there))];
        for (field, line, there) in columns {
            if let Some(column) = number(object, field, base.column) {
                let column = remap::column(line_of(&running, line), line_of(&shown, there), column);
                object[field] = json!(i64::from(column) + base.column);
            }
        }
        object["line"] = json!(i64::from(there) + base.line);
        if let Some(end) = end_there {
            object["endLine"] = json!(i64::from(end) + base.line);
        }
        true
    }

    /// Moves a position of the editor's text to the text that runs; without a counterpart, to the nearest one.
    /// Returns whether anything changed.
    fn move_to_running(&mut self, key: &Key, arguments: &mut Value, base: Base) -> bool {
        let running = self.sources.text(self.sources.running(key), key);
        let Some((shown, running)) = self.sources.shown(key).zip(running) else { return false };
        let map = self.sources.map(key, &shown, &running);
        if map.is_identity() {
            return false;
        }
        for (line_field, column_field) in [("line", "column"), ("endLine", "endColumn")] {
            let Some(line) = number(arguments, line_field, base.line) else { continue };
            let there = map.forward(line).nearest().unwrap_or(line);
            arguments[line_field] = json!(i64::from(there) + base.line);
            if let Some(column) = number(arguments, column_field, base.column) {
                let column = remap::column(line_of(&shown, line), line_of(&running, there), column);
                arguments[column_field] = json!(i64::from(column) + base.column);
            }
        }
        true
    }

    /// Whether the user has a breakpoint on the statement that is on a line of a generation.
    pub(super) fn has_breakpoint_at(&mut self, key: &Key, generation: u32, line: u32) -> bool {
        let Some(text) = self.sources.text(generation, key) else { return true };
        for (path, other) in self.breakpoints.sources() {
            let Some(set) = self.breakpoints.set(&path).filter(|_| other == *key) else { continue };
            let map = self.sources.map(key, &set.text, &text);
            let mut places =
                set.points.iter().filter_map(|point| Some((point, map.forward(point.line).exact()?)));
            if places.any(|(point, place)| point.state.reaches(place, line)) {
                return true;
            }
        }
        false
    }
}

/// A line or column of a message, counted from 0.
pub(super) fn number(object: &Value, field: &str, base: i64) -> Option<u32> {
    u32::try_from(object.get(field)?.as_i64()?.checked_sub(base)?).ok()
}

/// A line of a text, from 0.
pub(super) fn line_of(text: &str, line: u32) -> &str {
    text.lines().nth(line as usize).unwrap_or_default()
}
