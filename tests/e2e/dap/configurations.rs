//! What is wrong with a configuration or a project is said in one clear message.

use midflight_tests::dap::{Client, Session, vs_code};
use midflight_tests::program::Program;
use serde_json::{Value, json};

/// Why the launch with these arguments fails.
#[track_caller]
fn refused(program: &Program, arguments: Value) -> String {
    let mut session = Session::new(program);
    let message = session.client.refused("launch", arguments);
    session.client.disconnect();
    message
}

#[test]
fn mistakes_in_the_launch_configuration_are_named() {
    let program = Program::example("plain");
    let root = program.root();
    let refused = |arguments| refused(&program, arguments);
    let message = refused(json!({"cwd": root, "midflight": {"engine": "magic"}}));
    assert!(message.contains("`magic`") && message.contains("hot-lib-reloader"), "{message}");
    let message = refused(json!({"cwd": root, "midflight": {"cargo": ["run"]}}));
    assert!(message.contains("`cargo run`"), "{message}");
    let message = refused(json!({"cwd": root, "midflight": {"cargo": ["build", "--bin", "missing"]}}));
    assert!(message.contains("missing"), "{message}");
    let message = refused(json!({"cwd": "nowhere", "midflight": {}}));
    assert!(message.contains("`nowhere`"), "{message}");
    let message = refused(json!({"cwd": root, "program": "nothing", "midflight": {}}));
    assert!(message.contains("`nothing` does not exist") && message.contains("plain"), "{message}");
}

#[test]
fn a_folder_without_cargo_says_so() {
    let program = Program::files(&[("readme.txt", "no program")]);
    let message = refused(&program, json!({"cwd": program.root(), "midflight": {}}));
    assert!(message.contains("Cargo.toml"), "{message}");
}

#[test]
fn several_programs_need_a_choice() {
    let program = Program::files(&[
        ("Cargo.toml", "[package]\nname = \"two\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
        ("src/bin/one.rs", "fn main() {}"),
        ("src/bin/other.rs", "fn main() {}"),
    ]);
    let message = refused(&program, json!({"cwd": program.root(), "midflight": {}}));
    assert!(message.contains(r#""--bin", "one""#) && message.contains(r#""--bin", "other""#), "{message}");
}

#[test]
fn a_program_that_does_not_build_says_where() {
    let program = Program::files(&[
        ("Cargo.toml", "[package]\nname = \"broken\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
        ("src/main.rs", "fn main() {\n    missing();\n}\n"),
    ]);
    let mut session = Session::new(&program);
    let message = session.client.refused("launch", json!({"cwd": program.root(), "midflight": {}}));
    assert!(message.contains("missing") && message.contains("src/main.rs:2"), "{message}");
    let rendered = session.client.output("cannot find function");
    assert!(rendered.contains("src/main.rs"), "the compiler's own words are in the console");
    session.client.disconnect();
}

#[test]
fn without_a_debug_adapter_it_says_what_to_install() {
    let program = Program::example("plain");
    let mut client = Client::midflight(&program, &["--", "no-such-adapter"]);
    client.ok("initialize", vs_code());
    let message = client.refused("launch", json!({"cwd": program.root(), "midflight": {}}));
    assert!(message.contains("no-such-adapter") && message.contains("apt install"), "{message}");
    // The launch configuration can name one that is there.
    client.ok("launch", json!({"cwd": program.root(), "midflight": {}, "adapter": "lldb-dap-19"}));
    client.event("initialized");
    client.ok("configurationDone", json!({}));
    client.disconnect();
}

#[test]
fn what_the_adapter_does_not_know_never_reaches_it() {
    let program = Program::example("plain");
    let mut session = Session::launch(&program, &json!({}));
    for command in ["loadedSources", "terminate", "gotoTargets", "_custom"] {
        let message = session.client.refused(command, json!({}));
        assert!(message.contains(command), "{message}");
    }
    session.configuration_done();
    session.client.ok("threads", json!({}));
    session.client.disconnect();
}
