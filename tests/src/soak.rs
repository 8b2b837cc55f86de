//! Many swaps in one process: random edits of bodies, and after each of them the state is what the model says.
//!
//! What an edit does was seen before in a program of its own that had it from the start: what each step shows
//! (`name=value`), and how much each step adds to the state (`+name=value`). Nothing else may happen.

mod effects;
mod visits;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use crate::dap::{Client, Session};
use crate::driven::{Driven, Driver, MODEL};
use crate::edits::bodies;
use crate::footprint::Footprint;
use crate::program::Program;
use effects::{Known, State};

/// How many edits the swaps are chosen from.
const POOL: usize = 48;
/// After so many swaps the breakpoints are visited.
const VISITS: usize = 25;
/// After so many swaps all lines move.
const MOVES: usize = 10;

/// Memory in KiB that the loader may take for its record of one library.
const RECORD_KIB: u64 = 8;
/// What the first steps and swaps take once: the program's own heap, and room for the debugger's expressions.
const FIRST_KIB: u64 = 1024;
const FIRST_MAPPINGS: u64 = 16;

const SOAK: Driven = Driven {
    name: "soak",
    model: include_str!("../programs/soak.rs"),
    probe: include_str!("../programs/soak_probe.rs"),
};

/// What was seen.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Swaps that were made.
    pub swaps: usize,
    /// Edits that were refused, with the reason.
    pub refused: Vec<(String, String)>,
    /// What was not as the model says.
    pub wrong: Vec<String>,
    /// Visits to the breakpoints.
    pub visits: usize,
    /// The process before the first swap.
    pub before: Footprint,
    /// The process after the last.
    pub after: Footprint,
    /// From the save to the new code, for each swap.
    pub took: Vec<Duration>,
}

/// Swaps so often, with edits chosen by this seed; says now and then how far it is.
pub fn run(swaps: usize, seed: u64, mut tell: impl FnMut(&str)) -> Outcome {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut edits = bodies(SOAK.model);
    edits.retain(|edit| visits::has_statement(&edit.after));
    random.shuffle(&mut edits);
    let known = effects::learn(&SOAK, &edits, POOL);
    tell(&format!("{} different edits; what each of them does is known", known.edits.len()));
    let mut soak = Soak::start(&known);
    let (mut outcome, mut shift) = (Outcome::default(), String::new());
    soak.step(&known, &mut outcome);
    outcome.before = soak.footprint();
    let mut attempts = 0;
    while outcome.swaps < swaps && attempts < 2 * swaps {
        attempts += 1;
        let next = random.usize(0..known.edits.len());
        if next == soak.current {
            continue;
        }
        if attempts % MOVES == 0 {
            shift = "// moved\n".repeat(random.usize(0..6));
        }
        soak.swap(&known, next, &shift, &mut outcome);
        soak.step(&known, &mut outcome);
        if attempts % VISITS == 0 {
            soak.visit(&mut outcome);
        }
        if attempts % 100 == 0 {
            tell(&format!("{} swaps: {}", outcome.swaps, soak.footprint()));
        }
    }
    soak.visit(&mut outcome);
    outcome.after = soak.footprint();
    soak.session.client.disconnect();
    outcome
}

struct Soak {
    program: Program,
    session: Session,
    driver: Driver,
    process: u32,
    /// The edit that runs.
    current: usize,
    state: State,
}

impl Soak {
    #[track_caller]
    fn start(known: &Known) -> Self {
        let program = Program::files(&SOAK.files(&known.edits[0].after));
        let mut session = Session::launch(&program, &json!({"reload": "manual", "engine": "in-place"}));
        visits::set_breakpoints(&mut session, &program);
        session.configuration_done();
        let id = session.client.event("process")["systemProcessId"].as_u64();
        let process = id.and_then(|id| id.try_into().ok()).expect("the process has a number");
        let driver = Driver::connect(program.root(), || unwanted_stop(&mut session.client));
        let driver = driver.unwrap_or_else(|error| panic!("the program does not start: {error}"));
        Self { program, session, driver, process, current: 0, state: State::default() }
    }

    fn footprint(&self) -> Footprint {
        Footprint::of(self.process)
    }

    /// Saves an edit and waits for what becomes of it.
    fn swap(&mut self, known: &Known, edit: usize, shift: &str, outcome: &mut Outcome) {
        self.program.write(MODEL, &format!("{shift}{}", known.edits[edit].after));
        let answer = self.session.client.ok("midflight/reload", json!({}));
        if answer["applied"] == true {
            self.current = edit;
            outcome.swaps += 1;
            let took = answer["times"]["elapsedMs"].as_f64().unwrap_or_default();
            outcome.took.push(Duration::from_secs_f64(took / 1000.0));
        } else {
            let message = answer["message"].as_str().unwrap_or_default();
            outcome.refused.push((known.edits[edit].name.clone(), message.to_owned()));
        }
    }

    /// Lets the program do a step, and compares.
    #[track_caller]
    fn step(&mut self, known: &Known, outcome: &mut Outcome) {
        let client = &mut self.session.client;
        let seen = self.driver.ask("step", || unwanted_stop(client));
        let name = &known.edits[self.current].name;
        let seen = seen.unwrap_or_else(|error| {
            let frames = client.request("evaluate", json!({"expression": "`bt 12", "context": "repl"}));
            let frames = frames["body"]["result"].as_str().unwrap_or_default().to_owned();
            panic!("after {} swaps, the last of which was `{name}`: {error}\n{frames}", outcome.swaps)
        });
        for wrong in self.state.take(&seen, &known.effects[self.current]) {
            outcome.wrong.push(format!("after {} swaps, in `{name}`: {wrong}", outcome.swaps));
        }
    }

    #[track_caller]
    fn visit(&mut self, outcome: &mut Outcome) {
        let wrong = visits::visit(&mut self.session, &mut self.driver, &self.program);
        outcome.wrong.extend(wrong.iter().map(|wrong| format!("after {} swaps: {wrong}", outcome.swaps)));
        outcome.visits += 1;
    }
}

/// A stop that nobody asked for: a signal.
fn unwanted_stop(client: &mut Client) -> Option<String> {
    let stop: Value = client.events_so_far("stopped").pop()?;
    Some(stop["description"].as_str().or(stop["reason"].as_str()).unwrap_or("stopped").to_owned())
}

impl Outcome {
    /// Whether everything was as it must be.
    pub fn is_right(&self, swaps: usize) -> bool {
        self.swaps >= swaps && self.wrong.is_empty() && self.growth().is_empty()
    }

    /// What the process has more of than before, other than patches.
    pub fn growth(&self) -> Vec<String> {
        let (before, after) = (&self.before, &self.after);
        let mut growth = Vec::new();
        // The loader keeps a record of each library that it loads.
        let swaps = u64::try_from(self.swaps).unwrap_or(u64::MAX);
        let memory = before.memory_kib + FIRST_KIB + swaps * RECORD_KIB;
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        for (what, most, after) in [
            ("threads", count(before.threads), count(after.threads)),
            ("descriptors", count(before.descriptors), count(after.descriptors)),
            ("mappings that are no patches", count(before.mappings) + FIRST_MAPPINGS, count(after.mappings)),
            ("KiB that are no patches", memory, after.memory_kib),
        ] {
            if after > most {
                growth.push(format!("{after} {what}, and at most {most} were to be"));
            }
        }
        growth
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut took = self.took.clone();
        took.sort();
        let at = |share: usize| took.get(took.len() * share / 100).copied().unwrap_or_default();
        writeln!(
            f,
            "{} swaps, {} edits refused, {} visits to 2 breakpoints",
            self.swaps,
            self.refused.len(),
            self.visits
        )?;
        writeln!(f, "save to new code: {:.0?} at the median, {:.0?} at the 99th percentile", at(50), at(99))?;
        writeln!(f, "before: {}", self.before)?;
        writeln!(f, "after:  {}", self.after)?;
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for (_, reason) in &self.refused {
            *reasons.entry(reason).or_default() += 1;
        }
        for (reason, times) in reasons {
            writeln!(f, "refused {times} times: {reason}")?;
        }
        for wrong in self.wrong.iter().chain(&self.growth()) {
            writeln!(f, "WRONG: {wrong}")?;
        }
        Ok(())
    }
}
