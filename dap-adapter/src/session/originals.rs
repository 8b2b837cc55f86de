//! Positions in sources from which what was built was generated.

use std::path::Path;
use std::sync::Arc;

use remap::{Location, Position, Remapper};
use serde_json::{Value, json};

use super::live::Live;
use super::positions::number;
use super::{Report, Session};
use crate::breakpoints::Place;
use crate::message::Base;
use crate::originals::{Generated, Index};
use crate::sources::Key;

impl Session {
    /// Has the maps read that something was asked about, beside everything else.
    pub(super) fn read_originals(&mut self) {
        let due = self.live.as_mut().and_then(|live| live.originals.due());
        let Some((search, named)) = due else { return };
        let reports = self.reports.clone();
        tokio::task::spawn_blocking(move || {
            let _ = reports.send(Report::Originals(Box::new(search.read(named))));
        });
    }

    /// Whether the program must not begin: its breakpoints are not placed yet.
    pub(super) fn waits_for_originals(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.originals.is_awaited())
    }

    /// Maps were read: breakpoints have their places now, and frames their originals.
    pub(super) async fn on_originals(&mut self, index: Index) {
        for problem in &index.problems {
            self.editor.warn(format!("A source map can't be used. {problem}"));
        }
        let Some(live) = &mut self.live else { return };
        live.originals.take(index);
        let held = std::mem::take(&mut live.held);
        let (is_stopped, has_frames) = (live.process.is_stopped(), !live.frames.is_empty());
        let stand = self.stand_for_breakpoints().await;
        if let Err(error) = self.set_all_breakpoints().await {
            self.editor.warn(format!("Breakpoints may be missing: {error}"));
        }
        self.go_on_from(stand).await;
        self.deferred.extend(held);
        if is_stopped && has_frames && self.client.knows_invalidated {
            self.editor.event("invalidated", &json!({"areas": ["stacks"]}));
        }
    }
}

/// Whether a file is none of those that the program is built from.
pub(super) fn is_elsewhere(key: &str) -> bool {
    Path::new(key).is_absolute()
}

impl Live {
    /// Where what was generated from a line runs. A file that nothing was generated from is taken as it is.
    pub(super) fn place_of_original(
        &mut self,
        key: &Key,
        text: &Arc<str>,
        line: u32,
        column: Option<u32>,
    ) -> Result<Place, String> {
        if self.originals.is_awaited() {
            return Err("Its source map is being read.".to_owned());
        }
        let generated = self.originals.generated_from(key).to_vec();
        if generated.is_empty() {
            return Ok(self.place_outside(key, line, column));
        }
        for generated in generated {
            let chain = self.chain_to(key, text, &generated);
            let position = Position { line, column: column.unwrap_or_default() };
            for place in chain.map(&Location { path: key.to_string(), position }) {
                let Position { line, column: found } = place.position;
                let Some(key) = self.sources.key(&generated.path) else {
                    return Ok(self.place_outside(&generated.path, line, Some(found)));
                };
                // Debuggers may have no code at a statement's first column, but on its line.
                let column = column.map(|_| found).filter(|_| !generated.map.begins_line(place.position));
                if let Some(place) = self.place_in(&key, &generated.text, line, column) {
                    return Ok(place);
                }
            }
        }
        Err("No code that runs was generated from this line.".to_owned())
    }

    fn place_outside(&self, path: &Arc<str>, line: u32, column: Option<u32>) -> Place {
        let generation = self.sources.launched();
        Place { file: path.to_string(), key: Arc::clone(path), generation, line, column, also: Vec::new() }
    }

    /// From the text of an original to that of a generated file.
    fn chain_to(&mut self, key: &Key, text: &Arc<str>, generated: &Generated) -> Remapper {
        let Generated { path, map, sources, .. } = generated;
        let step = Remapper::originals(Arc::clone(path), Arc::clone(sources), Arc::clone(map));
        let Some(content) = generated.content(key) else { return step };
        let lines = self.sources.map(key, text, &content);
        Remapper::lines(Arc::clone(key), lines, Arc::clone(text), content).then(step)
    }

    /// Where a position in a text of a generated file came from, in the text of the original that the editor shows.
    pub(super) fn original_of(
        &mut self,
        path: &str,
        text: Option<&Arc<str>>,
        position: Position,
    ) -> Option<(Arc<Generated>, Location)> {
        let generated = Arc::clone(self.originals.of(path)?);
        let text = Arc::clone(text.unwrap_or(&generated.text));
        let lines = self.sources.map(&generated.path, &text, &generated.text);
        let to_map = Remapper::lines(Arc::clone(&generated.path), lines, text, Arc::clone(&generated.text));
        let Generated { path, map, sources, .. } = &*generated;
        let back = Remapper::originals(Arc::clone(path), Arc::clone(sources), Arc::clone(map)).inverse();
        let from = Location { path: path.to_string(), position };
        let found = to_map.then(back).map(&from).into_iter().next()?;
        let key: Key = found.path.as_str().into();
        let texts = generated.content(&found.path).zip(self.sources.shown(&key));
        let shown = match texts {
            Some((content, shown)) => {
                let lines = self.sources.map(&key, &content, &shown);
                Remapper::lines(key, lines, content, shown).map(&found).into_iter().next()?
            }
            None => found,
        };
        Some((generated, shown))
    }

    /// Moves the position that an object has in a generated file to the original. Returns whether there is one.
    pub(super) fn show_original(
        &mut self,
        object: &mut Value,
        holder: &str,
        (path, text): (&str, Option<&Arc<str>>),
        base: Base,
    ) -> bool {
        let Some(line) = number(object, "line", base.line) else { return false };
        let column = number(object, "column", base.column);
        // A line alone is where its first statement is.
        let from = Position { line, column: column.unwrap_or(u32::MAX) };
        let Some((generated, place)) = self.original_of(path, text, from) else { return false };
        object["line"] = json!(i64::from(place.position.line) + base.line);
        if column.is_some() {
            object["column"] = json!(i64::from(place.position.column) + base.column);
        }
        for end in ["endLine", "endColumn"] {
            object.as_object_mut().and_then(|fields| fields.remove(end));
        }
        if object.get(holder).is_some() {
            object[holder] = self.original_source(&generated, &place.path);
        }
        true
    }

    fn original_source(&mut self, generated: &Generated, path: &str) -> Value {
        let mut source = json!({"name": path.rsplit('/').next(), "path": path});
        if generated.is_ignored(path) {
            source["presentationHint"] = json!("deemphasize");
        }
        let key: Key = path.into();
        if self.sources.shown(&key).is_none() && generated.content(path).is_some() {
            source["origin"] = json!(format!("carried by the source map of {}", generated.path));
            source["sourceReference"] = json!(self.documents.carried(&key));
        }
        source
    }

    /// A frame is in a file, which may have a map.
    pub(super) fn name_originals(&mut self, path: Option<&str>) {
        if let Some(path) = path.filter(|_| !self.originals.is_off()) {
            let key = self.sources.key(path);
            let path = key.map_or_else(|| path.into(), |key| self.path(&key));
            self.originals.name(&path);
        }
    }

    /// The text that a source map carries of a file that is not here.
    pub(super) fn carried(&self, path: &str) -> Option<Arc<str>> {
        self.originals.generated_from(path).iter().find_map(|generated| generated.content(path))
    }

    /// Moves a position that is given in an original, in place, to what was generated from it. Returns whether it is.
    pub(super) fn ask_of_generated(&mut self, arguments: &mut Value, base: Base) -> bool {
        let path = arguments.pointer("/source/path").and_then(Value::as_str);
        let Some(key) = path.map(Key::from) else { return false };
        let Some(generated) = self.originals.generated_from(&key).first().cloned() else { return false };
        let text = self.sources.shown(&key).or_else(|| generated.content(&key)).unwrap_or_else(|| "".into());
        let chain = self.chain_to(&key, &text, &generated);
        for (line_field, column_field) in [("line", "column"), ("endLine", "endColumn")] {
            let Some(line) = number(arguments, line_field, base.line) else { continue };
            let column = number(arguments, column_field, base.column);
            let position = Position { line, column: column.unwrap_or_default() };
            let places = chain.map(&Location { path: key.to_string(), position });
            let Some(place) = places.first() else { continue };
            arguments[line_field] = json!(i64::from(place.position.line) + base.line);
            if column.is_some() {
                arguments[column_field] = json!(i64::from(place.position.column) + base.column);
            }
        }
        arguments["source"] = json!({"path": &*generated.path});
        true
    }
}
