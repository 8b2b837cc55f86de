//! Where breakpoints stand: in the code that runs, and in what the editor shows.

use std::path::Path;
use std::sync::Arc;

use remap::Position;
use serde_json::{Value, json};

use super::live::Live;
use super::originals::is_elsewhere;
use super::positions::line_of;
use crate::breakpoints::{Place, Spot, Stand};
use crate::images::Image;
use crate::message::Base;
use crate::sources::Key;

impl Live {
    /// Where the statements of a source's breakpoints run; else why they don't.
    pub(super) fn places(&mut self, path: &str, base: Base) -> Vec<Result<Place, String>> {
        let Some(set) = self.breakpoints.set(path) else { return Vec::new() };
        let (key, text) = (Arc::clone(&set.key), Arc::clone(&set.text));
        let asked: Vec<_> = set.points.iter().map(|point| (point.line, point.column(base))).collect();
        asked.into_iter().map(|(line, column)| self.place_of(&key, &text, line, column)).collect()
    }

    fn place_of(
        &mut self,
        key: &Key,
        text: &Arc<str>,
        line: u32,
        column: Option<u32>,
    ) -> Result<Place, String> {
        if is_elsewhere(key) {
            return self.place_of_original(key, text, line, column);
        }
        // Swapped in place, the old function is in the program for good, and nothing new calls it.
        if let Some((key, text, line)) = self.sources.moved(key, text, line)
            && let Some(place) = self.place_in(&key, &text, line, column)
        {
            return Ok(place);
        }
        if let Some(place) = self.place_in(key, text, line, column) {
            return Ok(place);
        }
        let generation = self.sources.running(key);
        Err(format!("This statement is not in the code that runs (generation {generation})."))
    }

    /// Where a statement runs that is still in the same file.
    pub(super) fn place_in(
        &mut self,
        key: &Key,
        text: &Arc<str>,
        line: u32,
        column: Option<u32>,
    ) -> Option<Place> {
        let home = self.sources.home(key, text, line);
        let (generation, file) = match self.sources.images().get(home) {
            Some(image) => (image.generation, image.root.join(&**key)),
            None => (self.sources.running(key), self.path(key)),
        };
        let Spot { file, line: there, column: at } =
            self.spot(key, text, (line, column), generation, &file)?;
        let mut also = Vec::new();
        if let Some(line) = self.line_when_launched(key, text, line).filter(|line| *line != there) {
            also.push(Spot { file: file.clone(), line, column: at });
        }
        for older in self.sources.older_homes(key, text, line) {
            let Image { generation, root, .. } = &self.sources.images()[older];
            let (generation, file) = (*generation, root.join(&**key));
            also.extend(self.spot(key, text, (line, column), generation, &file));
        }
        Some(Place { file, key: Arc::clone(key), generation, line: there, column: at, also })
    }

    /// Where a statement is in the code of a generation, whose file the debugger knows by this name.
    fn spot(
        &mut self,
        key: &Key,
        text: &Arc<str>,
        (line, column): (u32, Option<u32>),
        generation: u32,
        file: &Path,
    ) -> Option<Spot> {
        let running = self.sources.text(generation, key)?;
        let map = self.sources.map(key, text, &running);
        let there = map.forward(line).exact()?;
        let column = column.map(|column| {
            if map.is_identity() {
                column
            } else {
                remap::column(line_of(text, line), line_of(&running, there), column)
            }
        });
        Some(Spot { file: file.to_string_lossy().into_owned(), line: there, column })
    }

    /// The statement's line in the program as it was launched, where that goes on to run beside what patches it.
    fn line_when_launched(&mut self, key: &Key, text: &Arc<str>, line: u32) -> Option<u32> {
        self.followed.as_ref()?;
        let launched = self.sources.text(self.sources.launched(), key)?;
        self.sources.map(key, text, &launched).forward(line).exact()
    }

    /// Whether one of these breakpoints is on the statement that is on a line of a generation.
    pub(super) fn has_one_of(&mut self, ids: &[i64], generation: u32, line: u32) -> bool {
        for (path, key) in self.breakpoints.sources() {
            let Some(set) = self.breakpoints.set(&path) else { continue };
            let mut lines = set.points.iter().filter(|point| ids.contains(&point.id)).map(|point| point.line);
            let Some(running) = self.sources.text(generation, &key) else { continue };
            let map = self.sources.map(&key, &set.text, &running);
            if lines.any(|meant| map.forward(meant).exact() == Some(line)) {
                return true;
            }
        }
        false
    }

    /// The source and the line (from 0) at which the editor sees a breakpoint.
    pub(super) fn shown_at(
        &mut self,
        source: &Arc<Value>,
        key: &Key,
        text: &Arc<str>,
        point: &Stand,
    ) -> (Arc<Value>, u32) {
        let slid = |line: u32| u32::try_from(i64::from(line) + point.slide).ok();
        if is_elsewhere(key) {
            return (Arc::clone(source), self.shown_in_original(key, text, point));
        }
        if let Some(place) = point.place.as_ref().filter(|place| place.key != *key)
            && let Some(running) = self.sources.text(place.generation, &place.key)
        {
            let shown = self.sources.shown(&place.key).unwrap_or_else(|| Arc::clone(&running));
            let map = self.sources.map(&place.key, &running, &shown);
            let line = slid(place.line).and_then(|line| map.forward(line).nearest()).unwrap_or(place.line);
            return (Arc::new(self.source_of(&place.key)), line);
        }
        let shown = self.sources.shown(key).unwrap_or_else(|| Arc::clone(text));
        let map = self.sources.map(key, text, &shown);
        let line = slid(point.line).and_then(|line| map.forward(line).nearest());
        (Arc::clone(source), line.unwrap_or(point.line))
    }

    /// The line of an original at which the editor sees a breakpoint.
    fn shown_in_original(&mut self, key: &Key, text: &Arc<str>, point: &Stand) -> u32 {
        if let Some(place) = point.place.as_ref().filter(|_| point.slide != 0)
            && let Ok(line) = u32::try_from(i64::from(place.line) + point.slide)
        {
            let path = self.path(&place.key).to_string_lossy().into_owned();
            let running = self.sources.text(place.generation, &place.key);
            let position = Position { line, column: u32::MAX };
            let there = self.original_of(&path, running.as_ref(), position);
            if let Some((_, there)) = there.filter(|(_, there)| *there.path == **key) {
                return there.position.line;
            }
        }
        let shown = self.sources.shown(key).unwrap_or_else(|| Arc::clone(text));
        self.sources.map(key, text, &shown).forward(point.line).nearest().unwrap_or(point.line)
    }

    fn source_of(&self, key: &Key) -> Value {
        json!({"name": key.rsplit('/').next(), "path": self.path(key)})
    }

    /// Whether a file, as the debugger knows it, is of reloadable code.
    pub(super) fn is_hot_file(&self, file: &str) -> bool {
        self.sources.key(file).is_some_and(|key| self.sources.is_hot(&key))
    }
}
