//! The steps. Each asserts what it tells of: a value that was not observed is not printed.

use std::time::SystemTime;

use midflight_tests::dap::{Stop, descendants, wait_until_gone};
use midflight_tests::program::{insert_above, line_of, replace};
use serde_json::{Value, json};

use crate::editor::Editor;
use crate::scene::Kind;
use crate::tale;

/// A scope: its name and its variables with their values.
type Scope = (String, Vec<(String, String)>);

/// Step 1.
pub(crate) fn hit(editor: &mut Editor) -> &'static str {
    let scene = editor.scene;
    let line = editor.breakpoint_line();
    let breakpoint = editor.set_breakpoint();
    assert_eq!(breakpoint["line"], line, "the breakpoint is not where it was set: {breakpoint}");
    editor.session().configuration_done();
    let stop = editor.session().stopped();
    assert_eq!((stop.function(), stop.line()), (scene.function, line), "the program stopped elsewhere");

    tale::source(scene.code, editor.text(scene.code), line - 5..=line + 1, |number, _| {
        (number == line).then_some('●')
    });
    tale::seen(&format!("stopped in `{}`, at line {line}", scene.function));
    let locals = live(&editor.session().scopes(&stop.frames[0]));
    tell_variables("Locals", &locals, &[scene.law]);
    tell_clock(editor, &stop);
    assert!(!(scene.is_new)(number(&locals, scene.law)));
    editor.stop = Some(stop);
    "a breakpoint hit with its locals"
}

/// Step 2.
pub(crate) fn type_a_safe_edit(editor: &mut Editor) -> &'static str {
    let scene = editor.scene;
    let status = editor.language.status_where(|status| status["baseline"]["kind"] == "session");
    tale::say(&format!(
        "The text is compared with: {}.",
        status["baseline"]["label"].as_str().unwrap_or("?")
    ));

    let (before, old) = (editor.breakpoint_line(), editor.text(scene.code).to_owned());
    let is_typed = |_: u32, line: &str| (!old.lines().any(|known| known == line)).then_some('+');
    editor.type_text(scene.code, replace(&old, scene.edit[0], scene.edit[1]));
    let first = editor.language.diagnostic_where(scene.code, is_safe);
    let edited = line_of(editor.text(scene.code), scene.edit[1]);
    tale::source(scene.code, editor.text(scene.code), edited..=edited, is_typed);
    tell_diagnostic(&first);

    editor.type_text(scene.code, insert_above(editor.text(scene.code), scene.breakpoint, scene.lines));
    let line = editor.breakpoint_line();
    assert_eq!(line, before + 5);
    let diagnostic = editor.language.diagnostic_where(scene.code, is_safe);
    assert_eq!(first["code"], diagnostic["code"]);
    tale::source(scene.code, editor.text(scene.code), line - 5..=line, |number, text| match number {
        _ if number == line => Some('●'),
        _ => is_typed(number, text).or(Some('+')),
    });
    tell_diagnostic(&diagnostic);
    "verdicts as text was typed"
}

/// Step 3.
pub(crate) fn save(editor: &mut Editor) -> &'static str {
    let scene = editor.scene;
    let old = editor.stop.take().expect("step 1 left the program stopped");
    let clock = clock(editor, &old);
    let line = editor.breakpoint_line();
    editor.save(scene.code);
    tale::say("Saved while the program stands inside a function that is to be replaced.");
    let generation = match scene.kind {
        Kind::InPlace => swapped_at_the_breakpoint(editor, &old),
        Kind::Library { .. } => editor.session().run_until_generation(&old, 1),
    };
    tell_times(&generation);

    let moved = editor.session().client.event_where("breakpoint", |body| body["breakpoint"]["line"] == line);
    assert_eq!(moved["breakpoint"]["verified"], true, "{moved}");
    tale::seen(&format!("the breakpoint has moved from line {} to line {line}", line - 5));
    let stop = editor.session().stopped();
    let stop = until_later(editor, stop, clock);
    assert_eq!((stop.function(), stop.line()), (scene.function, line), "the new code stopped elsewhere");
    tale::seen(&format!("hit in the new code, in `{}`, at line {line}", scene.function));

    let scopes = editor.session().scopes(&stop.frames[0]);
    let locals = live(&scopes);
    assert!((scene.is_new)(number(&locals, scene.law)), "the old code still runs: {locals:?}");
    let name = "Before reload (generation 0)";
    let kept = &scopes.iter().find(|(scope, _)| scope == name).expect("there is a scope of the old values").1;
    assert!(!(scene.is_new)(number(kept, scene.law)), "{kept:?}");
    assert!(!kept.iter().any(|(variable, _)| variable == scene.fresh), "{kept:?}");
    tell_variables("Locals", &locals, &[scene.law, scene.fresh]);
    tell_variables(name, kept, &[scene.law]);
    tell_clock(editor, &stop);
    editor.stop = Some(stop);
    match scene.kind {
        Kind::InPlace => {
            "functions swapped at a breakpoint inside of one, which moved by five lines; values kept"
        }
        Kind::Library { .. } => "a reload that moved the breakpoint by five lines; values kept",
    }
}

/// The frame finishes the old code, and says so; then the program goes on.
fn swapped_at_the_breakpoint(editor: &mut Editor, old: &Stop) -> Value {
    let generation = editor.session().client.event("midflight/generation");
    tale::seen(generation["message"].as_str().unwrap_or_default());
    let trace = editor.session().client.ok("stackTrace", json!({"threadId": old.event["threadId"]}));
    let name = text(&trace["stackFrames"][0], "name").to_owned();
    assert_eq!(name, format!("{} (generation 0)", editor.scene.function));
    tale::seen(&format!("the frame that finishes the old code is `{name}`"));
    editor.session().resume(old);
    generation
}

/// Step 4.
pub(crate) fn refuse(editor: &mut Editor) -> &'static str {
    let scene = editor.scene;
    let stop = editor.stop.take().expect("step 3 left the program stopped");
    let (clock, library) = (clock(editor, &stop), library_on_disk(editor));
    let good = editor.text(scene.state).to_owned();
    let [old, new] = scene.initializer;
    editor.type_text(scene.state, insert_above(&replace(&good, old, new), scene.above, scene.field));
    let diagnostic = editor.language.diagnostic_where(scene.state, |diagnostic| diagnostic["severity"] == 2);
    let line = line_of(editor.text(scene.state), scene.above);
    tale::source(scene.state, editor.text(scene.state), line - 4..=line, |_, text| {
        (!good.lines().any(|known| known == text)).then_some('+')
    });
    tell_diagnostic(&diagnostic);

    editor.save(scene.state);
    let refused = editor.session().client.event("midflight/refused");
    assert_eq!(refused["verdict"], "restart", "{refused}");
    assert_eq!(library_on_disk(editor), library, "the program's library was touched");
    tale::seen(&format!("saved: refused, the old code runs on. {}", text(&refused, "message")));
    editor.session().resume(&stop);
    let stop = editor.session().stopped();
    let stop = until_later(editor, stop, clock);
    let locals = live(&editor.session().scopes(&stop.frames[0]));
    assert!((scene.is_new)(number(&locals, scene.law)), "{locals:?}");
    tale::seen("generation 1 runs on, and the breakpoint is hit again");
    tell_variables("Locals", &locals, &[scene.law, scene.fresh]);
    tell_clock(editor, &stop);

    editor.type_text(scene.state, good);
    editor.save(scene.state);
    editor.language.wait_until_clean(scene.state);
    tale::seen("the edit is undone, and the diagnostic has gone");
    editor.stop = Some(stop);
    "an unsafe edit refused, with the session alive"
}

/// Step 5.
pub(crate) fn end(editor: &mut Editor) -> &'static str {
    let session = editor.session.take().expect("the session is open");
    let adapter = session.client.id().expect("the adapter is a process of ours");
    let processes = [vec![adapter], descendants(adapter)].concat();
    session.client.disconnect();
    wait_until_gone(&processes);
    let count = processes.len();
    tale::seen(&format!("the adapter, the debugger and the program have ended ({count} processes)"));
    editor.language.wait_until_clean(editor.scene.code);
    editor.language.exit();
    tale::seen("the language server has ended");
    "an end without leftovers"
}

/// What only grows as long as the process lives.
#[track_caller]
fn clock(editor: &mut Editor, stop: &Stop) -> f64 {
    let [function, name] = editor.scene.clock;
    let frame = stop.frames.iter().find(|frame| frame["name"] == function);
    let frame = frame.unwrap_or_else(|| panic!("`{function}` is not on the stack"));
    number(&live(&editor.session().scopes(frame)), name)
}

/// Goes on from stop to stop until the clock shows more than this.
#[track_caller]
fn until_later(editor: &mut Editor, mut stop: Stop, than: f64) -> Stop {
    for _ in 0..10 {
        if clock(editor, &stop) > than {
            return stop;
        }
        editor.session().resume(&stop);
        stop = editor.session().stopped();
    }
    panic!("the program does not get on");
}

fn tell_clock(editor: &mut Editor, stop: &Stop) {
    let (time, [function, name]) = (clock(editor, stop), editor.scene.clock);
    tale::variables(function, [(name, format!("{time}").as_str())]);
}

/// A diagnostic of an edit that can be swapped in.
fn is_safe(diagnostic: &Value) -> bool {
    text(diagnostic, "message").contains("safe to hot-swap")
}

/// When the library that the program watches was written, where it watches one.
fn library_on_disk(editor: &Editor) -> Option<SystemTime> {
    let Kind::Library { path } = editor.scene.kind else { return None };
    let library = editor.program.path(path);
    Some(library.metadata().and_then(|library| library.modified()).expect("the program has a library"))
}

/// The live variables: the first scope.
fn live(scopes: &[Scope]) -> Vec<(String, String)> {
    scopes.first().expect("a frame has scopes").1.clone()
}

/// The value of a variable.
#[track_caller]
fn value<'a>(variables: &'a [(String, String)], name: &str) -> &'a str {
    let found = variables.iter().find(|(variable, _)| variable == name);
    &found.unwrap_or_else(|| panic!("there is no variable {name}: {variables:?}")).1
}

/// A value as it was; what it is now may follow it.
#[track_caller]
fn word<'a>(variables: &'a [(String, String)], name: &str) -> &'a str {
    value(variables, name).split_whitespace().next().unwrap_or_default()
}

#[track_caller]
fn number(variables: &[(String, String)], name: &str) -> f64 {
    let word = word(variables, name);
    word.parse().unwrap_or_else(|_| panic!("{name} is no number: {word}"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn tell_variables(scope: &str, variables: &[(String, String)], names: &[&'static str]) {
    tale::variables(scope, names.iter().map(|name| (*name, value(variables, name))));
}

fn tell_diagnostic(diagnostic: &Value) {
    let line = diagnostic["range"]["start"]["line"].as_u64().unwrap_or_default() + 1;
    tale::seen(&format!("{} at line {line}: {}", text(diagnostic, "code"), text(diagnostic, "message")));
    for related in diagnostic["relatedInformation"].as_array().into_iter().flatten() {
        tale::say(&format!("  {}", text(related, "message")));
    }
}

fn tell_times(generation: &Value) {
    let time = |key: &str| generation[key].as_f64().unwrap_or_default();
    tale::seen(&format!(
        "generation 1 runs {:.0} ms after the save: judged in {:.0}, built in {:.0}, checked in {:.0}, swapped in {:.0}",
        time("elapsedMs"),
        time("judgeMs"),
        time("buildMs"),
        time("gateMs"),
        time("swapMs")
    ));
}
