//! A program that does a step whenever it is told to, and says what it sees in its state afterwards.
//!
//! `model.rs` is what gets edited; `probe.rs` seeds a state of every kind, and looks at it. What is seen is
//! one line of `name=value` parts, the same for the same code.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

#[path = "model.rs"]
mod model;
#[path = "probe.rs"]
mod probe;

fn main() {
    let mut live = probe::Live::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it listens").port();
    std::fs::write("port.new", port.to_string()).expect("the folder can be written to");
    std::fs::rename("port.new", "port").expect("the folder can be written to");
    let (mut socket, _) = listener.accept().expect("somebody connects");
    for line in BufReader::new(socket.try_clone().expect("a socket can be cloned")).lines().map_while(Result::ok) {
        let seen = live.answer(&line);
        if writeln!(socket, "{}", seen.replace('\n', " ")).is_err() {
            return;
        }
    }
}
