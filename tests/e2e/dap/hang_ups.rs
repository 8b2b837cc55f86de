//! An editor that goes away, at every point of a session; and two of them at once.

use midflight_tests::dap::{Session, descendants, wait_until_gone};
use midflight_tests::program::Program;
use serde_json::json;

const MAIN: &str = "src/main.rs";
const MARKER: &str = "breakpoint: play";

/// How far the session is when the editor goes.
const POINTS: [&str; 6] = ["the build", "initialized", "breakpoints set", "running", "stopped", "a swap"];

#[track_caller]
fn go_away(program: &Program, point: &str) {
    let mut session = Session::new(program);
    let reach = |session: &mut Session| {
        session.client.send("launch", json!({"cwd": program.root(), "midflight": {}}));
        if point == "the build" {
            session.client.event("progressStart");
            return;
        }
        session.client.event("initialized");
        if point == "initialized" {
            return;
        }
        let line = program.line_of(MAIN, MARKER);
        session.set_breakpoints(program, MAIN, &[line]);
        if point == "breakpoints set" {
            return;
        }
        session.configuration_done();
        if point == "running" {
            return;
        }
        session.stopped();
        if point == "stopped" {
            return;
        }
        program.insert_above(MAIN, "fn play(", "// more\n");
        session.client.send("midflight/reload", json!({}));
    };
    reach(&mut session);
    let midflight = session.client.id().expect("the proxy runs");
    let started = descendants(midflight);
    session.client.hang_up();
    session.client.wait_for_end();
    wait_until_gone(&started);
}

#[test]
fn an_editor_may_go_at_any_point_and_nothing_is_left() {
    let program = Program::example("plain");
    for point in POINTS {
        go_away(&program, point);
    }
}

#[test]
fn two_sessions_of_one_workspace_are_both_swapped() {
    let program = Program::example("plain");
    let mut sessions: Vec<Session> = (0..2)
        .map(|_| {
            let mut session = Session::launch(&program, &json!({"snapshot": {"timeMs": 5000}}));
            session.set_breakpoints(&program, MAIN, &[program.line_of(MAIN, MARKER)]);
            session.configuration_done();
            session.stopped();
            session
        })
        .collect();
    program.replace(MAIN, "player.score += 1;", "// more\n            player.score += 10;");
    for session in &mut sessions {
        let generation = session.client.event("midflight/generation");
        assert_eq!(generation["generation"], 1);
    }
    let line = program.line_of(MAIN, MARKER);
    for mut session in sessions {
        session.client.ok("continue", json!({"threadId": 0}));
        let stop = session.stopped();
        session.run_until(stop, |stop| stop.line() == line && !stop.function().contains("generation"));
        session.client.disconnect();
    }
}
