//! Keystrokes, one after the other, each until its diagnostics are there.

use std::path::Path;
use std::time::Instant;

use midflight_tests::lsp::uri;

use super::sources::GROWING;
use super::{Session, milliseconds};

/// How often a piece of text is typed and deleted again.
const ROUNDS: usize = 20;

/// The text is half-typed most of the time, as with anybody who types.
const STATEMENT: &str = "let sum = 1 + 2;";

/// Each of these makes an array longer, and with it the type that has it.
const LENGTH: &str = "234567890123";

/// Milliseconds of each keystroke in the body of a function in the middle of a file.
pub(super) fn inside_a_function(session: &mut Session, file: &Path) -> Vec<f64> {
    let text = std::fs::read_to_string(file).expect("it was copied");
    session.client.open_document(file, &text);
    session.version = 1;
    type_and_delete(session, file, [function_in(&text), 0], STATEMENT)
}

/// Milliseconds of each keystroke among the fields of a type.
pub(super) fn in_a_type(session: &mut Session, file: &Path) -> Vec<f64> {
    let text = std::fs::read_to_string(file).expect("it was written");
    session.client.open_document(file, &text);
    session.version = 1;
    let row = text.lines().position(|line| line.contains(GROWING)).expect("the field was written");
    let column = text.lines().nth(row).and_then(|line| line.find(']')).expect("it is an array");
    type_and_delete(session, file, [row, column].map(|at| u32::try_from(at).expect("a small file")), LENGTH)
}

/// The line after the head of a function, the one nearest to the middle.
pub(super) fn function_in(text: &str) -> u32 {
    let lines: Vec<&str> = text.lines().collect();
    let is_head = |line: &str| line.contains("fn ") && line.ends_with('{');
    let middle = lines.len() / 2;
    let head = (middle..lines.len()).find(|at| is_head(lines[*at])).expect("the file has functions");
    u32::try_from(head + 1).expect("a file of some length")
}

fn type_and_delete(session: &mut Session, file: &Path, [line, first]: [u32; 2], text: &str) -> Vec<f64> {
    let mut taken = Vec::new();
    for _ in 0..ROUNDS {
        for (column, character) in (first..).zip(text.chars()) {
            taken.push(keystroke(session, file, [line, column, line, column], &character.to_string()));
        }
        for column in (first..).take(text.len()).collect::<Vec<_>>().into_iter().rev() {
            taken.push(keystroke(session, file, [line, column, line, column + 1], ""));
        }
    }
    taken
}

fn keystroke(session: &mut Session, file: &Path, range: [u32; 4], text: &str) -> f64 {
    session.version += 1;
    session.client.drain();
    let typed = Instant::now();
    session.client.edit_document(file, session.version, range, text);
    let (uri, version) = (uri(file), session.version);
    let shown = session.client.wait_for_method("textDocument/publishDiagnostics", |params| {
        params["uri"] == uri.as_str() && params["version"] == version
    });
    let taken = milliseconds(typed);
    let is_told = shown["diagnostics"].as_array().is_some_and(|diagnostics| !diagnostics.is_empty());
    assert!(is_told || text.is_empty(), "typing {text:?} is a change: {shown}");
    taken
}
