//! A debug adapter that does what a test says: to see what becomes of answers that no real adapter gives at the right
//! moment.

use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{framed, read_one};

/// The adapter's side of the connection.
#[derive(Debug)]
pub struct Wire(TcpStream);

impl Wire {
    /// Sends a message.
    pub fn send(&mut self, message: &Value) {
        self.bytes(&framed(message));
    }

    /// Sends bytes that may be no message at all. That nobody reads them any more is not the adapter's business.
    pub fn bytes(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes).and_then(|()| self.0.flush());
    }

    /// Answers a request.
    pub fn answer(&mut self, request: &Value, body: &Value) {
        self.send(&json!({
            "seq": 0, "type": "response", "request_seq": request["seq"], "success": true,
            "command": request["command"], "body": body,
        }));
    }

    /// Sends an event.
    pub fn event(&mut self, name: &str, body: &Value) {
        self.send(&json!({"seq": 0, "type": "event", "event": name, "body": body}));
    }
}

/// Listens for `midflight`, which comes again for another process, and lets it be answered; returns the address. What the
/// test leaves unanswered (by `false`) is answered with nothing.
pub fn adapter(answer: impl FnMut(&Value, &mut Wire) -> bool + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it listens").to_string();
    let answer = Arc::new(Mutex::new(answer));
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || serve(stream, &answer));
        }
    });
    address
}

fn serve(stream: TcpStream, answer: &Mutex<impl FnMut(&Value, &mut Wire) -> bool>) {
    let mut from = BufReader::new(stream.try_clone().expect("a socket can be cloned"));
    let mut wire = Wire(stream);
    while let Some(request) = read_one(&mut from) {
        let is_answered = answer.lock().is_ok_and(|mut answer| answer(&request, &mut wire));
        if !is_answered && request["type"] == "request" {
            wire.answer(&request, &json!({}));
        }
        if request["command"] == "launch" || request["command"] == "attach" {
            wire.event("initialized", &json!({}));
        }
    }
}
