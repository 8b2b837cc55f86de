//! Breakpoints on their way to the adapter and back.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::{Value, json};

use super::originals::is_elsewhere;
use super::positions::number;
use super::{Forwarded, Session};
use crate::breakpoints::{Placement, Point, Sending, Shown, Stand};
use crate::capabilities;
use crate::error::Result;
use crate::message::{self, Message};
use crate::sources::Key;

impl Session {
    /// The editor sends all breakpoints of a source.
    pub(super) async fn on_set_breakpoints(&mut self, seq: i64, message: &Message) {
        let Some(live) = &mut self.live else { return };
        let mut tree = message.tree();
        let arguments = &mut tree["arguments"];
        let said = arguments.as_object_mut().and_then(|arguments| arguments.remove("midflight"));
        let source = arguments["source"].take();
        let reference = source.get("sourceReference").and_then(Value::as_i64).unwrap_or_default();
        if let Some((generation, _)) = live.documents.resolve(reference) {
            let reason = format!("This is the text of generation {generation}; set breakpoints in the file.");
            let refused = |_: &Value| json!({"verified": false, "message": reason});
            let points = arguments["breakpoints"].as_array();
            let points: Vec<Value> = points.into_iter().flatten().map(refused).collect();
            return self.editor.answer(seq, "setBreakpoints", &json!({"breakpoints": points}));
        }
        let key = live.key_of(&source).or_else(|| {
            // What is not built may be what something was generated from.
            let path = source.get("path")?.as_str().filter(|_| !live.originals.is_off() && reference == 0)?;
            Some(path.into()).filter(|key: &Key| is_elsewhere(key))
        });
        let is_elsewhere = key.as_ref().is_some_and(|key| is_elsewhere(key));
        if is_elsewhere {
            self.read_originals();
        }
        let Some(live) = &mut self.live else { return };
        let text = key.as_ref().and_then(|key| live.sources.meant(key, said.as_ref()));
        let path = source.get("path").and_then(Value::as_str).map(str::to_owned);
        let (Some(key), Some(text), Some(path)) = (key, text, path) else {
            // Not of this workspace: nothing about it ever moves.
            arguments["source"] = source;
            let command = "setBreakpoints".to_owned();
            let answer = Forwarded::Others { command, functions: None };
            return self.forward_breakpoints(seq, message::bytes(&tree), answer).await;
        };
        let base = self.client.base;
        let points = match arguments["breakpoints"].take() {
            Value::Array(points) => points,
            _ => Vec::new(),
        };
        let requests =
            points.into_iter().filter_map(|point| Some((number(&point, "line", base.line)?, point)));

        let since = live.breakpoints.text(&path).cloned();
        let since = since.map(|since| live.sources.map(&key, &since, &text));
        live.breakpoints.replace(&path, (source, key, text), requests.collect(), since.as_deref());
        self.send_breakpoints(seq, &path).await;
    }

    async fn send_breakpoints(&mut self, seq: i64, path: &str) {
        let mut placements = self.placements(&[path.to_owned()]).await;
        let Some(live) = &mut self.live else { return };
        // While its library is away they are kept, and set when the next one comes.
        let waits = |file: &str| live.process.cleared && live.is_hot_file(file);
        placements.retain(|placement| !waits(placement.file()) && !live.breakpoints.is_set(placement));
        let is_plain = |placement: &Placement| {
            live.followed.is_none() && live.sources.library_of(placement.file()).is_none()
        };
        let is_only = placements.len() == 1 && placements.iter().all(is_plain);
        let only = if is_only { placements.pop() } else { None };
        if let Some(placement) = only {
            let request = message::request(seq, "setBreakpoints", &placement.arguments);
            let path = path.to_owned();
            return self.forward_breakpoints(seq, request, Forwarded::Breakpoints { path, placement }).await;
        }
        if let Err(error) = self.set_standing(placements).await {
            return self.editor.refuse(seq, "setBreakpoints", &error);
        }
        self.answer(seq, path);
    }

    /// How the breakpoints of these sources have to be sent: once for each file that has some of them.
    async fn placements(&mut self, paths: &[String]) -> Vec<Placement> {
        let base = self.client.base;
        let Some(live) = &mut self.live else { return Vec::new() };
        let mut files = BTreeSet::new();
        for path in paths {
            let places = live.places(path, base);
            files.extend(live.breakpoints.put(path, places));
        }
        self.count_hits().await;
        let Some(live) = &mut self.live else { return Vec::new() };
        files.iter().map(|file| live.breakpoints.placement(file, base)).collect()
    }

    /// A breakpoint that is set elsewhere begins to count anew: what it counted so far is remembered.
    async fn count_hits(&mut self) {
        let Some(live) = &mut self.live else { return };
        let counted = live.breakpoints.take_counted();
        if !capabilities::is_lldb(&self.capabilities) {
            return;
        }
        for (adapters, id) in counted {
            let Ok(listed) = self.printed(&format!("breakpoint list {adapters}")).await else { continue };
            let hits = hit_count(&listed);
            if let Some((live, hits)) = self.live.as_mut().zip(hits) {
                live.breakpoints.carry_hits(id, hits);
            }
        }
    }

    async fn set_standing(&mut self, placements: Vec<Placement>) -> Result<()> {
        if placements.is_empty() {
            return Ok(());
        }
        let stand = self.stand_for_breakpoints().await;
        let set = self.set_placements(placements).await;
        self.go_on_from(stand).await;
        set
    }

    /// Asks the adapter for each placement in turn.
    pub(super) async fn set_placements(&mut self, placements: Vec<Placement>) -> Result<()> {
        let base = self.client.base;
        for placement in placements {
            let body = match self.set_in_patch(&placement).await? {
                Some(body) => body,
                None => self.ask("setBreakpoints", &placement.arguments).await?,
            };
            if let Some(live) = &mut self.live {
                live.breakpoints.confirm(&placement, &body, base);
            }
            if self.live.as_ref().is_some_and(|live| live.followed.is_some()) {
                self.choose_locations(&placement, &body).await?;
            }
        }
        Ok(())
    }

    /// The adapter answered a `setBreakpoints` of the editor.
    pub(super) fn on_breakpoints_answer(
        &mut self,
        seq: i64,
        path: &str,
        placement: &Placement,
        message: &Message,
    ) {
        let base = self.client.base;
        if let Some(live) = &mut self.live {
            live.breakpoints.confirm(placement, &message.body(), base);
        }
        self.answer(seq, path);
    }

    /// A source's breakpoints, or one of them, as the editor sees them.
    fn shown(&mut self, path: &str, only: Option<i64>) -> Vec<Shown> {
        let base = self.client.base;
        let Some(live) = &mut self.live else { return Vec::new() };
        let Some(set) = live.breakpoints.set(path) else { return Vec::new() };
        let (source, key, text) = (Arc::clone(&set.source), Arc::clone(&set.key), Arc::clone(&set.text));
        let is_meant = |point: &&Point| only.is_none_or(|id| point.id == id);
        let stands: Vec<Stand> = set.points.iter().filter(is_meant).map(Point::stand).collect();
        let stands = stands.iter().map(|stand| live.shown_at(&source, &key, &text, stand));
        let stands: Vec<(Arc<Value>, u32)> = stands.collect();
        let Some(set) = live.breakpoints.set(path) else { return Vec::new() };
        let points = set.points.iter().filter(is_meant).zip(stands);
        points.map(|(point, (source, line))| point.shown(source, line, base)).collect()
    }

    /// Answers the editor with a source's breakpoints.
    fn answer(&mut self, seq: i64, path: &str) {
        let shown = self.shown(path, None);
        if let Some(live) = &mut self.live {
            for breakpoint in &shown {
                live.breakpoints.tell(path, breakpoint);
            }
        }
        self.editor.answer(seq, "setBreakpoints", &HashMap::from([("breakpoints", shown)]));
    }

    /// The adapter answered a request about breakpoints that belong to no text.
    pub(super) fn on_other_breakpoints_answer(
        &mut self,
        command: &str,
        functions: Option<Value>,
        message: &Message,
    ) {
        let mut tree = message.tree();
        let is_lldb = capabilities::is_lldb(&self.capabilities);
        if let Some(live) = &mut self.live {
            if let Some(functions) = functions {
                live.breakpoints.set_functions(functions, &tree["body"]);
            }
            for breakpoint in tree["body"]["breakpoints"].as_array_mut().into_iter().flatten() {
                match breakpoint.as_object_mut() {
                    // LLDB counts those by themselves.
                    Some(breakpoint) if command == "setDataBreakpoints" && is_lldb => {
                        breakpoint.remove("id");
                    }
                    _ => live.breakpoints.rename(breakpoint),
                }
            }
            if matches!(command, "setDataBreakpoints" | "setInstructionBreakpoints") {
                for breakpoint in tree["body"]["breakpoints"].as_array_mut().into_iter().flatten() {
                    live.breakpoints.identify(breakpoint);
                }
                live.breakpoints.addresses.set(command, &tree["body"]);
            }
        }
        self.editor.forward(message::bytes(&tree));
    }

    /// The adapter bound or lost a breakpoint.
    pub(super) fn on_breakpoint_event(&mut self, message: &Message) {
        let mut tree = message.tree();
        let Some(live) = &mut self.live else { return };
        if live.process.cleared {
            // The library is on its way out; what becomes of its breakpoints is told when the next one is in.
            return;
        }
        let breakpoint = &mut tree["body"]["breakpoint"];
        match live.breakpoints.changed(breakpoint) {
            Some((path, id, true)) => self.tell_breakpoints(&path, Some(id)),
            Some((_, _, false)) => {}
            None => {
                live.breakpoints.rename(breakpoint);
                // `removed` would delete the user's breakpoint.
                if tree["body"]["reason"] == "removed" {
                    tree["body"]["reason"] = json!("changed");
                    tree["body"]["breakpoint"]["verified"] = json!(false);
                }
                self.editor.forward(message::bytes(&tree));
            }
        }
    }

    /// Tells the editor how a source's breakpoints, or one of them, stand now.
    fn tell_breakpoints(&mut self, path: &str, only: Option<i64>) {
        for breakpoint in self.shown(path, only) {
            if self.live.as_mut().is_some_and(|live| live.breakpoints.tell(path, &breakpoint)) {
                self.editor.event("breakpoint", &json!({"reason": "changed", "breakpoint": breakpoint}));
            }
        }
    }

    /// Takes the breakpoints of reloadable code away, before it goes.
    ///
    /// The next library often lies at the same address; a breakpoint that is still there would be taken
    /// for set in it, and its trap never written.
    pub(super) async fn clear_hot_breakpoints(&mut self) -> Result<()> {
        let Some(live) = &mut self.live else { return Ok(()) };
        let mut files = live.breakpoints.files();
        files.retain(|file| live.is_hot_file(file));
        for file in &files {
            live.breakpoints.lift(file);
        }
        self.count_hits().await;
        for file in files {
            let nothing = json!({"source": {"path": file}, "breakpoints": [], "lines": []});
            self.ask("setBreakpoints", &nothing).await?;
            if let Some(live) = &mut self.live {
                live.breakpoints.cleared(&file);
            }
        }
        if self.live.as_ref().is_some_and(|live| live.breakpoints.functions().is_some()) {
            self.ask("setFunctionBreakpoints", &json!({"breakpoints": []})).await?;
        }
        let Some(live) = &mut self.live else { return Ok(()) };
        let sendings = live.breakpoints.addresses.lift(|address| live.modules.hot_at(address));
        self.set_addresses(sendings).await
    }

    /// Sets the breakpoints on addresses again whose library is still there; the editor learns of the others.
    async fn set_hot_addresses(&mut self) -> Result<()> {
        let Some(live) = &mut self.live else { return Ok(()) };
        let there: Vec<String> = live.modules.hot().into_iter().map(|hot| hot.path).collect();
        let is_there = |library: &str| there.iter().any(|path| path == library);
        let (sendings, gone) = live.breakpoints.addresses.put_back(is_there);
        self.say_that_addresses_went(
            gone,
            "Its address was in a library that has been replaced. Set it again.",
        );
        self.set_addresses(sendings).await
    }

    pub(super) fn say_that_addresses_went(&mut self, ids: Vec<i64>, message: &str) {
        for id in ids {
            let breakpoint = json!({"id": id, "verified": false, "message": message});
            self.editor.event("breakpoint", &json!({"reason": "changed", "breakpoint": breakpoint}));
        }
    }

    async fn set_addresses(&mut self, sendings: Vec<Sending>) -> Result<()> {
        for (command, arguments, ids) in sendings {
            let body = self.ask(&command, &arguments).await?;
            if let Some(live) = &mut self.live {
                live.breakpoints.set_as(&ids, &body);
            }
        }
        Ok(())
    }

    /// Sets the breakpoints of reloadable code where their statements are now, and tells the editor.
    pub(super) async fn set_hot_breakpoints(&mut self) -> Result<()> {
        self.set_all_breakpoints().await?;
        self.set_function_breakpoints().await?;
        self.set_hot_addresses().await
    }

    /// Sets the breakpoints on functions again.
    pub(super) async fn set_function_breakpoints(&mut self) -> Result<()> {
        let functions = self.live.as_ref().and_then(|live| live.breakpoints.functions().cloned());
        if let Some(functions) = functions {
            let body = self.ask("setFunctionBreakpoints", &functions).await?;
            if let Some(live) = &mut self.live {
                live.breakpoints.functions_set_again(&body);
            }
        }
        Ok(())
    }

    /// Sets all breakpoints where their statements are now, and tells the editor.
    pub(super) async fn set_all_breakpoints(&mut self) -> Result<()> {
        let left_over = self.set_where_they_are().await?;
        self.set_placements(left_over).await
    }

    /// The same, but for the files that have none any more: what has to be sent of these, for which nobody waits.
    pub(super) async fn set_where_they_are(&mut self) -> Result<Vec<Placement>> {
        let Some(live) = &self.live else { return Ok(Vec::new()) };
        let sources: Vec<String> = live.breakpoints.sources().into_iter().map(|(path, _)| path).collect();
        let mut placements = self.placements(&sources).await;
        // A patch adds places to breakpoints that are set already: they have to be looked at all the same.
        if let Some(live) = self.live.as_ref().filter(|live| live.followed.is_none()) {
            placements.retain(|placement| !live.breakpoints.is_set(placement));
        }
        let (left_over, placements) =
            placements.into_iter().partition(|placement| placement.placed.is_empty());
        self.set_placements(placements).await?;
        for path in sources {
            self.tell_breakpoints(&path, None);
        }
        Ok(left_over)
    }
}

/// How often LLDB says that a breakpoint was hit.
fn hit_count(listed: &str) -> Option<u64> {
    let (_, rest) = listed.split_once("hit count = ")?;
    rest.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::hit_count;

    #[test]
    fn hits_are_read_from_the_list() {
        let list =
            "3: file = '/w/a.rs', line = 5, exact_match = 0, locations = 1, resolved = 1, hit count = 12\n";
        assert_eq!(hit_count(list), Some(12));
        assert_eq!(hit_count("No breakpoints currently set."), None);
    }
}
