//! A session of our own adapter, spoken to over a pipe in memory.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::{duplex, split};
use tokio::task::JoinHandle;

use crate::adapter::{Adapter, FromAdapter};
use crate::editor;
use crate::message::{self, Message};
use crate::session::Session;

/// So many bytes wait in the pipe before a side has to.
const PIPE: usize = 64 * 1024;

/// The client's side of a session.
#[derive(Debug)]
pub(super) struct Link {
    adapter: Adapter,
    session: JoinHandle<()>,
    last_seq: i64,
}

impl Link {
    /// Starts a session.
    pub(super) fn open() -> Self {
        let (ours, theirs) = duplex(PIPE);
        let (from, to) = split(theirs);
        let (editor, from_editor) = editor::connect(from, to);
        let session = tokio::spawn(Session::new(Arc::default(), editor, from_editor).run());
        let (from, to) = split(ours);
        let adapter = Adapter::over("midflight".to_owned(), from, to);
        Self { adapter, session, last_seq: 0 }
    }

    /// Sends a request; its answer has this number.
    pub(super) fn ask(&mut self, command: &str, arguments: &Value) -> i64 {
        self.last_seq += 1;
        self.adapter.send(message::request(self.last_seq, command, arguments));
        self.last_seq
    }

    /// Answers a request that came in reverse.
    pub(super) fn answer(&mut self, request: i64, command: &str, body: &Value) {
        self.last_seq += 1;
        self.adapter.send(message::response(self.last_seq, request, command, body));
    }

    /// The next message; `None` when the session is over.
    pub(super) async fn receive(&mut self) -> Option<Message> {
        match self.adapter.receive().await? {
            FromAdapter::Message(message) => Some(message),
            FromAdapter::Garbage(reason) => {
                tracing::debug!(%reason, "the session says something that is no message");
                None
            }
        }
    }

    /// Ends the program and the session; nothing of it is left when this returns.
    pub(super) async fn close(mut self) {
        self.ask("disconnect", &json!({"terminateDebuggee": true}));
        loop {
            tokio::select! {
                _ = &mut self.session => return,
                Some(_) = self.adapter.receive() => {}
            }
        }
    }
}
