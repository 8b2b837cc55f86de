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
    /// Set before the library was loaded: whether they are in it now.
    pub(crate) early: Vec<i64>,
    /// To set, as they are asked for.
    pub(crate) new: Vec<&'a Value>,
}

/// What the script prints.
#[derive(Deserialize)]
struct Made {
    early: Vec<bool>,
    new: Vec<Value>,
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

    /// Puts what LLDB has printed with what is there, lines and columns as the editor counts them. Whether it was made.
    pub(crate) fn take(&self, printed: &str, base: Base, set: &mut Set) -> bool {
        let made = printed.lines().rev().find_map(|line| serde_json::from_str::<Made>(line.trim()).ok());
        let Some(made) = made else { return false };
        if (made.early.len(), made.new.len()) != (self.early.len(), self.new.len()) {
            return false;
        }
        let is_in: HashMap<i64, bool> = self.early.iter().copied().zip(made.early).collect();
        for answer in set.values_mut() {
            if let Some(is_in) = answer["id"].as_i64().and_then(|id| is_in.get(&id)) {
                answer["verified"] = json!(is_in);
            }
        }
        let new = made.new.iter().map(|answer| shifted(answer, base.line - 1, base.column - 1));
        set.extend(self.new.iter().map(ToString::to_string).zip(new));
        true
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
                       {\"early\": [true], \"new\": [{\"id\": 7, \"verified\": false, \"line\": 5, \"column\": 3}]}\n";
        let mut set = Set::from([("a".to_owned(), json!({"id": 6, "verified": false}))]);
        assert!(change.take(printed, base, &mut set));
        assert_eq!(set["a"], json!({"id": 6, "verified": true}));
        assert_eq!(set[&request.to_string()], json!({"id": 7, "verified": false, "line": 4, "column": 3}));
        assert!(!change.take("error: no Python", base, &mut set));
    }
}
