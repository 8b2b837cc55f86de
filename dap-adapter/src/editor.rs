//! The editor's side of a session: a queue of its messages, and a way to answer.

use dap::events::OutputEventBody;
use dap::types::OutputEventCategory;
use serde::Serialize;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite, BufReader};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::codec;
use crate::error::Error;
use crate::message::{self, Message};

/// So many messages wait before the editor has to.
const QUEUE: usize = 256;

/// What comes from the editor. The end of the queue is the end of the editor.
#[derive(Debug)]
pub(crate) enum FromEditor {
    /// A message.
    Message(Message),
    /// Something that is none; nothing comes after it.
    Garbage(String),
}

/// Where messages to the editor go.
#[derive(Debug)]
pub(crate) struct Editor {
    out: mpsc::UnboundedSender<Vec<u8>>,
    writer: JoinHandle<()>,
    seq: i64,
}

/// Reads and writes the protocol over these streams.
pub(crate) fn connect(
    from: impl AsyncRead + Unpin + Send + 'static,
    to: impl AsyncWrite + Unpin + Send + 'static,
) -> (Editor, mpsc::Receiver<FromEditor>) {
    let (out, outgoing) = mpsc::unbounded_channel();
    let (incoming, queue) = mpsc::channel(QUEUE);
    tokio::spawn(read_all(from, incoming));
    let writer = tokio::spawn(write_all(to, outgoing));
    (Editor { out, writer, seq: 0 }, queue)
}

async fn read_all(from: impl AsyncRead + Unpin, queue: mpsc::Sender<FromEditor>) {
    let mut reader = BufReader::with_capacity(64 * 1024, from);
    loop {
        let next = match codec::read(&mut reader).await {
            Ok(None) => return,
            Ok(Some(body)) => match Message::parse(body) {
                Ok(message) => FromEditor::Message(message),
                Err(reason) => FromEditor::Garbage(reason),
            },
            Err(error) => FromEditor::Garbage(error.to_string()),
        };
        let is_last = matches!(next, FromEditor::Garbage(_));
        if queue.send(next).await.is_err() || is_last {
            return;
        }
    }
}

async fn write_all(mut to: impl AsyncWrite + Unpin, mut bodies: mpsc::UnboundedReceiver<Vec<u8>>) {
    while let Some(body) = bodies.recv().await {
        if codec::write(&mut to, &body).await.is_err() {
            return;
        }
    }
}

impl Editor {
    /// Forwards a message as it is.
    pub(crate) fn forward(&self, bytes: Vec<u8>) {
        let _ = self.out.send(bytes);
    }

    /// Answers a request.
    pub(crate) fn answer(&mut self, request_seq: i64, command: &str, body: &impl Serialize) {
        let seq = self.next_seq();
        self.forward(message::response(seq, request_seq, command, body));
    }

    /// Refuses a request.
    pub(crate) fn refuse(&mut self, request_seq: i64, command: &str, error: &Error) {
        let seq = self.next_seq();
        self.forward(message::failure(seq, request_seq, command, error));
    }

    /// Sends an event: one of ours, or one of the protocol's.
    pub(crate) fn event(&mut self, name: &str, body: &impl Serialize) {
        let seq = self.next_seq();
        self.forward(if name.starts_with("midflight/") {
            message::event(seq, name, body)
        } else {
            message::event(seq, name, &message::without_nulls(body))
        });
    }

    /// Writes into the debug console.
    pub(crate) fn print(&mut self, category: OutputEventCategory, output: impl Into<String>) {
        let body = OutputEventBody { category: Some(category), output: output.into(), ..Default::default() };
        self.event("output", &body);
    }

    /// One line of Midflight's own in the debug console.
    pub(crate) fn say(&mut self, line: impl AsRef<str>) {
        self.print(OutputEventCategory::Console, format!("midflight: {}\n", line.as_ref()));
    }

    /// One line that the user should not miss.
    pub(crate) fn warn(&mut self, line: impl AsRef<str>) {
        self.print(OutputEventCategory::Important, format!("midflight: {}\n", line.as_ref()));
    }

    /// The end of the session.
    pub(crate) fn terminated(&mut self) {
        self.event("terminated", &json!({}));
    }

    /// Lets everything that was sent leave.
    pub(crate) async fn close(self) {
        drop(self.out);
        let _ = tokio::time::timeout(std::time::Duration::from_secs(2), self.writer).await;
    }

    fn next_seq(&mut self) -> i64 {
        self.seq += 1;
        self.seq
    }
}
