//! The breakpoints of the soaked program: one in what is edited, one in what is not.

use crate::dap::Session;
use crate::driven::{Driver, MODEL};
use crate::program::Program;

const POINTS: [(&str, &str); 2] =
    [(MODEL, "// breakpoint: visit"), ("src/probe.rs", "// breakpoint: visited")];

/// Whether the edited file still has the statement that is visited.
pub(super) fn has_statement(model: &str) -> bool {
    model.contains(POINTS[0].1)
}

pub(super) fn set_breakpoints(session: &mut Session, program: &Program) {
    for (file, marker) in POINTS {
        session.set_breakpoints(program, file, &[program.line_of(file, marker)]);
    }
}

/// Lets the program run past its breakpoints; what was not right.
#[track_caller]
pub(super) fn visit(session: &mut Session, driver: &mut Driver, program: &Program) -> Vec<String> {
    let mut stops = Vec::new();
    let answer = driver.ask("visit", || {
        for event in session.client.events_so_far("stopped") {
            let stop = session.stop(event);
            stops.push((stop.event["description"].clone(), stop.line()));
            session.resume(&stop);
        }
        None
    });
    let lines: Vec<u32> = POINTS.iter().map(|(file, marker)| program.line_of(file, marker)).collect();
    let mut wrong = Vec::new();
    if !stops.iter().map(|(_, line)| line).eq(&lines) {
        wrong.push(format!("stopped at {stops:?}, not once at each of the lines {lines:?}"));
    }
    wrong.extend(
        answer.err().map(|error| format!("the program does not go on from its breakpoints: {error}")),
    );
    wrong
}
