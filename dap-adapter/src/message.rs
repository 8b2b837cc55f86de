//! One protocol message: its bytes as they came, and the few fields that decide where it goes.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::Error;

/// A message as it came, and where it belongs.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    bytes: Vec<u8>,
    /// What it is.
    pub(crate) kind: Kind,
}

/// The first line and the first column of a file in messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Base {
    pub(crate) line: i64,
    pub(crate) column: i64,
}

impl Default for Base {
    fn default() -> Self {
        Self { line: 1, column: 1 }
    }
}

/// The fields by which a message is routed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// From the editor, or in reverse from the adapter.
    Request {
        /// The sender's number for it.
        seq: i64,
        /// What is asked.
        command: String,
    },
    /// The answer to a request.
    Response {
        /// The number of the request.
        request_seq: i64,
        /// Whether it was done.
        success: bool,
    },
    /// Something happened.
    Event {
        /// What.
        event: String,
    },
}

#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    seq: i64,
    r#type: String,
    command: Option<String>,
    event: Option<String>,
    request_seq: Option<i64>,
    #[serde(default)]
    success: bool,
}

#[derive(Deserialize)]
struct Arguments<T> {
    arguments: T,
}

#[derive(Deserialize)]
struct Body<T> {
    body: T,
}

#[derive(Serialize)]
struct Request<'a, T> {
    seq: i64,
    r#type: &'a str,
    command: &'a str,
    arguments: &'a T,
}

#[derive(Serialize)]
struct Response<'a, T> {
    seq: i64,
    r#type: &'a str,
    request_seq: i64,
    success: bool,
    command: &'a str,
    body: &'a T,
}

#[derive(Serialize)]
struct Event<'a, T> {
    seq: i64,
    r#type: &'a str,
    #[serde(rename = "event")]
    name: &'a str,
    body: &'a T,
}

impl Message {
    /// Reads the routing fields; the rest is skipped over, not built.
    pub(crate) fn parse(bytes: Vec<u8>) -> Result<Self, String> {
        let head: Head = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        let kind = match (head.r#type.as_str(), head.command, head.event, head.request_seq) {
            ("request", Some(command), _, _) => Kind::Request { seq: head.seq, command },
            ("response", _, _, Some(request_seq)) => Kind::Response { request_seq, success: head.success },
            ("event", _, Some(event), _) => Kind::Event { event },
            (kind, ..) => return Err(format!("a `{kind}` message without the fields of one")),
        };
        Ok(Self { bytes, kind })
    }

    /// The body with these parts of it, in their order, replaced: texts that were read from it, and what stands for them.
    /// `None` where that can't be done in the bytes as they came: a text is no part of them, as where characters of it are
    /// escaped, or what stands for it would have to be.
    pub(crate) fn replaced<'a>(
        &self,
        parts: impl Iterator<Item = (&'a str, Cow<'a, str>)>,
    ) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut end = 0;
        for (part, by) in parts.filter(|(part, by)| part != by) {
            if by.contains(|c: char| c.is_control() || matches!(c, '"' | '\\')) {
                return None;
            }
            let start = (part.as_ptr() as usize).checked_sub(self.bytes.as_ptr() as usize)?;
            bytes.extend_from_slice(self.bytes.get(end..start)?);
            bytes.extend_from_slice(by.as_bytes());
            end = start + part.len();
        }
        bytes.extend_from_slice(self.bytes.get(end..)?);
        Some(bytes)
    }

    /// Whether it is the response to this request.
    pub(crate) fn answers(&self, request: i64) -> bool {
        matches!(self.kind, Kind::Response { request_seq, .. } if request_seq == request)
    }

    /// Whether it is the response to a request that was done.
    pub(crate) fn succeeded(&self) -> bool {
        matches!(self.kind, Kind::Response { success: true, .. })
    }

    /// The body as it came.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The same with the paths of all sources rewritten.
    pub(crate) fn with_paths(self, rewrite: &dyn Fn(&str) -> Option<String>) -> Self {
        Self { bytes: with_paths(self.bytes, rewrite), kind: self.kind }
    }

    /// Whether a field of this name may be somewhere in it.
    pub(crate) fn has(&self, field: &str) -> bool {
        memchr::memmem::find(&self.bytes, format!("\"{field}\"").as_bytes()).is_some()
    }

    /// What matters of the `arguments` of a request: without a tree of them, which for long ones takes longer than all
    /// else that is done with a message.
    pub(crate) fn arguments_as<'a, T: Deserialize<'a>>(&'a self) -> Option<T> {
        serde_json::from_slice(&self.bytes).ok().map(|Arguments { arguments }| arguments)
    }

    /// What matters of the `body` of a response or an event.
    pub(crate) fn body_as<'a, T: Deserialize<'a>>(&'a self) -> Option<T> {
        serde_json::from_slice(&self.bytes).ok().map(|Body { body }| body)
    }

    /// The whole message as a tree.
    pub(crate) fn tree(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    /// The `arguments` of a request.
    pub(crate) fn arguments(&self) -> Value {
        self.tree().get_mut("arguments").map(Value::take).unwrap_or_default()
    }

    /// The `body` of a response or an event.
    pub(crate) fn body(&self) -> Value {
        self.tree().get_mut("body").map(Value::take).unwrap_or_default()
    }

    /// Why a request failed, as its response says it.
    pub(crate) fn failure(&self) -> String {
        let tree = self.tree();
        let formatted = tree.pointer("/body/error/format").and_then(Value::as_str);
        let message = tree.get("message").and_then(Value::as_str);
        formatted.or(message).unwrap_or("the debug adapter gave no reason").trim().to_owned()
    }
}

/// A message with the paths of all sources rewritten (`Source.path`, wherever the protocol has a `Source`).
pub(crate) fn with_paths(message: Vec<u8>, rewrite: &dyn Fn(&str) -> Option<String>) -> Vec<u8> {
    if memchr::memmem::find(&message, b"\"path\"").is_none() {
        return message;
    }
    let Ok(mut tree) = serde_json::from_slice::<Value>(&message) else { return message };
    let mut is_changed = false;
    for part in ["arguments", "body"] {
        if let Some(part) = tree.get_mut(part) {
            is_changed |= rewrite_sources(part, rewrite);
        }
    }
    if is_changed { bytes(&tree) } else { message }
}

fn rewrite_sources(value: &mut Value, rewrite: &dyn Fn(&str) -> Option<String>) -> bool {
    match value {
        Value::Array(items) => {
            items.iter_mut().fold(false, |changed, item| rewrite_sources(item, rewrite) | changed)
        }
        Value::Object(fields) => {
            let mut is_changed = false;
            for (name, field) in fields {
                // `disassemble` calls it `location`.
                if matches!(name.as_str(), "source" | "location") {
                    is_changed |= rewrite_source(field, rewrite);
                } else if name == "sources" {
                    let sources = field.as_array_mut().into_iter().flatten();
                    is_changed |=
                        sources.fold(false, |changed, source| rewrite_source(source, rewrite) | changed);
                }
                is_changed |= rewrite_sources(field, rewrite);
            }
            is_changed
        }
        _ => false,
    }
}

fn rewrite_source(source: &mut Value, rewrite: &dyn Fn(&str) -> Option<String>) -> bool {
    let path = source.get("path").and_then(Value::as_str).and_then(rewrite);
    let Some(path) = path else { return false };
    source["path"] = json!(path);
    true
}

/// A request of our own.
pub(crate) fn request(seq: i64, command: &str, arguments: &impl Serialize) -> Vec<u8> {
    bytes(&Request { seq, r#type: "request", command, arguments })
}

/// The answer to a request, made here.
pub(crate) fn response(seq: i64, request_seq: i64, command: &str, body: &impl Serialize) -> Vec<u8> {
    bytes(&Response { seq, r#type: "response", request_seq, success: true, command, body })
}

/// A refusal, made here.
pub(crate) fn failure(seq: i64, request_seq: i64, command: &str, error: &Error) -> Vec<u8> {
    bytes(&json!({
        "seq": seq, "type": "response", "request_seq": request_seq, "success": false,
        "command": command, "message": error.message,
        "body": {"error": {
            "id": error.id(), "format": error.message.replace('{', "(").replace('}', ")"),
            "showUser": error.show_user(),
        }},
    }))
}

/// An event, made here.
pub(crate) fn event(seq: i64, name: &str, body: &impl Serialize) -> Vec<u8> {
    bytes(&Event { seq, r#type: "event", name, body })
}

/// As the protocol has it: a field that is not there is left out. To some editors `null` is a value.
pub(crate) fn without_nulls(body: &impl Serialize) -> Value {
    let mut body = serde_json::to_value(body).unwrap_or_default();
    leave_nulls_out(&mut body);
    body
}

fn leave_nulls_out(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(leave_nulls_out),
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(leave_nulls_out);
        }
        _ => {}
    }
}

/// The breakpoints in the arguments or the body of a request that sets some.
pub(crate) fn breakpoints(of: &Value) -> &[Value] {
    of.get("breakpoints").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A message as bytes.
pub(crate) fn bytes(message: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(message).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn paths_of_sources_are_rewritten_and_no_others() {
        let rewrite = |path: &str| path.strip_prefix("/a").map(|rest| format!("/b{rest}"));
        let of = |message: &Value| {
            serde_json::from_slice::<Value>(&with_paths(bytes(message), &rewrite)).expect("a message")
        };
        let frames = json!({"body": {"stackFrames": [
            {"name": "/a", "source": {"path": "/a/x.rs", "sources": [{"path": "/a/y.rs"}]}},
            {"source": {"path": "/c/z.rs"}},
        ]}});
        let frames = of(&frames);
        let source = &frames["body"]["stackFrames"][0]["source"];
        assert_eq!(*source, json!({"path": "/b/x.rs", "sources": [{"path": "/b/y.rs"}]}));
        assert_eq!(frames["body"]["stackFrames"][0]["name"], "/a");
        assert_eq!(frames["body"]["stackFrames"][1]["source"]["path"], "/c/z.rs");
        let modules = json!({"body": {"modules": [{"path": "/a/program"}]}});
        assert_eq!(of(&modules), modules, "a module is no source");
        let breakpoints = json!({"arguments": {"source": {"path": "/a/x.rs"}}});
        assert_eq!(of(&breakpoints)["arguments"]["source"]["path"], "/b/x.rs");
    }

    #[test]
    fn parts_that_were_read_from_a_message_are_replaced() {
        let text = r#"{"type":"event","event":"x","body":{"a":"one::h1","b":"two::h2","c":"\u0041::h3"}}"#;
        let message = Message::parse(text.as_bytes().to_vec()).expect("a message");
        let body: HashMap<Cow<'_, str>, Borrowing<'_>> = message.body_as().expect("texts");
        let parts = |names: &[&str], by: &'static str| -> Option<String> {
            let parts = names.iter().map(|name| (&body[*name].0[3..], Cow::Borrowed(by)));
            message.replaced(parts).map(|bytes| String::from_utf8(bytes).expect("text"))
        };
        assert_eq!(parts(&[], "").as_deref(), Some(text));
        for by in ["", "<three>"] {
            let expected = text.replace("::h1", by).replace("::h2", by);
            assert_eq!(parts(&["a", "b"], by).as_deref(), Some(expected.as_str()));
        }
        assert_eq!(parts(&["a", "c"], ""), None, "what is escaped is not read as it stands there");
        assert_eq!(parts(&["a"], "extern \"C\""), None, "what would have to be escaped");
    }

    #[derive(Deserialize)]
    struct Borrowing<'a>(#[serde(borrow)] Cow<'a, str>);

    #[test]
    fn what_is_not_there_is_left_out() {
        let body = json!({"output": "a", "source": null, "list": [{"line": null, "name": "b"}]});
        assert_eq!(without_nulls(&body), json!({"output": "a", "list": [{"name": "b"}]}));
    }

    #[test]
    fn messages_are_told_apart() {
        let kind = |text: &str| Message::parse(text.as_bytes().to_vec()).map(|message| message.kind);
        assert_eq!(
            kind(r#"{"seq":3,"type":"request","command":"next","arguments":{"seq":9}}"#),
            Ok(Kind::Request { seq: 3, command: "next".into() })
        );
        assert_eq!(
            kind(r#"{"type":"response","request_seq":0,"success":true,"command":"next"}"#),
            Ok(Kind::Response { request_seq: 0, success: true })
        );
        assert_eq!(kind(r#"{"type":"event","event":"x"}"#), Ok(Kind::Event { event: "x".into() }));
        assert!(kind(r#"{"type":"event"}"#).is_err());
        assert!(kind("[]").is_err());
        assert!(kind("\u{1f980}").is_err());
    }
}
