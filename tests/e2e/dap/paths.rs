//! Programs that were built elsewhere: the debugger knows their files by other paths.

use midflight_tests::dap::{Session, Stop};
use midflight_tests::program::Program;
use serde_json::{Value, json};

const MAIN: &str = "src/main.rs";

/// Where the program says that its sources are.
const ELSEWHERE: &str = "/build/elsewhere";

/// The plain example, built as if its folder were another one.
fn built_elsewhere() -> Program {
    let program = Program::example("plain");
    let flag = format!("--remap-path-prefix={}={ELSEWHERE}", program.root().display());
    program.write(".cargo/config.toml", &format!("[build]\nrustflags = [{flag:?}]\n"));
    program
}

#[track_caller]
fn stopped(program: &Program, midflight: &Value) -> (Session, Stop) {
    let mut session = Session::launch(program, midflight);
    let points = session.set_breakpoints(program, MAIN, &[program.line_of(MAIN, "breakpoint: play")]);
    assert_eq!(points[0]["verified"], true, "{points:?}");
    assert_eq!(points[0]["source"]["path"], json!(program.path(MAIN)));
    session.configuration_done();
    let stop = session.stopped();
    assert_eq!(stop.function(), "plain::play");
    assert_eq!(stop.line(), program.line_of(MAIN, "breakpoint: play"));
    assert_eq!(stop.frames[0]["source"]["path"], json!(program.path(MAIN)));
    (session, stop)
}

#[test]
fn breakpoints_and_frames_have_the_paths_of_this_machine() {
    let program = built_elsewhere();
    let rewrites = json!([{"local": program.root(), "remote": ELSEWHERE}]);
    let (session, _) = stopped(&program, &json!({"engine": "none", "pathRewrites": rewrites}));
    session.client.disconnect();
}

#[test]
fn they_have_them_after_a_restart_too() {
    let program = built_elsewhere();
    let rewrites = json!([{"local": program.root(), "remote": ELSEWHERE}]);
    let (mut session, _) = stopped(&program, &json!({"engine": "restart", "pathRewrites": rewrites}));
    program.insert_above(MAIN, "fn play(", "// one\n// two\n");
    session.client.event("midflight/generation");
    let stop = session.stopped();
    assert_eq!(stop.line(), program.line_of(MAIN, "breakpoint: play"));
    assert_eq!(stop.frames[0]["source"]["path"], json!(program.path(MAIN)));
    session.client.disconnect();
}

#[test]
fn functions_are_swapped_in_a_program_that_was_built_elsewhere() {
    let program = built_elsewhere();
    let rewrites = json!([{"local": program.root(), "remote": ELSEWHERE}]);
    let (mut session, stop) = stopped(&program, &json!({"pathRewrites": rewrites}));
    program.replace(MAIN, "player.score += 1;", "// more\n            player.score += 10;");
    session.client.event("midflight/generation");
    session.resume(&stop);
    let line = program.line_of(MAIN, "breakpoint: play");
    let stop = session.stopped();
    let stop = session.run_until(stop, |stop| stop.line() == line);
    assert_eq!(stop.function(), "plain::play");
    assert_eq!(stop.frames[0]["source"]["path"], json!(program.path(MAIN)));
    session.client.disconnect();
}

#[test]
fn other_paths_that_nobody_named_are_said_and_nothing_is_swapped() {
    let program = built_elsewhere();
    let mut session = Session::launch(&program, &json!({}));
    let reason = session.client.output("Every change will need a restart");
    assert!(reason.contains("names no file below") && reason.contains("pathRewrites"), "{reason}");
    session.client.disconnect();
}
