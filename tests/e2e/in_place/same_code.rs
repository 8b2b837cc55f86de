//! Edits that change the text and no step of the program: everything stays where the user looks.

use midflight_tests::program::Program;
use serde_json::json;

use super::{MAIN, stopped_at};

#[test]
fn comments_and_line_breaks_in_a_function_leave_its_frames_in_the_users_text() {
    let program = Program::example("plain");
    let line = program.line_of(MAIN, "== best {");
    let (mut session, stop) = stopped_at(&program, line);
    let best = "let best = players.iter().map(|player| worth(&player.hand)).max().unwrap_or(0);";
    let broken = "// Who is it?\n    let best = players\n        .iter()\n        .map(|player| worth(&player.hand))\n        \
        .max()\n        .unwrap_or(0);";
    program.replace(MAIN, best, broken);
    let condition = "if worth(&player.hand) == best {";
    program.replace(MAIN, condition, &format!("// This one?\n        {condition}"));
    session.client.event("midflight/generation");
    let line = program.line_of(MAIN, "== best {");
    let trace = session.client.ok("stackTrace", json!({"threadId": stop.event["threadId"]}));
    let top = &trace["stackFrames"][0];
    assert_eq!((&top["name"], &top["line"]), (&json!("plain::play"), &json!(line)), "{top}");
    assert_eq!(top["source"]["path"], json!(program.path(MAIN)));
    assert!(top["source"]["sourceReference"].is_null(), "{top}");
    session.resume(&stop);
    let stop = session.stopped();
    assert_eq!((stop.line(), stop.function()), (line, "plain::play"));
    assert_eq!(stop.event["hitBreakpointIds"], json!([1]));
    session.client.disconnect();
}

#[test]
fn a_function_in_which_a_local_is_renamed_is_debugged_by_the_new_name() {
    let program = Program::example("plain");
    let line = program.line_of(MAIN, "== best {");
    let (mut session, stop) = stopped_at(&program, line);
    program.write(MAIN, &program.read(MAIN).replace("best", "top"));
    let applied = session.client.event("midflight/generation");
    assert_eq!(applied["functions"], json!(["play"]), "the code is the same, but not its names");
    // What runs on knows the local by its old name: the text is that which has it.
    let trace = session.client.ok("stackTrace", json!({"threadId": stop.thread}));
    assert_eq!(trace["stackFrames"][0]["name"], "plain::play (generation 0)");
    session.resume(&stop);
    let mut stop = session.stopped();
    while stop.function() == "plain::play (generation 0)" {
        assert_eq!((stop.line(), &stop.event["hitBreakpointIds"]), (line, &json!([1])));
        session.resume(&stop);
        stop = session.stopped();
    }
    assert_eq!((stop.line(), stop.function()), (line, "plain::play"));
    assert_eq!(stop.event["hitBreakpointIds"], json!([1]));
    let scopes = session.scopes(&stop.frames[0]);
    let has = |name: &str| scopes[0].1.iter().any(|(local, _)| local == name);
    assert!(has("top") && !has("best"), "{scopes:?}");
    let set = session.set_breakpoints(&program, MAIN, &[line - 2, line]);
    assert!(set.iter().all(|set| set["verified"] == true), "{set:?}");
    let mut left = vec![line - 2, line];
    for _ in 0..20 {
        session.resume(&stop);
        let line = session.stopped().line();
        left.retain(|other| *other != line);
        if left.is_empty() {
            break;
        }
    }
    assert!(left.is_empty(), "set in the renamed text, and not hit: {left:?}");
    session.client.disconnect();
}
