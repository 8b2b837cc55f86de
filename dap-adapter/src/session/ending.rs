//! How a session ends: as the editor asks, or as things go. Nothing is left running.

use std::ops::ControlFlow;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, timeout, timeout_at};

use super::{Forwarded, Session, Stage};
use crate::adapter::FromAdapter;
use crate::error::Error;
use crate::message::{Kind, Message};

/// So long an adapter may take to let the program go.
const GOODBYE: Duration = Duration::from_secs(3);

/// So long an adapter may take to end after it said so.
const LAST_BREATH: Duration = Duration::from_millis(500);

type Flow = ControlFlow<()>;

impl Session {
    /// The editor wants no more.
    pub(super) async fn on_disconnect(&mut self, seq: i64, message: Message) -> Flow {
        if self.adapter.is_none() || self.stage == Stage::Fresh {
            // lldb-dap hangs when it is told to disconnect before anything was launched.
            self.editor.answer(seq, "disconnect", &json!({}));
            return ControlFlow::Break(());
        }
        let arguments = message.arguments();
        let ends_it = arguments.get("terminateDebuggee").and_then(Value::as_bool);
        if !ends_it.unwrap_or(!self.is_attached) {
            // It is to live on without us.
            self.processes.take();
        }
        self.forward(seq, message.into_bytes(), Forwarded::Disconnect);
        let limit = Instant::now() + GOODBYE;
        while self.forwarded.contains_key(&seq) {
            let next = if let Some(message) = self.aside.pop_front() {
                Some(FromAdapter::Message(message))
            } else {
                let Some(adapter) = &mut self.adapter else { break };
                timeout_at(limit, adapter.receive()).await.unwrap_or(None)
            };
            match next {
                Some(FromAdapter::Message(message)) => self.on_last_message(message),
                Some(FromAdapter::Garbage(_)) | None => break,
            }
        }
        if self.forwarded.remove(&seq).is_some() {
            // It hangs or has crashed on the way out; what it held is ended below.
            self.editor.answer(seq, "disconnect", &json!({}));
        }
        self.stage = Stage::Over;
        ControlFlow::Break(())
    }

    /// Between the request to disconnect and its answer: nothing is looked into any more.
    fn on_last_message(&mut self, message: Message) {
        let is_ours = match &message.kind {
            Kind::Response { request_seq, .. } => self.forwarded.remove(request_seq).is_none(),
            Kind::Event { event } => {
                self.live.is_some() && matches!(event.as_str(), "stopped" | "continued" | "breakpoint")
            }
            Kind::Request { .. } => false,
        };
        if !is_ours {
            self.editor.forward(message.into_bytes());
        }
    }

    /// The adapter ended by itself.
    pub(super) async fn on_adapter_gone(&mut self) -> Flow {
        let Some(mut adapter) = self.adapter.take() else { return ControlFlow::Break(()) };
        if self.is_between_programs() {
            // It went with its process. The next one gets another.
            return ControlFlow::Continue(());
        }
        let is_expected = self.stage == Stage::Over;
        let how = adapter.epitaph().await;
        let message = format!("The debug adapter `{}` {how}.", adapter.name);
        self.give_up(&message, is_expected);
        ControlFlow::Continue(())
    }

    /// The adapter sends something that is not the protocol; nothing it says can be believed any more.
    pub(super) async fn on_garbage(&mut self, reason: &str) -> Flow {
        let Some(mut adapter) = self.adapter.take() else { return ControlFlow::Break(()) };
        adapter.kill().await;
        let message = format!(
            "The debug adapter `{}` sends something that is not the debug adapter protocol: {reason}.",
            adapter.name
        );
        self.give_up(&message, false);
        ControlFlow::Continue(())
    }

    /// Tells the editor that the session is over, once, and answers whatever it still waits for.
    pub(super) fn give_up(&mut self, message: &str, is_expected: bool) {
        let error = Error::nobody(message);
        for (seq, waiting) in std::mem::take(&mut self.forwarded) {
            self.editor.refuse(seq, waiting.command(), &error);
        }
        for message in std::mem::take(&mut self.deferred) {
            if let Kind::Request { seq, command } = &message.kind {
                self.editor.refuse(*seq, command, &error);
            }
        }
        if let Some(seq) = self.relaunching.take().and_then(|relaunching| relaunching.asked) {
            self.editor.refuse(seq, "restart", &error);
        }
        self.aside.clear();
        self.kill_processes();
        self.live = None;
        self.launching = None;
        self.missing = Some(error);
        if !is_expected {
            self.editor.warn(format!("{message} The session is over; start it again."));
            self.editor.terminated();
        }
        self.stage = Stage::Over;
    }

    /// Ends whatever still runs.
    pub(super) async fn clean_up(&mut self) {
        self.launching = None;
        self.relaunching = None;
        if let Some(mut adapter) = self.adapter.take() {
            if self.stage == Stage::Started {
                // The editor went without a word.
                self.last_own += 1;
                let terminate = json!({"terminateDebuggee": !self.processes.is_empty() && !self.is_attached});
                adapter.send(crate::message::request(self.last_own, "disconnect", &terminate));
                let _ = timeout(GOODBYE, async { while adapter.receive().await.is_some() {} }).await;
            }
            // After `disconnect` lldb-dap crashes and prints about it: nobody needs to see that.
            let _ = timeout(LAST_BREATH, adapter.ended()).await;
            adapter.kill().await;
        }
        self.kill_processes();
    }

    fn kill_processes(&mut self) {
        for process in self.processes.take() {
            process.kill();
        }
    }
}
