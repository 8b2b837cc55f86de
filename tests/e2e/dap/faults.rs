//! Whatever is killed or hangs up: a clear message, and nothing is left running.

use std::process::Command;

use midflight_tests::dap::{Session, descendants, wait_until_gone};
use midflight_tests::program::Program;
use serde_json::json;

use super::stopped_at;

const MARKER: &str = "breakpoint: step";

fn kill(process: u32) {
    let killed = Command::new("kill").args(["-9", &process.to_string()]).status();
    assert!(killed.is_ok_and(|status| status.success()), "{process} can't be killed");
}

/// Everything that a session has started, by name.
fn started(session: &Session) -> Vec<(String, u32)> {
    let midflight = session.client.id().expect("the proxy runs");
    let name = |id: u32| {
        let name = std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
        (name.trim().to_owned(), id)
    };
    descendants(midflight).into_iter().map(name).collect()
}

#[track_caller]
fn process(started: &[(String, u32)], name: &str) -> u32 {
    let found = started.iter().find(|(other, _)| other.starts_with(name));
    found.unwrap_or_else(|| panic!("no {name} among {started:?}")).1
}

fn ids(started: &[(String, u32)]) -> Vec<u32> {
    started.iter().map(|(_, id)| *id).collect()
}

#[test]
fn a_killed_debug_adapter_ends_the_session_with_a_message() {
    let program = Program::example("hot-world");
    let (mut session, _) = stopped_at(&program, MARKER);
    let started = started(&session);
    kill(process(&started, "lldb-dap"));
    let said = session.client.output("SIGKILL");
    assert!(said.contains("lldb-dap"), "{said}");
    session.client.event("terminated");
    wait_until_gone(&ids(&started));
    session.client.disconnect();
}

#[test]
fn a_killed_program_ends_the_session() {
    let program = Program::example("hot-world");
    let (mut session, _) = stopped_at(&program, MARKER);
    let started = started(&session);
    kill(process(&started, "app"));
    session.client.event("terminated");
    session.client.disconnect();
    wait_until_gone(&ids(&started));
}

#[test]
fn a_killed_proxy_takes_everything_along() {
    let program = Program::example("hot-world");
    let (session, _) = stopped_at(&program, MARKER);
    let started = started(&session);
    kill(session.client.id().expect("the proxy runs"));
    wait_until_gone(&ids(&started));
}

/// One that prints nothing would not notice that its terminal has gone, and LLDB leaves it running after a swap.
#[test]
fn a_killed_proxy_takes_a_silent_program_along() {
    let main = "fn main() {\n    loop {\n        step();\n    }\n}\nfn step() {\n    let a = 1;\n    std::hint::black_box(a);\n    std::thread::sleep(std::time::Duration::from_millis(20));\n}\n";
    let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n";
    let program = Program::files(&[("Cargo.toml", manifest), ("src/main.rs", main)]);
    let mut session = Session::launch(&program, &json!({"reload": "manual"}));
    session.configuration_done();
    program.replace("src/main.rs", "let a = 1", "let a = 2");
    let answer = session.client.ok("midflight/reload", json!({}));
    assert_eq!(answer["applied"], true, "{answer}");
    let started = started(&session);
    process(&started, "app");
    kill(session.client.id().expect("the proxy runs"));
    wait_until_gone(&ids(&started));
}

#[test]
fn an_editor_that_hangs_up_leaves_nothing_behind() {
    let program = Program::example("hot-world");
    let (mut session, _) = stopped_at(&program, MARKER);
    let while_stopped = started(&session);
    session.client.hang_up();
    session.client.wait_for_end();
    wait_until_gone(&ids(&while_stopped));

    // Before anything was launched, lldb-dap would hang.
    let mut session = Session::new(&program);
    let before_launch = started(&session);
    session.client.hang_up();
    session.client.wait_for_end();
    wait_until_gone(&ids(&before_launch));
}

#[test]
fn garbage_from_the_editor_ends_the_session_and_nothing_else() {
    let program = Program::example("plain");
    let mut session = Session::new(&program);
    let started = started(&session);
    session.client.send_bytes(b"what is this?\r\n\r\n");
    session.client.output("no message");
    session.client.wait_for_end();
    wait_until_gone(&ids(&started));
}

#[test]
fn a_debug_adapter_that_hangs_does_not_keep_the_editor() {
    let program = Program::example("hot-world");
    let (session, _) = stopped_at(&program, MARKER);
    let started = started(&session);
    let adapter = process(&started, "lldb-dap").to_string();
    let stopped = Command::new("kill").args(["-STOP", &adapter]).status();
    assert!(stopped.is_ok_and(|status| status.success()));
    session.client.disconnect();
    wait_until_gone(&ids(&started));
}
