//! Breakpoints that are set around a save: before it, after it, before and after the swap, in every order. Whichever text
//! the lines mean, the statement is the same (the cases of vscode-dart's issue 4419 are among them).

use midflight_tests::dap::{Session, Stop};
use midflight_tests::program::{Program, insert_above, line_of, replace};
use serde_json::{Value, json};

const MAIN: &str = "src/main.rs";
const MARKER: &str = "// breakpoint: play";

/// What a person does, or waits for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Step {
    /// Types: lines come above the statement, and the code changes.
    Type,
    /// Takes what was typed last back.
    Undo,
    /// Saves the buffer.
    Save,
    /// Sets a breakpoint on the statement, or takes it away and sets it again.
    Toggle,
    /// Waits until the saved text runs.
    Swapped,
}

use Step::{Save, Swapped, Toggle, Type, Undo};

/// The lines of `setBreakpoints` mean the buffer, which the VS Code extension says by its hash.
const IN_VS_CODE: [&[Step]; 10] = [
    &[Toggle, Type, Save, Swapped],
    &[Type, Toggle, Save, Swapped],
    &[Type, Save, Toggle, Swapped],
    &[Type, Save, Swapped, Toggle],
    &[Toggle, Type, Toggle, Save, Toggle, Swapped, Toggle],
    &[Type, Toggle, Save, Type, Swapped, Save, Swapped],
    &[Type, Save, Type, Toggle, Swapped],
    &[Type, Save, Type, Toggle, Swapped, Save, Swapped],
    &[Type, Toggle, Undo, Toggle],
    &[Type, Save, Swapped, Type, Toggle, Undo, Toggle, Type, Save, Swapped],
];

/// Other editors say nothing: the lines are those of the file as it is saved.
const IN_OTHER_EDITORS: [&[Step]; 5] = [
    &[Toggle, Type, Save, Swapped],
    &[Type, Save, Toggle, Swapped],
    &[Type, Save, Swapped, Toggle],
    &[Toggle, Type, Save, Toggle, Swapped, Toggle],
    &[Type, Save, Swapped, Toggle, Type, Save, Toggle, Swapped],
];

struct Person {
    program: Program,
    session: Session,
    says_which_text: bool,
    /// What the editor shows, and what it showed before.
    buffer: Vec<String>,
    saved: String,
    typed: u32,
}

impl Person {
    fn begin(says_which_text: bool) -> Self {
        let program = Program::example("plain");
        let mut session = Session::launch(&program, &json!({}));
        session.configuration_done();
        let saved = program.read(MAIN);
        Self { program, session, says_which_text, buffer: vec![saved.clone()], saved, typed: 0 }
    }

    fn text(&self) -> &str {
        &self.buffer[self.buffer.len() - 1]
    }

    fn act(&mut self, step: Step) {
        match step {
            Type => {
                let old = format!("player.score += {};", 10_u32.pow(self.typed));
                self.typed += 1;
                let new = format!("player.score += {};", 10_u32.pow(self.typed));
                let text = insert_above(self.text(), "/// Deals three cards", "// one\n// two\n");
                self.buffer.push(replace(&text, &old, &new));
            }
            Undo => {
                self.buffer.pop();
                self.typed -= 1;
            }
            Save => {
                self.saved = self.text().to_owned();
                self.program.write(MAIN, &self.saved);
            }
            Toggle => self.toggle(),
            Swapped => drop(self.session.client.event("midflight/generation")),
        }
    }

    fn toggle(&mut self) {
        let source = json!({"path": self.program.path(MAIN)});
        let mut request = json!({"source": source, "breakpoints": [{"line": line_of(self.text(), MARKER)}]});
        if self.says_which_text {
            let text = self.text();
            request["midflight"] = json!({"sha256": baseline::sha256(text.as_bytes())});
            if text != self.saved {
                request["midflight"]["text"] = json!(text);
            }
        }
        let nothing =
            json!({"source": request["source"], "breakpoints": [], "midflight": request["midflight"]});
        self.session.client.ok("setBreakpoints", nothing);
        let answer = self.session.client.ok("setBreakpoints", request.clone());
        let line = &answer["breakpoints"][0]["line"];
        assert_eq!(*line, request["breakpoints"][0]["line"], "it stays where it was set: {answer}");
    }

    /// Every stop is on the statement, in the text that its frame runs; in the end that is the newest.
    fn check(mut self, steps: &[Step]) {
        let is_saved = self.text() == self.saved;
        let newest = |stop: &Stop| is_saved && !stop.function().contains("generation");
        let mut seen = 0;
        loop {
            let stop = self.session.stopped();
            seen += 1;
            assert_eq!(stop.event["reason"], "breakpoint", "{steps:?}: {}", stop.event);
            let source = &stop.frames[0]["source"];
            let text = match source["sourceReference"].as_i64().filter(|reference| *reference > 0) {
                Some(reference) => {
                    self.session.client.ok("source", json!({"sourceReference": reference}))["content"].take()
                }
                None => Value::from(self.text()),
            };
            let text = text.as_str().expect("a text");
            let line = text.lines().nth(stop.line() as usize - 1).unwrap_or_default();
            assert!(line.contains(MARKER), "{steps:?}: {} stops at `{line}`", stop.function());
            if newest(&stop) || (!is_saved && seen == 3) {
                break;
            }
            assert!(seen < 20, "{steps:?}: the newest code never stops");
            self.session.resume(&stop);
        }
        self.session.client.disconnect();
    }
}

fn all(orders: &[&[Step]], says_which_text: bool) {
    for steps in orders {
        let mut person = Person::begin(says_which_text);
        for step in *steps {
            person.act(*step);
        }
        person.check(steps);
    }
}

#[test]
fn in_vs_code_a_breakpoint_means_the_statement_in_the_buffer() {
    all(&IN_VS_CODE, true);
}

#[test]
fn in_other_editors_a_breakpoint_means_the_statement_in_the_file() {
    all(&IN_OTHER_EDITORS, false);
}
