//! The process stands still for something of ours, and the editor does not see it.
//!
//! What changes the process happens while it stands: patches, and breakpoints too. LLDB sets a breakpoint in
//! a running process by interrupting it itself. That takes 100 ms, and where it falls into LLDB's own step
//! over a breakpoint, all threads go on without it, and at the next stop the one that was to step goes on
//! alone (`GDBRemoteClientBase` resumes with `c`): if it waits for another one by then, that is for ever.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::{Forwarded, PATIENCE, Session};
use crate::adapter::FromAdapter;
use crate::capabilities;
use crate::error::{Error, Result};
use crate::message::{Kind, Message};

/// How long a pause may take to come.
const PAUSE: Duration = Duration::from_secs(5);

/// A process that has only just been told to go on may miss a pause.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// How often a process is asked by a signal before LLDB is asked, whose own pause is lost where the process stops and
/// goes on all the time, for a condition, and then keeps lldb-dap for 20 s.
const SIGNALS: u32 = 3;

/// A process that LLDB holds for longer is asked to stop all the same, and how often that is looked at.
const HELD: Duration = Duration::from_millis(300);
const GLANCE: Duration = Duration::from_millis(1);

/// What is on the way comes within this.
const AT_ONCE: Duration = Duration::from_millis(300);

/// How often a process is told to go on that LLDB looks at, and how long a look may take.
const LOOKS: u32 = 500;
const LOOK: Duration = Duration::from_millis(2);

/// How LLDB says that one of its threads looks at the process.
const LOOKED_AT: &str = "process still running";

/// How it says that the process goes on.
const GOES_ON: &str = "resuming";

/// How lldb-dap describes a stop that we asked for by a signal.
pub(super) const INTERRUPTED: &str = "signal SIGSTOP";

/// How LLDB describes the end of a step of ours.
const STEPPED_OUT: &str = "step out";

/// How the process came to stand still.
#[derive(Debug)]
pub(super) enum Stand {
    /// The editor sees it stand, or it has not begun: it does not go on by itself.
    Before,
    /// We stopped it.
    ByUs,
    /// It stopped for the user meanwhile, who has not been told yet.
    ByItself(Box<Message>),
}

impl Session {
    /// Lets the process stand still until [`Session::go_on_from`].
    pub(super) async fn stand_still(&mut self) -> Result<Stand> {
        if self.live.as_ref().is_none_or(|live| !live.process.is_running()) {
            return Ok(Stand::Before);
        }
        let others = self.pause_silently().await?;
        Ok(others.map_or(Stand::ByUs, |stop| Stand::ByItself(Box::new(stop))))
    }

    /// The process goes on, where it would have.
    pub(super) async fn go_on_from(&mut self, stand: Stand) {
        match stand {
            Stand::Before => {}
            Stand::ByUs => self.continue_silently().await,
            Stand::ByItself(stop) => self.aside.push_front(*stop),
        }
    }

    /// Lets the process stand still for its breakpoints. Where it can't be stopped, they are set all the same.
    pub(super) async fn stand_for_breakpoints(&mut self) -> Stand {
        if !capabilities::is_lldb(&self.capabilities) {
            return Stand::Before;
        }
        self.stand_still().await.unwrap_or_else(|error| {
            tracing::debug!(%error, "breakpoints are set while the process runs");
            Stand::Before
        })
    }

    /// Forwards a request about breakpoints; if the process runs, it stands still until the answer.
    pub(super) async fn forward_breakpoints(&mut self, seq: i64, bytes: Vec<u8>, answer: Forwarded) {
        let stand = self.stand_for_breakpoints().await;
        self.forward(seq, bytes, answer);
        if !matches!(stand, Stand::Before) {
            self.wait_for_answer(seq).await;
        }
        self.go_on_from(stand).await;
    }

    /// Waits until the adapter has answered; the answer is dealt with in its turn.
    async fn wait_for_answer(&mut self, seq: i64) {
        let limit = Instant::now() + PATIENCE;
        let Some(adapter) = &mut self.adapter else { return };
        while let Ok(Some(FromAdapter::Message(message))) = timeout_at(limit, adapter.receive()).await {
            let is_answer = matches!(message.kind, Kind::Response { request_seq, .. } if request_seq == seq);
            self.aside.push_back(message);
            if is_answer {
                return;
            }
        }
    }

    /// Stops the process without the editor's seeing it. Returns a stop that is the user's business instead.
    pub(super) async fn pause_silently(&mut self) -> Result<Option<Message>> {
        let stop = self.pause().await?;
        self.unless_ours(stop, &[INTERRUPTED]).await
    }

    /// Lets a process that we stopped go on until a thread, which LLDB has selected, returns from a frame, by its number
    /// from 0. Whether it has; the process stands in any case.
    pub(super) async fn leave_silently(
        &mut self,
        thread: i64,
        frame: usize,
        stand: &mut Stand,
    ) -> Result<bool> {
        self.command(&format!("frame select {frame}")).await?;
        self.command("thread step-out").await?;
        self.count_continue();
        let stop = match self.next_stop(Instant::now() + ASK_AGAIN).await {
            Some(stop) => stop,
            None => self.pause().await?,
        };
        let body = stop.body();
        let has_left = body.get("description").and_then(Value::as_str) == Some(STEPPED_OUT);
        if let Some(stop) = self.unless_ours(stop, &[STEPPED_OUT, INTERRUPTED]).await? {
            *stand = Stand::ByItself(Box::new(stop));
        }
        if !has_left {
            self.command(&format!("thread select -t {thread}")).await?;
            self.command("thread plan discard 1").await?;
            self.command(&format!("thread select -t {}", body["threadId"])).await?;
        }
        Ok(has_left)
    }

    /// The stop, unless it is for one of these descriptions of ours.
    async fn unless_ours(&mut self, stop: Message, ours: &[&str]) -> Result<Option<Message>> {
        let body = stop.body();
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let wanted = self.live.as_mut().is_some_and(|live| {
            live.process.thread = body.get("threadId").and_then(Value::as_i64).unwrap_or_default();
            if let Some(debuggee) = &mut live.process.debuggee {
                debuggee.interrupted &= text("description") != INTERRUPTED;
            }
            live.process.pause_wanted
        });
        let is_pause = text("reason") == "pause" || ours.contains(&text("description"));
        if wanted || !(is_pause || self.passes_by(text("description")).await) {
            return Ok(Some(stop));
        }
        for reason in self.stop_reasons().await {
            // Another thread has stopped at the same moment: its event is on the way.
            if !ours.contains(&reason.as_str()) && !self.passes_by(&reason).await {
                return Ok(self.next_stop(Instant::now() + AT_ONCE).await);
            }
        }
        Ok(None)
    }

    async fn pause(&mut self) -> Result<Message> {
        let limit = Instant::now() + PAUSE;
        for _ in 0..SIGNALS {
            if let Some(stop) = self.let_go().await {
                return Ok(stop);
            }
            let debuggee = self.live.as_mut().and_then(|live| live.process.debuggee.as_mut());
            let Some(debuggee) = debuggee else { break };
            if !debuggee.process.is_interrupt_pending() && !debuggee.process.interrupt() {
                break;
            }
            debuggee.interrupted = true;
            if let Some(stop) = self.next_stop(Instant::now() + ASK_AGAIN).await {
                return Ok(stop);
            }
        }
        while Instant::now() < limit {
            // All threads stop, whichever is named.
            self.ask("pause", &json!({"threadId": 0})).await?;
            if let Some(stop) = self.next_stop(limit.min(Instant::now() + ASK_AGAIN)).await {
                return Ok(stop);
            }
        }
        Err(Error::nobody("The process does not stop."))
    }

    /// Waits until LLDB does not hold the process, as it does for a condition. lldb-server makes such a process call
    /// `mmap`, and takes the first signal that comes for the end of the call (`NativeProcessLinux::Syscall`): ours would be
    /// lost, and what LLDB takes for its memory be none. Returns the stop that is not LLDB's own business.
    async fn let_go(&mut self) -> Option<Message> {
        let process = self.live.as_ref()?.process.debuggee?.process;
        let limit = Instant::now() + HELD;
        while process.is_held() && Instant::now() < limit {
            let stop = self.next_stop(Instant::now() + GLANCE).await;
            if stop.is_some() {
                return stop;
            }
        }
        None
    }

    /// Lets the process go on, and the editor does not see it.
    pub(super) async fn continue_silently(&mut self) {
        if !capabilities::is_lldb(&self.capabilities) {
            let thread = self.live.as_ref().map(|live| live.process.thread);
            self.tell("continue", &json!({"threadId": thread}));
            return self.count_continue();
        }
        // lldb-dap does not say so where LLDB refuses to go on, which before version 21 it does while any thread of
        // lldb-dap's looks at the process: as when it has told us of a stop and goes on to the next thread (llvm#135455).
        for _ in 0..LOOKS {
            match self.printed("process continue").await {
                Ok(printed) if printed.contains(LOOKED_AT) => tokio::time::sleep(LOOK).await,
                Ok(printed) if printed.contains(GOES_ON) => return self.count_continue(),
                other => return tracing::debug!(?other, "the process does not go on"),
            }
        }
        self.editor.warn("The debugger holds the program, which should go on. Restart it.");
    }

    fn count_continue(&mut self) {
        if let Some(live) = &mut self.live {
            live.process.own_continues += 1;
        }
    }

    /// Whether a stop is at a signal of the program's that came together with the pause, and that LLDB hands on
    /// without stopping.
    async fn passes_by(&mut self, description: &str) -> bool {
        let signal = description.strip_prefix("signal ").and_then(|rest| rest.split([' ', ':']).next());
        let Some(signal) = signal else { return false };
        self.command(&format!("process handle {signal}"))
            .await
            .is_ok_and(|table| is_passed_by(&table, signal))
    }

    async fn next_stop(&mut self, limit: Instant) -> Option<Message> {
        let is_stop = |message: &Message| message.kind == Kind::Event { event: "stopped".to_owned() };
        if let Some(index) = self.aside.iter().position(is_stop) {
            let index = index - self.forget_continued(index);
            return self.aside.remove(index);
        }
        loop {
            match timeout_at(limit, self.adapter.as_mut()?.receive()).await {
                Ok(Some(FromAdapter::Message(message))) if is_stop(&message) => {
                    self.forget_continued(self.aside.len());
                    return Some(message);
                }
                Ok(Some(FromAdapter::Message(message))) => self.aside.push_back(message),
                _ => return None,
            }
        }
    }

    /// A stop overtakes what was put aside before it: that our own `continue` was heard of would else be taken for
    /// news of after the stop. Returns how many messages are gone.
    fn forget_continued(&mut self, before: usize) -> usize {
        let Some(live) = &mut self.live else { return 0 };
        let is_continued = |message: &Message| message.kind == Kind::Event { event: "continued".to_owned() };
        let (mut index, length) = (0, self.aside.len());
        self.aside.retain(|message| {
            index += 1;
            let is_ours = index <= before && live.process.own_continues > 0 && is_continued(message);
            live.process.own_continues -= u32::from(is_ours);
            !is_ours
        });
        length - self.aside.len()
    }
}

/// Whether LLDB's `process handle` says that it does not stop at a signal: name, pass, stop, notify.
fn is_passed_by(table: &str, signal: &str) -> bool {
    let mut rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    rows.any(|row| matches!(row[..], [name, _, stops, _] if name == signal && stops == "false"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_that_are_no_stops_are_read_from_the_table() {
        let table = "NAME         PASS   STOP   NOTIFY\n===========  =====  =====  ======\nSIGALRM      true   false  false\n";
        assert!(is_passed_by(table, "SIGALRM"));
        assert!(!is_passed_by(table, "SIGSEGV"));
        assert!(!is_passed_by(&table.replace("true   false", "true   true"), "SIGALRM"));
    }
}
