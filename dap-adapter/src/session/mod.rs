//! One debug session: an event loop that owns all its state.
//!
//! Everything that can happen comes in through one of three queues (editor, adapter, our own tasks) and is
//! dealt with to its end before the next. Where that end needs answers of the adapter, [`Session::ask`]
//! waits for them and puts whatever else the adapter says aside; what the editor asks meanwhile simply
//! waits in its queue. So there is no state between two messages but what the fields hold.

mod breakpoints;
mod children;
mod ending;
mod follow;
mod from_adapter;
mod from_editor;
mod in_patch;
mod launch;
mod live;
mod originals;
mod patching;
mod pausing;
mod places;
mod positions;
mod prepare;
mod reattach;
mod relaunch;
mod reload;
mod snapshots;
mod staging;
mod standing;
mod stops;
mod swap;
mod wording;

use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

pub(crate) use self::follow::patch_time;
use self::live::Live;
use crate::Options;
use crate::adapter::{Adapter, FromAdapter};
use crate::breakpoints::Placement;
use crate::editor::{Editor, FromEditor};
use crate::error::Error;
use crate::guard::Guarded;
use crate::message::{self, Base, Message};
use crate::originals::Index;
use crate::platform::Process;

/// Our own requests count from here; no editor gets that far.
const FIRST_OWN: i64 = 1 << 30;

/// An adapter that takes longer to answer a simple question of ours is taken to hang.
const PATIENCE: Duration = Duration::from_secs(5);

/// One debug session.
pub(crate) struct Session {
    options: Arc<Options>,
    editor: Editor,
    from_editor: mpsc::Receiver<FromEditor>,
    adapter: Option<Adapter>,
    /// What the adapter said while we waited for an answer.
    aside: VecDeque<Message>,
    /// Requests of the editor that the adapter has to answer.
    forwarded: HashMap<i64, Forwarded>,
    last_own: i64,
    client: Client,
    /// What the adapter announced.
    capabilities: Value,
    /// Why there is no adapter, when there is none.
    missing: Option<Error>,
    reports: mpsc::UnboundedSender<Report>,
    from_tasks: mpsc::UnboundedReceiver<Report>,
    /// With a `midflight` key: everything about generations.
    live: Option<Box<Live>>,
    /// The launch that is being built.
    launching: Option<launch::Launching>,
    /// The program is being started again.
    relaunching: Option<relaunch::Relaunching>,
    /// What the editor asked while there was no process.
    deferred: VecDeque<Message>,
    /// The program and what the adapter started for it.
    processes: Guarded,
    /// The program was there before the session, and is there after it.
    is_attached: bool,
    stage: Stage,
}

/// How far the session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing was launched.
    Fresh,
    /// The program was launched or attached to.
    Started,
    /// The editor was told that it is over, or asked for it.
    Over,
}

/// What the editor said about itself in `initialize`.
#[derive(Debug, Default)]
struct Client {
    /// The arguments, to start another adapter with.
    arguments: Value,
    /// The first line and column of a file.
    base: Base,
    shows_progress: bool,
    knows_invalidated: bool,
}

/// A request of the editor that the adapter has to answer, and what the answer needs.
#[derive(Debug)]
enum Forwarded {
    /// Nothing: it is forwarded as it comes.
    Plain(String),
    /// What the adapter can.
    Initialize,
    /// The program runs or does not.
    Launch(String),
    /// The program runs again or does not.
    Relaunch,
    /// A source's breakpoints.
    Breakpoints { path: String, placement: Placement },
    /// Breakpoints that belong to no text; for those on functions, what was asked for.
    Others { command: String, functions: Option<Value> },
    /// Frames, and the thread they are of.
    StackTrace,
    /// The scopes of a frame.
    Scopes { frame: i64 },
    /// What can be stepped into: lines are those of the frame's source, in the generation of its code.
    StepInTargets { path: Option<String>, generation: Option<u32> },
    /// Anything else with positions in it, and the source that lines without one belong to.
    Positions { command: String, path: Option<String> },
    /// The last request.
    Disconnect,
}

/// What our own tasks report.
#[derive(Debug)]
enum Report {
    /// Cargo said something.
    Build(crate::cargo::Progress),
    /// The program for the launch is built, or not.
    Launched(Box<Result<launch::Prepared, Error>>),
    /// Source maps were read.
    Originals(Box<Index>),
    /// The program that ended runs again, or its watcher has ended too.
    Appeared(Option<Process>),
    /// The program that a watcher started has ended.
    Died(Process),
    /// Sources were saved.
    Saved,
    /// A reload was judged and built, or not.
    Reloaded { launched: u32, outcome: Box<staging::Outcome> },
    /// An installed library should have been loaded by now.
    Overdue { number: u32, times: u32 },
    /// Breakpoints were taken away for an unload that seems not to come.
    Unsettled { since: u64 },
}

/// The next thing to deal with.
enum Input {
    Editor(Option<FromEditor>),
    Adapter(Option<FromAdapter>),
    Task(Report),
}

impl Session {
    /// A session with this editor.
    pub(crate) fn new(
        options: Arc<Options>,
        editor: Editor,
        from_editor: mpsc::Receiver<FromEditor>,
    ) -> Self {
        let (reports, from_tasks) = mpsc::unbounded_channel();
        Self {
            options,
            editor,
            from_editor,
            adapter: None,
            aside: VecDeque::new(),
            forwarded: HashMap::new(),
            last_own: FIRST_OWN,
            client: Client::default(),
            capabilities: Value::Null,
            missing: None,
            reports,
            from_tasks,
            live: None,
            launching: None,
            relaunching: None,
            deferred: VecDeque::new(),
            processes: Guarded::default(),
            is_attached: false,
            stage: Stage::Fresh,
        }
    }

    /// Runs until the editor or the adapter has gone, and leaves nothing behind.
    pub(crate) async fn run(mut self) {
        loop {
            let next = self.next().await;
            look_again(&mut self.live);
            let flow = match next {
                Input::Editor(Some(FromEditor::Message(message))) if self.has_to_wait(&message) => {
                    self.defer(message);
                    ControlFlow::Continue(())
                }
                Input::Editor(Some(FromEditor::Message(message))) => self.on_editor(message).await,
                Input::Editor(Some(FromEditor::Garbage(reason))) => {
                    self.editor.warn(format!("The editor sent something that is no message: {reason}."));
                    ControlFlow::Break(())
                }
                Input::Editor(None) => ControlFlow::Break(()),
                Input::Adapter(Some(FromAdapter::Message(message))) => self.on_adapter(message).await,
                Input::Adapter(Some(FromAdapter::Garbage(reason))) => self.on_garbage(&reason).await,
                Input::Adapter(None) => self.on_adapter_gone().await,
                Input::Task(report) => {
                    self.on_report(report).await;
                    ControlFlow::Continue(())
                }
            };
            if flow.is_break() {
                break;
            }
        }
        self.clean_up().await;
        self.editor.close().await;
    }

    async fn next(&mut self) -> Input {
        if let Some(message) = self.aside.pop_front() {
            return Input::Adapter(Some(FromAdapter::Message(message)));
        }
        if !self.is_between_processes()
            && self.launching.is_none()
            && let Some(message) = self.deferred.pop_front()
        {
            return Input::Editor(Some(FromEditor::Message(message)));
        }
        tokio::select! {
            // What the adapter says is older news than what the editor wants next.
            biased;
            from = receive(&mut self.adapter) => Input::Adapter(from),
            from = self.from_editor.recv() => Input::Editor(from),
            Some(report) = self.from_tasks.recv() => Input::Task(report),
        }
    }

    async fn on_report(&mut self, report: Report) {
        match report {
            Report::Build(progress) => self.on_build_progress(progress),
            Report::Launched(prepared) if self.relaunching.is_some() => {
                self.on_prepared_again(*prepared).await;
            }
            Report::Launched(prepared) => self.on_prepared(*prepared),
            Report::Originals(index) => self.on_originals(*index).await,
            Report::Appeared(process) => self.on_appeared(process),
            Report::Died(process) => self.on_died(process).await,
            Report::Saved => self.on_saved().await,
            Report::Reloaded { launched, outcome } => {
                // What was built for a process that is gone is nothing to this one.
                if self.live.as_ref().is_some_and(|live| live.sources.launched() == launched) {
                    self.on_reloaded(*outcome).await;
                }
            }
            Report::Overdue { number, times } => self.on_overdue(number, times),
            Report::Unsettled { since } => self.on_unsettled(since).await,
        }
    }

    /// Reports something later.
    fn later(&self, delay: Duration, report: Report) {
        let reports = self.reports.clone();
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            let _ = reports.send(report);
        });
    }

    /// Sends the adapter a request of our own whose answer nobody waits for.
    fn tell(&mut self, command: &str, arguments: &impl Serialize) -> i64 {
        self.last_own += 1;
        if let Some(adapter) = &self.adapter {
            adapter.send(message::request(self.last_own, command, arguments));
        }
        self.last_own
    }

    /// Asks the adapter, and waits for the answer.
    async fn ask(&mut self, command: &str, arguments: &impl Serialize) -> Result<Value, Error> {
        self.ask_until(command, arguments, Instant::now() + PATIENCE).await
    }

    /// Asks the adapter, and waits for the answer until then.
    async fn ask_until(
        &mut self,
        command: &str,
        arguments: &impl Serialize,
        limit: Instant,
    ) -> Result<Value, Error> {
        let seq = self.tell(command, arguments);
        self.answer_to(seq, command, limit).await
    }

    /// Waits for the answer to a request of our own until then. A later answer is dropped.
    async fn answer_to(&mut self, seq: i64, command: &str, limit: Instant) -> Result<Value, Error> {
        // It may have come while another one was waited for.
        let mut earlier = self.aside.iter().position(|message| message.answers(seq));
        let Some(adapter) = &mut self.adapter else {
            return Err(Error::nobody("There is no debug adapter."));
        };
        loop {
            let next = match earlier.take().and_then(|at| self.aside.remove(at)) {
                Some(message) => Some(FromAdapter::Message(message)),
                None => timeout_at(limit, adapter.receive())
                    .await
                    .map_err(|_| Error::nobody(format!("`{}` does not answer `{command}`.", adapter.name)))?,
            };
            look_again(&mut self.live);
            match next {
                Some(FromAdapter::Message(message)) if message.answers(seq) => {
                    let problem = || Error::nobody(message.failure());
                    return if message.succeeded() { Ok(message.body()) } else { Err(problem()) };
                }
                Some(FromAdapter::Message(message)) => self.aside.push_back(message),
                // The queue has ended or will end next: the loop learns it there.
                Some(FromAdapter::Garbage(reason)) => return Err(Error::nobody(reason)),
                None => return Err(Error::nobody(format!("`{}` has ended.", adapter.name))),
            }
        }
    }

    /// Forwards a request of the editor and remembers what its answer needs.
    fn forward(&mut self, seq: i64, bytes: Vec<u8>, answer: Forwarded) {
        if let Some(adapter) = &self.adapter {
            adapter.send(bytes);
            self.forwarded.insert(seq, answer);
        }
    }
}

/// Something came in: files may have been saved since the last look.
fn look_again(live: &mut Option<Box<Live>>) {
    if let Some(live) = live {
        live.sources.look_again();
    }
}

async fn receive(adapter: &mut Option<Adapter>) -> Option<FromAdapter> {
    match adapter {
        Some(adapter) => adapter.receive().await,
        // Without an adapter nothing comes, which is not its end.
        None => std::future::pending().await,
    }
}

impl Forwarded {
    fn command(&self) -> &str {
        match self {
            Self::Plain(command)
            | Self::Launch(command)
            | Self::Others { command, .. }
            | Self::Positions { command, .. } => command,
            Self::Initialize => "initialize",
            Self::Relaunch => "restart",
            Self::Breakpoints { .. } => "setBreakpoints",
            Self::StackTrace => "stackTrace",
            Self::Scopes { .. } => "scopes",
            Self::StepInTargets { .. } => "stepInTargets",
            Self::Disconnect => "disconnect",
        }
    }
}
