//! The demonstration: debug sessions that survive as a real program changes under them, told step by step.
//!
//! It drives the real `midflight lsp` and `midflight dap`, with the real lldb-dap, as an editor does. Everything it
//! prints was seen on the wire; a step that does not see what it tells of ends the demonstration, which then fails.
//! `cargo xtask demo` builds what is needed and starts it.

#![allow(clippy::print_stdout, reason = "a tale is what this program is for")]

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::time::Instant;

mod editor;
mod language;
mod scene;
mod steps;
mod tale;

use editor::Editor;
use scene::{SCENES, Scene};

/// A step: what is to be seen, and how; it answers with what was seen, in a few words.
struct Step {
    title: &'static str,
    take: fn(&mut Editor) -> &'static str,
}

const STEPS: [Step; 5] = [
    Step { title: "A breakpoint is hit; the locals are shown", take: steps::hit },
    Step { title: "An edit is typed: the verdict comes while it is typed", take: steps::type_a_safe_edit },
    Step {
        title: "Save: built, checked, swapped in; the breakpoint has moved and is hit again",
        take: steps::save,
    },
    Step {
        title: "An unsafe edit is typed and saved: refused, and the session lives on",
        take: steps::refuse,
    },
    Step { title: "The session ends, and nothing is left behind", take: steps::end },
];

fn main() -> ExitCode {
    let start = Instant::now();
    // What a failed step says comes after the step, not in the middle of it.
    panic::set_hook(Box::new(|_| {}));
    let mut shown = Vec::new();
    for scene in &SCENES {
        tale::scene(scene.example);
        match play(scene) {
            Ok(seen) => shown.push(format!("{}: {}.", scene.example, seen.join("; "))),
            Err((title, problem)) => return missing(title, &*problem),
        }
    }
    tale::closing(start.elapsed(), &shown);
    ExitCode::SUCCESS
}

/// All steps with one program. What was seen, or the step that did not come about.
fn play(scene: &'static Scene) -> Result<Vec<&'static str>, (&'static str, Box<dyn Any + Send>)> {
    let opened = panic::catch_unwind(|| Editor::open(scene));
    let mut editor = opened
        .map_err(|problem| ("The language server, the debug adapter and the program start", problem))?;
    let mut seen = Vec::new();
    for (number, step) in (1..).zip(&STEPS) {
        tale::step(number, step.title);
        let taken = panic::catch_unwind(AssertUnwindSafe(|| (step.take)(&mut editor)));
        seen.push(taken.map_err(|problem| (step.title, problem))?);
    }
    Ok(seen)
}

/// Says which step it was that did not come about.
fn missing(title: &str, problem: &(dyn Any + Send)) -> ExitCode {
    let text = problem.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| problem.downcast_ref::<&str>().copied()).unwrap_or("it ended without a word");
    tale::failure(title, text);
    ExitCode::FAILURE
}
