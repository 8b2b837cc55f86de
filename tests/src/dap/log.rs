//! A debug session as something to read: one line a message, with everything left out that differs from
//! run to run. Two logs of the same session are equal.

use std::collections::HashMap;
use std::fmt::{self, Write};

use serde_json::Value;

/// What was said, in order.
#[derive(Debug, Default)]
pub struct Log(Vec<(Way, Value)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Sent,
    Received,
}

/// Which part of a session a reader wants to see.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// Events and commands that are left out.
    pub without: &'a [&'a str],
    /// Replaced by `<root>` wherever it occurs.
    pub root: &'a str,
}

/// Fields that differ from run to run, or say nothing to a reader.
const NOISE: [&str; 16] = [
    "seq",
    "request_seq",
    "type",
    "command",
    "event",
    "statistics",
    "$__lldb_extensions",
    "$__lldb_statistics",
    "addressRange",
    "instructionPointerReference",
    "instructionReference",
    "systemProcessId",
    "__lldb",
    "time",
    "presentationHint",
    "moduleId",
];

/// Numbers that only mean something within one session: shown by the order of their first appearance.
const HANDLES: [(&str, &str); 6] = [
    ("threadId", "thread"),
    ("frameId", "frame"),
    ("stackFrameId", "frame"),
    ("variablesReference", "variables"),
    ("sourceReference", "document"),
    ("pid", "process"),
];

impl Log {
    pub(super) fn sent(&mut self, message: Value) {
        self.0.push((Way::Sent, message));
    }

    pub(super) fn received(&mut self, message: Value) {
        self.0.push((Way::Received, message));
    }

    /// The log for a reader.
    pub fn readable(&self, view: View<'_>) -> String {
        let mut printer = Printer { view, handles: HashMap::new() };
        let mut text = String::new();
        for (way, message) in &self.0 {
            let Some(name) = Self::name(message) else { continue };
            if !view.without.contains(&name) {
                let _ = writeln!(text, "{}", printer.line(*way, name, message));
            }
        }
        text
    }

    /// The command of a request or its response, or the event.
    fn name(message: &Value) -> Option<&str> {
        message["command"].as_str().or_else(|| message["event"].as_str())
    }
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (way, message) in &self.0 {
            let arrow = if *way == Way::Sent { "->" } else { "<-" };
            let text: String = message.to_string().chars().take(600).collect();
            writeln!(f, "{arrow} {text}")?;
        }
        Ok(())
    }
}

struct Printer<'a> {
    view: View<'a>,
    handles: HashMap<(&'static str, String), usize>,
}

impl Printer<'_> {
    fn line(&mut self, way: Way, name: &str, message: &Value) -> String {
        let mut line = match (way, message["type"].as_str()) {
            (Way::Sent, _) => format!("-> {name}"),
            (Way::Received, Some("event")) => format!(" * {name}"),
            (Way::Received, _) if message["success"] == false => format!("<- {name} FAILED"),
            (Way::Received, _) => format!("<- {name}"),
        };
        let content = if way == Way::Sent { &message["arguments"] } else { &message["body"] };
        if message["success"] == false {
            let _ = write!(line, " {}", message["message"].as_str().unwrap_or_default());
        } else if content.as_object().is_some_and(|fields| !fields.is_empty()) {
            line.push(' ');
            self.value(&mut line, "", content);
        }
        line
    }

    fn value(&mut self, line: &mut String, name: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                let mut fields: Vec<_> =
                    fields.iter().filter(|(name, _)| !NOISE.contains(&name.as_str())).collect();
                fields.sort_by_key(|(name, _)| name.as_str());
                line.push('{');
                for (index, (name, value)) in fields.into_iter().enumerate() {
                    let _ = write!(line, "{}{name}: ", if index == 0 { "" } else { ", " });
                    self.value(line, name, value);
                }
                line.push('}');
            }
            Value::Array(items) => {
                line.push('[');
                // What lies below the program's own frames is the standard library's business.
                let limit = if name == "stackFrames" { 3 } else { usize::MAX };
                for (index, item) in items.iter().take(limit).enumerate() {
                    line.push_str(if index == 0 { "" } else { ", " });
                    self.value(line, name, item);
                }
                line.push(']');
            }
            Value::Number(number) if name.ends_with("Ms") => {
                let _ = write!(line, "{}", if number.as_f64() < Some(0.0) { "negative" } else { "ms" });
            }
            Value::Number(number) if number.as_i64() != Some(0) => {
                let kind = HANDLES.iter().find(|(handle, _)| *handle == name).map(|(_, kind)| *kind);
                match kind {
                    Some(kind) => {
                        let next = self.handles.keys().filter(|(other, _)| *other == kind).count() + 1;
                        let shown = *self.handles.entry((kind, number.to_string())).or_insert(next);
                        let _ = write!(line, "{kind} {shown}");
                    }
                    None => line.push_str(&number.to_string()),
                }
            }
            Value::String(text) => line.push_str(&self.text(text)),
            other => line.push_str(&other.to_string()),
        }
    }

    /// A text without the folder it was run in and without addresses.
    fn text(&self, text: &str) -> String {
        let text =
            if self.view.root.is_empty() { text.to_owned() } else { text.replace(self.view.root, "<root>") };
        let mut shown = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find("0x") {
            shown.push_str(&rest[..at]);
            let digits = rest[at + 2..].bytes().take_while(u8::is_ascii_hexdigit).count();
            shown.push_str(if digits > 4 { "<address>" } else { &rest[at..at + 2 + digits] });
            rest = &rest[at + 2 + digits..];
        }
        format!("{:?}", artifact::without_hash(&without_seconds(&(shown + rest))))
    }
}

/// A text in which it is not said how many seconds something took.
fn without_seconds(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let is_time = |at: usize| {
        let unit = words.get(at + 1).is_some_and(|unit| unit.trim_end_matches(',') == "s");
        unit && words[at].parse::<f64>().is_ok()
    };
    let shown = |at: usize| if is_time(at) { "<some>" } else { words[at] };
    (0..words.len()).map(shown).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_left_out() {
        let mut log = Log::default();
        log.sent(json!({"seq": 4, "type": "request", "command": "next", "arguments": {"threadId": 4711}}));
        log.received(json!({"type": "response", "request_seq": 4, "command": "next", "success": true}));
        log.received(json!({"type": "event", "event": "stopped", "body": {
            "threadId": 4712, "text": "at 0x7ffff7ff in /tmp/x/a.rs in 0.3 s, once", "elapsedMs": 3.5}}));
        let view = View { without: &[], root: "/tmp/x" };
        assert_eq!(
            log.readable(view),
            "-> next {threadId: thread 1}\n<- next\n \
             * stopped {elapsedMs: ms, text: \"at <address> in <root>/a.rs in <some> s, once\", threadId: thread 2}\n"
        );
    }
}
