//! The debug adapter behind us: found, started or connected to, and turned into two queues of messages.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use remap::PathRewrites;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use crate::codec;
use crate::error::{Error, Result};
use crate::message::{self, Message};
use crate::platform::{self, Process};

mod server;

/// So many messages wait before the adapter has to; it is read on when they are worked off.
const QUEUE: usize = 1024;

/// What the adapter last said on its standard error, for the message when it ends.
const LAST_WORDS: usize = 8;

/// What comes from the adapter. The end of the queue is the end of the adapter.
#[derive(Debug)]
pub(crate) enum FromAdapter {
    /// A message.
    Message(Message),
    /// Something that is none; nothing comes after it.
    Garbage(String),
}

/// A running debug adapter.
#[derive(Debug)]
pub(crate) struct Adapter {
    /// How the user knows it.
    pub(crate) name: String,
    /// Where it listens, if it does: other sessions may connect to it.
    pub(crate) address: Option<String>,
    to: mpsc::UnboundedSender<Vec<u8>>,
    from: mpsc::Receiver<FromAdapter>,
    child: Option<Child>,
    process: Option<Process>,
    last_words: Arc<Mutex<VecDeque<String>>>,
    /// Its paths are not ours.
    paths: PathRewrites,
}

impl Adapter {
    /// Starts an adapter that speaks over its standard streams.
    pub(crate) async fn start(command: &[OsString]) -> Result<Self> {
        if let Some(port) = server::port(command)? {
            return Self::serve(&server::with_port(command, port), port).await;
        }
        let (shown, process) = Self::command(command)?;
        let mut child = Self::spawn(&shown, process, Stdio::piped()).await?;
        let streams = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = streams else {
            return Err(Error::midflight("The debug adapter was started without its streams."));
        };
        let mut adapter = Self::over(name_of(&shown), stdout, stdin);
        adapter.owns(child);
        tokio::spawn(keep_last_words(stderr, Arc::clone(&adapter.last_words)));
        Ok(adapter)
    }

    /// How the user knows a command, and the process to start.
    fn command(command: &[OsString]) -> Result<(String, Command)> {
        let [program, arguments @ ..] = command else {
            return Err(Error::user("The command of the debug adapter is empty."));
        };
        let shown = program.to_string_lossy().into_owned();
        let path = platform::find_program(&shown).ok_or_else(|| not_found(&shown))?;
        let mut process = Command::new(path);
        process.args(arguments).kill_on_drop(true);
        // Ctrl-C in a terminal is for the program; the adapter is told to end.
        platform::own_group(process.as_std_mut());
        Ok((shown, process))
    }

    async fn spawn(shown: &str, mut process: Command, stdin: Stdio) -> Result<Child> {
        process.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        platform::spawn(process)
            .await
            .map_err(|error| Error::user(format!("The debug adapter `{shown}` can't be started: {error}.")))
    }

    fn owns(&mut self, child: Child) {
        self.process = child.id().and_then(Process::running);
        self.child = Some(child);
    }

    /// Connects to an adapter that already listens.
    pub(crate) async fn connect(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await.map_err(|error| {
            Error::user(format!("No debug adapter answers on {address}: {error}. Start it first, then this."))
        })?;
        stream.set_nodelay(true).map_err(|error| Error::nobody(format!("{address}: {error}")))?;
        let (from, to) = stream.into_split();
        Ok(Self { address: Some(address.to_owned()), ..Self::over(address.to_owned(), from, to) })
    }

    /// An adapter at the other end of two streams.
    pub(crate) fn over(
        name: String,
        from: impl AsyncRead + Unpin + Send + 'static,
        to: impl AsyncWrite + Unpin + Send + 'static,
    ) -> Self {
        let (incoming, queue) = mpsc::channel(QUEUE);
        Self::reading(name, (incoming, queue), from, to)
    }

    fn reading(
        name: String,
        (incoming, queue): (mpsc::Sender<FromAdapter>, mpsc::Receiver<FromAdapter>),
        from: impl AsyncRead + Unpin + Send + 'static,
        to: impl AsyncWrite + Unpin + Send + 'static,
    ) -> Self {
        let (out, outgoing) = mpsc::unbounded_channel();
        tokio::spawn(write_all(to, outgoing));
        tokio::spawn(read_all(from, incoming));
        let last_words = Arc::default();
        let paths = PathRewrites::default();
        let (address, child, process) = (None, None, None);
        Self { name, address, to: out, from: queue, child, process, last_words, paths }
    }

    /// From here on, paths in messages are rewritten: on this side of it all are those of this machine.
    pub(crate) fn rewrite_paths(&mut self, paths: PathRewrites) {
        self.paths = paths;
    }

    /// Sends a message. That the adapter has ended is learnt from its queue, not here.
    pub(crate) fn send(&self, body: Vec<u8>) {
        let body = if self.paths.is_empty() {
            body
        } else {
            message::with_paths(body, &|path| self.paths.to_remote(path))
        };
        let _ = self.to.send(body);
    }

    /// The next message; `None` when there will be no more.
    pub(crate) async fn receive(&mut self) -> Option<FromAdapter> {
        let next = self.from.recv().await?;
        Some(match next {
            FromAdapter::Message(message) if !self.paths.is_empty() => {
                FromAdapter::Message(message.with_paths(&|path| self.paths.to_local(path)))
            }
            next => next,
        })
    }

    /// The process and what it has started: the debug server, and through it the program.
    pub(crate) fn processes(&self) -> Vec<Process> {
        let mut found: Vec<Process> = self.process.into_iter().collect();
        let mut next = 0;
        while let Some(process) = found.get(next) {
            let children = process.children();
            found.extend(children);
            next += 1;
        }
        found
    }
    /// Whether it is the one of LLDB, whose quirks are known.
    pub(crate) fn is_lldb(&self) -> bool {
        self.name.starts_with("lldb-dap") || self.name.starts_with("lldb-vscode")
    }
    /// How it ended and what it said last, once its queue has ended.
    pub(crate) async fn epitaph(&mut self) -> String {
        let Some(child) = &mut self.child else { return "closed the connection".to_owned() };
        let how = match tokio::time::timeout(Duration::from_secs(2), child.wait()).await {
            Ok(Ok(status)) => platform::describe(status),
            Ok(Err(_)) | Err(_) => "closed its output".to_owned(),
        };
        let words = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        if words.is_empty() {
            return how;
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        format!("{how}; its last words were: {}", words.join(" / "))
    }
    /// Waits until it has ended by itself.
    pub(crate) async fn ended(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.wait().await;
        }
    }
    /// Ends it at once.
    pub(crate) async fn kill(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill().await;
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
async fn read_all(from: impl AsyncRead + Unpin, queue: mpsc::Sender<FromAdapter>) {
    let mut reader = BufReader::with_capacity(64 * 1024, from);
    loop {
        let next = match codec::read(&mut reader).await {
            Ok(None) => return,
            Ok(Some(body)) => match Message::parse(body) {
                Ok(message) => FromAdapter::Message(message),
                Err(reason) => FromAdapter::Garbage(reason),
            },
            Err(error) => FromAdapter::Garbage(error.to_string()),
        };
        let is_last = matches!(next, FromAdapter::Garbage(_));
        if queue.send(next).await.is_err() || is_last {
            return;
        }
    }
}
async fn keep_last_words(stderr: impl AsyncRead + Unpin, words: Arc<Mutex<VecDeque<String>>>) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        tracing::debug!(%line, "the debug adapter says");
        let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
        if words.len() == LAST_WORDS {
            words.pop_front();
        }
        words.push_back(line.trim().chars().take(200).collect());
    }
}
fn name_of(program: &str) -> String {
    let path = Path::new(program);
    path.file_name().map_or_else(|| program.to_owned(), |name| name.to_string_lossy().into_owned())
}
fn not_found(program: &str) -> Error {
    Error::user(format!(
        "The debug adapter `{program}` was not found. Install it, or name another one with `adapter` in the \
         launch configuration. {INSTALL}"
    ))
}
const INSTALL: &str = "For Rust, install lldb-dap: `apt install lldb-19` (Debian, Ubuntu), \
                       `dnf install lldb` (Fedora), `pacman -S lldb` (Arch), `brew install llvm` (macOS).";
/// The best debug adapter on the search path: `lldb-dap`, else the newest `lldb-dap-NN`.
pub(crate) fn best_found() -> Result<Vec<OsString>> {
    if let Some(path) = platform::find_program("lldb-dap") {
        return Ok(vec![path.into()]);
    }
    let search = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<(u32, PathBuf)> = std::env::split_paths(&search)
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let version = name.to_str()?.strip_prefix("lldb-dap-")?.parse().ok()?;
            Some((version, entry.path()))
        })
        .collect();
    found.sort();
    let (_, path) = found.pop().ok_or_else(|| {
        Error::user(format!(
            "No debug adapter was found: there is no `lldb-dap` on the search path. {INSTALL}"
        ))
    })?;
    Ok(vec![path.into()])
}
