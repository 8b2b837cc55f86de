//! The example of the in-place engine: what the user sees of a swap at a breakpoint, and of a refusal.

use midflight_tests::dap::{Session, Stop};
use midflight_tests::program::Program;
use serde_json::json;

use super::{Live, MAIN, stopped_at};
use crate::dap::{scope, value};

#[track_caller]
fn stopped_in_plain(program: &Program) -> (Session, Stop, u32) {
    let line = program.line_of(MAIN, "breakpoint: play");
    let (session, stop) = stopped_at(program, line);
    (session, stop, line)
}

#[test]
fn a_breakpoint_follows_its_statement_into_the_patch() {
    let program = Program::example("plain");
    let (mut session, mut stop, line) = stopped_in_plain(&program);
    for generation in 1..=3 {
        // Stopped inside the very function: its frame finishes the old code, the next call runs the new.
        let (old, new) = (10_u32.pow(generation - 1), 10_u32.pow(generation));
        let above = "/// Deals three cards";
        let text = program.read(MAIN).replace(above, &format!("// 1\n// 2\n// 3\n// 4\n// 5\n{above}"));
        let (old, new) = (format!("player.score += {old};"), format!("player.score += {new};"));
        program.write(MAIN, &text.replace(&old, &new));
        let applied = session.client.event("midflight/generation");
        assert_eq!(applied["generation"], generation);
        session.resume(&stop);
        stop = session.stopped();
        assert_eq!(stop.line(), line + 5 * generation);
        assert_eq!(stop.function(), "plain::play");
        assert_eq!(stop.event["hitBreakpointIds"], json!([1]), "the breakpoint is still the user's");
        assert_eq!(stop.frames[0]["source"]["path"], json!(program.path(MAIN)));
        let before = scope(&mut session, &stop, &format!("Before reload (generation {})", generation - 1));
        let best = value(&before, "best").to_owned();
        let frame = stop.frames[0]["id"].clone();
        let watch = json!({"expression": "$before.best", "frameId": frame, "context": "watch"});
        let was = session.client.ok("evaluate", watch);
        assert!(best.starts_with(was["result"].as_str().expect("a value")), "{best} is {was}");
        let watch = json!({"expression": "$before.nobody", "frameId": frame, "context": "watch"});
        let message = session.client.refused("evaluate", watch);
        assert!(message.contains("`nobody`") && message.contains("best"), "{message}");
    }
    session.client.disconnect();
}

#[test]
fn a_local_that_the_edit_takes_away_is_said_to_be_gone() {
    let program = Program::example("plain");
    let (mut session, stop, line) = stopped_in_plain(&program);
    program.write(MAIN, &program.read(MAIN).replace("best", "top").replace("score += 1;", "score += 2;"));
    session.client.event("midflight/generation");
    session.resume(&stop);
    let stop = session.stopped();
    assert_eq!(stop.line(), line);
    let before = scope(&mut session, &stop, "Before reload (generation 0)");
    assert!(value(&before, "best").ends_with("  (no longer there)"), "{before:?}");
    assert!(!value(&before, "deck").contains("no longer there"), "{before:?}");
    session.client.disconnect();
}

/// A limit takes the deepest values and not the last: a name that is missing is missed most.
#[test]
fn where_a_snapshot_is_cut_short_every_local_of_every_frame_is_kept() {
    let program = Program::example("plain");
    let mut session = Session::launch(&program, &json!({"snapshot": {"timeMs": 5000, "items": 16}}));
    session.set_breakpoints(&program, MAIN, &[program.line_of(MAIN, "breakpoint: play")]);
    session.configuration_done();
    session.stopped();
    let body = session.client.ok("midflight/snapshots", json!({}));
    let snapshots = body["snapshots"].as_array().expect("snapshots");
    let of = |function: &str| snapshots.iter().find(|it| it["function"] == function).expect(function);
    let (top, caller) = (of("plain::play"), of("plain::main"));
    for name in ["players", "deck", "best", "iter", "player"] {
        assert!(top["variables"][name].is_object(), "no {name} in {top}");
    }
    for name in ["last_round", "deck", "players", "iter", "round"] {
        assert!(caller["variables"][name].is_object(), "no {name} in {caller}");
    }
    assert_eq!((&top["partial"], &caller["partial"]), (&json!(true), &json!(true)), "{body}");
    let players = &top["variables"]["players"]["fields"];
    assert!(players["[0]"].is_object(), "what is left of the limit is used: {top}");
    assert!(players["[0]"]["fields"]["name"].is_null(), "the limit was not reached: {top}");
    session.client.disconnect();
}

#[test]
fn a_snapshot_is_as_deep_as_it_is_told_to_be() {
    for depth in [0, 1] {
        let program = Program::example("plain");
        let mut session = Session::launch(&program, &json!({"snapshot": {"timeMs": 5000, "depth": depth}}));
        session.set_breakpoints(&program, MAIN, &[program.line_of(MAIN, "breakpoint: play")]);
        session.configuration_done();
        session.stopped();
        let body = session.client.ok("midflight/snapshots", json!({}));
        let top = &body["snapshots"][0];
        assert_eq!((&top["function"], &top["partial"]), (&json!("plain::play"), &json!(true)), "{body}");
        assert_eq!(top["variables"]["players"].is_object(), depth == 1, "{body}");
        assert!(top["variables"]["players"]["fields"].is_null(), "{body}");
        session.client.disconnect();
    }
}

#[test]
fn the_frame_that_runs_old_code_says_so_and_shows_its_text() {
    let program = Program::example("plain");
    let (mut session, stop, line) = stopped_in_plain(&program);
    program.replace(MAIN, "player.score += 1;", "player.score += 10;");
    session.client.event("midflight/generation");
    let invalidated = session.client.event("invalidated");
    assert_eq!(invalidated["areas"], json!(["stacks", "variables"]), "the editor asks for the stack again");
    let trace = session.client.ok("stackTrace", json!({"threadId": stop.event["threadId"]}));
    let frame = &trace["stackFrames"][0];
    assert_eq!(frame["name"], "plain::play (generation 0)");
    assert_eq!(frame["line"], line);
    let reference = frame["source"]["sourceReference"].clone();
    let source = session.client.ok("source", json!({"sourceReference": reference}));
    assert!(source["content"].as_str().is_some_and(|text| text.contains("player.score += 1;")));
    session.client.disconnect();
}

#[test]
fn a_stack_that_a_swap_has_not_changed_is_not_fetched_again() {
    let program = Program::example("plain");
    let (mut session, stop, _) = stopped_in_plain(&program);
    program.replace("src/deck.rs", "10 => 'T'", "10 => 't'");
    session.client.event("midflight/generation");
    assert_eq!(session.client.event("invalidated")["areas"], json!(["variables"]), "nobody's editor jumps");
    session.resume(&stop);
    session.stopped();
    program.replace(MAIN, "player.score += 1;", "player.score += 10;");
    session.client.event("midflight/generation");
    session.client.disconnect();
}

#[test]
fn stopped_inside_the_edited_function_its_call_finishes_the_old_code() {
    let mut app = Live::stepping(
        r#"
        fn mark() {}
        fn edited(tick: u64) -> String {
            let before = "old";
            mark(); // stop
            let after = "old";
            format!("tick {tick} before {before} after {after}.")
        }
        fn step(tick: u64) -> String { format!("v1 {}", edited(tick)) }
        "#,
    );
    app.line("before old after old.");
    let line = app.program.line_of(MAIN, "// stop");
    app.session.set_breakpoints(&app.program, MAIN, &[line]);
    let stop = app.session.stopped();
    let old = call(&mut app.session, &stop);
    app.swap(&[
        ("let before = \"old\";", "// above\n            let before = \"new\";"),
        ("let after = \"old\";", "let after = \"new\";"),
    ]);
    app.session.resume(&stop);
    let stop = app.session.stopped();
    assert_eq!((stop.function(), stop.line()), ("app::edited", line + 1));
    let new = call(&mut app.session, &stop);
    let finished = app.line(&old);
    assert!(finished.ends_with("before old after old."), "{finished}");
    app.session.resume(&stop);
    let stop = app.session.stopped();
    let next = app.line(&new);
    assert!(next.ends_with("before new after new."), "{next}");
    assert_eq!((stop.function(), stop.line()), ("app::edited", line + 1));
    app.end();
}

/// What the call that a program is stopped in will print of itself.
#[track_caller]
fn call(session: &mut Session, stop: &Stop) -> String {
    let locals = scope(session, stop, "Locals");
    format!("tick {} before", value(&locals, "tick"))
}

#[test]
fn a_layout_that_live_data_has_is_refused_and_can_be_undone() {
    let program = Program::example("plain");
    let (mut session, stop, _) = stopped_in_plain(&program);
    let saved = program.read(MAIN);
    let edited = saved
        .replace("    score: u32,\n", "    score: u32,\n    extra: u64,\n")
        .replace("score: 0,", "score: 0, extra: 1,")
        .replace("Player { name, score, hand }", "Player { name, score, hand, .. }");
    program.write(MAIN, &edited);
    let refused = session.client.event("midflight/refused");
    assert_eq!(refused["verdict"], "restart");
    assert!(refused["message"].as_str().is_some_and(|message| message.contains("`extra`")), "{refused}");
    session.resume(&stop);
    let stop = session.stopped();
    program.write(MAIN, &saved.replace("player.score += 1;", "player.score += 2;"));
    assert_eq!(session.client.event("midflight/generation")["generation"], 1);
    session.resume(&stop);
    assert_eq!(session.stopped().function(), "plain::play");
    session.client.disconnect();
}

#[test]
fn the_next_session_starts_from_what_was_saved_last() {
    let mut app = Live::stepping("fn step(tick: u64) -> String { format!(\"v1 tick {tick} .\") }");
    app.line("v1 tick");
    app.swap(&[("\"v1", "\"v2")]);
    app.line("v2 tick");
    let Live { program, session, .. } = app;
    session.client.disconnect();

    let mut app = Live::launch(program, &json!({}));
    let first = app.line("tick 0 ");
    assert!(first.starts_with("v2"), "{first}");
    assert_eq!(app.swap(&[("\"v2", "\"v3")])["generation"], 1);
    app.line("v3 tick");
    app.end();
}
