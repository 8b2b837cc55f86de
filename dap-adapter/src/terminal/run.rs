//! One session and the program that it debugs.

use std::collections::HashMap;
use std::process::ExitStatus;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use super::debuggee::Debuggee;
use super::link::Link;
use super::{Launch, News};
use crate::error::{Error, Result};
use crate::message::{Kind, Message};

/// Once the debugger has let it go, the program ends within this time.
const LAST_BREATH: Duration = Duration::from_secs(2);

/// What the session says of the end of its program is here within this time.
const LAST_WORD: Duration = Duration::from_millis(250);

/// So many frames of a crash are shown.
const FRAMES: u32 = 50;

/// Our own lines begin so; the debugger's don't.
const OURS: &str = "midflight: ";

/// Signals that end a program which does not expect them. The debugger stops at these, to see where.
const CRASHES: [&str; 6] = ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGSYS"];

/// Signals that a program gets as if there were no debugger.
const PASSED: [&str; 12] = [
    "SIGHUP", "SIGINT", "SIGQUIT", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGCONT",
    "SIGWINCH", "SIGIO", "SIGXCPU",
];

/// A session, and its program once it has one.
pub(super) struct Run<'a> {
    link: Link,
    show: &'a dyn Fn(News),
    pending: HashMap<i64, Pending>,
    /// What the session says of itself: the engine, the program.
    session: Value,
    debuggee: Option<Debuggee>,
    is_first: bool,
    /// The debugger has the program.
    is_launched: bool,
    /// What was shown of the last crash; a signal that is handled can come again and again.
    crash: Option<News>,
    /// Counts the lines that were shown.
    lines: u64,
}

/// A request whose answer matters.
enum Pending {
    Launch,
    /// A reload, and how many lines had been shown when it was asked for.
    Reload(u64),
    /// The frames of a thread that got this signal.
    Frames {
        thread: Value,
        signal: String,
    },
}

/// What the owner of a run has to know.
pub(super) enum Step {
    /// It is built; the debugger wants the program started.
    Starts { seq: i64, request: Value },
    /// It does not start.
    Refused(Error),
    /// The program or the session has ended.
    Ended,
}

impl<'a> Run<'a> {
    /// Opens a session and lets it build.
    pub(super) fn open(launch: &Launch, show: &'a dyn Fn(News), is_first: bool) -> Self {
        let mut link = Link::open();
        link.ask(
            "initialize",
            &json!({
                "clientID": "midflight", "adapterID": "midflight", "linesStartAt1": true,
                "columnsStartAt1": true, "pathFormat": "path", "supportsRunInTerminalRequest": true,
            }),
        );
        let handle =
            |signal: &&str| format!("process handle {signal} --pass true --stop false --notify false");
        let engine = launch.engine.map_or("auto", compat::EngineKind::name);
        let seq = link.ask(
            "launch",
            &json!({
                "cwd": launch.folder, "runInTerminal": true,
                "initCommands": PASSED.iter().map(handle).collect::<Vec<_>>(),
                "midflight": {"engine": engine, "cargo": launch.cargo},
            }),
        );
        let pending = HashMap::from([(seq, Pending::Launch)]);
        let (session, debuggee, crash) = (Value::Null, None, None);
        Self { link, show, pending, session, debuggee, is_first, is_launched: false, crash, lines: 0 }
    }

    /// Goes on until there is something that the owner has to know. Dropping the future loses nothing.
    pub(super) async fn step(&mut self) -> Step {
        loop {
            let ended = ended(self.debuggee.as_mut().filter(|_| self.is_launched));
            let message = tokio::select! {
                biased;
                message = self.link.receive() => message,
                () = ended => match self.last_word().await {
                    Some(step) => return step,
                    None => continue,
                },
            };
            let Some(message) = message else { return Step::Ended };
            if let Some(step) = self.on_message(&message) {
                return step;
            }
        }
    }

    /// The program has ended: by itself, or because the session starts it again, which it said before.
    async fn last_word(&mut self) -> Option<Step> {
        while self.is_launched {
            let Ok(Some(message)) = timeout(LAST_WORD, self.link.receive()).await else {
                return Some(Step::Ended);
            };
            if let Some(step) = self.on_message(&message) {
                return Some(step);
            }
        }
        None
    }

    fn on_message(&mut self, message: &Message) -> Option<Step> {
        match &message.kind {
            Kind::Response { request_seq, success } => {
                let pending = self.pending.remove(request_seq)?;
                self.on_response(pending, *success, message)
            }
            Kind::Event { event } => self.on_event(event, &message.body()),
            Kind::Request { seq, command } if command == "runInTerminal" => {
                Some(Step::Starts { seq: *seq, request: message.arguments() })
            }
            Kind::Request { .. } => None,
        }
    }

    fn on_event(&mut self, event: &str, body: &Value) -> Option<Step> {
        match event {
            "output" => self.on_output(body),
            "midflight/session" => self.session = body.clone(),
            "midflight/restarting" => self.is_launched = false,
            "midflight/generation" => self.is_launched = true,
            "initialized" => {
                self.link.ask("configurationDone", &json!({}));
            }
            "stopped" => self.on_stopped(body),
            "terminated" => return Some(Step::Ended),
            _ => {}
        }
        None
    }

    fn on_output(&mut self, body: &Value) {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let output = text("output").unwrap_or_default().trim_end();
        let is_built = !self.session.is_null();
        match (text("category"), output.strip_prefix(OURS)) {
            (Some("stderr"), _) => (self.show)(News::Diagnostic(output.to_owned())),
            (_, Some(line)) => self.line(line),
            // What comes later is the debugger's.
            (Some("console"), None) if !is_built => (self.show)(News::Building(output.to_owned())),
            _ => {}
        }
    }

    fn line(&mut self, line: &str) {
        self.lines += 1;
        (self.show)(News::Line(line.to_owned()));
    }

    fn on_response(&mut self, pending: Pending, success: bool, message: &Message) -> Option<Step> {
        match pending {
            Pending::Launch if !success => return Some(Step::Refused(Error::user(message.failure()))),
            Pending::Launch => {
                self.is_launched = true;
                let text = |name: &str| self.session[name].as_str().unwrap_or_default().to_owned();
                let (program, engine) = (text("program"), text("engine"));
                let saves_restart = self.session["savesRestart"] == true;
                (self.show)(News::Started { program, engine, saves_restart, is_first: self.is_first });
            }
            // What became of it was said already, unless nothing did.
            Pending::Reload(lines) if lines == self.lines => {
                let said = message.body()["message"].as_str().map(str::to_owned);
                self.line(&said.unwrap_or_else(|| message.failure()));
            }
            Pending::Reload(_) => {}
            Pending::Frames { thread, signal } => {
                let body = message.body();
                let frames = body.get("stackFrames").and_then(Value::as_array);
                let frames = frames.into_iter().flatten().map(shown).collect();
                let crash = News::Crashed { signal, frames };
                if self.crash.replace(crash.clone()).as_ref() != Some(&crash) {
                    (self.show)(crash);
                }
                self.resume(&thread);
            }
        }
        None
    }

    /// Nobody is here to look: after a crash was shown, the program goes on to whatever it makes of it.
    fn on_stopped(&mut self, body: &Value) {
        let thread = body["threadId"].clone();
        let description = body.get("description").and_then(Value::as_str).unwrap_or_default();
        if !CRASHES.iter().any(|signal| description.contains(signal)) {
            return self.resume(&thread);
        }
        let arguments = json!({"threadId": thread, "startFrame": 0, "levels": FRAMES});
        let seq = self.link.ask("stackTrace", &arguments);
        let signal = description.strip_prefix("signal ").unwrap_or(description).to_owned();
        self.pending.insert(seq, Pending::Frames { thread, signal });
    }

    fn resume(&mut self, thread: &Value) {
        self.link.ask("continue", &json!({"threadId": thread}));
    }

    /// Whether the program runs.
    pub(super) fn runs(&self) -> bool {
        self.is_launched
    }

    /// Whether the program takes up by itself whatever a build makes.
    pub(super) fn loads_what_is_built(&self) -> bool {
        self.session["engine"] == compat::EngineKind::HotLibReloader.name()
    }

    /// Starts the program as the debugger asked for it.
    pub(super) async fn start(&mut self, seq: i64, request: &Value, launch: &Launch) -> Result<()> {
        let debuggee = Debuggee::start(request, launch).await?;
        self.link.answer(seq, "runInTerminal", &json!({"processId": debuggee.id()}));
        self.debuggee = Some(debuggee);
        Ok(())
    }

    /// Brings what is on disk into the process.
    pub(super) fn reload(&mut self) {
        if self.is_launched {
            let seq = self.link.ask("midflight/reload", &json!({}));
            self.pending.insert(seq, Pending::Reload(self.lines));
        }
    }

    /// Sends the program a signal.
    pub(super) fn signal(&self, signal: i32) {
        if let Some(debuggee) = &self.debuggee {
            debuggee.signal(signal);
        }
    }

    /// Ends program and debugger, whatever they are at.
    pub(super) async fn end(self) -> Option<ExitStatus> {
        let Self { link, debuggee, .. } = self;
        link.close().await;
        let mut debuggee = debuggee?;
        match timeout(LAST_BREATH, debuggee.ended()).await {
            Ok(status) => status.ok(),
            Err(_) => debuggee.kill().await.ok(),
        }
    }
}

async fn ended(debuggee: Option<&mut Debuggee>) {
    match debuggee {
        // However it ended, `Run::end` asks again and is told.
        Some(debuggee) => drop(debuggee.ended().await),
        None => std::future::pending().await,
    }
}

/// A frame on one line: `plain::play (src/main.rs:12)`.
fn shown(frame: &Value) -> String {
    let name = frame.get("name").and_then(Value::as_str).unwrap_or("?");
    let Some(path) = frame.pointer("/source/path").and_then(Value::as_str) else { return name.to_owned() };
    let here = std::env::current_dir().unwrap_or_default();
    let path = std::path::Path::new(path);
    let path = path.strip_prefix(here).unwrap_or(path);
    match frame.get("line").and_then(Value::as_u64).filter(|line| *line > 0) {
        Some(line) => format!("{name} ({}:{line})", path.display()),
        None => format!("{name} ({})", path.display()),
    }
}
