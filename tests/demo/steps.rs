//! The steps. Each asserts what it tells of: a value that was not observed is not printed.

use std::time::SystemTime;

use midflight_tests::dap::{descendants, wait_until_gone};
use midflight_tests::program::{insert_above, replace};
use serde_json::Value;

use crate::editor::{BREAKPOINT, Editor, LIBRARY, STATE};
use crate::tale;

/// What is typed above the breakpoint: five lines, and with them a variable that the old code does not have.
const FIVE_LINES: &str = "    // How fast is the fastest of them?
    let mut fastest = 0.0_f64;
    for body in &state.world.bodies {
        fastest = fastest.max(body.velocity.length());
    }
";

/// A scope: its name and its variables with their values.
type Scope = (String, Vec<(String, String)>);

/// Step 1.
pub(crate) fn hit(editor: &mut Editor) {
    let line = editor.breakpoint_line();
    let breakpoint = editor.set_breakpoint();
    assert_eq!(breakpoint["line"], line, "the breakpoint is not where it was set: {breakpoint}");
    editor.session().configuration_done();
    let stop = editor.session().stopped();
    assert_eq!((stop.function(), stop.line()), ("step", line), "the program stopped elsewhere");

    tale::source(LIBRARY, editor.text(LIBRARY), line - 5..=line + 1, |number| {
        (number == line).then_some('●')
    });
    tale::seen(&format!("stopped in `step`, at line {line}"));
    let locals = live(&editor.session().scopes(&stop.frames[0]));
    tell_variables("Locals", &locals, &["gravity", "tick", "farthest"]);
    assert_eq!(word(&locals, "gravity"), "1");
    editor.stop = Some(stop);
    editor.show("a breakpoint hit with its locals");
}

/// Step 2.
pub(crate) fn type_a_safe_edit(editor: &mut Editor) {
    let status = editor.language.status_where(|status| status["baseline"]["kind"] == "session");
    tale::say(&format!(
        "The text is compared with: {}.",
        status["baseline"]["label"].as_str().unwrap_or("?")
    ));

    let before = editor.breakpoint_line();
    editor.type_text(LIBRARY, replace(editor.text(LIBRARY), "let gravity = 1.0;", "let gravity = 3.0;"));
    let first = editor.language.diagnostic_where(LIBRARY, is_safe);
    editor.type_text(LIBRARY, insert_above(editor.text(LIBRARY), BREAKPOINT, FIVE_LINES));
    let line = editor.breakpoint_line();
    assert_eq!(line, before + 5);
    let diagnostic = editor.language.diagnostic_where(LIBRARY, is_safe);
    assert_eq!(first["code"], diagnostic["code"]);

    let typed = |number: u32| match number {
        _ if number == line => Some('●'),
        _ if number + 5 >= line && number < line => Some('+'),
        _ if number + 9 == line => Some('+'),
        _ => None,
    };
    tale::source(LIBRARY, editor.text(LIBRARY), line - 10..=line, typed);
    tell_diagnostic(&diagnostic);
    editor.show("verdicts as text was typed");
}

/// Step 3.
pub(crate) fn save(editor: &mut Editor) {
    let old = editor.stop.take().expect("step 1 left the program stopped");
    let before = live(&editor.session().scopes(&old.frames[0]));
    let line = editor.breakpoint_line();
    editor.save(LIBRARY);
    tale::say("Saved while the program stands inside the function that is to be replaced.");
    let generation = editor.session().run_until_generation(&old, 1);
    tell_times(&generation);

    let moved = editor.session().client.event_where("breakpoint", |body| body["breakpoint"]["line"] == line);
    assert_eq!(moved["breakpoint"]["verified"], true, "{moved}");
    tale::seen(&format!("the breakpoint has moved from line {} to line {line}", line - 5));
    let stop = editor.session().stopped();
    assert_eq!((stop.function(), stop.line()), ("step", line), "the new code stopped elsewhere");
    tale::seen(&format!("hit in the new code, in `step`, at line {line}"));

    let scopes = editor.session().scopes(&stop.frames[0]);
    let locals = live(&scopes);
    assert_eq!(word(&locals, "gravity"), "3", "the old law still holds");
    let name = "Before reload (generation 0)";
    let kept = &scopes.iter().find(|(scope, _)| scope == name).expect("there is a scope of the old values").1;
    assert_eq!(word(kept, "gravity"), "1");
    assert!(
        number(kept, "tick") >= number(&before, "tick") && number(kept, "tick") < number(&locals, "tick")
    );
    tell_variables("Locals", &locals, &["gravity", "tick", "farthest", "fastest"]);
    tell_variables(name, kept, &["gravity", "tick", "farthest"]);
    editor.stop = Some(stop);
    editor.show("a reload that moved the breakpoint by five lines and kept the values from before");
}

/// Step 4.
pub(crate) fn refuse(editor: &mut Editor) {
    let stop = editor.stop.take().expect("step 3 left the program stopped");
    let tick = number(&live(&editor.session().scopes(&stop.frames[0])), "tick");
    let library = library_on_disk(editor);
    let good = editor.text(STATE).to_owned();
    let field = "    /// How lucky its inhabitants are.\n    pub luck: f64,\n";
    editor.type_text(STATE, insert_above(&good, "/// The seed that the world was made from.", field));
    let diagnostic = editor.language.diagnostic_where(STATE, |diagnostic| diagnostic["severity"] == 2);
    tale::source(STATE, editor.text(STATE), 10..=17, |number| matches!(number, 11 | 12).then_some('+'));
    tell_diagnostic(&diagnostic);

    editor.save(STATE);
    let refused = editor.session().client.event("midflight/refused");
    assert_eq!(refused["verdict"], "restart", "{refused}");
    assert_eq!(library_on_disk(editor), library, "the program's library was touched");
    tale::seen(&format!("saved: refused ({}), the program's library is untouched", text(&refused, "remedy")));
    editor.session().resume(&stop);
    let stop = editor.session().stopped();
    let locals = live(&editor.session().scopes(&stop.frames[0]));
    assert!(number(&locals, "tick") > tick && word(&locals, "gravity") == "3", "{locals:?}");
    tale::seen("generation 1 runs on, and the breakpoint is hit again");
    tell_variables("Locals", &locals, &["gravity", "tick", "farthest", "fastest"]);

    editor.type_text(STATE, good);
    editor.save(STATE);
    editor.language.wait_until_clean(STATE);
    tale::seen("the edit is undone, and the diagnostic has gone");
    editor.stop = Some(stop);
    editor.show("an unsafe edit refused, with the session alive");
}

/// Step 5.
pub(crate) fn end(editor: &mut Editor) {
    let session = editor.session.take().expect("the session is open");
    let adapter = session.client.id().expect("the adapter is a process of ours");
    let processes = [vec![adapter], descendants(adapter)].concat();
    session.client.disconnect();
    wait_until_gone(&processes);
    let count = processes.len();
    tale::seen(&format!("the adapter, the debugger and the program have ended ({count} processes)"));
    editor.language.wait_until_clean(LIBRARY);
    editor.language.exit();
    tale::seen("the language server has ended");
    editor.show("an end without leftovers");
}

/// A diagnostic of an edit that can be swapped in.
fn is_safe(diagnostic: &Value) -> bool {
    text(diagnostic, "message").contains("safe to hot-swap")
}

/// When the library that the program watches was written.
fn library_on_disk(editor: &Editor) -> SystemTime {
    let library = editor.program.path("target/debug/libworld.so");
    library.metadata().and_then(|library| library.modified()).expect("the program has a library")
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
