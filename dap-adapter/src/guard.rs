//! What a session has started ends with it, also where the session itself is killed.
//!
//! A killed debugger may leave its program running (LLDB's does after a swap, one that prints nothing). So another
//! process of ours has a list of what is to be ended, and ends it when its standard input does.

use std::io::{BufRead, Write};
use std::process::{ChildStdin, Command, Stdio};

use crate::platform::{self, Process};

/// The argument by which this command is such a process.
pub const ARGUMENT: &str = "guard";

/// Processes that end with the session.
#[derive(Debug, Default)]
pub(crate) struct Guarded {
    processes: Vec<Process>,
    guard: Option<ChildStdin>,
}

impl Guarded {
    /// Adds processes.
    pub(crate) fn add(&mut self, processes: impl IntoIterator<Item = Process>) {
        self.processes.extend(processes);
        if self.guard.is_none() && !self.processes.is_empty() {
            let guard = start();
            self.guard =
                guard.inspect_err(|error| tracing::debug!(%error, "there is no guard")).ok().flatten();
        }
        self.tell();
    }

    /// Takes all out: from here on they are the caller's to end, or to leave alone.
    pub(crate) fn take(&mut self) -> Vec<Process> {
        let processes = std::mem::take(&mut self.processes);
        self.tell();
        self.guard = None;
        processes
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.processes.is_empty()
    }

    fn tell(&mut self) {
        let list: Vec<String> = self.processes.iter().map(ToString::to_string).collect();
        if let Some(guard) = &mut self.guard
            && let Err(error) = writeln!(guard, "{}", list.join(" "))
        {
            tracing::debug!(%error, "the guard has ended");
            self.guard = None;
        }
    }
}

fn start() -> std::io::Result<Option<ChildStdin>> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(ARGUMENT).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    platform::own_group(&mut command);
    let mut child = command.spawn()?;
    let stdin = child.stdin.take();
    std::thread::spawn(move || child.wait());
    Ok(stdin)
}

/// Reads lists of processes, each in place of the one before, and ends those of the last one when there are no more.
pub fn guard(lists: impl BufRead) {
    let last = lists.lines().map_while(Result::ok).last().unwrap_or_default();
    for process in last.split_whitespace().filter_map(|process| process.parse::<Process>().ok()) {
        process.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_list_counts() {
        let sleeper = || Command::new("sleep").arg("60").spawn().expect("it starts");
        let (mut spared, mut ended) = (sleeper(), sleeper());
        let [first, second] = [&spared, &ended].map(|child| Process::running(child.id()).expect("it runs"));
        guard(format!("{first} {second}\n{second} nonsense 1:\n").as_bytes());
        assert!(!ended.wait().expect("it ended").success());
        assert!(first.is_alive());
        spared.kill().expect("it runs");
        spared.wait().expect("it ended");
        guard(&b""[..]);
    }
}
