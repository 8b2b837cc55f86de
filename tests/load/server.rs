//! The server, under the debugger or by itself, and what it answers.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use midflight_tests::dap::Session;
use midflight_tests::footprint::Footprint;
use midflight_tests::program::Program;
use serde_json::{Value, json};

use crate::cores::Cores;

const PATIENCE: Duration = Duration::from_secs(30);

/// A server that is debugged.
pub(crate) struct Debugged {
    pub(crate) program: Program,
    session: Session,
    pub(crate) address: String,
    process: u32,
}

/// What the server has at rest: the process's, and its tasks.
#[derive(Debug, Clone)]
pub(crate) struct AtRest {
    pub(crate) footprint: Footprint,
    pub(crate) tasks: u64,
}

/// What became of a save.
pub(crate) struct Reload {
    /// Why the new code does not run.
    pub(crate) refused: Option<String>,
    pub(crate) times: Value,
}

impl Debugged {
    pub(crate) fn launch(cores: &Cores) -> Self {
        let program = Program::example("web");
        let address = free_address();
        let port = address.rsplit(':').next().unwrap_or_default();
        let mut session = Session::new(&program);
        let midflight = json!({"reload": "manual", "engine": "in-place"});
        let arguments =
            json!({"cwd": program.root(), "env": [format!("PORT={port}")], "midflight": midflight});
        session.begin(arguments);
        session.configuration_done();
        let id = session.client.event("process")["systemProcessId"].as_u64();
        let process = id.and_then(|id| id.try_into().ok()).expect("the process has a number");
        wait_for(&address);
        cores.serve(process);
        Self { program, session, address, process }
    }

    /// Brings what is saved into the server.
    pub(crate) fn reload(&mut self) -> Reload {
        let answer = self.session.client.ok("midflight/reload", json!({}));
        let message = || answer["message"].as_str().unwrap_or_default().to_owned();
        Reload { refused: (answer["applied"] != true).then(message), times: answer["times"].clone() }
    }

    /// What it has once nobody asks it any more.
    pub(crate) fn at_rest(&self) -> AtRest {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let tasks = self.tasks();
            // The accepting task, and the one that answers this.
            if tasks <= 2 || Instant::now() > deadline {
                return AtRest { footprint: Footprint::of(self.process), tasks };
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn tasks(&self) -> u64 {
        let answer = get(&self.address, "/stats").unwrap_or_default();
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        serde_json::from_str::<Value>(body).ok().and_then(|stats| stats["tasks"].as_u64()).unwrap_or(u64::MAX)
    }

    pub(crate) fn disconnect(self) {
        self.session.client.disconnect();
    }
}

/// The same server without a debugger. Killed in the end.
pub(crate) struct Alone(Child);

impl Alone {
    /// Starts what Cargo has built from the example.
    pub(crate) fn start(program: &Program) -> (Self, String) {
        let address = free_address();
        let port = address.rsplit(':').next().unwrap_or_default();
        let mut server = program.command(program.path("target/debug/web"));
        let child =
            server.env("PORT", port).stdout(Stdio::null()).spawn().expect("what was built can be run");
        let alone = Self(child);
        wait_for(&address);
        (alone, address)
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One answer, head and body, on a connection of its own.
pub(crate) fn get(address: &str, page: &str) -> io::Result<String> {
    let mut socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    write!(socket, "GET {page} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer)?;
    Ok(answer)
}

fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it listens").to_string()
}

fn wait_for(address: &str) {
    let deadline = Instant::now() + PATIENCE;
    while get(address, "/").is_err() {
        assert!(Instant::now() < deadline, "the server at {address} does not answer");
        std::thread::sleep(Duration::from_millis(20));
    }
}
