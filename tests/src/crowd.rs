//! Two hundred breakpoints in fifty files, and many reloads: none is lost, doubled, or on another statement.
//!
//! What the editor was told is compared with the text that it shows; what the debugger has, with the text that the code
//! was built from, by a comment that each statement carries. Now and then the program runs through all of them.

mod texts;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::dap::{Session, descendants};
use crate::footprint::Footprint;
use crate::program::Program;
use texts::{FILES, File, SPOTS, path, tag, tag_at};

/// After so many reloads the program runs through all breakpoints.
const VISITS: usize = 100;
/// What takes longer does not come.
const PATIENCE: Duration = Duration::from_mins(1);

/// What was seen.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Reloads that were made.
    pub reloads: usize,
    /// Runs of the program through all breakpoints.
    pub visits: usize,
    /// Breakpoints that moved, were lost with their statement, or came back with it.
    pub told: usize,
    /// What was not as it must be.
    pub wrong: Vec<String>,
    /// Resident memory of the debug adapter in KiB: Midflight's and the debugger's, a line now and then.
    pub memory: Vec<(usize, u64, u64)>,
}

/// What the editor knows of a breakpoint.
#[derive(Debug, Clone)]
struct Told {
    file: usize,
    spot: usize,
    breakpoint: Value,
}

struct Crowd {
    program: Program,
    session: Session,
    files: Vec<File>,
    /// The texts of each generation.
    generations: Vec<BTreeMap<String, String>>,
    told: BTreeMap<i64, Told>,
}

/// Reloads so often, with edits chosen by this seed; says now and then how far it is.
pub fn run(reloads: usize, seed: u64, mut tell: impl FnMut(&str)) -> Outcome {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut crowd = Crowd::start();
    let mut outcome = Outcome::default();
    crowd.visit(&mut outcome);
    while outcome.reloads < reloads && outcome.wrong.is_empty() {
        crowd.reload(&mut random, &mut outcome);
        crowd.compare(&mut outcome);
        if outcome.reloads % VISITS == 0 || outcome.reloads == reloads {
            crowd.visit(&mut outcome);
            let memory = crowd.memory();
            outcome.memory.push((outcome.reloads, memory.0, memory.1));
            tell(&format!(
                "{} reloads: Midflight {} KiB, the debugger {} KiB",
                outcome.reloads, memory.0, memory.1
            ));
        }
    }
    crowd.session.client.disconnect();
    outcome
}

impl Crowd {
    #[track_caller]
    fn start() -> Self {
        let files = vec![File::default(); FILES];
        let texts = texts::files(&files);
        let listed: Vec<(&str, &str)> =
            texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let program = Program::files(&listed);
        let options = json!({"reload": "manual", "engine": "in-place", "snapshot": {"items": 1}});
        let mut session = Session::launch(&program, &options);
        let mut told = BTreeMap::new();
        for file in 0..FILES {
            let path = path(file);
            let lines: Vec<u32> = (0..SPOTS).map(|spot| program.line_of(&path, &tag(file, spot))).collect();
            for (spot, breakpoint) in session.set_breakpoints(&program, &path, &lines).into_iter().enumerate()
            {
                let id = breakpoint["id"].as_i64().expect("a breakpoint has an id");
                told.insert(id, Told { file, spot, breakpoint });
            }
        }
        assert_eq!(told.len(), FILES * SPOTS, "each breakpoint has an id of its own");
        session.configuration_done();
        session.client.event("process");
        Self { program, session, files, generations: vec![texts], told }
    }

    /// Saves edits of some files, and waits for the new code.
    #[track_caller]
    fn reload(&mut self, random: &mut fastrand::Rng, outcome: &mut Outcome) {
        for _ in 0..random.usize(1..4) {
            let file = random.usize(0..FILES);
            self.files[file].edit(random);
            self.program.write(&path(file), &self.files[file].text(file));
        }
        let answer = self.session.client.ok("midflight/reload", json!({}));
        assert_eq!(answer["applied"], true, "after {} reloads: {answer}", outcome.reloads);
        outcome.reloads += 1;
        self.generations.push(texts::files(&self.files));
    }

    /// Whether each breakpoint stands where it must, for the editor and for the debugger.
    fn compare(&mut self, outcome: &mut Outcome) {
        for event in self.session.client.events_so_far("breakpoint") {
            outcome.told += 1;
            let told = event["breakpoint"]["id"].as_i64().and_then(|id| self.told.get_mut(&id));
            match told.filter(|_| event["reason"] == "changed") {
                Some(told) => told.breakpoint = event["breakpoint"].clone(),
                None => outcome.wrong.push(format!("after {} reloads: {event}", outcome.reloads)),
            }
        }
        let mut expected = BTreeSet::new();
        for Told { file, spot, breakpoint } in self.told.values() {
            let is_there = self.files[*file].has(*spot);
            let tag = tag(*file, *spot);
            let text = self.files[*file].text(*file);
            let line = breakpoint["line"].as_u64().and_then(|line| usize::try_from(line).ok()).unwrap_or(0);
            let is_right = if is_there {
                breakpoint["verified"] == true && tag_at(&text, line) == Some(&tag)
            } else {
                breakpoint["verified"] == false && breakpoint["message"].is_string()
            };
            if !is_right {
                outcome.wrong.push(format!("after {} reloads, {tag}: {breakpoint}", outcome.reloads));
            }
            expected.extend(is_there.then_some(tag));
        }
        let found = self.in_the_debugger();
        let set: BTreeSet<String> = found.iter().cloned().collect();
        if set != expected || set.len() != found.len() {
            let lost: Vec<_> = expected.difference(&set).collect();
            let more: Vec<_> = set.difference(&expected).collect();
            outcome.wrong.push(format!(
                "after {} reloads the debugger has {} breakpoints, lacks {lost:?}, and has {more:?} that nobody set",
                outcome.reloads,
                found.len(),
            ));
        }
    }

    /// The statements that the debugger has breakpoints at, once for each place.
    #[track_caller]
    fn in_the_debugger(&mut self) -> Vec<String> {
        let list = self.session.client.printed("breakpoint list");
        let mut found = Vec::new();
        let mut texts: Option<(&BTreeMap<String, String>, String)> = None;
        for line in list.lines() {
            if let Some((_, rest)) = line.split_once(": file = '") {
                let (file, _) = rest.split_once('\'').unwrap_or_default();
                texts = self.texts_of(file);
            } else if let Some((_, place)) = line.split_once(" at ")
                && line.contains(": where = ")
            {
                let number =
                    place.split(':').nth(1).and_then(|number| number.split(',').next()?.parse().ok());
                let text = texts.as_ref().and_then(|(texts, path)| texts.get(path));
                let tag = text.zip(number).and_then(|(text, number)| tag_at(text, number));
                found.push(tag.map_or_else(|| line.trim().to_owned(), str::to_owned));
            }
        }
        found
    }

    /// The texts that a path is of, by the label of its generation, and the path in them.
    fn texts_of(&self, file: &str) -> Option<(&BTreeMap<String, String>, String)> {
        let relative = file.find("/src/").map(|at| file[at + 1..].to_owned())?;
        let label = file.strip_suffix(&relative)?.trim_end_matches('/').trim_start_matches('/');
        let generation = match label.trim_start_matches('~') {
            number if number.len() < label.len() => usize::from_str_radix(number, 36).ok()?,
            _ => 0,
        };
        Some((self.generations.get(generation)?, relative))
    }

    /// Lets the program run through all breakpoints.
    #[track_caller]
    fn visit(&mut self, outcome: &mut Outcome) {
        let visited = self.program.path("visited");
        let _ = fs::remove_file(&visited);
        self.program.write("visit", "");
        let present = self.generations.last().expect("there is always one");
        let (mut stops, began) = (Vec::new(), Instant::now());
        while !visited.is_file() {
            for event in self.session.client.events_so_far("stopped") {
                let stop = self.session.stop(event);
                let frame = stop.frames.first();
                let file = frame.and_then(|frame| frame["source"]["path"].as_str()).unwrap_or_default();
                let relative = file.find("/src/").map(|at| &file[at + 1..]);
                let text = relative.and_then(|path| present.get(path));
                let line = usize::try_from(stop.line()).unwrap_or_default();
                let at = text.and_then(|text| tag_at(text, line));
                stops.push(at.map_or_else(|| format!("{file}:{line}"), str::to_owned));
                self.session.resume(&stop);
            }
            assert!(began.elapsed() < PATIENCE, "the program is still between its breakpoints: {stops:?}");
            std::thread::sleep(Duration::from_millis(1));
        }
        let spots = |file| (0..SPOTS).map(move |spot| (file, spot));
        let there = (0..FILES).flat_map(spots).filter(|(file, spot)| self.files[*file].has(*spot));
        let expected: Vec<String> = there.map(|(file, spot)| tag(file, spot)).collect();
        if stops != expected {
            outcome.wrong.push(format!(
                "after {} reloads the program stopped {} times, not {}: {stops:?}",
                outcome.reloads,
                stops.len(),
                expected.len()
            ));
        }
        outcome.visits += 1;
    }

    /// Resident memory in KiB of Midflight and of the debugger.
    fn memory(&self) -> (u64, u64) {
        let Some(midflight) = self.session.client.id() else { return (0, 0) };
        let debugger =
            descendants(midflight).into_iter().find(|process| name(*process).starts_with("lldb-dap"));
        let resident = |process| Footprint::of(process).memory_kib;
        (resident(midflight), debugger.map_or(0, resident))
    }
}

fn name(process: u32) -> String {
    fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default()
}

impl Outcome {
    /// Whether everything was as it must be.
    pub fn is_right(&self, reloads: usize) -> bool {
        self.reloads >= reloads && self.wrong.is_empty()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} reloads with {} breakpoints in {FILES} files; {} changes told, {} runs through all of them",
            self.reloads,
            FILES * SPOTS,
            self.told,
            self.visits
        )?;
        for (reloads, midflight, debugger) in self.memory.first().into_iter().chain(self.memory.last()) {
            writeln!(
                f,
                "after {reloads:>4} reloads: Midflight {midflight} KiB, the debugger {debugger} KiB"
            )?;
        }
        for wrong in &self.wrong {
            writeln!(f, "WRONG: {wrong}")?;
        }
        Ok(())
    }
}
