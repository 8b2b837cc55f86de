//! What the editor asks.

use std::ops::ControlFlow;

use dap::types::OutputEventCategory;
use serde::Deserialize;
use serde_json::{Value, json};

use super::live::Shown;
use super::{Client, FIRST_OWN, Forwarded, Session, Stage};
use crate::adapter::{self, Adapter};
use crate::capabilities;
use crate::error::{Error, Result};
use crate::message::{Base, Kind, Message};

/// Requests after which the process goes on.
pub(super) const RESUMES: [&str; 8] =
    ["continue", "next", "stepIn", "stepOut", "stepBack", "reverseContinue", "goto", "restartFrame"];

type Flow = ControlFlow<()>;
const CONTINUE: Flow = ControlFlow::Continue(());

/// What `scopes` is about.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfFrame {
    frame_id: i64,
}

impl Session {
    pub(super) async fn on_editor(&mut self, message: Message) -> Flow {
        let Kind::Request { seq, command } = message.kind.clone() else {
            // The answer to a request that the adapter made in reverse.
            if let Some(adapter) = &self.adapter {
                adapter.send(message.into_bytes());
            }
            return CONTINUE;
        };
        if seq >= FIRST_OWN {
            let error = Error::midflight(format!("The request number {seq} is too high for this proxy."));
            self.editor.refuse(seq, &command, &error);
            return CONTINUE;
        }
        match command.as_str() {
            "initialize" => self.on_initialize(seq, &message).await,
            "disconnect" => return self.on_disconnect(seq, message).await,
            "launch" | "attach" if self.stage == Stage::Fresh => self.on_launch(seq, &command, message).await,
            own if own.starts_with("midflight/") => self.on_own_request(seq, own, &message).await,
            _ if self.adapter.is_none() => {
                let error = self.missing.clone();
                let error = error.unwrap_or_else(|| Error::nobody("The debug adapter has ended."));
                self.editor.refuse(seq, &command, &error);
            }
            _ if self.live.is_none() => {
                self.forward(seq, message.into_bytes(), Forwarded::Plain(command));
            }
            _ => {
                let resumes = RESUMES.contains(&command.as_str());
                if resumes || command == "scopes" {
                    self.take_due_snapshot().await;
                }
                if resumes {
                    self.on_resume();
                }
                self.on_request(seq, command, message).await;
            }
        }
        CONTINUE
    }

    async fn on_initialize(&mut self, seq: i64, message: &Message) {
        let arguments = message.arguments();
        let flag = |name: &str, default| arguments.get(name).and_then(Value::as_bool).unwrap_or(default);
        self.client = Client {
            base: Base {
                line: i64::from(flag("linesStartAt1", true)),
                column: i64::from(flag("columnsStartAt1", true)),
            },
            shows_progress: flag("supportsProgressReporting", false),
            knows_invalidated: flag("supportsInvalidatedEvent", false),
            arguments,
        };
        match self.start_adapter().await {
            Ok(adapter) => {
                self.adapter = Some(adapter);
                self.forward(seq, message.clone().into_bytes(), Forwarded::Initialize);
            }
            Err(error) => {
                // The launch configuration may still name one, so that the launch has to say it.
                self.missing = Some(error);
                self.editor.answer(seq, "initialize", &json!({"supportsConfigurationDoneRequest": true}));
            }
        }
    }

    pub(super) async fn start_adapter(&self) -> Result<Adapter> {
        if let Some(address) = self.options.connect {
            return Adapter::connect(&address.to_string()).await;
        }
        if self.options.adapter.is_empty() {
            return Adapter::start(&adapter::best_found()?).await;
        }
        Adapter::start(&self.options.adapter).await
    }

    /// A request of a session that reloads.
    async fn on_request(&mut self, seq: i64, command: String, message: Message) {
        if command == "restart" {
            return self.on_restart(seq, &message);
        }
        if !capabilities::may_be_asked(&self.capabilities, &command) {
            let name = self.adapter.as_ref().map_or("The debug adapter", |adapter| &adapter.name);
            let error = Error::user(format!("`{name}` does not support `{command}`."));
            self.editor.refuse(seq, &command, &error);
            return;
        }
        match command.as_str() {
            "setBreakpoints" => self.on_set_breakpoints(seq, &message).await,
            "setFunctionBreakpoints" => {
                let functions = Some(message.arguments());
                let answer = Forwarded::Others { command, functions };
                self.forward_breakpoints(seq, message.into_bytes(), answer).await;
            }
            "setExceptionBreakpoints" | "setDataBreakpoints" | "setInstructionBreakpoints" => {
                match &mut self.live {
                    Some(live) if command == "setExceptionBreakpoints" => {
                        live.process.exceptions = Some(message.arguments());
                    }
                    Some(live) => live.breakpoints.addresses.ask(&command, message.arguments()),
                    None => {}
                }
                let answer = Forwarded::Others { command, functions: None };
                self.forward_breakpoints(seq, message.into_bytes(), answer).await;
            }
            "stackTrace" => self.forward(seq, message.into_bytes(), Forwarded::StackTrace),
            "scopes" => {
                let frame = message.arguments_as::<OfFrame>().map(|asked| asked.frame_id).unwrap_or_default();
                self.forward(seq, message.into_bytes(), Forwarded::Scopes { frame });
            }
            "variables" | "setVariable" => self.on_variables(seq, command, message),
            "source" => self.on_source(seq, message),
            "evaluate" => self.on_evaluate(seq, command, message),
            "breakpointLocations" | "gotoTargets" | "disassemble" | "loadedSources" | "locations" => {
                self.on_request_with_position(seq, command, message);
            }
            "stepInTargets" => self.on_step_in_targets(seq, message),
            "configurationDone" if self.waits_for_originals() => {
                self.live.as_mut().into_iter().for_each(|live| live.held.push(message.clone()));
            }
            "configurationDone" => {
                if let Some(live) = self.live.as_mut().filter(|live| live.process.shown == Shown::NotBegun) {
                    live.process.shown = Shown::Running;
                }
                self.forward(seq, message.into_bytes(), Forwarded::Plain(command));
            }
            "pause" => {
                self.on_pause_wanted();
                self.forward(seq, message.into_bytes(), Forwarded::Plain(command));
            }
            _ => self.forward(seq, message.into_bytes(), Forwarded::Plain(command)),
        }
    }

    async fn on_own_request(&mut self, seq: i64, command: &str, message: &Message) {
        let Some(live) = &self.live else {
            let error = Error::user(format!(
                "`{command}` needs a session with a `midflight` key in its launch configuration."
            ));
            self.editor.refuse(seq, command, &error);
            return;
        };
        match command {
            "midflight/reload" => self.bring_in(Some(seq)).await,
            "midflight/timeline" => {
                let generations = live.sources.generations();
                let records: Vec<&Value> = generations.iter().map(|generation| &generation.record).collect();
                let body = json!({"current": live.sources.current().number, "generations": records});
                self.editor.answer(seq, command, &body);
            }
            "midflight/snapshots" => {
                let body = json!({"snapshots": live.snapshots.value()});
                self.editor.answer(seq, command, &body);
            }
            "midflight/text" => {
                let path =
                    message.arguments().get("path").and_then(Value::as_str).unwrap_or_default().to_owned();
                let text = live.sources.key(&path).and_then(|key| live.sources.current().texts.get(&key));
                if let Some(text) = text {
                    let body = json!({"content": text});
                    self.editor.answer(seq, command, &body);
                } else {
                    let error = Error::user(format!("The program was built without a file {path}."));
                    self.editor.refuse(seq, command, &error);
                }
            }
            _ => {
                let error = Error::user(format!("There is no request `{command}`."));
                self.editor.refuse(seq, command, &error);
            }
        }
    }

    pub(super) fn on_build_progress(&mut self, progress: crate::cargo::Progress) {
        match progress {
            crate::cargo::Progress::Step(line) => {
                self.report_progress(line.trim());
                self.editor.print(OutputEventCategory::Console, format!("{line}\n"));
            }
            crate::cargo::Progress::Diagnostic(text) => {
                self.editor.print(OutputEventCategory::Stderr, format!("{}\n", text.trim_end()));
            }
            crate::cargo::Progress::Done(findings) => {
                self.editor.event("midflight/build", &findings);
            }
        }
    }
}
