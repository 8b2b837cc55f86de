//! What the user came for: the code changes and everything else stays.

use expect_test::expect;
use midflight_tests::dap::log::View;
use midflight_tests::program::Program;
use serde_json::json;

use super::{LIBRARY, scope, stopped_at, value};

const MARKER: &str = "breakpoint: step";

#[test]
fn a_breakpoint_follows_its_statement_into_the_new_code() {
    let program = Program::example("hot-world");
    let line = program.line_of(LIBRARY, MARKER);
    let (mut session, stop) = stopped_at(&program, MARKER);
    assert_eq!((stop.line(), stop.function()), (line, "step"));
    let locals = scope(&mut session, &stop, "Locals");
    assert_eq!(value(&locals, "gravity"), "1");
    let tick: u32 = value(&locals, "tick").parse().expect("a number");

    let text = program.read(LIBRARY).replace("let gravity = 1.0;", "let gravity = 1.5;");
    let above = "/// Advances the world by one tick.";
    program.write(LIBRARY, &text.replace(above, &format!("// 1\n// 2\n// 3\n// 4\n// 5\n{above}")));
    session.run_until_generation(&stop, 1);

    let stop = session.stopped();
    assert_eq!((stop.line(), stop.function()), (line + 5, "step"));
    assert_eq!(stop.event["hitBreakpointIds"], json!([1]), "the breakpoint is still the user's");
    let locals = scope(&mut session, &stop, "Locals");
    assert_eq!(value(&locals, "gravity"), "1.5");
    assert!(value(&locals, "tick").parse::<u32>().expect("a number") > tick, "the state lives on");
    let before = scope(&mut session, &stop, "Before reload (generation 0)");
    assert_eq!(value(&before, "gravity"), "1  (now 1.5)");

    let event = session.client.event_where("breakpoint", |body| body["breakpoint"]["line"] == line + 5);
    assert_eq!(event["breakpoint"]["verified"], true);
    assert_eq!(event["breakpoint"]["id"], 1);
    let timeline = session.client.ok("midflight/timeline", json!({}));
    assert_eq!(timeline["current"], 1);
    assert_eq!(timeline["generations"][1]["changes"][0]["item"], "world::step");
    let snapshots = session.client.ok("midflight/snapshots", json!({}));
    assert_eq!(snapshots["snapshots"][0]["generation"], 0);
    session.client.disconnect();
}

#[test]
fn the_same_breakpoint_is_hit_after_every_one_of_ten_reloads() {
    let program = Program::example("hot-world");
    let (mut session, mut stop) = stopped_at(&program, MARKER);
    for generation in 1..=10 {
        // A body edit below the breakpoint: the library often lands at the same address.
        let text = program.read(LIBRARY);
        let edited = text.replacen("    state.tick = tick;", "    state.tick = tick;\n    let _ = tick;", 1);
        program.write(LIBRARY, &edited);
        session.run_until_generation(&stop, generation);
        stop = session.stopped();
        assert_eq!((stop.line(), stop.function()), (program.line_of(LIBRARY, MARKER), "step"));
        assert_eq!(stop.event["hitBreakpointIds"], json!([1]));
    }
    session.client.disconnect();
}

#[test]
fn stopped_inside_the_function_the_reload_waits_and_the_frame_says_so() {
    let program = Program::example("hot-world");
    let line = program.line_of(LIBRARY, MARKER);
    let (mut session, stop) = stopped_at(&program, MARKER);
    program.replace(
        LIBRARY,
        "let gravity = 1.0;",
        "let gravity = 2.0;\n    let unused = 0;\n    let _ = unused;",
    );
    session.client.output("The reload waits until `step` returns");

    let arguments = json!({"threadId": stop.thread, "startFrame": 0, "levels": 1});
    let trace = session.client.ok("stackTrace", arguments);
    let frame = &trace["stackFrames"][0];
    assert_eq!(frame["name"], "step (generation 0)");
    assert_eq!(frame["line"], line, "the line in the text that it was built from");
    let source = &frame["source"];
    let arguments = json!({"source": source, "sourceReference": source["sourceReference"]});
    let text = session.client.ok("source", arguments);
    assert!(text["content"].as_str().is_some_and(|text| text.contains("let gravity = 1.0;")));

    session.run_until_generation(&stop, 1);
    let stop = session.stopped();
    assert_eq!((stop.line(), stop.function()), (line + 2, "step"));
    session.client.disconnect();
}

#[test]
fn a_reload_can_be_asked_for() {
    let program = Program::example("hot-world");
    let mut session = midflight_tests::dap::Session::launch(&program, &json!({"reload": "manual"}));
    session.configuration_done();
    session.client.output("library 0");
    let body = session.client.ok("midflight/reload", json!({}));
    assert_eq!((&body["applied"], &body["verdict"]), (&json!(false), &json!("safe")), "nothing to do");
    program.replace(LIBRARY, "let gravity = 1.0;", "let gravity = 1.25;");
    let body = session.client.ok("midflight/reload", json!({}));
    assert_eq!((&body["applied"], &body["generation"]), (&json!(true), &json!(1)), "{body}");
    assert_eq!(body["changes"][0]["code"], "MF0101");
    session.client.output("library 1");
    session.client.disconnect();
}

#[test]
fn the_conversation_of_a_reload() {
    let program = Program::example("hot-world");
    let (mut session, stop) = stopped_at(&program, MARKER);
    program.replace(LIBRARY, "let gravity = 1.0;", "\n    let gravity = 1.5;");
    session.client.output("The reload waits");
    session.resume(&stop);
    session.client.event("midflight/generation");
    session.stopped();
    let root = program.root().to_string_lossy().into_owned();
    let without =
        ["initialize", "capabilities", "output", "midflight/scopeSnapshot", "invalidated", "process"];
    let without: Vec<&str> =
        without.into_iter().chain(["progressStart", "progressUpdate", "progressEnd"]).collect();
    let log = session.client.log().readable(View { without: &without, root: &root });
    expect![[r#""#]].assert_eq(&log);
    session.client.disconnect();
}
