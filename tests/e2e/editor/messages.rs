//! The words for a swap: what was swapped, how long it took, what takes effect later.

use midflight_tests::dap::Session;
use midflight_tests::program::Program;
use serde_json::json;

use super::{MAIN, TICKER, program};

#[test]
fn a_swap_names_its_functions_the_time_and_the_pause() {
    let program = program(TICKER);
    let mut session = Session::launch(&program, &json!({}));
    session.configuration_done();
    session.client.output("version 1");
    program.replace(MAIN, "version 1", "version 2");
    let generation = session.client.event("midflight/generation");
    let message = generation["message"].as_str().unwrap_or_default();
    let words: Vec<&str> = message.split(' ').collect();
    let [swapped, function, before, seconds, s, paused, pause, ms, generation, number] = words[..] else {
        panic!("{message}");
    };
    assert_eq!(
        [swapped, function, before, s, paused],
        ["Swapped", "`step`", "in", "s", "(paused"],
        "{message}"
    );
    assert_eq!([ms, generation, number], ["ms),", "generation", "1"], "{message}");
    assert!(seconds.parse::<f64>().is_ok() && pause.parse::<u32>().is_ok(), "{message}");
    session.client.output(&format!("midflight: {message}"));
    session.client.disconnect();
}

#[test]
fn what_runs_once_is_said_to_run_its_old_code() {
    let program = program(TICKER);
    let mut session = Session::launch(&program, &json!({}));
    session.configuration_done();
    session.client.output("version 1");
    let text =
        program.read(MAIN).replace("version 1", "version 2").replace("from_millis(50)", "from_millis(40)");
    program.write(MAIN, &text);
    let generation = session.client.event("midflight/generation");
    let message = generation["message"].as_str().unwrap_or_default();
    assert!(message.ends_with("`main` runs its old code until it is called again."), "{message}");
    session.client.output("version 2");
    session.client.disconnect();
}

#[test]
fn a_refusal_names_the_change_and_the_running_text_is_there_to_compare() {
    let program = Program::example("plain");
    let mut session = Session::launch(&program, &json!({}));
    session.configuration_done();
    session.client.output("round    1");
    let runs = program.read(MAIN);
    let edited = runs
        .replace("    score: u32,\n", "    score: u32,\n    extra: u64,\n")
        .replace("score: 0,", "score: 0, extra: 1,")
        .replace("Player { name, score, hand }", "Player { name, score, hand, .. }");
    program.write(MAIN, &edited);
    let refused = session.client.event("midflight/refused");
    let message = refused["message"].as_str().unwrap_or_default();
    assert!(message.contains("Player") && message.contains("`extra`"), "{message}");
    let change = &refused["changes"][0];
    assert_eq!((&change["file"], &change["baseline"]["file"]), (&json!(MAIN), &json!(MAIN)));
    let text = session.client.ok("midflight/text", json!({"path": program.path(MAIN)}));
    assert_eq!(text["content"], json!(runs));
    let said = session.client.refused("midflight/text", json!({"path": "/nowhere.rs"}));
    assert!(said.contains("/nowhere.rs"), "{said}");
    session.client.disconnect();
}

#[test]
fn where_functions_can_not_be_swapped_the_reason_is_said() {
    let program = program(TICKER);
    // Behind it is lldb-dap, but nobody can know.
    let other = program.outside().join("other-debugger");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_faulty"), &other).expect("the folder is new");
    let name = other.to_str().expect("a plain path");
    let mut session = Session::with(&program, &["--", name, "kill-program", "at no request", "1"]);
    session.begin(json!({"cwd": program.root(), "midflight": {}}));
    let reason =
        "functions are swapped through lldb-dap only so far, and this session goes through `other-debugger`";
    session.client.output(&format!("Every change will need a restart: {reason}."));
    session.configuration_done();
    session.client.output("version 1");
    program.replace(MAIN, "version 1", "version 2");
    let refused = session.client.event("midflight/refused");
    let message = refused["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("`ticker::step` changed") && message.contains(reason), "{message}");
    session.client.output("version 1");
    session.client.disconnect();
}
