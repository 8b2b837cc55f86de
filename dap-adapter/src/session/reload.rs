//! From a save to new code in the process: judge, build beside the program, gate, hand over.
//!
//! The library is built in a directory of its own. Only what has passed the rules and the gate is renamed
//! over the library that the program watches; then the program itself loads it. Whatever goes wrong before
//! that, the old code runs on and nothing was touched.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use baseline::NewGeneration;
use compat::{Texts, Verdict};
use dap::types::OutputEventCategory;
use in_place::Took;
use lang_rust::HotLib;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::live::Live;
use super::prepare::millis;
use super::staging::{Library, Outcome, Ready, Refusal};
use super::wording::{self, Parts, Swapped};
use super::{Report, Session};
use crate::cargo::Progress;
use crate::config::Trigger;
use crate::error::{Blame, Error};
use crate::modules::Hot;
use crate::project::Project;
use crate::sources::{Generation, Key};

/// A program that was not looking when its library was replaced is told again this often.
const NUDGE: Duration = Duration::from_millis(900);

/// After so many times the user wants to know what is going on.
const OVERDUE: u32 = 4;

/// Where a session's reloads are.
#[derive(Debug)]
pub(super) struct Reloading {
    is_off: bool,
    /// The build that goes on.
    task: Option<JoinHandle<()>>,
    /// Saved again meanwhile.
    again: bool,
    /// Who asked by `midflight/reload` and has no answer yet.
    waiting: Vec<i64>,
    /// Installed, and not loaded by the program yet.
    installed: Option<Ready>,
    /// What was refused last: saying it again for the same texts would be noise.
    refused: Option<Texts>,
    /// The user was told that what is saved does not run, and nothing better since.
    is_behind: bool,
    /// The layouts of the libraries that run, once they are needed.
    pub(super) running: Option<Arc<Vec<Library>>>,
    /// The build that makes the first reload a quick one.
    warm_up: Option<JoinHandle<()>>,
}

impl Reloading {
    pub(super) fn new(is_off: bool) -> Self {
        let (task, installed, refused, running, warm_up) = (None, None, None, None, None);
        let (again, is_behind) = (false, false);
        Self { is_off, task, again, waiting: Vec::new(), installed, refused, is_behind, running, warm_up }
    }

    /// For another process. Who waits for an answer goes on to wait.
    pub(super) fn anew(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        *self = Self::new(self.is_off);
        self.waiting = waiting;
    }

    /// Ends a build that goes on.
    pub(super) fn halt(&mut self) {
        for task in self.task.take().iter().chain(&self.warm_up.take()) {
            task.abort();
        }
    }

    /// Whether the user wants no reloads.
    pub(super) fn is_off(&self) -> bool {
        self.is_off
    }
}

impl Live {
    /// From here on, positions are those of the new generation.
    pub(super) fn advance(&mut self, ready: &Ready) {
        if let Some(watch) = &mut self.watch {
            watch.follow(self.sources.root(), &ready.texts);
        }
        self.reload.running = Some(Arc::clone(&ready.libraries));
        self.sources.push(ready.generation());
    }

    /// The libraries that the program has not loaded the installed version of.
    fn late(&mut self) -> Vec<HotLib> {
        let Some(ready) = &self.reload.installed else { return Vec::new() };
        let mut hot = self.modules.hot();
        hot.retain(|hot| !ready.has(hot));
        hot.into_iter().map(|hot| hot.library).collect()
    }
}

impl Ready {
    /// As it is kept once the process has it.
    pub(super) fn generation(&self) -> Generation {
        let (texts, program) = (self.texts.clone(), self.program.clone());
        Generation { number: self.number, texts, program, record: Value::Null }
    }

    /// Whether a library that the process has mapped is of this generation.
    fn has(&self, hot: &Hot) -> bool {
        let library = self.libraries.iter().find(|library| library.name == hot.library.lib_name);
        library.is_some_and(|library| library.sha256 == hot.sha256)
    }

    /// Whether one of its new libraries is among those that the process has mapped.
    fn has_begun(&self, hot: &[Hot]) -> bool {
        let is_new = |hot: &&Hot| {
            self.staged.iter().any(|(_, path)| {
                self.libraries
                    .iter()
                    .any(|library| library.path == *path && library.name == hot.library.lib_name)
            })
        };
        hot.iter().filter(is_new).any(|hot| self.has(hot))
    }
}

impl Drop for Reloading {
    fn drop(&mut self) {
        for task in self.task.iter().chain(&self.warm_up) {
            task.abort();
        }
        self.installed.take();
    }
}

impl Session {
    /// Sources were saved.
    pub(super) async fn on_saved(&mut self) {
        let Some(live) = &self.live else { return };
        // Somebody else builds it and starts it again.
        let is_watched = live.process.watched.is_some();
        if !is_watched && live.config.reload == Trigger::OnSave && !live.reload.is_off {
            self.bring_in(None).await;
        }
    }

    /// Brings what is on disk into this process, or where the user wants that, into another one.
    pub(super) async fn bring_in(&mut self, asked: Option<i64>) {
        let Some(live) = &mut self.live else { return };
        if live.followed.is_some() {
            live.reload.waiting.extend(asked);
            if let Err(error) = self.see_versions().await {
                return self.on_failed(&error);
            }
            let message = "This program's patches are built by what started it, such as `dx` or `cargo-hot`.";
            return self.answer_reload(false, Verdict::Safe, &json!([]), message);
        }
        let is_other = live.project == Project::Other;
        if self.relaunching.is_none() && !live.is_started_again() && !(is_other && live.is_started) {
            return self.start_reload(asked).await;
        }
        if is_other && asked.is_none() && !live.is_started_again() {
            // Its debugger can't swap code, and nobody asked for another process.
            return;
        }
        live.reload.waiting.extend(asked);
        self.start_again();
    }

    /// Brings what is on disk into the process, for a request of the editor or by itself.
    async fn start_reload(&mut self, asked: Option<i64>) {
        self.find_program().await;
        let (progress, mut lines) = mpsc::unbounded_channel();
        let reports = self.reports.clone();
        let Some(live) = &mut self.live else { return };
        live.reload.waiting.extend(asked);
        if live.reload.task.is_some() {
            live.reload.again = true;
            return;
        }
        let launched = live.sources.launched();
        let plan = live.plan(progress);
        let for_lines = reports.clone();
        tokio::spawn(async move {
            while let Some(line) = lines.recv().await {
                // Cargo's steps are noise on every save; what the compiler says is not.
                if !matches!(line, Progress::Step(_)) {
                    let _ = for_lines.send(Report::Build(line));
                }
            }
        });
        live.reload.task = Some(tokio::spawn(async move {
            let outcome = plan.carry_out().await.unwrap_or_else(Outcome::Failed);
            let _ = reports.send(Report::Reloaded { launched, outcome: Box::new(outcome) });
        }));
    }

    /// Builds the libraries once into the directory where reloads are built, behind everything else.
    pub(super) fn warm_up(&mut self) {
        let (progress, lines) = mpsc::unbounded_channel();
        drop(lines);
        let Some(live) = &mut self.live else { return };
        let Some((invocation, _)) = live.staging().filter(|_| live.reloads) else { return };
        live.reload.warm_up = Some(tokio::spawn(async move {
            if let Err(error) = invocation.in_background().run(progress).await {
                tracing::debug!(%error, "the first reload will take longer");
            }
        }));
    }

    /// It was judged and built, or not.
    pub(super) async fn on_reloaded(&mut self, outcome: Outcome) {
        let Some(live) = &mut self.live else { return };
        live.reload.task = None;
        match outcome {
            Outcome::Unchanged => {
                live.reload.refused = None;
                if std::mem::take(&mut live.reload.is_behind) {
                    self.editor.say("What is saved is again what runs.");
                }
                self.answer_reload(false, Verdict::Safe, &json!([]), "Nothing differs from what runs.");
            }
            Outcome::Refused(refusal) => self.on_refused(refusal),
            Outcome::Failed(error) => self.on_failed(&error),
            Outcome::Ready(ready) if ready.number != live.sources.current().number + 1 => {
                // The program loaded what was installed before while this was built beside something older.
                live.reload.again = true;
            }
            Outcome::Ready(ready) => self.install(ready).await,
        }
        if let Some(live) = &mut self.live
            && std::mem::take(&mut live.reload.again)
        {
            self.start_reload(None).await;
        }
    }

    fn on_refused(&mut self, refusal: Refusal) {
        let Some(live) = &mut self.live else { return };
        let is_news = live.reload.refused.as_ref() != Some(&refusal.texts);
        let Refusal { texts, verdict, changes, message, remedy } = refusal;
        live.reload.refused = Some(texts);
        live.reload.is_behind = true;
        if is_news {
            let generation = live.sources.current().number;
            // A rule's message says itself what to do.
            let says_it = message.to_lowercase().contains("restart");
            let advice = if says_it { "" } else { remedy.as_str() };
            self.editor.warn(format!("Not reloaded: {message} {advice}").trim_end());
            let body = json!({
                "verdict": verdict, "changes": changes, "message": message, "remedy": remedy,
                "generation": generation,
            });
            self.editor.event("midflight/refused", &body);
        }
        self.answer_reload(false, verdict, &changes, &message);
    }

    pub(super) fn on_failed(&mut self, error: &Error) {
        let blame = if error.blame == Blame::Midflight { " This is a fault of Midflight." } else { "" };
        let message = format!("{error}{blame} The old code runs on.");
        self.editor.print(OutputEventCategory::Important, format!("midflight: Not reloaded. {message}\n"));
        if let Some(live) = &mut self.live {
            live.reload.refused = None;
            live.reload.is_behind = true;
        }
        self.answer_reload(false, Verdict::Unknown, &json!([]), &message);
    }

    /// Puts the libraries where the program looks for them.
    async fn install(&mut self, ready: Ready) {
        let Some(live) = &mut self.live else { return };
        live.reload.refused = None;
        live.reload.is_behind = false;
        if let Some(patch) = ready.patch.clone() {
            return match self.swap(&ready, &patch).await {
                Ok(Ok(swapped)) => self.announce(&ready, Some(&swapped)),
                Ok(Err(message)) => self.on_refused(Refusal {
                    texts: ready.texts.clone(),
                    verdict: Verdict::Restart,
                    changes: ready.changes.clone(),
                    message,
                    remedy: String::new(),
                }),
                Err(error) => self.on_failed(&error),
            };
        }
        // What the program has not taken up, or not all of it, is overtaken.
        if let Some(overtaken) = live.reload.installed.take()
            && overtaken.number == live.sources.current().number
        {
            self.announce(&overtaken, None);
        }
        let Some(live) = &mut self.live else { return };
        live.modules.forget(ready.number);
        live.reload.running = Some(Arc::clone(&ready.replaced));
        for library in ready.libraries.iter() {
            live.modules.built(library.sha256.clone(), ready.number);
        }
        for (from, to) in &ready.staged {
            if let Err(error) = std::fs::rename(from, to) {
                let error = Error::user(format!("{} can't be replaced: {error}.", to.display()));
                return self.on_failed(&error);
            }
        }
        let number = ready.number;
        let is_same_code = ready.staged.is_empty();
        live.reload.installed = Some(ready);
        if is_same_code {
            // The compiler made the same library again: there is nothing to load.
            return self.applied();
        }
        if live.process.is_stopped() {
            self.say_what_it_waits_for();
        }
        self.later(NUDGE, Report::Overdue { number, times: 1 });
    }

    fn say_what_it_waits_for(&mut self) {
        let Some(live) = &mut self.live else { return };
        let late: Vec<String> = live.late().into_iter().map(|library| library.root).collect();
        let is_in_late = |key: &Key| {
            live.sources.hot_folder(key).is_some_and(|folder| late.iter().any(|root| root == folder))
        };
        let is_inside = live.frames.values().find(|frame| frame.key.as_ref().is_some_and(is_in_late));
        let until = match is_inside {
            Some(frame) => format!("until `{}` returns: continue the program", frame.function),
            None => "until the program goes on".to_owned(),
        };
        self.editor.say(format!("The new code is built and checked. The reload waits {until}."));
    }

    /// The program should have loaded what was installed.
    ///
    /// It watches its library from a thread of its own. If the process stood still before that thread had
    /// begun, it has missed the replacement and would wait for ever: touch the file.
    pub(super) fn on_overdue(&mut self, number: u32, times: u32) {
        let Some(live) = &mut self.live else { return };
        let Some(ready) = live.reload.installed.as_ref().filter(|ready| ready.number == number) else {
            return;
        };
        let libraries = Arc::clone(&ready.libraries);
        let late: Vec<String> = live.late().into_iter().map(|library| library.lib_name).collect();
        for library in libraries.iter().filter(|library| late.contains(&library.name)) {
            let touched =
                std::fs::File::open(&library.path).and_then(|file| file.set_modified(SystemTime::now()));
            if let Err(error) = touched {
                tracing::debug!(%error, "the library can't be touched");
            }
        }
        let is_stopped = live.process.is_stopped();
        self.later(NUDGE, Report::Overdue { number, times: times + 1 });
        if is_stopped && times == 1 {
            self.answer_overdue("The reload waits until the program goes on.");
        } else if times == OVERDUE && !is_stopped {
            let message = format!(
                "The new code is in place, but the program has not loaded it yet{}. It does at the next call, once no \
                 thread is inside a function of that library.",
                if late.is_empty() { String::new() } else { format!(" (`{}`)", late.join("`, `")) }
            );
            self.editor.say(&message);
            self.answer_overdue(&message);
        }
    }

    fn answer_overdue(&mut self, message: &str) {
        let ready = self.live.as_ref().and_then(|live| live.reload.installed.as_ref());
        let Some((verdict, changes)) = ready.map(|ready| (ready.verdict, ready.changes.clone())) else {
            return;
        };
        self.answer_reload(false, verdict, &changes, message);
    }

    /// Reloadable libraries were mapped.
    pub(super) fn on_loaded(&mut self, hot: &[Hot]) {
        let Some(live) = &mut self.live else { return };
        let ready = live.reload.installed.take();
        let is_in = ready.as_ref().is_some_and(|ready| ready.has_begun(hot));
        if let Some(ready) =
            ready.as_ref().filter(|ready| is_in && ready.number > live.sources.current().number)
        {
            live.advance(ready);
        }
        live.reload.installed = ready;
        live.follow_libraries();
        let newest = live.sources.current().number;
        if hot.iter().any(|hot| live.modules.generation_of(&hot.sha256, newest).is_none()) {
            self.editor.warn(
                "The program loaded a library that Midflight has not built. Its lines may be wrong until the \
                 next save.",
            );
        }
        if is_in && self.live.as_mut().is_some_and(|live| live.late().is_empty()) {
            self.applied();
        }
    }

    /// The generation that was installed runs.
    pub(super) fn applied(&mut self) {
        let Some(live) = &mut self.live else { return };
        let Some(ready) = live.reload.installed.take() else { return };
        // In place, what gets here needed no patch.
        let nothing = live.swap.is_some().then(Swapped::default);
        if ready.number > live.sources.current().number {
            live.advance(&ready);
            live.follow_libraries();
        }
        self.announce(&ready, nothing.as_ref());
    }

    /// Writes the new generation down and tells everybody.
    pub(super) fn announce(&mut self, ready: &Ready, swapped: Option<&Swapped>) {
        let Some(live) = &mut self.live else { return };
        let (number, elapsed) = (ready.number, ready.started.elapsed());
        let message = wording::message(number, elapsed, swapped, &ready.changes);
        let mut record = json!({
            "generation": number, "time": now(), "verdict": ready.verdict, "changes": ready.changes,
            "elapsedMs": millis(elapsed), "judgeMs": millis(ready.times.judge),
            "buildMs": millis(ready.times.build), "gateMs": millis(ready.times.gate),
            "swapMs": millis(elapsed.saturating_sub(ready.times.total())), "message": message,
        });
        if let Some(swapped) = swapped {
            record["functions"] = json!(swapped.functions);
            record["pausedMs"] = json!(millis(swapped.paused));
            record["notes"] = json!(swapped.notes);
            let Parts { stop, load, redirect, breakpoints, left_over } = swapped.parts;
            record["pause"] = json!({
                "stopMs": millis(stop), "loadMs": millis(load), "redirectMs": millis(redirect),
                "breakpointsMs": millis(breakpoints), "leftOverMs": millis(left_over),
            });
        }
        if let Some(patch) = &ready.patch {
            let Took { diff, link, gate } = patch.took;
            record["preparation"] =
                json!({"diffMs": millis(diff), "linkMs": millis(link), "gateMs": millis(gate)});
        }
        if let Some(store) = &mut live.store {
            let generation = NewGeneration {
                artifacts: ready.libraries.iter().map(|library| library.path.clone()).collect(),
                verdict: Some(ready.verdict.name().to_owned()),
                changes: ready.changes.clone(),
                elapsed,
            };
            if let Err(error) = store.commit(&ready.texts, &generation) {
                self.editor.say(format!("Generation {number} can't be written down: {error}."));
            }
        }
        live.sources.record(record.clone());
        self.editor.say(&message);
        self.editor.event("midflight/generation", &record);
        if self.client.knows_invalidated {
            // Where nothing stands still, VS Code would show its last stop again.
            let areas: &[&str] =
                if live.shows_outdated_frames() { &["stacks", "variables"] } else { &["variables"] };
            self.editor.event("invalidated", &json!({"areas": areas}));
        }
        self.answer_reload(true, ready.verdict, &ready.changes, &message);
    }

    pub(super) fn answer_reload(&mut self, applied: bool, verdict: Verdict, changes: &Value, message: &str) {
        let Some(live) = &mut self.live else { return };
        let current = live.sources.current();
        let body = json!({
            "applied": applied, "generation": current.number, "verdict": verdict, "changes": changes,
            "message": message, "times": if applied { current.record.clone() } else { json!({}) },
        });
        for seq in std::mem::take(&mut live.reload.waiting) {
            self.editor.answer(seq, "midflight/reload", &body.clone());
        }
    }
}

/// Milliseconds since 1970.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
