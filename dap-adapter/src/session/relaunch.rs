//! Another process of the program in the same session: built anew, and started under a debug adapter of its own.
//!
//! Until it is built and the new adapter answers, the old process runs on, and a failure changes nothing. From
//! then on until the new one runs there is no process; what the editor asks meanwhile waits. Breakpoints,
//! exception filters and snapshots are the session's, so they are carried over; to the editor it is one
//! session, in which the threads are others.

use std::time::{Duration, Instant};

use baseline::NewGeneration;
use compat::Verdict;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::from_editor::RESUMES;
use super::launch::Prepared;
use super::live::{Live, Running, Shown};
use super::prepare::millis;
use super::{Forwarded, Session};
use crate::adapter::Adapter;
use crate::capabilities;
use crate::config::{Config, Engine};
use crate::error::{Error, Result};
use crate::message::{Kind, Message};
use crate::platform::Process;

/// So long an adapter of somebody else's may take to let the old process go.
const GOODBYE: Duration = Duration::from_secs(3);

/// So long a process may take to be gone after it was killed.
const GONE: Duration = Duration::from_secs(2);

/// A program that is being started again.
#[derive(Debug)]
pub(super) struct Relaunching {
    /// The `restart` that asked for it; none when a save did.
    pub(super) asked: Option<i64>,
    step: Step,
    /// Saved again meanwhile.
    again: bool,
    began: Instant,
}

#[derive(Debug)]
enum Step {
    /// The old process runs.
    Building(JoinHandle<()>),
    /// It has ended, and whoever watches its sources starts it again.
    Awaiting(JoinHandle<()>),
    /// It is there, and its sources are read.
    Reading(JoinHandle<()>, Process),
    /// There is none: the new one is launched, and its breakpoints are set, in the order that the adapter
    /// wants.
    Launching(Box<Launch>),
}

#[derive(Debug)]
struct Launch {
    record: Value,
    artifacts: NewGeneration,
    is_launched: bool,
    is_configured: bool,
}

impl Drop for Relaunching {
    fn drop(&mut self) {
        match &self.step {
            Step::Building(task) | Step::Awaiting(task) | Step::Reading(task, _) => task.abort(),
            Step::Launching(_) => {}
        }
    }
}

impl Live {
    /// Whether a save starts the program again, as the user chose.
    pub(super) fn is_started_again(&self) -> bool {
        let engine = self.config.engine();
        self.is_started && matches!(engine, Ok(Engine::Chosen(compat::EngineKind::Restart)))
    }

    /// Another process takes the place of the one that was.
    fn start_process(&mut self, process: super::launch::ForProcess, prepared: &Prepared, record: Value) {
        self.engine = process.engine;
        self.reloads = process.reloads;
        self.followed = process.followed;
        self.swap = process.swap;
        self.fixed = process.fixed;
        self.modules = process.modules;
        self.build = process.build;
        self.is_started = process.is_started;
        self.sources.launch(process.hot, prepared.generation(record));
        if self.swap.is_some() {
            self.sources.add_program();
        }
        self.reload.anew();
        self.resumed();
        self.process = Running {
            exceptions: self.process.exceptions.take(),
            times_cleared: self.process.times_cleared,
            ..Running::default()
        };
        if let Some(watch) = &mut self.watch {
            watch.follow(self.sources.root(), &self.sources.current().texts);
        }
    }
}

impl Session {
    /// There is no process at the moment.
    pub(super) fn is_between_processes(&self) -> bool {
        let step = self.relaunching.as_ref().map(|relaunching| &relaunching.step);
        step.is_some_and(|step| !matches!(step, Step::Building(_)))
    }

    /// One process has ended, and the next is not attached to yet.
    pub(super) fn is_between_programs(&self) -> bool {
        let step = self.relaunching.as_ref().map(|relaunching| &relaunching.step);
        matches!(step, Some(Step::Awaiting(_) | Step::Reading(..)))
    }

    /// From here on, the process has ended, and the next one is waited for.
    pub(super) fn await_process(&mut self, task: JoinHandle<()>) {
        let step = Step::Awaiting(task);
        self.relaunching = Some(Relaunching { asked: None, step, again: false, began: Instant::now() });
    }

    /// It is there. What its sources are now is what it was built from.
    pub(super) fn read_for(&mut self, process: Process) {
        let Some(live) = &self.live else { return };
        let (config, launch) = (live.config.clone(), live.launch.clone());
        let task = self.prepare(false, &config, &launch);
        if let Some(relaunching) = &mut self.relaunching {
            relaunching.began = Instant::now();
            relaunching.step = Step::Reading(task, process);
        }
    }

    fn appeared(&self) -> Option<Process> {
        match self.relaunching.as_ref()?.step {
            Step::Reading(_, process) => Some(process),
            _ => None,
        }
    }

    /// Whether a message of the editor's has to wait for the process.
    pub(super) fn has_to_wait(&self, message: &Message) -> bool {
        let Kind::Request { command, .. } = &message.kind else { return false };
        // An adapter may say that it is ready for breakpoints while the program is still built; they need its texts.
        let is_early = self.launching.is_some()
            && !matches!(command.as_str(), "launch" | "attach" | "terminate" | "cancel")
            && !command.starts_with("midflight/");
        command != "disconnect" && (is_early || self.is_between_processes())
    }

    /// Keeps it until then. A process that was to go on has gone: the next one runs anyway.
    pub(super) fn defer(&mut self, message: Message) {
        match &message.kind {
            Kind::Request { seq, command }
                if self.is_between_processes() && RESUMES.contains(&command.as_str()) =>
            {
                self.editor.answer(*seq, command, &json!({"allThreadsContinued": true}));
            }
            _ => self.deferred.push_back(message),
        }
    }

    /// The editor asks for another process, maybe with other arguments.
    pub(super) fn on_restart(&mut self, seq: i64, message: &Message) {
        if let Err(error) = self.take_restart(seq, message) {
            self.editor.refuse(seq, "restart", &error);
        }
    }

    fn take_restart(&mut self, seq: i64, message: &Message) -> Result<()> {
        let Some(live) = self.live.as_mut().filter(|live| live.is_started) else {
            return Err(Error::user(
                "This session did not start the program, so it can't start it again: stop it and start it.",
            ));
        };
        let arguments = message.arguments().get("arguments").cloned().unwrap_or_default();
        if let Some(config) = Config::of(&arguments)? {
            live.config = config;
            live.launch = arguments;
        }
        self.start_again();
        match self.relaunching.as_mut().filter(|relaunching| relaunching.asked.is_none()) {
            Some(relaunching) => relaunching.asked = Some(seq),
            None => return Err(Error::user("The program is being started again already.")),
        }
        Ok(())
    }

    /// Builds the program and starts it again; once more if that is going on.
    pub(super) fn start_again(&mut self) {
        let Some(live) = &mut self.live else { return };
        if let Some(relaunching) = &mut self.relaunching {
            relaunching.again = true;
            return;
        }
        // What it builds would be for a process that goes.
        live.reload.halt();
        let (config, launch) = (live.config.clone(), live.launch.clone());
        let step = Step::Building(self.prepare(true, &config, &launch));
        self.relaunching = Some(Relaunching { asked: None, step, again: false, began: Instant::now() });
        self.progress_starts();
    }

    /// It is built, or not.
    pub(super) async fn on_prepared_again(&mut self, prepared: Result<Prepared>) {
        self.progress_ends();
        let is_gone = self.appeared().is_some();
        match self.replace_process(prepared).await {
            Ok(()) => {}
            Err(error) if is_gone => {
                self.give_up(&format!("The debugger can't follow the program: {error}"), false);
            }
            Err(error) => self.stay(&error),
        }
    }

    /// The old process runs on.
    fn stay(&mut self, error: &Error) {
        let Some(mut relaunching) = self.relaunching.take() else { return };
        let message = format!("Not restarted. {error} The old program runs on.");
        match relaunching.asked.take() {
            Some(seq) => {
                self.editor.refuse(seq, "restart", &Error { message: message.clone(), ..error.clone() });
            }
            None => self.editor.warn(&message),
        }
        self.answer_reload(false, Verdict::Unknown, &json!([]), &message);
    }

    async fn replace_process(&mut self, prepared: Result<Prepared>) -> Result<()> {
        let prepared = prepared?;
        let Some(live) = &self.live else { return Ok(()) };
        let is_wanted = self.relaunching.as_ref().is_some_and(|relaunching| relaunching.asked.is_some());
        let appeared = self.appeared();
        if !is_wanted && appeared.is_none() && prepared.tree.texts == live.sources.current().texts {
            self.relaunching = None;
            self.answer_reload(false, Verdict::Safe, &json!([]), "Nothing differs from what runs.");
            return Ok(());
        }
        let (config, mut launch) = (live.config.clone(), live.launch.clone());
        let threads = match appeared {
            Some(_) => Value::Null,
            None => self.ask("threads", &json!({})).await.unwrap_or_default(),
        };
        let old = self.another_adapter(&launch, &config).await?;
        // From here on there is no way back.
        self.editor.event("midflight/restarting", &json!({}));
        self.end(old).await;
        self.say_that_it_went(&threads);
        let Some(number) = self.live.as_ref().map(|live| live.sources.current().number + 1) else {
            return Ok(());
        };
        let record = json!({
            "generation": number, "time": super::reload::now(), "verdict": Verdict::Restart, "changes": [],
            "buildMs": millis(prepared.took),
        });
        let process = self.for_process(&prepared, &config, number);
        let artifacts = NewGeneration {
            artifacts: prepared.artifacts(),
            verdict: Some(Verdict::Restart.name().to_owned()),
            elapsed: prepared.took,
            ..NewGeneration::default()
        };
        if let Some(live) = &mut self.live {
            live.start_process(process, &prepared, record.clone());
            live.breakpoints.forget_adapter();
        }
        let at_libraries = self.live.as_ref().is_some_and(|live| live.stops_at_libraries());
        self.complete(&mut launch, &prepared, &config, at_libraries);
        if let Some(relaunching) = &mut self.relaunching {
            let (is_launched, is_configured) = (false, false);
            relaunching.step =
                Step::Launching(Box::new(Launch { record, artifacts, is_launched, is_configured }));
        }
        let command = match appeared {
            Some(process) => {
                self.on_attached(process);
                self.aim_at(process, &mut launch)
            }
            None => "launch",
        };
        let seq = self.tell(command, &launch);
        self.forwarded.insert(seq, Forwarded::Relaunch);
        Ok(())
    }

    /// Another adapter takes the place of the one that runs, which is returned.
    async fn another_adapter(&mut self, launch: &Value, config: &Config) -> Result<Option<Adapter>> {
        let mut new = match super::launch::named_adapter(launch, Some(config)).await? {
            Some(adapter) => adapter,
            None => self.start_adapter().await?,
        };
        new.rewrite_paths(config.path_rewrites()?);
        let old = self.adapter.replace(new);
        let aside = std::mem::take(&mut self.aside);
        let arguments = self.client.arguments.clone();
        match self.ask("initialize", &arguments).await {
            Ok(capabilities) => self.capabilities = capabilities,
            Err(error) => {
                if let Some(mut new) = std::mem::replace(&mut self.adapter, old) {
                    new.kill().await;
                }
                self.aside = aside;
                return Err(error);
            }
        }
        Ok(old)
    }

    /// Ends an adapter and its program.
    async fn end(&mut self, old: Option<Adapter>) {
        let error = Error::nobody("The program is started again.");
        for (seq, waiting) in std::mem::take(&mut self.forwarded) {
            if RESUMES.contains(&waiting.command()) {
                // It does not stand still any more.
                self.editor.answer(seq, waiting.command(), &json!({"allThreadsContinued": true}));
            } else {
                self.editor.refuse(seq, waiting.command(), &error);
            }
        }
        let processes = self.processes.take();
        let Some(mut old) = old else { return };
        if processes.is_empty() || !old.is_lldb() {
            // It runs elsewhere, or its adapter has more to tidy up than processes: Delve, the program that it built.
            self.last_own += 1;
            let terminate = json!({"terminateDebuggee": true});
            old.send(crate::message::request(self.last_own, "disconnect", &terminate));
            let _ = timeout(GOODBYE, async { while old.receive().await.is_some() {} }).await;
        }
        for process in &processes {
            process.kill();
        }
        old.kill().await;
        let gone = async {
            // What it held, a port perhaps, is free for the new one.
            while processes.iter().copied().any(Process::is_alive) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        if timeout(GONE, gone).await.is_err() {
            self.editor.warn("The old program does not end.");
        }
    }

    /// The editor learns that what it shows of the old process is gone.
    fn say_that_it_went(&mut self, threads: &Value) {
        let Some(live) = &self.live else { return };
        if live.process.is_stopped() {
            let body = json!({"threadId": live.process.thread, "allThreadsContinued": true});
            self.editor.event("continued", &body);
        }
        for thread in threads.get("threads").and_then(Value::as_array).into_iter().flatten() {
            self.editor.event("thread", &json!({"reason": "exited", "threadId": thread["id"]}));
        }
    }

    /// The adapter wants to know the breakpoints.
    pub(super) async fn on_initialized_again(&mut self) {
        if let Err(error) = self.set_everything().await {
            self.editor.warn(format!("Breakpoints may be missing: {error}"));
        }
        if let Some(live) = &mut self.live {
            live.process.shown = Shown::Running;
        }
        if capabilities::knows(&self.capabilities, "configurationDone") {
            self.tell("configurationDone", &json!({}));
        }
        self.relaunched(|launch| launch.is_configured = true);
    }

    async fn set_everything(&mut self) -> Result<()> {
        self.set_all_breakpoints().await?;
        self.set_function_breakpoints().await?;
        let Some(live) = &mut self.live else { return Ok(()) };
        let exceptions = live.process.exceptions.clone();
        let gone = live.breakpoints.addresses.take();
        self.say_that_addresses_went(gone, "Its address was one of the process before. Set it again.");
        if let Some(exceptions) = exceptions {
            self.ask("setExceptionBreakpoints", &exceptions).await?;
        }
        Ok(())
    }

    /// The program was launched again, or not.
    pub(super) fn on_relaunch_answer(&mut self, success: bool, message: &Message) {
        if success {
            return self.relaunched(|launch| launch.is_launched = true);
        }
        let reason = message.failure();
        self.give_up(&format!("The debugger can't start the program again: {reason}"), false);
    }

    /// One step further; after the last one, the new process is the session's.
    fn relaunched(&mut self, step: impl FnOnce(&mut Launch)) {
        let Some(Relaunching { step: Step::Launching(launch), .. }) = &mut self.relaunching else { return };
        step(launch);
        if !(launch.is_launched && launch.is_configured) {
            return;
        }
        let Some(mut relaunching) = self.relaunching.take() else { return };
        let (elapsed, again) = (relaunching.began.elapsed(), relaunching.again);
        let Step::Launching(launch) = &mut relaunching.step else { return };
        self.announce_process(std::mem::take(&mut launch.record), &launch.artifacts, elapsed);
        if let Some(seq) = relaunching.asked.take() {
            self.editor.answer(seq, "restart", &json!({}));
        }
        self.warm_up();
        if again {
            let _ = self.reports.send(super::Report::Saved);
        }
    }

    fn announce_process(&mut self, mut record: Value, artifacts: &NewGeneration, elapsed: Duration) {
        let Some(live) = &mut self.live else { return };
        let number = live.sources.current().number;
        let what = if live.is_started { "Restarted" } else { "Attached to the next process" };
        let message = format!("{what} in {:.1} s, generation {number}", elapsed.as_secs_f64());
        record["elapsedMs"] = json!(millis(elapsed));
        record["message"] = json!(message);
        if let Some(store) = &mut live.store
            && let Err(error) = store.commit(&live.sources.current().texts, artifacts)
        {
            self.editor.say(format!("Generation {number} can't be written down: {error}."));
        }
        live.sources.record(record.clone());
        self.say_what_needs_a_restart();
        self.editor.say(&message);
        self.editor.event("midflight/generation", &record);
        self.answer_reload(true, Verdict::Restart, &json!([]), &message);
    }
}
