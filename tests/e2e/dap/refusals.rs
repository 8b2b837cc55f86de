//! What must not be brought into the process is not, and nothing is lost.

use std::process::Stdio;

use midflight_tests::dap::{Session, is_alive};
use midflight_tests::program::{Killed, Program};
use serde_json::json;

use super::{LIBRARY, stopped_at};

const MARKER: &str = "breakpoint: step";
const STATE: &str = "world/src/state.rs";

#[test]
fn an_unsafe_edit_is_refused_and_can_be_undone() {
    let program = Program::example("hot-world");
    let library = program.path("target/debug/libworld.so");
    let (mut session, stop) = stopped_at(&program, MARKER);
    let built = std::fs::read(&library).expect("the library is built");

    let saved = program.read(STATE);
    program.write(STATE, &saved.replace("    pub seed: u64,", "    pub seed: u64,\n    pub extra: u64,"));
    let refused = session.client.event("midflight/refused");
    assert_eq!(refused["verdict"], "restart");
    assert_eq!(refused["changes"][0]["item"], "world::state::State");
    assert!(refused["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{refused}");
    assert!(std::fs::read(&library).expect("it is still there") == built, "nothing was built over it");

    session.resume(&stop);
    let stop = session.stopped();
    assert_eq!(stop.function(), "step", "the old code goes on");

    program.write(STATE, &saved);
    session.client.output("What is saved is again what runs");
    program.replace(LIBRARY, "let gravity = 1.0;", "let gravity = 1.5;");
    session.run_until_generation(&stop, 1);
    session.client.disconnect();
}

#[test]
fn what_does_not_compile_is_not_loaded() {
    let program = Program::example("hot-world");
    let (mut session, stop) = stopped_at(&program, MARKER);
    program.replace(LIBRARY, "let gravity = 1.0;", "let gravity = not_there;");
    let said = session.client.output("Not reloaded");
    assert!(said.contains("cannot find value `not_there`") && said.contains(LIBRARY), "{said}");
    session.resume(&stop);
    let stop = session.stopped();
    program.replace(LIBRARY, "let gravity = not_there;", "let gravity = 1.0;");
    session.client.output("What is saved is again what runs");
    program.replace(LIBRARY, "let gravity = 1.0;", "let gravity = 3.0;");
    session.run_until_generation(&stop, 1);
    session.client.disconnect();
}

#[test]
fn a_program_without_reloads_says_that_it_needs_a_restart() {
    let program = Program::example("plain");
    let mut session = Session::launch(&program, &json!({"engine": "subsecond"}));
    let line = program.line_of("src/main.rs", "breakpoint: play");
    session.set_breakpoints(&program, "src/main.rs", &[line]);
    session.configuration_done();
    let stop = session.stopped();
    assert_eq!(stop.line(), line);
    program.insert_above("src/main.rs", "fn play(", "// one\n// two\n");
    program.replace("src/main.rs", "player.score += 1;", "player.score += 2;");
    let refused = session.client.event("midflight/refused");
    assert!(refused["remedy"].as_str().is_some_and(|remedy| remedy.contains("Restart")), "{refused}");
    session.resume(&stop);
    let stop = session.stopped();
    assert_eq!(stop.function(), "app::play (generation 0)".replace("app", "plain"));
    session.client.disconnect();
}

#[test]
fn a_program_that_runs_already_says_why_nothing_is_swapped_and_lives_on() {
    let program = Program::example("plain");
    program.build();
    let mut command = program.command(program.path("target/debug/plain"));
    let running = Killed(command.stdout(Stdio::null()).spawn().expect("it starts"));
    let mut session = Session::new(&program);
    let midflight = json!({"reload": "manual"});
    let arguments = json!({"pid": running.0.id(), "cwd": program.root(), "midflight": midflight});
    let attach = session.client.send("attach", arguments);
    session.client.event("initialized");
    session.configuration_done();
    assert_eq!(session.client.response(attach)["success"], true);
    program.replace("src/main.rs", "player.score += 1;", "player.score += 2;");
    let answer = session.client.ok("midflight/reload", json!({}));
    assert_eq!(answer["applied"], false);
    let message = answer["message"].as_str().unwrap_or_default();
    assert!(message.contains("it was not built and started by Midflight"), "{message}");
    session.client.ok("disconnect", json!({}));
    session.client.hang_up();
    session.client.wait_for_end();
    assert!(is_alive(running.0.id()), "it is not the session's to end");
}
