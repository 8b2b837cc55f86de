//! Breakpoints of every kind, through a reload and around it.

use midflight_tests::dap::Session;
use midflight_tests::program::Program;
use serde_json::{Value, json};

use super::{LIBRARY, scope, stopped_at, value};

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
    let tick = scope(&mut session, &stop, "Locals");
    assert!(value(&tick, "tick").ends_with('0'), "{tick:?}");
    let stop = session.run_until(stop, |stop| {
        stop.event["hitBreakpointIds"] == json!([function]) && stop.function() == "render"
    });
    session.client.events_so_far("output");
    session.resume(&stop);
    session.client.output("pulled");
    session.client.disconnect();
}

const MANIFEST: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

const MOVED: &str = "pub fn step(tick: u64) -> u64 {
    let twice = tick * 2;
    twice + 1 // breakpoint: moved
}
";

const MOVING: &str = "mod a;
mod b;

fn tick(tick: u64) -> u64 {
    a::step(tick)
}

fn main() {
    for number in 0..60_000 {
        tick(number);
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
";

#[test]
fn a_breakpoint_goes_with_its_function_to_another_file() {
    let (a, b, other) = ("src/a.rs", "src/b.rs", "pub fn other() -> u64 {\n    7\n}\n");
    let program =
        Program::files(&[("Cargo.toml", MANIFEST), ("src/main.rs", MOVING), (a, MOVED), (b, other)]);
    let mut session = Session::launch(&program, &json!({"reload": "manual"}));
    let line = program.line_of(a, "breakpoint: moved");
    let id = session.set_breakpoints(&program, a, &[line])[0]["id"].clone();
    session.configuration_done();
    let stop = session.stopped();
    assert_eq!((stop.line(), &stop.frames[0]["source"]["path"]), (line, &json!(program.path(a))));

    program.write(a, "");
    program.write(b, &format!("{other}\n{MOVED}"));
    program.replace("src/main.rs", "a::step", "b::step");
    let answer = session.client.ok("midflight/reload", json!({}));
    assert_eq!(answer["applied"], true, "{answer}");
    let (line, path) = (program.line_of(b, "breakpoint: moved"), json!(program.path(b)));
    let told = session.client.event_where("breakpoint", |body| {
        body["breakpoint"]["id"] == id && body["breakpoint"]["source"]["path"] == path
    });
    assert_eq!((&told["breakpoint"]["line"], &told["breakpoint"]["verified"]), (&json!(line), &json!(true)));
    session.resume(&stop);
    let stop = session.stopped();
    let stop = session.run_until(stop, |stop| stop.frames[0]["source"]["path"] == path);
    assert_eq!((stop.line(), stop.function()), (line, "app::b::step"));
    assert_eq!(stop.event["hitBreakpointIds"], json!([id]), "still the user's");
    session.client.disconnect();
}

/// A program calls `step` as often as a file says; so many calls before a reload count for a breakpoint after it.
#[track_caller]
fn hits_count_through_a_reload(program: &Program, file: &str, above: &str) {
    let gate = program.path("calls");
    let calls = |number: u32| std::fs::write(&gate, number.to_string()).expect("a file");
    calls(0);
    let mut session = Session::launch(program, &json!({"reload": "manual"}));
    let set = |session: &mut Session| {
        let line = program.line_of(file, "breakpoint: step");
        let points = json!([{"line": line, "hitCondition": "20"}]);
        let source = json!({"path": program.path(file)});
        session.client.ok("setBreakpoints", json!({"source": source, "breakpoints": points}));
    };
    set(&mut session);
    session.configuration_done();
    calls(12);
    session.client.output("called 12 times");
    program.insert_above(file, above, "    let _ = 0;\n");
    let reload = session.client.send("midflight/reload", json!({}));
    // A hot library is loaded when it is called next.
    calls(13);
    let answer = session.client.response(reload);
    assert_eq!(answer["body"]["applied"], true, "{answer}");
    session.client.output("called 13 times");
    // What the editor sends after a save, which must not make it count anew.
    set(&mut session);
    calls(100);
    let stop = session.stopped();
    assert_eq!(value(&scope(&mut session, &stop, "Locals"), "call"), "20", "{:?}", stop.event);
    session.client.disconnect();
}

/// Lets `main` call `step` with the number of the call, no more often than the file says.
const CALLS: &str = "fn main() {
    for call in 1..u32::MAX {
        while std::fs::read_to_string(\"calls\").ok().and_then(|calls| calls.parse().ok()) < Some(call) {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        STEP
        println!(\"called {call} times\");
    }
}
";

#[test]
fn hits_before_a_swap_in_place_count() {
    let step = "fn step(call: u32) -> u32 {\n    let more = 1;\n    call + more // breakpoint: step\n}\n\n";
    let main = format!("{step}{}", CALLS.replace("STEP", "step(call);"));
    let program = Program::files(&[("Cargo.toml", MANIFEST), ("src/main.rs", &main)]);
    hits_count_through_a_reload(&program, "src/main.rs", "let more");
}

#[test]
fn hits_before_a_library_is_reloaded_count() {
    let program = Program::fixture("two-libraries");
    let main = program.read("app/src/main.rs");
    let (start, rest) = main.split_once("fn main() {").expect("a main function");
    let (_, end) = rest.split_once("\n}\n").expect("its end");
    let state =
        "let mut state = state::State { tick: call, height: 0 };\n        world_hot::step(&mut state);";
    program.write("app/src/main.rs", &format!("{start}{}{end}", CALLS.replace("STEP", state)));
    program.replace("world/src/lib.rs", "let speed = 1;", "let (speed, call) = (1, state.tick);");
    program.replace("world/src/lib.rs", "state.tick += 1;", "state.tick = call + 1;");
    hits_count_through_a_reload(&program, "world/src/lib.rs", "state.tick = call");
}

#[test]
fn breakpoints_on_data_go_with_the_library_that_it_is_in() {
    let program = Program::example("hot-world");
    program.insert_above(
        LIBRARY,
        "/// Advances the world",
        "#[unsafe(no_mangle)]\npub static mut STEPS: u64 = 0;\n",
    );
    program.replace(LIBRARY, "    state.tick = tick;", "    unsafe { STEPS += 1 };\n    state.tick = tick;");
    let (mut session, stop) = stopped_at(&program, MARKER);
    let mut address = |of: &str| {
        let arguments = json!({"expression": of, "frameId": stop.frames[0]["id"], "context": "watch"});
        let result = session.client.ok("evaluate", arguments)["result"].take();
        let result =
            result.as_str().and_then(|result| result.split_once("0x")).expect("an address").1.to_owned();
        result.split(' ').next().unwrap_or_default().to_owned()
    };
    let points = ["&STEPS", "&state->tick"]
        .map(|of| json!({"dataId": format!("{}/8", address(of)), "accessType": "write"}));
    let body = session.client.ok("setDataBreakpoints", json!({"breakpoints": points}));
    let ids = [0, 1].map(|index| body["breakpoints"][index]["id"].clone());
    session.set_breakpoints(&program, LIBRARY, &[]);
    program.replace(LIBRARY, "let gravity = 1.0;", "\n    let gravity = 1.5;");
    session.run_until_generation(&stop, 1);
    let told = session.client.event_where("breakpoint", |body| body["breakpoint"]["id"] == ids[0]);
    assert_eq!((&told["reason"], &told["breakpoint"]["verified"]), (&json!("changed"), &json!(false)));
    let message = told["breakpoint"]["message"].as_str().unwrap_or_default();
    assert!(message.contains("has been replaced"), "{told}");
    // The other one is of the executable's `main`, and goes on to be hit, by new code.
    let stop = session.stopped();
    let description = stop.event["description"].as_str().unwrap_or_default();
    let is_of_data = description.contains("watchpoint") || description.contains("data breakpoint");
    assert!(is_of_data && stop.function() == "step", "{:?}", stop.event);
    assert_eq!(stop.event["hitBreakpointIds"], Value::Null, "LLDB counts those by themselves");
    session.client.disconnect();
}
