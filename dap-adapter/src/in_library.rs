//! Breakpoints that LLDB looks for in one library only.
//!
//! `setBreakpoints` of lldb-dap looks for each of them in all libraries: two hundred take longer than a swap may.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::message::{self, Base};
use crate::scripts;

const MODULE: &str = "midflight_breakpoints";
const SCRIPT: &str = include_str!("in_library/midflight_breakpoints.py");

/// The breakpoints of a file: as they were asked for, word by word, and the answers.
pub(crate) type Set = BTreeMap<String, Value>;

/// What LLDB is told before the program is started.
pub(crate) fn command(target_dir: &Path) -> Option<String> {
    scripts::load(target_dir, MODULE, SCRIPT)
}

/// Whether these arguments of `setBreakpoints` can be met so: what a logpoint prints is lldb-dap's to make.
pub(crate) fn can_set(arguments: &Value) -> bool {
    message::breakpoints(arguments).iter().all(|request| request.get("logMessage").is_none_or(Value::is_null))
}

/// The command that takes away what is no longer wanted and sets what is new, lines and columns as LLDB counts them.
pub(crate) fn put<'a>(
    library: &Path,
    path: &str,
    gone: &[i64],
    new: impl Iterator<Item = &'a Value>,
    base: Base,
) -> String {
    let new: Vec<Value> = new.map(|request| shifted(request, 1 - base.line, 1 - base.column)).collect();
    let request = json!({"library": library, "path": path, "delete": gone, "breakpoints": new}).to_string();
    // LLDB replaces what stands between backticks before the script sees it.
    format!("midflight-breakpoints {}", request.replace('`', "\\u0060"))
}

/// The answers in what LLDB printed, lines and columns as the editor counts them.
pub(crate) fn answers(printed: &str, base: Base) -> Option<Vec<Value>> {
    let answers =
        printed.lines().rev().find_map(|line| serde_json::from_str::<Vec<Value>>(line.trim()).ok())?;
    Some(answers.iter().map(|answer| shifted(answer, base.line - 1, base.column - 1)).collect())
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
        let command = put(Path::new("/p/patch.so"), "/~1/a.rs", &[3], std::iter::once(&request), base);
        let request = command.strip_prefix("midflight-breakpoints ").expect("the command");
        assert!(!request.contains(['`', '\n']), "{request}");
        let request: Value = serde_json::from_str(request).expect("JSON in it");
        assert_eq!(request["breakpoints"], json!([{"line": 5, "condition": "name == \"a`b\\n\""}]));
        assert_eq!(request["delete"], json!([3]));
    }

    #[test]
    fn answers_are_found_below_the_echo_of_the_command() {
        let base = Base { line: 0, column: 1 };
        let printed = "(lldb) midflight-breakpoints {…}\n[{\"id\": 7, \"verified\": true, \"line\": 5, \"column\": 3}]\n";
        let expected = json!({"id": 7, "verified": true, "line": 4, "column": 3});
        assert_eq!(answers(printed, base), Some(vec![expected]));
        assert_eq!(answers("error: no Python", base), None);
    }
}
