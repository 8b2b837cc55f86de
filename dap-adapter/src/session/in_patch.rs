//! Breakpoints in patches. A file of a patch, as the debugger knows it, is in that patch only: they are set without
//! lldb-dap, which would look for each of them in all libraries.
//!
//! The patch is read, LLDB told of the breakpoints, and these are found while the process runs, so that in the pause it
//! has only to set the traps. It gets the patch in the pause: it makes a library a part of what it debugs under locks
//! that it takes the other way round when a breakpoint is hit, and would wait for itself for ever.

use std::collections::{BTreeMap, HashMap, HashSet};
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
use crate::in_library;
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
        let gone = kept.extract_if(.., |name, _| !names.contains(name.as_str()));
        let gone = in_library::numbers(gone.map(|(_, answer)| answer));
        let new: Vec<&(String, &Value)> =
            wanted.iter().filter(|(name, _)| !kept.contains_key(name)).collect();
        if !(gone.is_empty() && new.is_empty()) {
            let requests: Vec<&Value> = new.iter().map(|(_, request)| *request).collect();
            let change = in_library::set(&library, file, &gone, &requests, self.client.base);
            let Some(answers) = self.script(&change).await else { return Ok(None) };
            kept.extend(new.iter().map(|(name, _)| name.clone()).zip(answers));
        }
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
        self.script(&in_library::read(&patch.described)).await;
        Ok(lines)
    }

    /// Tells LLDB of the breakpoints in a patch that it does not have yet, and has them found.
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
            let new: Vec<&Value> = requests.values().collect();
            let answers = self.script(&in_library::set(&patch.described, &file, &[], &new, base)).await;
            let Some((answers, live)) = answers.zip(self.live.as_mut()) else { break };
            live.breakpoints.set_in_library(&file, requests.into_keys().zip(answers).collect());
            early.files.push(file);
        }
        self.look_at_early(&early.files, |numbers| in_library::find(numbers, in_place::SLIDE)).await;
        if self.live.as_ref().is_none_or(|live| live.process.lacks_scripts) {
            self.take_away(&early.files).await;
            early.files.clear();
        }
        early
    }

    /// The patch is loaded: whether the breakpoints in it are set.
    pub(super) async fn check_early(&mut self, files: &[String]) {
        self.look_at_early(files, in_library::check).await;
    }

    /// Asks about the breakpoints of files of a patch, of all at once.
    async fn look_at_early(&mut self, files: &[String], question: impl Fn(&[i64]) -> String) {
        let Some(live) = &mut self.live else { return };
        let mut sets: Vec<in_library::Set> =
            files.iter().map(|file| live.breakpoints.take_in_library(file).0).collect();
        let numbers = in_library::numbers(sets.iter().flat_map(in_library::Set::values));
        let answers = if numbers.is_empty() { None } else { self.script(&question(&numbers)).await };
        let answers = answers.into_iter().flatten();
        let answers: HashMap<i64, Value> =
            answers.filter_map(|answer| Some((in_library::number(&answer)?, answer))).collect();
        for known in sets.iter_mut().flat_map(in_library::Set::values_mut) {
            if let Some(answer) = in_library::number(known).and_then(|number| answers.get(&number)) {
                known.clone_from(answer);
            }
        }
        let Some(live) = &mut self.live else { return };
        for (file, set) in files.iter().zip(sets) {
            live.breakpoints.set_in_library(file, set);
        }
    }

    /// The patch is not loaded after all.
    pub(super) async fn take_away(&mut self, files: &[String]) {
        let Some(live) = &mut self.live else { return };
        let sets = files.iter().flat_map(|file| live.breakpoints.take_in_library(file).0.into_values());
        let numbers = in_library::numbers(sets);
        if !numbers.is_empty() {
            let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            if let Err(error) = self.command(&format!("breakpoint delete {}", numbers.join(" "))).await {
                tracing::debug!(%error, "breakpoints in a patch that is not there remain");
            }
        }
        self.script(&in_library::drop()).await;
    }

    /// What the script in LLDB answers. Without it, which is an LLDB without Python, breakpoints are lldb-dap's from here
    /// on, which is slower.
    async fn script(&mut self, command: &str) -> Option<Vec<Value>> {
        if self.live.as_ref()?.process.lacks_scripts {
            return None;
        }
        let base = self.client.base;
        let printed = self.command(command).await;
        let answers = printed.ok().and_then(|printed| in_library::answers(&printed, base));
        if answers.is_none() {
            self.live.as_mut()?.process.lacks_scripts = true;
        }
        answers
    }
}
