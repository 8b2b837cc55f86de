//! Breakpoints that LLDB looks for in one library only.
//!
//! `setBreakpoints` of lldb-dap looks for each of them in all libraries: two hundred take longer than a swap may.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::message::Base;
use crate::scripts;

const MODULE: &str = "midflight_breakpoints";
const SCRIPT: &str = include_str!("in_library/midflight_breakpoints.py");

/// The breakpoints of a file: as they were asked for, word by word, and the answers.
pub(crate) type Set = BTreeMap<String, Value>;

/// What LLDB is told before the program is started.
pub(crate) fn command(target_dir: &Path) -> Option<String> {
    scripts::load(target_dir, MODULE, SCRIPT)
}

/// Whether a breakpoint can be set so: what a logpoint prints is lldb-dap's to make.
pub(crate) fn can_set(request: &Value) -> bool {
    request.get("logMessage").is_none_or(Value::is_null)
}

/// The command by which LLDB reads a library before it debugs it.
pub(crate) fn read(library: &Path) -> String {
    command_of(&json!({"do": "read", "library": library}))
}

/// The command by which LLDB finds breakpoints in the library that it has read, wherever that will be loaded.
pub(crate) fn find(numbers: &[i64], slide: u64) -> String {
    command_of(&json!({"do": "find", "numbers": numbers, "slide": slide}))
}

/// The command that tells which of these breakpoints, though found, are not set.
pub(crate) fn check(numbers: &[i64]) -> String {
    command_of(&json!({"do": "check", "numbers": numbers}))
}

/// The command after which LLDB knows nothing of the library that it has read.
pub(crate) fn drop() -> String {
    command_of(&json!({"do": "drop"}))
}

/// The command that takes away breakpoints of a file, by LLDB's numbers, and sets others, lines and columns as the editor
/// counts them.
pub(crate) fn set(library: &Path, path: &str, gone: &[i64], new: &[&Value], base: Base) -> String {
    let new: Vec<Value> =
        new.iter().map(|request| shifted(request, 1 - base.line, 1 - base.column)).collect();
    command_of(&json!({"do": "set", "library": library, "path": path, "gone": gone, "new": new}))
}

/// What the script has printed of breakpoints, lines and columns as the editor counts them; `None` without the script.
pub(crate) fn answers(printed: &str, base: Base) -> Option<Vec<Value>> {
    let answers =
        printed.lines().rev().find_map(|line| serde_json::from_str::<Vec<Value>>(line.trim()).ok())?;
    Some(answers.iter().map(|answer| shifted(answer, base.line - 1, base.column - 1)).collect())
}

/// LLDB's numbers of breakpoints.
pub(crate) fn numbers(answers: impl IntoIterator<Item = impl Borrow<Value>>) -> Vec<i64> {
    answers.into_iter().filter_map(|answer| number(answer.borrow())).collect()
}

/// LLDB's number of a breakpoint.
pub(crate) fn number(answer: &Value) -> Option<i64> {
    answer.get("id")?.as_i64()
}

fn command_of(request: &Value) -> String {
    // LLDB replaces what stands between backticks before the script sees it.
    format!("midflight-breakpoints {}", request.to_string().replace('`', "\\u0060"))
}

fn shifted(object: &Value, lines: i64, columns: i64) -> Value {
    let mut object = object.clone();
    for (field, by) in [("line", lines), ("column", columns)] {
        if let Some(number) = object.get(field).and_then(Value::as_i64) {
            object[field] = json!(number + by);
        }
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_gets_through_quotes_and_backticks() {
        let base = Base { line: 0, column: 0 };
        let request = json!({"line": 4, "condition": "name == \"a`b\\n\""});
        let command = set(Path::new("/p/patch.so"), "/~1/a.rs", &[3], &[&request], base);
        let request = command.strip_prefix("midflight-breakpoints ").expect("the command");
        assert!(!request.contains(['`', '\n']), "{request}");
        let request: Value = serde_json::from_str(request).expect("JSON in it");
        assert_eq!(request["new"], json!([{"line": 5, "condition": "name == \"a`b\\n\""}]));
        assert_eq!(request["gone"], json!([3]));
    }

    #[test]
    fn answers_are_found_below_the_echo_of_the_command() {
        let base = Base { line: 0, column: 1 };
        let printed = "(lldb) midflight-breakpoints {…}\n\
                       [{\"id\": 6, \"verified\": true, \"line\": 2, \"column\": 1}, {\"id\": 7, \"verified\": false}]\n";
        let answers = answers(printed, base).expect("answers");
        let first = json!({"id": 6, "verified": true, "line": 1, "column": 1});
        assert_eq!(answers, [first, json!({"id": 7, "verified": false})]);
        assert_eq!(numbers(&answers), [6, 7]);
        assert!(super::answers("error: no Python", base).is_none());
    }
}
