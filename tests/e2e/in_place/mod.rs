//! Edit and continue on real lldb-dap: what must work in an unmodified Cargo program, and what must be refused.
//!
//! Programs say by what they print which code ran and whether their state is right. Each prints a line a step that
//! begins with the version of the code, `v1` at first.

mod async_tasks;
mod breakpoints;
mod closures;
mod constants_and_lines;
mod example;
mod forks;
mod functions;
mod generics_and_traits;
mod held;
mod profiles;
mod refusals;
mod same_code;
mod servers;
mod statics_and_threads;
mod unwinding;
mod workspaces;

use std::time::Instant;

use midflight_tests::dap::{PATIENCE, Session, Stop};
use midflight_tests::program::Program;
use serde_json::{Value, json};

const MAIN: &str = "src/main.rs";

const MANIFEST: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";

/// The rest of a program that is made of `fn step(tick: u64) -> String`.
const STEPPING: &str = r#"
fn main() {
    for tick in 0..60_000_u64 {
        println!("{}", step(tick));
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
"#;

/// A session of a program that stands at its only breakpoint, in that line.
#[track_caller]
fn stopped_at(program: &Program, line: u32) -> (Session, Stop) {
    // However busy the machine is, snapshots are whole.
    let mut session = Session::launch(program, &json!({"snapshot": {"timeMs": 5000}}));
    session.set_breakpoints(program, MAIN, &[line]);
    session.configuration_done();
    let stop = session.stopped();
    assert_eq!(stop.line(), line);
    (session, stop)
}

/// A program that runs in a session and is edited.
struct Live {
    program: Program,
    session: Session,
    /// What the program has printed and nobody has looked at.
    printed: String,
}

impl Live {
    /// A program without dependencies, of these items; `step` is called again and again.
    #[track_caller]
    fn stepping(items: &str) -> Self {
        Self::of(MANIFEST, &format!("{items}{STEPPING}"))
    }

    /// A program of one file.
    #[track_caller]
    fn of(manifest: &str, main: &str) -> Self {
        Self::launch(Program::files(&[("Cargo.toml", manifest), (MAIN, main)]), &json!({}))
    }

    /// Any program; it swaps when it is told to.
    #[track_caller]
    fn launch(program: Program, midflight: &Value) -> Self {
        let mut midflight = midflight.clone();
        midflight["reload"] = json!("manual");
        let mut session = Session::launch(&program, &midflight);
        session.configuration_done();
        Self { program, session, printed: String::new() }
    }

    /// The next whole line that the program prints with this text in it.
    #[track_caller]
    fn line(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            while let Some((line, rest)) = self.printed.split_once('\n') {
                let line = line.trim_end().to_owned();
                self.printed = rest.to_owned();
                if line.contains(text) {
                    return line;
                }
            }
            let client = &mut self.session.client;
            assert!(Instant::now() < deadline, "no line with {text:?}\n{}", client.log());
            let event = client.one_of(&["output", "stopped", "terminated"]);
            assert_eq!(event["event"], "output", "the program does not go on: {event}\n{}", client.log());
            if event["body"]["category"] == "stdout" {
                self.printed.push_str(event["body"]["output"].as_str().unwrap_or_default());
            }
        }
    }

    /// Saves a file with passages replaced; each must be there once.
    #[track_caller]
    fn edit(&self, file: &str, edits: &[(&str, &str)]) {
        let edited =
            |text: String, (old, new): &(&str, &str)| midflight_tests::program::replace(&text, old, new);
        self.program.write(file, &edits.iter().fold(self.program.read(file), edited));
    }

    /// Saves the program's file edited, and swaps it in.
    #[track_caller]
    fn swap(&mut self, edits: &[(&str, &str)]) -> Value {
        self.edit(MAIN, edits);
        self.swap_saved()
    }

    /// Swaps in what was saved, and says what the answer was.
    #[track_caller]
    fn swap_saved(&mut self) -> Value {
        let answer = self.session.client.ok("midflight/reload", json!({}));
        assert_eq!(answer["applied"], true, "{answer}");
        answer
    }

    /// What was saved is refused; the message says why.
    #[track_caller]
    fn refused(&mut self) -> String {
        let answer = self.session.client.ok("midflight/reload", json!({}));
        assert_eq!(answer["applied"], false, "{answer}");
        assert_ne!(answer["verdict"], "safe", "{answer}");
        answer["message"].as_str().unwrap_or_default().to_owned()
    }

    /// The edit is refused with all these words, the old code runs on, and once it is undone other edits go in.
    #[track_caller]
    fn refuses(&mut self, edits: &[(&str, &str)], words: &[&str]) -> String {
        let saved = self.program.read(MAIN);
        self.edit(MAIN, edits);
        let message = self.refused();
        for word in words {
            assert!(message.contains(word), "no {word:?} in: {message}");
        }
        let refused = self.session.client.event("midflight/refused");
        assert_eq!(refused["message"], message.as_str(), "the event says the same");
        self.printed.clear();
        self.line("v1");
        self.program.write(MAIN, &saved);
        self.swap(&[("\"v1", "\"v2")]);
        self.line("v2");
        self.swap(&[("\"v2", "\"v1")]);
        self.line("v1");
        message
    }

    #[track_caller]
    fn end(self) {
        self.session.client.disconnect();
    }
}

/// The number behind a word in a line of the program's output.
#[track_caller]
fn number(line: &str, word: &str) -> u64 {
    let mut words = line.split_whitespace();
    words.find(|other| *other == word);
    words.next().and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no `{word}` in {line}"))
}
