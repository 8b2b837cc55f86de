//! The demonstration: one debug session that survives the hot reload of a real program, told step by step.
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
mod steps;
mod tale;

use editor::Editor;

/// A step: what is to be seen, and how.
struct Step {
    title: &'static str,
    take: fn(&mut Editor),
}

const STEPS: [Step; 5] = [
    Step { title: "A breakpoint in the reloadable function is hit; its locals are shown", take: steps::hit },
    Step { title: "An edit is typed: the verdict comes while it is typed", take: steps::type_a_safe_edit },
    Step {
        title: "Save: built, checked, reloaded; the breakpoint has moved and is hit again",
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
    tale::opening();
    // What a failed step says comes after the step, not in the middle of it.
    panic::set_hook(Box::new(|_| {}));
    let mut editor = match panic::catch_unwind(Editor::open) {
        Ok(editor) => editor,
        Err(problem) => {
            return missing("The language server, the debug adapter and the program start", &*problem);
        }
    };
    for (number, step) in (1..).zip(&STEPS) {
        tale::step(number, step.title);
        if let Err(problem) = panic::catch_unwind(AssertUnwindSafe(|| (step.take)(&mut editor))) {
            return missing(step.title, &*problem);
        }
    }
    tale::closing(start.elapsed(), &editor.seen());
    ExitCode::SUCCESS
}

/// Says which step it was that did not come about.
fn missing(title: &str, problem: &(dyn Any + Send)) -> ExitCode {
    let text = problem.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| problem.downcast_ref::<&str>().copied()).unwrap_or("it ended without a word");
    tale::failure(title, text);
    ExitCode::FAILURE
}
