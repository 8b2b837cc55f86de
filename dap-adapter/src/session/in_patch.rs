//! Breakpoints in patches. A file of a patch, as the debugger knows it, is in that patch only: they are set without
//! lldb-dap, which would look for each of them in all libraries.
//!
//! The patch is read and LLDB told of the breakpoints while the process runs, so that in the pause it has only to find
//! them. It gets the patch in the pause: it makes a library a part of what it debugs under locks that it takes the other
//! way round when a breakpoint is hit, and would wait for itself for ever.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use artifact::CodeLines;
use in_place::Patch;
use serde_json::{Value, json};

use super::Session;
use super::prepare::blocking;
use super::staging::Ready;
use crate::breakpoints::Placement;
use crate::error::{Error, Result};
use crate::images::Image;
use crate::in_library::{self, Change};
use crate::message;

/// What was found of a patch before it is loaded.
#[derive(Default)]
pub(super) struct Early {
    /// The code that it has.
    pub(super) image: Option<Image>,
    /// The files, as LLDB knows them, that have breakpoints in it.
    pub(super) files: Vec<String>,
}

impl Session {
    /// Sets the breakpoints of a file of a patch, and answers as the adapter would. `None` where that is for the adapter
    /// to do, which then has none of this file.
    pub(super) async fn set_in_patch(&mut self, placement: &Placement) -> Result<Option<Value>> {
        let Some(live) = self.live.as_mut().filter(|live| !live.process.lacks_scripts) else {
            return Ok(None);
        };
        let file = placement.file();
        let Some(library) = live.sources.library_of(file).map(Path::to_owned) else { return Ok(None) };
        let wanted = message::breakpoints(&placement.arguments);
        let can_set = wanted.iter().all(in_library::can_set);
        let wanted = if can_set { wanted } else { &[] };
        let (mut kept, adapter_has_some) = live.breakpoints.take_in_library(file);
        if adapter_has_some {
            if wanted.is_empty() {
                return Ok(None);
            }
            self.ask("setBreakpoints", &json!({"source": {"path": file}, "breakpoints": [], "lines": []}))
                .await?;
        }
        let wanted: Vec<(String, &Value)> =
            wanted.iter().map(|request| (request.to_string(), request)).collect();
        let names: HashSet<&str> = wanted.iter().map(|(name, _)| name.as_str()).collect();
        let gone = ids_of(kept.extract_if(.., |name, _| !names.contains(name.as_str())));
        let new = wanted.iter().filter(|(name, _)| !kept.contains_key(name)).map(|(_, request)| *request);
        let change = Change { gone, new: new.collect(), ..Change::none(&library, file) };
        let Some(made) = self.change_in_patch(&change).await else { return Ok(None) };
        made.put_into(&mut kept);
        let set: Vec<&Value> = wanted.iter().filter_map(|(name, _)| kept.get(name)).collect();
        let body = json!({"breakpoints": set});
        if let Some(live) = &mut self.live {
            live.breakpoints.set_in_library(file, kept);
        }
        Ok(can_set.then_some(body))
    }

    /// Has a patch read, also by LLDB, while the process still runs; its code.
    pub(super) async fn read_patch(&mut self, patch: &Patch) -> Result<CodeLines> {
        let library = patch.described.clone();
        let lines = blocking(move || artifact::code_lines(&library)).await?;
        let lines = lines.map_err(|error| Error::midflight(format!("{error}.")))?;
        let lacks_scripts = self.live.as_ref().is_none_or(|live| live.process.lacks_scripts);
        if !lacks_scripts && let Err(error) = self.command(&in_library::read(&patch.described)).await {
            tracing::debug!(%error, "LLDB reads the patch when the process is stopped");
        }
        Ok(lines)
    }

    /// Tells LLDB of the breakpoints in a patch that it does not have yet.
    pub(super) async fn set_early(&mut self, ready: &Ready, patch: &Patch, lines: &CodeLines) -> Early {
        let base = self.client.base;
        let Some(live) = &mut self.live else { return Early::default() };
        let mut files: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
        live.sources.push(ready.generation());
        live.add_patch(patch, lines);
        for (path, _) in live.breakpoints.sources() {
            let places = live.places(&path, base);
            for (file, request) in live.breakpoints.requests_at(&path, &places, base) {
                if live.sources.library_of(&file) == Some(&*patch.described) {
                    files.entry(file).or_default().insert(request.to_string(), request);
                }
            }
        }
        let mut early = Early { image: live.sources.take_back(), files: Vec::new() };
        files.retain(|_, requests| requests.values().all(in_library::can_set));
        for (file, requests) in files {
            if self.live.as_ref().is_none_or(|live| live.process.lacks_scripts) {
                break;
            }
            let mut set = in_library::Set::new();
            let new = requests.values().collect();
            let change = Change { new, ..Change::none(&patch.described, &file) };
            if let Some(made) = self.change_in_patch(&change).await
                && let Some(live) = &mut self.live
            {
                made.put_into(&mut set);
                live.breakpoints.set_in_library(&file, set);
                early.files.push(file);
            }
        }
        early
    }

    /// The patch is loaded: what became of the breakpoints in it, of all files at once.
    pub(super) async fn find_early(&mut self, patch: &Patch, files: &[String]) {
        let Some(live) = &mut self.live else { return };
        let sets = files.iter().map(|file| (file.as_str(), live.breakpoints.take_in_library(file).0));
        let mut sets: Vec<(&str, in_library::Set)> = sets.collect();
        let early = sets.iter().flat_map(|(_, set)| ids_of(set)).collect();
        let made = self.change_in_patch(&Change { early, ..Change::none(&patch.described, "") }).await;
        let Some(live) = &mut self.live else { return };
        for (file, set) in &mut sets {
            if let Some(made) = &made {
                made.put_into(set);
            }
            live.breakpoints.set_in_library(file, std::mem::take(set));
        }
    }

    /// The patch is not loaded after all.
    pub(super) async fn take_away(&mut self, patch: &Patch, files: &[String]) {
        let Some(live) = &mut self.live else { return };
        let gone = files.iter().flat_map(|file| ids_of(live.breakpoints.take_in_library(file).0)).collect();
        self.change_in_patch(&Change { gone, ..Change::none(&patch.described, "") }).await;
        if let Err(error) = self.command(&in_library::drop(&patch.described)).await {
            tracing::debug!(%error, "LLDB goes on to know of a patch that is not there");
        }
    }

    /// What LLDB has made of this change, if it has.
    async fn change_in_patch(&mut self, change: &Change<'_>) -> Option<in_library::Made> {
        if change.is_none() {
            return Some(in_library::Made::default());
        }
        let base = self.client.base;
        let printed = self.command(&change.command(base)).await;
        let made = printed.ok().and_then(|printed| change.made(&printed, base));
        if made.is_none() {
            // An LLDB without Python: from here on it is lldb-dap's, which is slower.
            self.live.iter_mut().for_each(|live| live.process.lacks_scripts = true);
        }
        made
    }
}

/// The numbers that LLDB has given these.
fn ids_of<T: Borrow<Value>>(answers: impl IntoIterator<Item = (impl Sized, T)>) -> Vec<i64> {
    answers.into_iter().filter_map(|(_, answer)| answer.borrow().get("id")?.as_i64()).collect()
}
