//! Counting tests: each test runner's closing lines, added up.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::ops::AddAssign;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How many tests did what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) skipped: u32,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

/// Longer than any runner takes; one that hangs must not hang its caller.
const PATIENCE: Duration = Duration::from_mins(20);

/// How often a silent runner is looked after.
const PAUSE: Duration = Duration::from_millis(500);

/// Runs a test runner, shows what it prints, and counts.
///
/// A runner that fails without a failed test, or succeeds without having run any, is an error.
pub(crate) fn run_tests(command: &mut Command) -> Result<Tally> {
    let deadline = Instant::now() + PATIENCE;
    let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut runner = started.with_context(|| format!("cannot start {command:?}"))?;
    let stdout = runner.stdout.take().context("the runner has a standard output")?;
    let lines = lines_of(stdout);
    let mut tally = Tally::default();
    loop {
        match lines.recv_timeout(PAUSE) {
            Ok(line) => {
                println!("{line}");
                tally += closing_line(&line);
            }
            Err(RecvTimeoutError::Disconnected) => break,
            // A program that a failed test has left behind may hold the stream open: the runner's end is the end.
            Err(RecvTimeoutError::Timeout) if runner.try_wait()?.is_some() => break,
            Err(RecvTimeoutError::Timeout) if Instant::now() > deadline => {
                runner.kill()?;
                runner.wait()?;
                bail!("{command:?} did not end within {} minutes", PATIENCE.as_secs() / 60);
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
    let status = runner.wait()?;
    if !status.success() && tally.failed == 0 {
        bail!("{command:?} ended with {status}");
    }
    if tally == Tally::default() {
        bail!("{command:?} ran no test");
    }
    Ok(tally)
}

/// The lines of a stream as they come.
fn lines_of(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    });
    lines
}

/// What a line says of how many tests passed and failed: nothing, if it is not a closing line.
fn closing_line(line: &str) -> Tally {
    let line = line.trim().trim_matches('=').trim();
    if let Some(counts) = line.strip_prefix("test result: ") {
        // cargo test: `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s`
        let counts = counts.split_once(". ").map_or("", |(_, counts)| counts);
        return counted(counts.split("; "));
    }
    for bullet in ["# ", "ℹ "] {
        // node --test: `# pass 3`, each on a line of its own.
        if let Some((word, count)) = line.strip_prefix(bullet).and_then(|rest| rest.split_once(' ')) {
            return counted(std::iter::once(format!("{count} {word}").as_str()));
        }
    }
    if let Some((counts, _)) = line.rsplit_once(" in ") {
        // pytest: `3 passed, 1 skipped in 0.12s`
        let mut parts = counts.split(", ");
        if parts
            .clone()
            .all(|part| part.split_once(' ').is_some_and(|(count, _)| count.parse::<u32>().is_ok()))
        {
            return counted(&mut parts);
        }
    }
    Tally::default()
}

/// Adds up parts like `3 passed`.
fn counted<'a>(parts: impl Iterator<Item = &'a str>) -> Tally {
    let mut tally = Tally::default();
    for part in parts {
        let Some((count, word)) = part.split_once(' ') else { continue };
        let Ok(count) = count.parse::<u32>() else { continue };
        match word {
            "passed" | "pass" => tally.passed += count,
            "failed" | "fail" | "error" | "errors" | "cancelled" => tally.failed += count,
            "skipped" | "ignored" | "xfailed" | "todo" => tally.skipped += count,
            _ => {}
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, passed: u32, failed: u32, skipped: u32) {
        assert_eq!(closing_line(line), Tally { passed, failed, skipped }, "{line}");
    }

    #[test]
    fn the_closing_lines_of_the_runners_are_counted() {
        let cargo = "test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.1s";
        check(cargo, 3, 2, 1);
        check("===== 1 failed, 12 passed, 2 skipped, 1 warning in 3.45s =====", 12, 1, 2);
        check("12 passed in 63.20s (0:01:03)", 12, 0, 0);
        check("# pass 5", 5, 0, 0);
        check("ℹ fail 2", 0, 2, 0);
        check("ℹ cancelled 1", 0, 1, 0);
    }

    #[test]
    fn other_lines_are_not() {
        check("running 3 tests", 0, 0, 0);
        check("test swaps_in_place ... ok", 0, 0, 0);
        check("# Subtest: 5 failed attempts", 0, 0, 0);
        check("   Finished `test` profile [unoptimized + debuginfo] target(s) in 6.30s", 0, 0, 0);
    }
}
