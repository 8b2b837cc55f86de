//! A program with two reloadable libraries: each is edited, loaded and debugged by itself, and both at once.

use midflight_tests::dap::{Session, Stop};
use midflight_tests::program::Program;
use serde_json::json;

use super::{scope, value};

const WORLD: &str = "world/src/lib.rs";
const VIEW: &str = "world_view/src/lib.rs";

/// A session with a breakpoint in each library, stopped in the first; and what the editor knows them by.
#[track_caller]
fn stopped_in_both(program: &Program) -> (Session, Stop, [i64; 2]) {
    let mut session = Session::launch(program, &json!({"snapshot": {"timeMs": 5000}}));
    let files = [(WORLD, "breakpoint: step"), (VIEW, "breakpoint: render")];
    let ids = files.map(|(file, marker)| {
        let points = session.set_breakpoints(program, file, &[program.line_of(file, marker)]);
        points[0]["id"].as_i64().expect("an id")
    });
    session.configuration_done();
    let stop = session.stopped();
    (session, stop, ids)
}

/// The next two stops are those of the two breakpoints, on their statements, with these values.
#[track_caller]
fn both_are_hit(program: &Program, session: &mut Session, ids: [i64; 2], speed: &str, unit: &str) -> Stop {
    let stop = session.stopped();
    let stop = session.run_until(stop, |stop| stop.event["hitBreakpointIds"] == json!([ids[0]]));
    assert_eq!((stop.line(), stop.function()), (program.line_of(WORLD, "breakpoint: step"), "step"));
    assert_eq!(value(&scope(session, &stop, "Locals"), "speed"), speed);
    session.resume(&stop);
    let stop = session.stopped();
    assert_eq!(stop.event["hitBreakpointIds"], json!([ids[1]]), "{:?}", stop.frames[0]);
    assert_eq!((stop.line(), stop.function()), (program.line_of(VIEW, "breakpoint: render"), "render"));
    assert_eq!(value(&scope(session, &stop, "Locals"), "unit").trim_matches('"'), unit);
    stop
}

#[test]
fn an_edit_in_either_library_is_loaded_and_the_breakpoints_of_both_stay() {
    let program = Program::fixture("two-libraries");
    let (mut session, stop, ids) = stopped_in_both(&program);
    program.replace(WORLD, "let speed = 1;", "// faster\n    let speed = 2;");
    session.run_until_generation(&stop, 1);
    let stop = both_are_hit(&program, &mut session, ids, "2", "m");
    program.replace(VIEW, "let unit = \"m\";", "\n\n    let unit = \"km\";");
    session.run_until_generation(&stop, 2);
    both_are_hit(&program, &mut session, ids, "2", "km");
    session.client.disconnect();
}

#[test]
fn edits_in_both_at_once_are_one_generation_and_each_library_comes_in_with_its_own_lines() {
    let program = Program::fixture("two-libraries");
    let (mut session, stop, ids) = stopped_in_both(&program);
    // Stopped in one of them, which so comes in last.
    program.replace(VIEW, "let unit = \"m\";", "\n\n    let unit = \"km\";");
    program.replace(WORLD, "let speed = 1;", "// faster\n    let speed = 2;");
    let said = session.client.output("The reload waits until");
    assert!(said.contains("until `step` returns: continue the program"), "{said}");
    let generation = session.run_until_generation(&stop, 1);
    let changed: Vec<_> = generation["changes"].as_array().into_iter().flatten().collect();
    assert_eq!(changed.len(), 2, "{generation}");
    both_are_hit(&program, &mut session, ids, "2", "km");
    session.client.disconnect();
}

#[test]
fn a_library_that_is_not_left_keeps_its_lines_while_the_other_is_loaded() {
    let program = Program::fixture("two-libraries");
    // The view's function runs in a thread of its own and stays there for as long as a file is missing.
    let gate = program.outside().join("go");
    let text = program.read(VIEW).replace(
        "    let height = state.height;\n",
        &format!(
            "    let height = state.height;\n    while !std::path::Path::new({gate:?}).exists() {{\n        \
             std::thread::sleep(std::time::Duration::from_millis(5));\n    }}\n"
        ),
    );
    program.write(VIEW, &text);
    let main = "app/src/main.rs";
    program.replace(
        main,
        "        println!(\"{}\", view_hot::render(&state));\n",
        "        if state.tick == 1 {\n            std::thread::spawn(|| loop {\n                let state = \
         state::State { tick: 0, height: 0 };\n                println!(\"{}\", \
         view_hot::render(&state));\n            });\n        }\n",
    );
    let (mut session, stop, ids) = stopped_in_both(&program);
    session.resume(&stop);
    let stop = session.stopped();
    program.replace(WORLD, "let speed = 1;", "// faster\n    let speed = 2;");
    program.replace(VIEW, "let unit = \"m\";", "\n\n    let unit = \"km\";");
    session.client.output("The reload waits");
    let is_new = |stop: &Stop, session: &mut Session| {
        stop.line() == program.line_of(WORLD, "breakpoint: step")
            && value(&scope(session, stop, "Locals"), "speed") == "2"
    };
    let mut stop = stop;
    while !is_new(&stop, &mut session) {
        session.resume(&stop);
        stop = session.stopped();
    }
    assert!(session.client.events_so_far("midflight/generation").is_empty(), "half of it is not all");
    std::fs::write(&gate, "").expect("the gate opens");
    // The call that has waited is one of the old code: its breakpoint is on the statement there.
    let old = session.run_until(stop, |stop| stop.function().starts_with("render"));
    assert_eq!(old.function(), "render (generation 0)");
    assert_eq!(old.event["hitBreakpointIds"], json!([ids[1]]));
    assert_eq!(value(&scope(&mut session, &old, "Locals"), "unit").trim_matches('"'), "m");
    session.run_until_generation(&old, 1);
    session.client.disconnect();
}
