//! One protocol message: its bytes as they came, and the few fields that decide where it goes.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::Error;

/// A message as it came, and where it belongs.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    bytes: Vec<u8>,
    /// What it is.
    pub(crate) kind: Kind,
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

    /// The body as it came.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
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

/// A request of our own.
pub(crate) fn request(seq: i64, command: &str, arguments: Value) -> Vec<u8> {
    let mut tree = json!({"seq": seq, "type": "request", "command": command});
    tree["arguments"] = arguments;
    bytes(&tree)
}

/// The answer to a request, made here.
pub(crate) fn response(seq: i64, request_seq: i64, command: &str, body: Value) -> Vec<u8> {
    let mut tree = json!({
        "seq": seq, "type": "response", "request_seq": request_seq, "success": true, "command": command,
    });
    tree["body"] = body;
    bytes(&tree)
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
pub(crate) fn event(seq: i64, event: &str, body: &Value) -> Vec<u8> {
    bytes(&json!({"seq": seq, "type": "event", "event": event, "body": body}))
}

/// A tree as bytes.
pub(crate) fn bytes(tree: &Value) -> Vec<u8> {
    tree.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

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
