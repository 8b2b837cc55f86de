//! Breakpoints that LLDB looks for in one library only.
//!
//! `setBreakpoints` of lldb-dap looks for each of them in all libraries: two hundred take longer than a swap may.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde::Deserialize;
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
    command_of(&json!({"library": library, "read": true}))
}

/// The command after which LLDB knows nothing of a library that was not loaded.
pub(crate) fn drop(library: &Path) -> String {
    command_of(&json!({"library": library, "drop": true}))
}

/// What LLDB has to change of a file's breakpoints.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    pub(crate) library: &'a Path,
    pub(crate) path: &'a str,
    /// To take away, by LLDB's numbers.
    pub(crate) gone: Vec<i64>,
    /// Set before the library was loaded: what became of them.
    pub(crate) early: Vec<i64>,
    /// To set, as they are asked for.
    pub(crate) new: Vec<&'a Value>,
}

/// What the script prints.
#[derive(Deserialize)]
struct Printed {
    early: Vec<Value>,
    new: Vec<Value>,
}

/// What a change has made, lines and columns as the editor counts them.
#[derive(Debug, Default)]
pub(crate) struct Made {
    /// By LLDB's numbers.
    early: HashMap<i64, Value>,
    /// By what was asked for.
    new: Vec<(String, Value)>,
}

impl Made {
    /// Puts it with what is there of a file.
    pub(crate) fn put_into(&self, set: &mut Set) {
        for answer in set.values_mut() {
            if let Some(now) = answer["id"].as_i64().and_then(|id| self.early.get(&id)) {
                *answer = now.clone();
            }
        }
        set.extend(self.new.iter().cloned());
    }
}

impl<'a> Change<'a> {
    /// Nothing yet.
    pub(crate) fn none(library: &'a Path, path: &'a str) -> Self {
        Self { library, path, gone: Vec::new(), early: Vec::new(), new: Vec::new() }
    }

    /// Whether there is nothing to change.
    pub(crate) fn is_none(&self) -> bool {
        self.gone.is_empty() && self.early.is_empty() && self.new.is_empty()
    }

    /// The command that makes it, lines and columns as LLDB counts them.
    pub(crate) fn command(&self, base: Base) -> String {
        let new = self.new.iter().map(|request| shifted(request, 1 - base.line, 1 - base.column));
        command_of(&json!({
            "library": self.library, "path": self.path, "gone": self.gone, "early": self.early,
            "new": new.collect::<Vec<_>>(),
        }))
    }

    /// What LLDB has printed, if it was made.
    pub(crate) fn made(&self, printed: &str, base: Base) -> Option<Made> {
        let made =
            printed.lines().rev().find_map(|line| serde_json::from_str::<Printed>(line.trim()).ok())?;
        if (made.early.len(), made.new.len()) != (self.early.len(), self.new.len()) {
            return None;
        }
        let shown = |answer: &Value| shifted(answer, base.line - 1, base.column - 1);
        Some(Made {
            early: self.early.iter().copied().zip(made.early.iter().map(shown)).collect(),
            new: self.new.iter().map(ToString::to_string).zip(made.new.iter().map(shown)).collect(),
        })
    }
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
        let none = Change::none(Path::new("/p/patch.so"), "/~1/a.rs");
        let command = Change { gone: vec![3], new: vec![&request], ..none }.command(base);
        let request = command.strip_prefix("midflight-breakpoints ").expect("the command");
        assert!(!request.contains(['`', '\n']), "{request}");
        let request: Value = serde_json::from_str(request).expect("JSON in it");
        assert_eq!(request["new"], json!([{"line": 5, "condition": "name == \"a`b\\n\""}]));
        assert_eq!(request["gone"], json!([3]));
    }

    #[test]
    fn answers_are_found_below_the_echo_of_the_command() {
        let base = Base { line: 0, column: 1 };
        let none = Change::none(Path::new("/p/patch.so"), "/~1/a.rs");
        let request = json!({"line": 4});
        let change = Change { early: vec![6], new: vec![&request], ..none };
        let printed = "(lldb) midflight-breakpoints {…}\n\
                       {\"early\": [{\"id\": 6, \"verified\": true, \"line\": 2, \"column\": 1}], \"new\": [{\"id\": 7, \"verified\": false, \"line\": 5, \"column\": 3}]}\n";
        let mut set = Set::from([("a".to_owned(), json!({"id": 6, "verified": false}))]);
        change.made(printed, base).expect("an answer").put_into(&mut set);
        assert_eq!(set["a"], json!({"id": 6, "verified": true, "line": 1, "column": 1}));
        assert_eq!(set[&request.to_string()], json!({"id": 7, "verified": false, "line": 4, "column": 3}));
        assert!(change.made("error: no Python", base).is_none());
    }
}
