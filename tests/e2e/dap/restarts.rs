//! Another process in the same session: what the user has set and seen goes along.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use midflight_tests::dap::{Session, Stop, is_alive, wait_until_gone};
use midflight_tests::program::{Killed, Program};
use serde_json::{Value, json};

use super::{LIBRARY, scope, stopped_at, value};

const MAIN: &str = "src/main.rs";

/// A session of the plain example with these Midflight settings, stopped where a player scores; and the process.
#[track_caller]
fn stopped_in_plain(midflight: &Value) -> (Program, Session, Stop, u32) {
    let program = Program::example("plain");
    let mut session = Session::launch(&program, midflight);
    session.set_breakpoints(&program, MAIN, &[program.line_of(MAIN, "breakpoint: play")]);
    session.configuration_done();
    let process = process(&mut session);
    let stop = session.stopped();
    (program, session, stop, process)
}

#[track_caller]
fn process(session: &mut Session) -> u32 {
    let event = session.client.event("process");
    event["systemProcessId"].as_u64().and_then(|id| u32::try_from(id).ok()).expect("a process id")
}

/// A field that live data has: refused in place.
fn give_players_a_rank(program: &Program) {
    program.replace(MAIN, "    score: u32,", "    rank: u32,\n    score: u32,");
    program.replace(MAIN, "score: 0, hand", "rank: 1, score: 0, hand");
    program.replace(MAIN, "|Player { name, score, hand }|", "|Player { name, score, hand, .. }|");
}

#[test]
fn a_refused_change_is_restarted_into_without_leaving_the_session() {
    let (program, mut session, stop, old) = stopped_in_plain(&json!({"snapshot": {"timeMs": 5000}}));
    session.client.ok("setFunctionBreakpoints", json!({"breakpoints": [{"name": "plain::table"}]}));
    give_players_a_rank(&program);
    session.client.event("midflight/refused");
    session.client.ok("restart", json!({}));
    assert!(!is_alive(old), "the old process is gone when the new one runs");
    assert_eq!(session.client.event("continued")["allThreadsContinued"], true);
    assert_eq!(session.client.event("thread"), json!({"reason": "exited", "threadId": stop.thread}));
    let generation = session.client.event("midflight/generation");
    assert_eq!((&generation["generation"], &generation["verdict"]), (&json!(1), &json!("restart")));

    let stop = session.stopped();
    assert_eq!(stop.event["hitBreakpointIds"], json!([1]), "the breakpoint is still the user's");
    assert_eq!(stop.line(), program.line_of(MAIN, "breakpoint: play"));
    assert_eq!(stop.function(), "plain::play", "it runs the text that is shown");
    let before = scope(&mut session, &stop, "Before reload (generation 0)");
    assert!(!value(&before, "best").is_empty());
    assert_ne!(process(&mut session), old);

    // What is swapped in next goes into the new process.
    program.replace(MAIN, "player.score += 1;", "// more\n            player.score += 10;");
    assert_eq!(session.client.event("midflight/generation")["generation"], 2);
    let line = program.line_of(MAIN, "breakpoint: play");
    let stop = session.run_until(stop, |stop| stop.line() == line);
    assert_eq!(stop.function(), "plain::play");
    let stop = session.run_until(stop, |stop| stop.function() == "plain::table");
    assert_ne!(stop.event["hitBreakpointIds"], json!([1]), "the function breakpoint went along too");
    assert!(
        session.client.events_so_far("terminated").is_empty()
            && session.client.events_so_far("exited").is_empty()
    );
    session.client.disconnect();
}

/// Starts what the adapter wants started in a terminal, as an editor does: it becomes the program.
#[track_caller]
fn in_terminal(program: &Program, session: &mut Session, request: &Value) -> Killed {
    let words = request["arguments"]["args"].as_array().expect("a command");
    let mut words = words.iter().filter_map(Value::as_str);
    let mut command = program.command(words.next().expect("a program"));
    let child = command.args(words).stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("it starts");
    session.client.answer(request);
    Killed(child)
}

/// LLDB attaches to it. What the session has launched is its own all the same.
#[test]
fn a_program_in_a_terminal_ends_when_it_is_started_again_and_with_the_session() {
    for is_killed in [false, true] {
        let program = Program::example("plain");
        let mut session = Session::with_terminal(&program);
        let launch = json!({"cwd": program.root(), "runInTerminal": true, "midflight": {"reload": "manual"}});
        let launch = session.client.send("launch", launch);
        let early = session.client.reverse_request_before("initialized", "runInTerminal");
        let early = early.map(|request| in_terminal(&program, &mut session, &request));
        if early.is_some() {
            session.client.event("initialized");
        }
        let done = session.client.send("configurationDone", json!({}));
        // Newer versions of lldb-dap start it only now.
        let mut old = early.unwrap_or_else(|| {
            let request = session.client.reverse_request("runInTerminal");
            in_terminal(&program, &mut session, &request)
        });
        assert_eq!(session.client.response(done)["success"], true);
        assert_eq!(session.client.response(launch)["success"], true);
        assert_eq!(process(&mut session), old.0.id());
        program.replace(MAIN, "player.score += 1;", "player.score += 10;");
        let answer = session.client.ok("midflight/reload", json!({}));
        assert_eq!(answer["applied"], true, "{answer}");

        let restart = session.client.send("restart", json!({}));
        let request = session.client.reverse_request("runInTerminal");
        let new = in_terminal(&program, &mut session, &request);
        assert_eq!(session.client.response(restart)["success"], true);
        wait_until_gone(&[old.0.id()]);
        assert_eq!(
            old.0.wait().expect("it has ended").signal(),
            Some(9),
            "not by a trap that was left in it"
        );
        assert_eq!(process(&mut session), new.0.id());
        if is_killed {
            drop(session);
        } else {
            session.client.ok("disconnect", json!({}));
        }
        wait_until_gone(&[new.0.id()]);
    }
}

#[test]
fn what_does_not_build_leaves_the_old_program_running() {
    let (program, mut session, stop, process) = stopped_in_plain(&json!({"reload": "manual"}));
    program.replace(MAIN, "player.score += 1;", "player.score += not_there;");
    let message = session.client.refused("restart", json!({}));
    assert!(message.contains("The old program runs on"), "{message}");
    assert!(is_alive(process));
    let rest = session.client.ok("stackTrace", json!({"threadId": stop.thread}));
    let name = rest["stackFrames"][0]["name"].as_str().expect("a name").to_owned();
    assert_eq!(name, "plain::play (generation 0)", "it stands where it stood, in the text that it runs");
    program.replace(MAIN, "player.score += not_there;", "player.score += 2;");
    session.client.ok("restart", json!({}));
    let stop = session.stopped();
    assert_eq!(stop.function(), "plain::play");
    wait_until_gone(&[process]);
    session.client.disconnect();
}

#[test]
fn with_the_restart_engine_every_save_starts_the_program_again() {
    let (program, mut session, mut stop, mut old) = stopped_in_plain(&json!({"engine": "restart"}));
    let filters = session.client.ok("setExceptionBreakpoints", json!({"filters": []}));
    assert!(filters.is_null() || filters.is_object());
    for generation in 1..=3 {
        program.insert_above(MAIN, "fn play(", "// one\n// two\n");
        let event = session.client.event("midflight/generation");
        assert_eq!(event["generation"], generation);
        assert!(event["message"].as_str().is_some_and(|text| text.starts_with("Restarted in ")), "{event}");
        stop = session.stopped();
        assert_eq!(stop.line(), program.line_of(MAIN, "breakpoint: play"));
        assert_eq!(stop.event["hitBreakpointIds"], json!([1]));
        wait_until_gone(&[old]);
        old = process(&mut session);
    }
    // Asked for where nothing changed, it says so.
    let answer = session.client.ok("midflight/reload", json!({}));
    assert_eq!((&answer["applied"], &answer["generation"]), (&json!(false), &json!(3)));
    session.resume(&stop);
    session.stopped();
    session.client.disconnect();
}

#[test]
fn a_program_with_a_reloadable_library_is_started_again_and_reloads() {
    let program = Program::example("hot-world");
    let (mut session, stop) = stopped_at(&program, "breakpoint: step");
    program.replace(LIBRARY, "let gravity = 1.0;", "\n    let gravity = 1.5;");
    session.run_until_generation(&stop, 1);
    session.stopped();
    session.client.ok("restart", json!({}));
    assert_eq!(session.client.event("midflight/generation")["generation"], 2);
    let line = program.line_of(LIBRARY, "breakpoint: step");
    let stop = session.stopped();
    assert_eq!((stop.line(), stop.function()), (line, "step"));
    program.replace(LIBRARY, "let gravity = 1.5;", "\n    let gravity = 2.0;");
    session.run_until_generation(&stop, 3);
    let stop = session.stopped();
    assert_eq!((stop.line(), stop.function()), (line + 1, "step"));
    session.client.disconnect();
}

#[test]
fn what_the_editor_asks_between_two_processes_is_answered_by_the_new_one() {
    let (program, mut session, stop, _) = stopped_in_plain(&json!({}));
    let restart = session.client.send("restart", json!({}));
    // While it is built, the old process is stepped; when it goes, the rest waits.
    session.client.ok("next", json!({"threadId": stop.thread}));
    session.client.event("stopped");
    // The old process may have gone meanwhile, and its threads with it: but there is an answer.
    session.client.request("stackTrace", json!({"threadId": stop.thread}));
    let mut asked = Vec::new();
    while session.client.events_so_far("midflight/generation").is_empty() {
        let line = program.line_of(MAIN, "breakpoint: worth");
        let source = json!({"path": program.path(MAIN)});
        asked.push(
            session.client.send("setBreakpoints", json!({"source": source, "breakpoints": [{"line": line}]})),
        );
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert_eq!(session.client.response(restart)["success"], true);
    for seq in asked {
        session.client.response(seq);
    }
    let mut stop = session.stopped();
    while stop.function() != "plain::worth" {
        session.resume(&stop);
        stop = session.stopped();
    }
    session.client.disconnect();
}

#[test]
fn other_settings_are_taken_over_and_mistakes_in_them_named() {
    let program = Program::example("plain");
    let mut session = Session::launch(&program, &json!({"reload": "manual"}));
    session.configuration_done();
    let process = process(&mut session);
    session.client.ok(
        "restart",
        json!({"arguments": {"midflight": {"snapshot": {"depth": 1}}, "cwd": program.root()}}),
    );
    assert!(!is_alive(process), "other settings are taken over");
    let mistaken = json!({"arguments": {"midflight": {"engin": "auto"}, "cwd": program.root()}});
    let message = session.client.refused("restart", mistaken);
    assert!(message.contains("unknown field `engin`"), "{message}");
    session.client.disconnect();
}

const COUNTING: &str = "static mut STEPS: u64 = 0;

fn step(total: u64) -> u64 {
    let twice = total * 2;
    unsafe { STEPS += 1 };
    twice + total // breakpoint: step
}

fn main() {
    for total in 1..u64::MAX {
        step(total);
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
";

#[test]
fn values_are_set_back_at_the_first_stop_where_that_is_wanted() {
    let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    for is_wanted in [true, false] {
        let program = Program::files(&[("Cargo.toml", manifest), (MAIN, COUNTING)]);
        let mut session =
            Session::launch(&program, &json!({"restoreValues": is_wanted, "snapshot": {"timeMs": 5000}}));
        session.set_breakpoints(&program, MAIN, &[program.line_of(MAIN, "breakpoint: step")]);
        session.configuration_done();
        let mut stop = session.stopped();
        for _ in 0..4 {
            session.resume(&stop);
            stop = session.stopped();
        }
        assert_eq!(value(&scope(&mut session, &stop, "Locals"), "total"), "5");
        program.insert_above(MAIN, "fn step(", "// one\n");
        session.client.ok("restart", json!({}));
        let stop = session.stopped();
        assert_eq!(stop.line(), program.line_of(MAIN, "breakpoint: step"));
        let locals = scope(&mut session, &stop, "Locals");
        let expected = if is_wanted { ("5", "10") } else { ("1", "2") };
        assert_eq!((value(&locals, "total"), value(&locals, "twice")), expected);
        if is_wanted {
            session.client.output("`total` was set back to 5 (it was 1)");
            let restored = session.client.event("midflight/restored");
            let names =
                restored["variables"].as_array().into_iter().flatten().map(|it| it["name"].to_string());
            let names: Vec<String> = names.collect();
            assert!(names.iter().any(|name| name.contains("STEPS")), "statics too: {restored}");
            // Once: from there on, the new process goes its own way.
            session.resume(&stop);
            let stop = session.stopped();
            assert_eq!(value(&scope(&mut session, &stop, "Locals"), "total"), "2");
        }
        session.client.disconnect();
    }
}
