//! One such program in a debug session, and a twin of it that is built with each edit and started afresh.

use std::net::TcpListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use midflight_tests::dap::Session;
use midflight_tests::program::{Killed, Program};
use serde_json::{Value, json};

use crate::programs::Stranger;

/// A server that does not listen by then does not start.
const PATIENCE: Duration = Duration::from_mins(1);

/// What became of an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It does not compile.
    NoProgram,
    /// The gate or the rules say why.
    Refused(String),
    /// All answers are the old program's.
    Old,
    /// All answers are the old program's or the new one's.
    New,
    /// Neither's, or not the old one's once the edit was undone; or the session broke.
    Corrupt(String),
}

impl Outcome {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::NoProgram => "no program",
            Self::Refused(_) => "refused",
            Self::Old => "old",
            Self::New => "new",
            Self::Corrupt(_) => "CORRUPT",
        }
    }

    pub(crate) fn detail(&self) -> Option<&str> {
        match self {
            Self::Refused(detail) | Self::Corrupt(detail) => Some(detail),
            _ => None,
        }
    }
}

/// A program that runs and takes edits.
pub(crate) struct Guest {
    stranger: Stranger,
    pub(crate) program: Program,
    twin: Program,
    running: Option<(Session, u16)>,
    /// What it answers as it was published.
    usual: Vec<String>,
    round: usize,
}

impl Guest {
    /// Fetches the program and learns what it answers.
    pub(crate) fn invite(stranger: Stranger) -> Self {
        let [program, twin] = [(); 2].map(|()| fetched(&stranger));
        let mut guest = Self { stranger, program, twin, running: None, usual: Vec::new(), round: 0 };
        // A session that waits for all the dependencies would have no patience left.
        for program in [&guest.program, &guest.twin] {
            guest.built(program).expect("a published program builds");
        }
        guest.usual = guest.alone();
        println!("  {} answers: {}", guest.usual.len(), guest.usual.first().map_or("none", String::as_str));
        assert_eq!(guest.alone(), guest.usual, "what it answers is not the same from run to run");
        guest
    }

    /// Its source files that belong to what is debugged.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut folders = vec![self.program.path("src")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("sources are readable").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let file = path.strip_prefix(self.program.root()).expect("it lies there");
                    let file = file.to_string_lossy().into_owned();
                    if !self.stranger.others.iter().any(|other| file.starts_with(other)) {
                        files.push(file);
                    }
                }
            }
        }
        files.sort();
        files
    }

    /// Saves an edit of a file, asks, saves what was there before, asks again.
    pub(crate) fn take(&mut self, file: &str, after: &str) -> Outcome {
        let before = self.program.read(file);
        let attempt = catch_unwind(AssertUnwindSafe(|| self.attempt(file, &before, after)));
        self.program.write(file, &before);
        self.twin.write(file, &before);
        let outcome = attempt.unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().map_or("a panic", String::as_str);
            Outcome::Corrupt(text.lines().next().unwrap_or_default().to_owned())
        });
        if matches!(outcome, Outcome::Corrupt(_)) {
            self.running = None;
        }
        outcome
    }

    fn attempt(&mut self, file: &str, before: &str, after: &str) -> Outcome {
        self.launch();
        self.program.write(file, after);
        let answer = self.reload();
        if answer["applied"] != true {
            let message = answer["message"].as_str().unwrap_or_default().to_owned();
            let is_wrong = message.contains("does not build");
            return if is_wrong { Outcome::NoProgram } else { Outcome::Refused(message) };
        }
        let seen = self.ask();
        let mut outcome = Outcome::Old;
        if seen != self.usual {
            outcome = Outcome::New;
            self.twin.write(file, after);
            let Some(()) = self.built(&self.twin) else {
                return Outcome::Corrupt("only the patch compiles".into());
            };
            let new = self.alone();
            if let Some(strange) = stranger(&seen, &self.usual, &new) {
                return Outcome::Corrupt(format!("{strange}{}", self.stop()));
            }
        }
        if !self.stop().is_empty() {
            // The new code's own fault, as the twin showed.
            self.running = None;
            return outcome;
        }
        self.program.write(file, before);
        let undone = self.reload();
        if undone["applied"] != true {
            return Outcome::Corrupt(format!("can't be undone: {}", undone["message"]));
        }
        let seen = self.ask();
        match stranger(&seen, &self.usual, &self.usual) {
            Some(strange) => Outcome::Corrupt(format!("undone: {strange}{}", self.stop())),
            None => outcome,
        }
    }

    fn reload(&mut self) -> Value {
        let (session, _) = self.running.as_mut().expect("it was launched");
        session.client.ok("midflight/reload", json!({}))
    }

    /// The signal that stopped the program, if one did.
    fn stop(&mut self) -> String {
        let Some((session, _)) = self.running.as_mut() else { return String::new() };
        let stop = session.client.events_so_far("stopped").pop();
        let ended = session.client.events_so_far("terminated").pop();
        match (stop, ended) {
            (Some(stop), _) => format!(" ({})", stop["description"].as_str().unwrap_or("stopped")),
            (None, Some(_)) => " (ended)".to_owned(),
            (None, None) => String::new(),
        }
    }

    fn launch(&mut self) {
        if self.running.is_some() {
            return;
        }
        let port = free_port();
        let mut session = Session::new(&self.program);
        let arguments = (self.stranger.arguments)(port, &served(&self.program));
        let midflight =
            json!({"reload": "manual", "engine": "in-place", "cargo": ["build", "--bin", self.stranger.bin]});
        let arguments = json!({"cwd": self.program.root(), "args": arguments, "midflight": midflight});
        session.begin(arguments);
        session.configuration_done();
        wait_for(port, || true);
        self.running = Some((session, port));
    }

    fn ask(&mut self) -> Vec<String> {
        self.round += 1;
        tidy(&self.program);
        let port = self.running.as_ref().map_or(0, |(_, port)| *port);
        (self.stranger.ask)(port, self.round)
    }

    /// Builds one of the two with plain Cargo; `None` if it does not compile.
    fn built(&self, program: &Program) -> Option<()> {
        let mut cargo = program.command("cargo");
        cargo.args(["build", "--quiet", "--bin", self.stranger.bin]).stderr(Stdio::null());
        cargo.status().expect("Cargo runs").success().then_some(())
    }

    /// What the twin answers, started afresh.
    fn alone(&mut self) -> Vec<String> {
        self.round += 1;
        tidy(&self.twin);
        let port = free_port();
        let mut command: Command = self.twin.command(self.twin.path("target/debug").join(self.stranger.bin));
        command.args((self.stranger.arguments)(port, &served(&self.twin)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = Killed(command.spawn().expect("what was built can be run"));
        wait_for(port, || child.0.try_wait().is_ok_and(|status| status.is_none()));
        (self.stranger.ask)(port, self.round)
    }
}

/// The first answer that neither of two programs would give.
fn stranger(seen: &[String], old: &[String], new: &[String]) -> Option<String> {
    let is_known =
        |index: usize, line: &String| [old, new].iter().any(|known| known.get(index) == Some(line));
    let (index, line) = seen.iter().enumerate().find(|(index, line)| !is_known(*index, line))?;
    let none = String::new();
    let expected = [old, new].map(|known| known.get(index).unwrap_or(&none).clone());
    Some(format!("{line:?} instead of {:?} or {:?}", expected[0], expected[1]))
}

/// A copy of the package as it was published.
fn fetched(stranger: &Stranger) -> Program {
    let program = Program::files(&[]);
    let from = source_of(stranger);
    copy(&from, program.root());
    tidy(&program);
    program
}

/// A folder for the program to work in.
fn served(program: &Program) -> PathBuf {
    program.outside().join("served")
}

/// Puts into that folder what it has at the start.
fn tidy(program: &Program) {
    let folder = served(program);
    std::fs::create_dir_all(&folder).expect("the folder is ours");
    for left in std::fs::read_dir(&folder).expect("the folder is ours").flatten() {
        let path = left.path();
        let _ = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    }
    std::fs::write(folder.join("one.txt"), "one").expect("the folder is ours");
}

/// Where Cargo unpacks the package: beside any other one. Of a program without a library it does not say where.
fn source_of(stranger: &Stranger) -> PathBuf {
    const OTHER: &str = "cfg-if";
    let (package, version) = (stranger.package, stranger.version);
    let manifest = format!(
        "[workspace]\n[package]\nname = \"asks\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n{OTHER} = \"1\"\n{package} = \"{version}\"\n"
    );
    let asks = Program::files(&[("Cargo.toml", &manifest), ("src/main.rs", "fn main() {}")]);
    let mut cargo = asks.command("cargo");
    let output = cargo
        .args(["metadata", "--format-version", "1"])
        .stderr(Stdio::inherit())
        .output()
        .expect("Cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("Cargo can fetch it");
    let mut packages = metadata["packages"].as_array().into_iter().flatten();
    let other = packages.find(|found| found["name"] == OTHER);
    let other = other.and_then(|found| found["manifest_path"].as_str()).map(Path::new);
    let unpacked = other.and_then(|manifest| manifest.parent()?.parent()).expect("Cargo says where it is");
    unpacked.join(format!("{package}-{}", version.trim_start_matches('=')))
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("the folder is ours");
    for entry in std::fs::read_dir(from).expect("Cargo unpacked it").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("the folder is ours");
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it has an address").port()
}

/// Until somebody listens, or nobody will.
fn wait_for(port: u16, mut runs: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while runs() && Instant::now() < deadline {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
