//! What the user came for: the code changes and everything else stays.

use expect_test::expect;
use midflight_tests::dap::Session;
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
    // Without breakpoints until then: how often the old code runs meanwhile differs from run to run.
    session.set_breakpoints(&program, LIBRARY, &[]);
    session.resume(&stop);
    session.client.event("midflight/generation");
    session.set_breakpoints(&program, LIBRARY, &[program.line_of(LIBRARY, MARKER)]);
    session.stopped();
    let root = program.root().to_string_lossy().into_owned();
    let without = [
        "initialize",
        "capabilities",
        "output",
        "continued",
        "midflight/scopeSnapshot",
        "invalidated",
        "process",
    ];
    let without: Vec<&str> =
        without.into_iter().chain(["progressStart", "progressUpdate", "progressEnd"]).collect();
    let log = session.client.log().readable(View { without: &without, root: &root });
    expect![[r#"
        -> launch {cwd: "<root>", midflight: {snapshot: {timeMs: ms}}}
         * midflight/build {diagnostics: [], root: "<root>", success: true}
         * midflight/build {diagnostics: [], root: "<root>", success: true}
         * midflight/session {engine: "hot-lib-reloader", program: "<root>/target/debug/app", savesRestart: false}
        <- launch
         * initialized
        -> setBreakpoints {breakpoints: [{line: 23}], source: {path: "<root>/world/src/lib.rs"}}
        <- setBreakpoints {breakpoints: [{id: 1, line: 23, source: {path: "<root>/world/src/lib.rs"}, verified: false}]}
        -> configurationDone
        <- configurationDone
         * breakpoint {breakpoint: {id: 1, line: 23, source: {path: "<root>/world/src/lib.rs"}, verified: true}, reason: "changed"}
         * stopped {allThreadsStopped: true, description: "breakpoint 1.1", hitBreakpointIds: [1], preserveFocusHint: false, reason: "breakpoint", threadCausedFocus: true, threadId: thread 1}
        -> stackTrace {levels: 20, startFrame: 0, threadId: thread 1}
        <- stackTrace {stackFrames: [{column: 28, id: 524288, line: 23, name: "step", source: {name: "lib.rs", path: "<root>/world/src/lib.rs"}}, {column: 1, id: 524289, line: 13, name: "app::hot::step", source: {name: "main.rs", path: "<root>/app/src/main.rs"}}, {column: 9, id: 524290, line: 46, name: "app::main", source: {name: "main.rs", path: "<root>/app/src/main.rs"}}], totalFrames: 20}
         * midflight/build {diagnostics: [], root: "<root>", success: true}
        -> setBreakpoints {breakpoints: [], source: {path: "<root>/world/src/lib.rs"}}
        <- setBreakpoints {breakpoints: []}
        -> continue {threadId: thread 1}
        <- continue {allThreadsContinued: true}
         * midflight/generation {buildMs: ms, changes: [{baseline: {file: "world/src/lib.rs", range: {end: {character: 11, line: 17}, start: {character: 7, line: 17}}}, code: "MF0101", file: "world/src/lib.rs", item: "world::step", kind: "function", livePath: null, message: "the body of `step` changed: safe to hot-swap", range: {end: {character: 11, line: 17}, start: {character: 7, line: 17}}, reachableFrom: [], remedy: "", rule: "function-body-changed", verdict: "safe", why: "Calls made after the swap run the new code; calls in progress finish the old one."}], elapsedMs: ms, gateMs: ms, generation: 1, judgeMs: ms, message: "Reloaded in <some> s, generation 1", swapMs: ms, verdict: "safe"}
        -> setBreakpoints {breakpoints: [{line: 24}], source: {path: "<root>/world/src/lib.rs"}}
        <- setBreakpoints {breakpoints: [{id: 2, line: 24, source: {path: "<root>/world/src/lib.rs"}, verified: true}]}
         * stopped {allThreadsStopped: true, description: "breakpoint 2.1", hitBreakpointIds: [2], preserveFocusHint: false, reason: "breakpoint", threadCausedFocus: true, threadId: thread 1}
        -> stackTrace {levels: 20, startFrame: 0, threadId: thread 1}
        <- stackTrace {stackFrames: [{column: 28, id: 524288, line: 24, name: "step", source: {name: "lib.rs", path: "<root>/world/src/lib.rs"}}, {column: 1, id: 524289, line: 13, name: "app::hot::step", source: {name: "main.rs", path: "<root>/app/src/main.rs"}}, {column: 9, id: 524290, line: 46, name: "app::main", source: {name: "main.rs", path: "<root>/app/src/main.rs"}}], totalFrames: 20}
    "#]].assert_eq(&log);
    session.client.disconnect();
}

#[test]
fn pauses_and_steps_go_through_a_reload() {
    let program = Program::example("hot-world");
    let main = "app/src/main.rs";
    let mut session = midflight_tests::dap::Session::launch(&program, &json!({}));
    let call = program.line_of(main, "hot::step(&mut state);");
    session.set_breakpoints(&program, main, &[call]);
    session.configuration_done();
    let stop = session.stopped();
    session.set_breakpoints(&program, main, &[]);

    // The loader's stops fall into steps over the reloadable function; no step may end in the loader. LLDB
    // itself ends one now and then (1 of 10 runs) where it was interrupted: at the entry of the callee.
    program.replace(LIBRARY, "let gravity = 1.0;", "let gravity = 1.5;");
    let mut generations = 0;
    while generations == 0 {
        session.client.ok("next", json!({"threadId": stop.thread}));
        let stop = session.stopped();
        assert_eq!(stop.event["reason"], "step", "{} {:?}", stop.event, stop.frames[0]);
        let is_own = stop.function().starts_with("app::main") || stop.function() == "app::hot::step";
        assert!(is_own, "{:?}", stop.frames[0]);
        generations = session.client.events_so_far("midflight/generation").len();
    }

    // A pause that falls into them is a pause all the same.
    session.resume(&stop);
    program.replace(LIBRARY, "let gravity = 1.5;", "let gravity = 2.0;");
    while generations == 1 {
        session.client.ok("pause", json!({"threadId": stop.thread}));
        let stop = session.stopped();
        session.resume(&stop);
        generations += session.client.events_so_far("midflight/generation").len();
    }
    session.client.disconnect();
}

#[test]
fn a_library_that_the_build_does_not_select_is_built_as_reloads_are() {
    let program = Program::example("hot-world");
    let mut session = Session::launch(&program, &json!({"cargo": ["build", "--bin", "app"]}));
    session.set_breakpoints(&program, LIBRARY, &[program.line_of(LIBRARY, MARKER)]);
    session.configuration_done();
    let stop = session.stopped();
    program.replace(LIBRARY, "let gravity = 1.0;", "let gravity = 2.0;");
    session.run_until_generation(&stop, 1);
    let stop = session.stopped();
    assert_eq!(value(&scope(&mut session, &stop, "Locals"), "gravity"), "2");
    session.client.disconnect();
}

#[test]
fn a_process_that_the_debugger_still_looks_at_goes_on() {
    // LLDB lets no process go on that one of its threads looks at; lldb-dap does so after it has told of a stop, and
    // here for a while, where the stop is none of the user's.
    let looks = [
        "script import time; reasons = {thread.GetStopDescription(64) for thread in lldb.process}",
        "script end = time.monotonic() + 0.1 * ('shared-library-event' in reasons)",
        "script while time.monotonic() < end: lldb.process.GetNumThreads()",
    ];
    let program = Program::example("hot-world");
    let mut session = Session::new(&program);
    session.begin(json!({"cwd": program.root(), "midflight": {}, "stopCommands": looks}));
    session.set_breakpoints(&program, LIBRARY, &[program.line_of(LIBRARY, MARKER)]);
    session.configuration_done();
    let mut stop = session.stopped();
    for gravity in 2..5 {
        program.replace(
            LIBRARY,
            &format!("let gravity = {}.0;", gravity - 1),
            &format!("let gravity = {gravity}.0;"),
        );
        session.run_until_generation(&stop, gravity - 1);
        stop = session.stopped();
        assert_eq!(value(&scope(&mut session, &stop, "Locals"), "gravity"), gravity.to_string());
    }
    session.client.disconnect();
}
