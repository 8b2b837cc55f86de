//! What the adapter answers and tells.

use std::ops::ControlFlow;

use serde_json::{Value, json};

use super::live::Debuggee;
use super::{Forwarded, Session, Stage, reattach};
use crate::adapter::Adapter;
use crate::message::{self, Kind, Message};
use crate::platform::Process;

type Flow = ControlFlow<()>;

impl Session {
    pub(super) async fn on_adapter(&mut self, message: Message) -> Flow {
        match message.kind.clone() {
            Kind::Response { request_seq, success } => {
                // A response that nobody waits for is one of ours, or came too late.
                if let Some(answer) = self.forwarded.remove(&request_seq) {
                    self.on_response(request_seq, answer, success, message).await;
                }
            }
            Kind::Event { event } => self.on_event(&event, message).await,
            Kind::Request { command, .. } => self.on_reverse_request(&command, message),
        }
        ControlFlow::Continue(())
    }

    async fn on_response(&mut self, seq: i64, answer: Forwarded, success: bool, message: Message) {
        match answer {
            Forwarded::Initialize => {
                self.capabilities = message.body();
                self.editor.forward(message.into_bytes());
            }
            Forwarded::Launch(command) => self.on_launch_answer(&command, success, message),
            Forwarded::Relaunch => self.on_relaunch_answer(success, &message),
            Forwarded::Plain(command) if !success && command == "pause" && self.stands_unseen() => {
                self.editor.answer(seq, &command, &json!({}));
            }
            _ if !success => self.editor.forward(message.into_bytes()),
            Forwarded::Breakpoints { path, placement } => {
                self.on_breakpoints_answer(seq, &path, &placement, &message);
            }
            Forwarded::Others { command, functions } => {
                self.on_other_breakpoints_answer(&command, functions, &message);
            }
            Forwarded::StackTrace => self.on_stack_trace(message).await,
            Forwarded::Scopes { frame } => self.on_scopes(frame, message),
            Forwarded::StepInTargets { path, generation } => {
                self.on_step_in_targets_answer(path.as_deref(), generation, &message);
            }
            Forwarded::Positions { path, .. } => self.on_response_with_positions(path.as_deref(), message),
            Forwarded::Plain(_) | Forwarded::Disconnect => self.editor.forward(message.into_bytes()),
        }
    }

    async fn on_event(&mut self, event: &str, message: Message) {
        match event {
            "process" => {
                self.on_process(&message);
                // It may have been patched before it was attached to.
                if let Err(error) = self.follow_patches().await {
                    self.editor.warn(format!("What the program has loaded can't be told: {error}"));
                }
            }
            "exited" | "terminated" if self.waits_for_the_next(event) => return,
            "initialized" if self.is_between_processes() => return self.on_initialized_again().await,
            "terminated" => {
                self.stage = Stage::Over;
                if let Some(live) = &mut self.live {
                    live.resumed();
                    // Nobody runs this generation any more: the language server compares with the build again.
                    live.store = None;
                    live.watch = None;
                }
            }
            _ => {}
        }
        if self.live.is_none() {
            self.editor.forward(message.into_bytes());
            return;
        }
        match event {
            "stopped" => self.on_stopped(message).await,
            "continued" => self.on_continued(message),
            "breakpoint" => self.on_breakpoint_event(&message),
            "thread" if self.is_still_there(&message.body()) => {}
            "output" | "loadedSource" => self.on_event_with_position(message),
            "capabilities" => {
                if let (Value::Object(known), Value::Object(new)) =
                    (&mut self.capabilities, message.body()["capabilities"].take())
                {
                    known.extend(new);
                }
                self.editor.forward(message.into_bytes());
            }
            _ => self.editor.forward(message.into_bytes()),
        }
    }

    /// The program runs: from here on we know what has to end with the session.
    fn on_process(&mut self, message: &Message) {
        let body = message.body();
        let id = body.get("systemProcessId").and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok());
        let name = body.get("name").and_then(Value::as_str).unwrap_or_default();
        let started = self.started_by_adapter();
        // A debugger may speak of another machine, where a number means another process than here.
        let is_here = |process: &Process| started.contains(process) || process.runs(name);
        let debuggee = id.and_then(Process::running).filter(is_here);
        self.debugs(debuggee, started);
    }

    /// The session is attached to this process. Delve does not say so in an event.
    pub(super) fn on_attached(&mut self, process: Process) {
        self.is_attached = true;
        let started = self.started_by_adapter();
        self.debugs(Some(process), started);
    }

    fn started_by_adapter(&self) -> Vec<Process> {
        self.adapter.iter().flat_map(Adapter::processes).collect()
    }

    fn debugs(&mut self, debuggee: Option<Process>, started: Vec<Process>) {
        if !self.is_attached {
            self.processes.add(debuggee);
        }
        if let Some(live) = &mut self.live {
            live.process.debuggee = debuggee.map(|process| Debuggee { process, interrupted: false });
        }
        self.processes.add(started);
        self.look_for_a_watcher();
    }

    fn on_launch_answer(&mut self, command: &str, success: bool, message: Message) {
        if success {
            let live =
                self.live.as_ref().filter(|live| command == "attach" && live.process.debuggee.is_none());
            let process = live.and_then(|live| reattach::aim_of(&live.launch));
            if let Some(process) = process {
                self.on_attached(process);
            }
            self.started();
            self.editor.forward(message.into_bytes());
            return;
        }
        self.stage = Stage::Fresh;
        if self.live.take().is_none() {
            self.editor.forward(message.into_bytes());
            return;
        }
        // The adapter's words, and what it was that failed.
        let mut tree = message.tree();
        let reason = message.failure();
        tree["message"] = json!(format!("The debugger can't start the program: {reason}"));
        self.editor.forward(message::bytes(&tree));
    }
}
