//! A command in a terminal, or between pipes, with somebody who types and reads.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::termios::Termios;

use crate::dap::PATIENCE;

/// So many of the last lines are shown when something did not come.
const SHOWN: usize = 40;

/// A running command.
#[derive(Debug)]
pub struct Terminal {
    child: Child,
    input: Option<File>,
    /// What it writes: to the terminal, or to its standard output and its standard error.
    streams: Vec<Arc<Stream>>,
}

/// What was written, as it comes.
#[derive(Debug, Default)]
struct Stream {
    written: Mutex<Written>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct Written {
    bytes: Vec<u8>,
    /// So much of it was waited for.
    seen: usize,
    is_over: bool,
}

/// Which of the command's streams is meant; in a terminal they are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The standard output.
    Output,
    /// The standard error.
    Errors,
}

impl Terminal {
    /// The command in a terminal of its own.
    #[track_caller]
    pub fn start(command: Command) -> Self {
        let (terminal, inside) = pty_process::blocking::open().expect("there are terminals");
        let child = pty_process::blocking::Command::from(command).spawn(inside);
        let terminal = File::from(OwnedFd::from(terminal));
        let output = terminal.try_clone().expect("a terminal can be shared");
        Self {
            child: child.expect("the command starts"),
            input: Some(terminal),
            streams: vec![Stream::read(output)],
        }
    }

    /// The command between pipes.
    #[track_caller]
    pub fn piped(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the command starts");
        let input = child.stdin.take().map(|input| File::from(OwnedFd::from(input)));
        let output = child.stdout.take().map(Stream::read).expect("there is a pipe");
        let errors = child.stderr.take().map(Stream::read).expect("there is a pipe");
        Self { child, input, streams: vec![output, errors] }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Types, or writes into its standard input.
    #[track_caller]
    pub fn write(&mut self, text: &str) {
        let input = self.input.as_mut().expect("the input is open");
        input.write_all(text.as_bytes()).expect("the command reads");
    }

    /// Closes its standard input.
    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// How the terminal is set.
    #[track_caller]
    pub fn modes(&self) -> Termios {
        let terminal = self.input.as_ref().expect("the terminal is open");
        rustix::termios::tcgetattr(terminal.as_fd()).expect("it is a terminal")
    }

    /// Waits for a line with this text after all that was waited for before, and returns it.
    #[track_caller]
    pub fn line(&self, side: Side, text: &str) -> String {
        let stream = self.stream(side);
        stream.line(text).unwrap_or_else(|| panic!("no line with {text:?} came:\n{}", self.everything()))
    }

    /// Everything that was written up to now.
    pub fn written(&self, side: Side) -> Vec<u8> {
        self.stream(side).lock().bytes.clone()
    }

    fn stream(&self, side: Side) -> &Stream {
        let last = self.streams.len() - 1;
        &self.streams[if side == Side::Output { 0 } else { last }]
    }

    fn everything(&self) -> String {
        let texts = self.streams.iter().map(|stream| {
            let written = stream.lock();
            let text = String::from_utf8_lossy(&written.bytes);
            let lines: Vec<&str> = text.lines().collect();
            lines[lines.len().saturating_sub(SHOWN)..].join("\n")
        });
        texts.collect::<Vec<_>>().join("\n--- and ---\n")
    }

    /// Waits for its end, and for all that it wrote.
    #[track_caller]
    pub fn ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                self.streams.iter().for_each(|stream| stream.wait_for_end());
                return status;
            }
            assert!(Instant::now() < deadline, "the command does not end:\n{}", self.everything());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Stream {
    fn read(mut from: impl Read + Send + 'static) -> Arc<Self> {
        let stream = Arc::new(Self::default());
        let writer = Arc::clone(&stream);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // A terminal that nobody holds any more ends with an error.
            while let Ok(count @ 1..) = from.read(&mut buffer) {
                writer.lock().bytes.extend(&buffer[..count]);
                writer.news.notify_all();
            }
            writer.lock().is_over = true;
            writer.news.notify_all();
        });
        stream
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn line(&self, text: &str) -> Option<String> {
        let waits = |written: &mut Written| written.find(text).is_none() && !written.is_over;
        let waited = self.news.wait_timeout_while(self.lock(), PATIENCE, waits);
        let (mut written, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let (line, end) = written.find(text)?;
        written.seen = end;
        Some(line)
    }

    fn wait_for_end(&self) {
        drop(self.news.wait_timeout_while(self.lock(), PATIENCE, |written| !written.is_over));
    }
}

impl Written {
    /// The next whole line with this text, and where it ends.
    fn find(&self, text: &str) -> Option<(String, usize)> {
        let mut start = self.seen;
        for line in self.bytes[self.seen..].split_inclusive(|byte| *byte == b'\n') {
            let end = start + line.len();
            let shown = String::from_utf8_lossy(line);
            if line.ends_with(b"\n") && shown.contains(text) {
                return Some((shown.trim_end().to_owned(), end));
            }
            start = end;
        }
        None
    }
}
