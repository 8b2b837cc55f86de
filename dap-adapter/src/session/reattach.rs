//! A watcher (`cargo watch`, `bacon`, `watchexec`, `air`) ends the program on every save and starts it again. The
//! session goes on with the next process.
//!
//! Nothing is asked of the watcher: what it starts is the same file with the same arguments. Until it does, there is
//! no process, as between the two of a restart.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Report, Session};
use crate::platform::{Image, Process};

/// Programs that start others again when sources are saved.
const WATCHERS: [&str; 9] =
    ["air", "bacon", "cargo-watch", "entr", "nodemon", "reflex", "watchexec", "watchfiles", "watchmedo"];

/// How often processes are looked at.
const LOOK: Duration = Duration::from_millis(20);

/// So soon an adapter says that its process has ended.
const TELLS: Duration = Duration::from_millis(500);

/// Who starts the program again.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    program: Image,
    /// Without one that is known, the user has said that somebody does.
    watcher: Option<Process>,
}

impl Session {
    /// Looks who has started the program that the session was attached to.
    pub(super) fn look_for_a_watcher(&mut self) {
        let is_attached = self.is_attached;
        let Some(live) = self.live.as_mut().filter(|_| is_attached) else { return };
        let Some(debuggee) = live.process.debuggee else { return };
        let ancestors = std::iter::successors(debuggee.process.parent(), |process| process.parent());
        let watcher = ancestors.take(32).find(|process| WATCHERS.contains(&process.name().as_str()));
        let is_wanted = live.config.reattach.unwrap_or(watcher.is_some());
        let program = Image::of(debuggee.process).filter(|_| is_wanted);
        live.process.watched = program.map(|program| Watched { program, watcher });
        if live.process.watched.is_some() {
            let reports = self.reports.clone();
            tokio::spawn(async move {
                while debuggee.process.is_alive() {
                    tokio::time::sleep(LOOK).await;
                }
                tokio::time::sleep(TELLS).await;
                let _ = reports.send(Report::Died(debuggee.process));
            });
        }
    }

    /// The process that is watched, if it has ended.
    pub(super) fn dead(&self) -> Option<Process> {
        let live = self.live.as_ref().filter(|live| live.process.watched.is_some())?;
        live.process.debuggee.map(|debuggee| debuggee.process).filter(|process| !process.is_alive())
    }

    /// The process that is watched has ended. If the adapter has not noticed, it never will: Delve looks at a process
    /// only while it runs, and one that is killed where it stands is not reaped before Delve has gone.
    pub(super) async fn on_died(&mut self, process: Process) {
        let is_news = self.relaunching.is_none() && self.dead() == Some(process);
        if !is_news || !self.waits_for_the_next("terminated") {
            return;
        }
        if let Some(mut adapter) = self.adapter.take() {
            adapter.kill().await;
        }
    }

    /// Whether the session goes on after this event, which says that the process has ended.
    pub(super) fn waits_for_the_next(&mut self, event: &str) -> bool {
        let is_waited_for = self.relaunching.is_some();
        let Some(live) = &mut self.live else { return false };
        let Some((watched, debuggee)) = live.process.watched.clone().zip(live.process.debuggee) else {
            return false;
        };
        if event == "exited" || is_waited_for {
            return true;
        }
        if live.process.is_stopped() {
            let body = json!({"threadId": live.process.thread, "allThreadsContinued": true});
            self.editor.event("continued", &body);
        }
        live.resumed();
        let name = watched.program.name();
        let by = watched.watcher.map(|watcher| format!(" by `{}`", watcher.name())).unwrap_or_default();
        self.editor.say(format!("`{name}` has ended. The session goes on when it is started again{by}."));
        let reports = self.reports.clone();
        let task = tokio::spawn(async move {
            let _ = reports.send(Report::Appeared(next(&watched, debuggee.process).await));
        });
        self.await_process(task);
        true
    }

    /// The program runs again, or nobody is left to start it.
    pub(super) fn on_appeared(&mut self, process: Option<Process>) {
        match process {
            Some(process) => self.read_for(process),
            None => self.give_up("The program has ended, and so has what started it.", false),
        }
    }

    /// Completes the arguments that attach to another process; returns the request.
    pub(super) fn aim_at(&self, process: Process, arguments: &mut Value) -> &'static str {
        let is_lldb = self.adapter.as_ref().is_some_and(crate::adapter::Adapter::is_lldb);
        if let Some(arguments) = arguments.as_object_mut() {
            // Adapters disagree about the name.
            let name = if is_lldb { "pid" } else { "processId" };
            arguments.insert(name.to_owned(), json!(process.id()));
            arguments.remove("waitFor");
        }
        "attach"
    }
}

/// The process that arguments of `attach` name.
pub(super) fn aim_of(arguments: &Value) -> Option<Process> {
    let mut names = ["pid", "processId"].into_iter();
    let id = names.find_map(|name| arguments.get(name)?.as_u64())?;
    Process::running(u32::try_from(id).ok()?)
}

/// Waits for the next process of the program.
async fn next(watched: &Watched, last: Process) -> Option<Process> {
    loop {
        if let Some(process) = watched.program.running(last) {
            return Some(process);
        }
        if watched.watcher.is_some_and(|watcher| !watcher.is_alive()) {
            return None;
        }
        tokio::time::sleep(LOOK).await;
    }
}
