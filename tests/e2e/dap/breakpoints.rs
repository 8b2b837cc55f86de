//! Breakpoints of every kind, through a reload and around it.

use midflight_tests::dap::Session;
use midflight_tests::program::Program;
use serde_json::json;

use super::{LIBRARY, stopped_at};

const MARKER: &str = "breakpoint: step";

#[test]
fn new_lines_sent_before_the_reload_are_not_bound_in_old_code() {
    let program = Program::example("hot-world");
    let line = program.line_of(LIBRARY, MARKER);
    let (mut session, stop) = stopped_at(&program, MARKER);
    // What VS Code does on save: the new lines are sent while the old code runs.
    program.insert_above(LIBRARY, "pub fn step(", "// one\n// two\n// three\n");
    let points = session.set_breakpoints(&program, LIBRARY, &[line + 3]);
    assert_eq!((&points[0]["id"], &points[0]["line"]), (&json!(1), &json!(line + 3)));
    assert_eq!(points[0]["verified"], true, "it is still on its statement, {points:?}");
    session.run_until_generation(&stop, 1);
    let stop = session.stopped();
    assert_eq!((stop.line(), stop.function()), (line + 3, "step"));
    session.client.disconnect();
}

#[test]
fn breakpoints_move_at_the_very_moment_the_program_goes_on() {
    let program = Program::example("hot-world");
    let (mut session, mut stop) = stopped_at(&program, MARKER);
    let lines = [program.line_of(LIBRARY, "let gravity"), program.line_of(LIBRARY, MARKER)];
    for line in lines.into_iter().cycle().take(40) {
        // The debugger has not yet stepped over the breakpoint that the program stands at.
        session.client.send("continue", json!({"threadId": stop.thread}));
        session.set_breakpoints(&program, LIBRARY, &[line]);
        stop = session.stopped();
        assert_eq!(stop.event["reason"], "breakpoint", "{:?}", stop.event);
        assert_eq!((stop.line(), stop.function()), (line, "step"), "{:?}", stop.event);
    }
    session.client.disconnect();
}

#[test]
fn a_breakpoint_on_a_new_statement_waits_for_the_reload() {
    let program = Program::example("hot-world");
    let (mut session, stop) = stopped_at(&program, MARKER);
    program.replace(
        LIBRARY,
        "    state.tick = tick;",
        "    state.tick = tick;\n    let fresh = tick + 1;\n    let _ = fresh;",
    );
    let fresh = program.line_of(LIBRARY, "let fresh");
    let points = session.set_breakpoints(&program, LIBRARY, &[fresh]);
    assert_eq!(points[0]["verified"], false);
    assert!(
        points[0]["message"].as_str().is_some_and(|message| message.contains("generation 0")),
        "{points:?}"
    );
    session.run_until_generation(&stop, 1);
    let stop = session.stopped();
    assert_eq!((stop.line(), stop.function()), (fresh, "step"));
    session.client.disconnect();
}

#[test]
fn a_breakpoint_whose_statement_is_deleted_is_unverified_and_comes_back() {
    let program = Program::example("hot-world");
    let (mut session, stop) = stopped_at(&program, MARKER);
    let render = program.line_of(LIBRARY, "breakpoint: render");
    let other = program.line_of(LIBRARY, MARKER);
    let points = session.set_breakpoints(&program, LIBRARY, &[other, render]);
    let id = points[1]["id"].clone();
    let whole = program.read(LIBRARY);
    let statement = whole.lines().nth(render as usize - 1).expect("the line").to_owned();
    program.write(LIBRARY, &whole.replace(&format!("{statement}\n"), "        let _ = body;\n"));
    session.run_until_generation(&stop, 1);
    let event = session.client.event_where("breakpoint", |body| {
        body["breakpoint"]["id"] == id && body["breakpoint"]["verified"] == false
    });
    assert_eq!(event["reason"], "changed", "never `removed`: that deletes the user's breakpoint");
    let stop = session.stopped();
    assert_eq!(stop.function(), "step");
    program.write(LIBRARY, &whole);
    session.run_until_generation(&stop, 2);
    session.client.event_where("breakpoint", |body| {
        body["breakpoint"]["id"] == id && body["breakpoint"]["verified"] == true
    });
    session.client.disconnect();
}

#[test]
fn conditions_logpoints_and_functions_survive() {
    let program = Program::example("hot-world");
    let mut session = Session::launch(&program, &json!({}));
    let line = program.line_of(LIBRARY, MARKER);
    let accelerate = program.line_of(LIBRARY, "let mut pull");
    let source = json!({"path": program.path(LIBRARY)});
    let points =
        json!([{"line": line, "condition": "tick % 10 == 0"}, {"line": accelerate, "logMessage": "pulled"}]);
    session.client.ok("setBreakpoints", json!({"source": source, "breakpoints": points}));
    let functions = session.client.ok("setFunctionBreakpoints", json!({"breakpoints": [{"name": "render"}]}));
    let function = functions["breakpoints"][0]["id"].clone();
    session.configuration_done();
    let stop = session.stopped();
    program.insert_above(LIBRARY, "pub fn step(", "// one\n");
    program.replace(LIBRARY, "let gravity = 1.0;", "let gravity = 1.1;");
    session.run_until_generation(&stop, 1);
    let stop = session.stopped();
    let stop = session.run_until(stop, |stop| stop.line() == line + 1);
    let tick = super::scope(&mut session, &stop, "Locals");
    assert!(super::value(&tick, "tick").ends_with('0'), "{tick:?}");
    let stop = session.run_until(stop, |stop| {
        stop.event["hitBreakpointIds"] == json!([function]) && stop.function() == "render"
    });
    session.client.events_so_far("output");
    session.resume(&stop);
    session.client.output("pulled");
    session.client.disconnect();
}
