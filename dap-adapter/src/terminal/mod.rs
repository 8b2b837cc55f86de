//! A program with reloads in a plain terminal: a client of our own adapter, without an editor.
//!
//! Building, watching and swapping are the session's, as for any editor. What is here is what an editor does:
//! start the program when the debugger asks for it, show what is told, ask for a reload, end it all.

mod debuggee;
mod link;
mod run;

use std::ffi::OsString;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use compat::EngineKind;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

use self::run::{Run, Step};
use crate::error::{Error, Result};

/// A program that was asked to end may take so long.
const GRACE: Duration = Duration::from_secs(5);

/// What to run, and how.
#[derive(Debug, Clone)]
pub struct Launch {
    /// Where Cargo runs.
    pub folder: PathBuf,
    /// What to build: the arguments of `cargo`.
    pub cargo: Vec<String>,
    /// How new code gets into the process; found from the workspace where it is not given.
    pub engine: Option<EngineKind>,
    /// The program's arguments.
    pub arguments: Vec<OsString>,
    /// What the program finds in its environment beside what is in ours.
    pub environment: Vec<(String, OsString)>,
    /// Where the toolchain has its shared libraries.
    pub libraries: Vec<PathBuf>,
    /// Whether the standard input is the program's.
    pub reads_input: bool,
}

/// What there is to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A line of Cargo's, before the program starts.
    Building(String),
    /// What the compiler says, as Cargo shows it.
    Diagnostic(String),
    /// The program starts.
    Started {
        /// Its file.
        program: String,
        /// How new code gets into it.
        engine: String,
        /// Whether every save starts it again.
        saves_restart: bool,
        /// Whether it is the first, not a restart.
        is_first: bool,
    },
    /// A line about a reload, or about why there is none.
    Line(String),
    /// The program got a signal that ends it.
    Crashed {
        /// The signal, in the debugger's words.
        signal: String,
        /// Where: one line a frame, the innermost first.
        frames: Vec<String>,
    },
}

/// What the user wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Bring what is on disk into the process.
    Reload,
    /// Build, and start anew.
    Restart,
    /// End the program; asked for a second time, at once.
    End {
        /// What asks it to end.
        signal: i32,
        /// Whether the program has this signal already, as it has a Ctrl-C of the terminal.
        is_sent: bool,
    },
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The program ended.
    Program(ExitStatus),
    /// It was ended by this signal, before it was there.
    Signal(i32),
}

/// Runs the program until it ends.
pub async fn run(
    launch: &Launch,
    mut wishes: UnboundedReceiver<Wish>,
    show: &dyn Fn(News),
) -> Result<Ending> {
    let current = Run::open(launch, show, true);
    let mut terminal = Terminal { launch, show, current, next: None, ends: None };
    loop {
        let flow = tokio::select! {
            biased;
            step = terminal.current.step() => terminal.on_current(step).await,
            step = next_step(&mut terminal.next) => terminal.on_next(step).await,
            Some(wish) = wishes.recv() => terminal.on_wish(wish).await,
            () = moment(terminal.ends) => ControlFlow::Break(Reason::Ended),
        };
        if let ControlFlow::Break(reason) = flow {
            return match (terminal.end().await, reason) {
                (_, Reason::Failed(error)) => Err(error),
                (Some(status), _) => Ok(Ending::Program(status)),
                (None, Reason::Signal(signal)) => Ok(Ending::Signal(signal)),
                (None, Reason::Ended) => Err(Error::nobody("The session ended before the program ran.")),
            };
        }
    }
}

/// Why it is over.
enum Reason {
    Ended,
    Failed(Error),
    Signal(i32),
}

type Flow = ControlFlow<Reason>;
const CONTINUE: Flow = ControlFlow::Continue(());

struct Terminal<'a> {
    launch: &'a Launch,
    show: &'a dyn Fn(News),
    current: Run<'a>,
    /// A restart that is being built. The program runs until that is done.
    next: Option<Run<'a>>,
    /// When a program that was asked to end is ended.
    ends: Option<Instant>,
}

impl<'a> Terminal<'a> {
    async fn on_current(&mut self, step: Step) -> Flow {
        match step {
            Step::Starts { seq, request } => self.start(seq, &request).await,
            Step::Refused(error) => ControlFlow::Break(Reason::Failed(error)),
            Step::Ended => match self.next.take().filter(|_| self.ends.is_none()) {
                Some(next) => {
                    self.replace(next).await;
                    CONTINUE
                }
                None => ControlFlow::Break(Reason::Ended),
            },
        }
    }

    async fn on_next(&mut self, step: Step) -> Flow {
        let Some(next) = self.next.take() else { return CONTINUE };
        match step {
            Step::Starts { seq, request } => {
                self.replace(next).await;
                return self.start(seq, &request).await;
            }
            Step::Refused(error) => {
                next.end().await;
                (self.show)(News::Line(format!("Not restarted. {error} The old program runs on.")));
            }
            Step::Ended => {
                next.end().await;
            }
        }
        CONTINUE
    }

    async fn on_wish(&mut self, wish: Wish) -> Flow {
        match wish {
            Wish::Reload => self.current.reload(),
            Wish::Restart => self.restart().await,
            Wish::End { signal, .. } if self.ends.is_some() || !self.current.runs() => {
                return ControlFlow::Break(Reason::Signal(signal));
            }
            Wish::End { signal, is_sent } => {
                self.ends = Some(Instant::now() + GRACE);
                if !is_sent {
                    self.current.signal(signal);
                }
            }
        }
        CONTINUE
    }

    async fn restart(&mut self) {
        if self.next.is_some() || self.ends.is_some() || !self.current.runs() {
            return;
        }
        (self.show)(News::Line("Restarting.".to_owned()));
        let next = Run::open(self.launch, self.show, false);
        if self.current.loads_what_is_built() {
            // The build would bring into the old process whatever it makes.
            self.replace(next).await;
        } else {
            self.next = Some(next);
        }
    }

    /// Ends the current program for another.
    async fn replace(&mut self, next: Run<'a>) {
        std::mem::replace(&mut self.current, next).end().await;
    }

    async fn start(&mut self, seq: i64, request: &serde_json::Value) -> Flow {
        match self.current.start(seq, request, self.launch).await {
            Ok(()) => CONTINUE,
            Err(error) => ControlFlow::Break(Reason::Failed(error)),
        }
    }

    async fn end(self) -> Option<ExitStatus> {
        if let Some(next) = self.next {
            next.end().await;
        }
        self.current.end().await
    }
}

async fn next_step(next: &mut Option<Run<'_>>) -> Step {
    match next {
        Some(run) => run.step().await,
        None => std::future::pending().await,
    }
}

async fn moment(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
