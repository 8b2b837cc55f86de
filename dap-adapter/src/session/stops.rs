//! Stops: those that are the user's business, and those that only we asked for.
//!
//! With `stop-on-sharedlibrary-events` LLDB stops the process whenever a library comes or goes: twice for
//! each, before and after. Four such stops make a reload: the old library is about to go (its breakpoints
//! are taken away), it is gone, the new one is mapped, the new one is known to LLDB (breakpoints are set
//! again). The first call into the new code is then hit. The editor sees none of it.

use std::ops::ControlFlow;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::live::Shown;
use super::pausing::INTERRUPTED;
use super::positions::FrameView;
use super::standing::top_of;
use super::{Report, Session};
use crate::adapter::FromAdapter;
use crate::capabilities;
use crate::error::Result;
use crate::message::{self, Kind, Message};
use crate::modules::Hot;

/// What LLDB calls the stops that we asked for.
const LIBRARY_EVENT: &str = "shared-library-event";

/// How lldb-dap describes a stop at a breakpoint that was deleted since.
const GONE: &str = "breakpoint 0.0";

/// How it describes one after a single instruction that nobody asked for: LLDB was about to step over a breakpoint when
/// the process was stopped, and the breakpoint was gone when it went on. Steps of the user's are described by their names.
const TRACE: &str = "trace";

/// How LLDB calls its own breakpoints, and lldb-dap 22 those that were deleted since.
const OWN: &str = "breakpoint -";

/// The loader is about to unmap a library (`RT_DELETE` in `<link.h>`).
const ABOUT_TO_GO: &str = "2";

/// Between the first and the last stop of a reload there are some tens of milliseconds. If the last does
/// not come, breakpoints are set without it.
const SETTLES: Duration = Duration::from_millis(1500);

impl Session {
    pub(super) async fn on_stopped(&mut self, message: Message) {
        if let Some(process) = self.dead() {
            // Delve goes on telling of stops of a process that was killed.
            return self.on_died(process).await;
        }
        let body = message.body();
        if let Some(live) = &mut self.live {
            live.process.own_continues = 0;
            live.process.thread = body.get("threadId").and_then(Value::as_i64).unwrap_or_default();
        }
        if self.is_late_interrupt(&body) {
            let is_alone = self.stop_reasons().await.iter().all(|reason| reason == INTERRUPTED);
            if is_alone && self.live.as_ref().is_some_and(|live| !live.process.is_stopped()) {
                self.continue_silently().await;
            }
            return;
        }
        let hides = capabilities::hides_library_events(&self.capabilities)
            && self.live.as_ref().is_some_and(|live| live.stops_at_libraries() && !live.process.is_stopped());
        let is_left_over = self.is_left_over(&body);
        // lldb-dap 22 tells of a library only where no thread stopped for anything else. Of several threads it tells one by
        // one: by the second, the first is shown.
        let is_told = self.is_internal(&body);
        let reasons = if is_left_over || is_told || hides { self.stop_reasons().await } else { Vec::new() };
        let is_library_event = |reason: &String| reason == LIBRARY_EVENT;
        let is_at_library = reasons.iter().any(is_library_event) || (is_told && reasons.is_empty());
        let others = reasons.iter().any(|reason| !is_library_event(reason) && !is_of_step(reason));
        let is_in_step = is_left_over || (is_told && is_at_own(&body) && !is_at_library);
        if is_in_step && !(is_at_library && hides) {
            // Without a library event at the same stop, which lets the process go on, this has to.
            let is_shown = self.live.as_ref().is_some_and(|live| live.process.is_stopped());
            let goes_on = reasons.is_empty() || is_at_library || is_shown;
            if !(goes_on || others && self.another_stop_comes().await) {
                self.continue_silently().await;
            }
            return;
        }
        if is_at_library && let Err(error) = self.on_library_event().await {
            self.editor.warn(format!("{error} Breakpoints may not follow this reload."));
        }
        if !(is_at_library && (is_told || is_left_over)) {
            return self.on_shown_stop(message, body).await;
        }
        self.go_on(message, body, others).await;
    }

    /// We asked for a stop, another came first, and now the process takes ours.
    fn is_late_interrupt(&mut self, body: &Value) -> bool {
        let Some(live) = &mut self.live else { return false };
        let Some(debuggee) = &mut live.process.debuggee else { return false };
        let is_ours =
            debuggee.interrupted && body.get("description").and_then(Value::as_str) == Some(INTERRUPTED);
        debuggee.interrupted &= !is_ours;
        is_ours && !live.process.pause_wanted
    }

    /// A step passed a breakpoint of LLDB's own at the very moment of a library event. The breakpoint is gone
    /// by the time it is told of, and the step is not done: it goes on with the process.
    /// So with an instruction that LLDB stepped for itself.
    fn is_left_over(&self, body: &Value) -> bool {
        let Some(live) = &self.live else { return false };
        match body.get("description").and_then(Value::as_str) {
            Some(GONE) => live.stops_at_libraries(),
            Some(TRACE) => capabilities::is_lldb(&self.capabilities),
            _ => false,
        }
    }

    /// lldb-dap 22 does not say what a thread other than the first stopped for, when that is a library.
    fn is_internal(&self, body: &Value) -> bool {
        let is_told = body.get("reason").is_some() || body.get("hitBreakpointIds").is_some();
        let reloads = self.live.as_ref().is_some_and(|live| live.stops_at_libraries());
        reloads && (!is_told || is_at_own(body))
    }

    /// Why each stopped thread stopped. The event names only one thread.
    pub(super) async fn stop_reasons(&mut self) -> Vec<String> {
        let Ok(text) = self.printed("thread list").await else { return Vec::new() };
        if let Some(live) = &mut self.live {
            live.process.standing = text.lines().filter_map(top_of).map(|(thread, _)| thread).collect();
        }
        let reasons = text.lines().filter_map(|line| line.rsplit_once("stop reason = "));
        reasons.map(|(_, reason)| reason.trim().to_owned()).collect()
    }

    /// The process stands still while the loader does something: look what.
    async fn on_library_event(&mut self) -> Result<()> {
        if self.live.as_ref().is_some_and(|live| live.followed.is_some()) {
            return self.follow_patches().await;
        }
        let body = self.ask("modules", &json!({})).await?;
        let Some(live) = &mut self.live else { return Ok(()) };
        live.modules.update(&body);
        let hot = live.modules.hot();
        let (loaded, cleared) = (&live.process.loaded, live.process.cleared);
        let is_mapped = |before: &Hot| hot.iter().any(|now| now.library == before.library);
        if !loaded.iter().all(is_mapped) {
            // One has gone, and its next version is still to come.
            if !cleared {
                // It went without our seeing it; at least nothing is left over.
                self.unsettle().await?;
            }
            return Ok(());
        }
        if hot.is_empty() {
            return Ok(());
        }
        if !cleared && hot == *loaded {
            if self.is_about_to_go().await {
                self.unsettle().await?;
            }
            return Ok(());
        }
        self.settle(hot).await
    }

    /// What the loader says it is about to do. Without an answer, the worst is assumed.
    async fn is_about_to_go(&mut self) -> bool {
        let state = json!({"expression": "((int*)&_r_debug)[6]", "context": "watch"});
        match self.ask("evaluate", &state).await {
            Ok(body) => body.get("result").and_then(Value::as_str).is_none_or(|state| state == ABOUT_TO_GO),
            Err(_) => true,
        }
    }

    async fn unsettle(&mut self) -> Result<()> {
        let Some(live) = &mut self.live else { return Ok(()) };
        live.process.cleared = true;
        live.process.times_cleared += 1;
        let since = live.process.times_cleared;
        self.later(SETTLES, Report::Unsettled { since });
        self.clear_hot_breakpoints().await
    }

    async fn settle(&mut self, hot: Vec<Hot>) -> Result<()> {
        if let Some(live) = &mut self.live {
            live.process.cleared = false;
            live.process.loaded.clone_from(&hot);
        }
        self.on_loaded(&hot);
        self.set_hot_breakpoints().await
    }

    /// Breakpoints were taken away, and no new library came.
    pub(super) async fn on_unsettled(&mut self, since: u64) {
        let Some(live) = &mut self.live else { return };
        if !live.process.cleared || live.process.times_cleared != since {
            return;
        }
        live.process.cleared = false;
        live.process.loaded = live.modules.hot();
        let stand = self.stand_for_breakpoints().await;
        if let Err(error) = self.set_hot_breakpoints().await {
            tracing::debug!(%error, "breakpoints were not set again");
        }
        self.go_on_from(stand).await;
    }

    /// After a stop of ours the process goes on, unless the user has business there too.
    async fn go_on(&mut self, message: Message, body: Value, others: bool) {
        let Some(live) = &mut self.live else { return };
        if live.process.is_stopped() {
            return;
        }
        if live.process.pause_wanted {
            let mut tree = message.tree();
            tree["body"] = json!({
                "reason": "pause", "threadId": body["threadId"], "allThreadsStopped": true,
            });
            return self.show_stop(&message::bytes(&tree), &[]).await;
        }
        if others && self.another_stop_comes().await {
            return;
        }
        self.continue_silently().await;
    }

    /// Another thread stopped at the same time, for a reason of its own. Its event is on the way.
    async fn another_stop_comes(&mut self) -> bool {
        let limit = Instant::now() + Duration::from_millis(300);
        loop {
            let is_stop = |message: &Message| message.kind == Kind::Event { event: "stopped".to_owned() };
            let is_users = |body: &Value| !self.is_internal(body) && !self.is_left_over(body);
            if self.aside.iter().any(|message| is_stop(message) && is_users(&message.body())) {
                return true;
            }
            let Some(adapter) = &mut self.adapter else { return false };
            match timeout_at(limit, adapter.receive()).await {
                Ok(Some(FromAdapter::Message(message))) => self.aside.push_back(message),
                _ => return false,
            }
        }
    }

    pub(super) fn on_continued(&mut self, message: Message) {
        if let Some(live) = &mut self.live {
            if live.process.own_continues > 0 {
                live.process.own_continues -= 1;
                live.process.standing.clear();
                return;
            }
            live.resumed();
        }
        self.editor.forward(message.into_bytes());
    }

    /// lldb-dap 22 says of all threads that they are gone, where none of them stopped for a reason that it counts.
    pub(super) fn is_still_there(&self, body: &Value) -> bool {
        let thread = body.get("threadId").and_then(Value::as_i64);
        let standing = self.live.as_ref().map(|live| &live.process.standing);
        body.get("reason") == Some(&json!("exited"))
            && thread.zip(standing).is_some_and(|(id, all)| all.contains(&id))
    }

    /// The editor lets the process go on.
    pub(super) fn on_resume(&mut self) {
        if let Some(live) = &mut self.live {
            live.resumed();
        }
    }

    pub(super) fn on_pause_wanted(&mut self) {
        if let Some(live) = &mut self.live {
            live.process.pause_wanted = true;
        }
    }

    /// Whether lldb-dap can't pause the process because of a stop of ours: that is shown as the pause.
    pub(super) fn stands_unseen(&self) -> bool {
        let process = self.live.as_ref().map(|live| &live.process);
        let comes = process.is_some_and(|process| process.pause_wanted || process.is_stopped());
        comes && capabilities::is_lldb(&self.capabilities)
    }

    /// A stop that the user asked for, with the breakpoints by the ids that the editor knows.
    async fn on_shown_stop(&mut self, message: Message, mut body: Value) {
        if self.is_wrong_statement(&body).await.is_break() {
            return self.continue_silently().await;
        }
        let mut tree = message.tree();
        let is_of_data = body.get("reason") == Some(&json!("data breakpoint"));
        if is_of_data && capabilities::is_lldb(&self.capabilities) {
            // LLDB counts those by themselves: by this number the editor knows another breakpoint.
            for body in [&mut body, &mut tree["body"]] {
                body.as_object_mut().and_then(|body| body.remove("hitBreakpointIds"));
            }
        }
        let ids = body.get("hitBreakpointIds").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut hit = Vec::new();
        for id in ids.iter().filter_map(Value::as_i64) {
            hit.extend(self.meant_by(id, &body["threadId"]).await);
        }
        hit.dedup();
        if hit.is_empty() {
            hit = self.standing_at(&body).await;
        } else {
            tree["body"]["hitBreakpointIds"] = json!(hit);
        }
        self.restore_values(&hit, &body["threadId"]).await;
        self.show_stop(&message::bytes(&tree), &hit).await;
    }

    async fn show_stop(&mut self, bytes: &[u8], hit: &[i64]) {
        if let Some(live) = &mut self.live {
            live.process.shown = Shown::Stopped;
            live.process.pause_wanted = false;
        }
        self.editor.forward(bytes.to_vec());
        self.take_snapshot(hit).await;
    }

    /// The frame that a thread stands in.
    pub(super) async fn top_frame(&mut self, thread: &Value) -> Option<Value> {
        let top = json!({"threadId": thread, "startFrame": 0, "levels": 1});
        self.ask("stackTrace", &top).await.ok()?.pointer_mut("/stackFrames/0").map(Value::take)
    }

    /// The executable may have a copy of reloadable code, as it was launched, where a line of the present
    /// generation is another statement. A breakpoint there was never asked for.
    async fn is_wrong_statement(&mut self, body: &Value) -> ControlFlow<()> {
        let go = ControlFlow::Continue(());
        let sources = self.live.as_ref().map(|live| &live.sources);
        let is_reloaded = sources.is_some_and(|sources| sources.current().number > sources.launched());
        if !is_reloaded || body.get("reason") != Some(&json!("breakpoint")) {
            return go;
        }
        let Some(frame) = self.top_frame(&body["threadId"]).await else { return go };
        let base = self.client.base;
        let Some(live) = &mut self.live else { return go };
        let Some((key, number)) = live.key_of(&frame["source"]).zip(frame["line"].as_i64()) else {
            return go;
        };
        let launched = live.sources.launched();
        if live.generation_of(&FrameView::of(&frame)) != launched || !live.sources.is_hot(&key) {
            return go;
        }
        let number = u32::try_from(number - base.line).unwrap_or_default();
        if live.has_breakpoint_at(&key, launched, number) { go } else { ControlFlow::Break(()) }
    }
}

/// Whether a thread stopped at a breakpoint of LLDB's own: that of libraries, which has not the same number in every
/// process, or one of a step.
fn is_at_own(body: &Value) -> bool {
    body["description"].as_str().is_some_and(|description| description.starts_with(OWN))
        || body["hitBreakpointIds"] == json!([-1])
}

/// Whether a thread stopped in the middle of a step, for a breakpoint or an instruction of LLDB's own.
fn is_of_step(reason: &str) -> bool {
    reason == GONE || reason == TRACE || reason.starts_with(OWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_of_the_middle_of_a_step_are_told_from_the_users() {
        assert!(is_of_step("breakpoint 0.0") && is_of_step("trace"));
        assert!(is_of_step("breakpoint -47 which has been deleted."), "lldb-dap 22");
        assert!(!is_of_step("breakpoint 1.1") && !is_of_step("step over"));
    }
}
