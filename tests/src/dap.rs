//! A debug adapter client: drives the real `midflight dap` (or any adapter) as an editor would.
//!
//! Every wait has a deadline, and a failure prints the whole conversation: see [`log`].

pub mod log;
pub mod scripted;

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::dap::log::Log;
use crate::program::Program;

/// A build on a busy machine takes its time; what does not come within this time does not come.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// A connection to a debug adapter.
pub struct Client {
    child: Option<Child>,
    to: Option<Box<dyn Write + Send>>,
    from: Receiver<Value>,
    /// Messages that nobody has asked for yet.
    waiting: VecDeque<Value>,
    last_seq: i64,
    log: Log,
}

impl Client {
    /// `midflight dap` for this program, started in its directory.
    #[track_caller]
    pub fn midflight(program: &Program, arguments: &[&str]) -> Self {
        let mut command = program.command(crate::midflight_bin());
        command.arg("dap").args(arguments);
        Self::start(command)
    }

    /// Any debug adapter over its standard streams.
    #[track_caller]
    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|problem| panic!("{command:?}: {problem}"));
        let stdin = child.stdin.take().expect("the child has a standard input");
        let stdout = child.stdout.take().expect("the child has a standard output");
        let mut client = Self::over(stdout, stdin);
        client.child = Some(child);
        client
    }

    /// An adapter that listens.
    #[track_caller]
    pub fn connect(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap_or_else(|problem| panic!("{address}: {problem}"));
        let to = stream.try_clone().expect("a socket can be cloned");
        Self::over(stream, to)
    }

    fn over(from: impl Read + Send + 'static, to: impl Write + Send + 'static) -> Self {
        let (messages, queue) = channel();
        std::thread::spawn(move || read_all(BufReader::new(from), &messages));
        Self {
            child: None,
            to: Some(Box::new(to)),
            from: queue,
            waiting: VecDeque::new(),
            last_seq: 0,
            log: Log::default(),
        }
    }

    /// The process of the adapter.
    pub fn id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// The conversation so far.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Sends a request and returns its number.
    pub fn send(&mut self, command: &str, arguments: Value) -> i64 {
        self.last_seq += 1;
        let seq = self.last_seq;
        let mut message = json!({"seq": seq, "type": "request", "command": command});
        message["arguments"] = arguments;
        self.send_bytes(&framed(&message));
        self.log.sent(message);
        seq
    }

    /// Sends bytes that may be no message at all.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        let to = self.to.as_mut().expect("the connection is open");
        // An adapter that has gone is noticed when its answer does not come.
        let _ = to.write_all(bytes).and_then(|()| to.flush());
    }

    /// Sends a request and waits for its response, whether it succeeded or not.
    #[track_caller]
    pub fn request(&mut self, command: &str, arguments: Value) -> Value {
        let seq = self.send(command, arguments);
        self.response(seq)
    }

    /// Sends a request that has to succeed, and returns the body of the response.
    #[track_caller]
    pub fn ok(&mut self, command: &str, arguments: Value) -> Value {
        let mut response = self.request(command, arguments);
        assert!(response["success"] == true, "{command} failed: {response}\n{}", self.log);
        response["body"].take()
    }

    /// Sends a request that has to fail, and returns its message.
    #[track_caller]
    pub fn refused(&mut self, command: &str, arguments: Value) -> String {
        let response = self.request(command, arguments);
        assert!(response["success"] == false, "{command} succeeded: {response}\n{}", self.log);
        response["message"].as_str().unwrap_or_default().to_owned()
    }

    /// Runs a command of LLDB; what it prints.
    #[track_caller]
    pub fn printed(&mut self, command: &str) -> String {
        let arguments = json!({"expression": format!("`{command}"), "context": "repl"});
        self.ok("evaluate", arguments)["result"].as_str().unwrap_or_default().to_owned()
    }

    /// Waits for the response to a request.
    #[track_caller]
    pub fn response(&mut self, seq: i64) -> Value {
        let what = format!("the response to request {seq}");
        self.wait(&what, |message| message["type"] == "response" && message["request_seq"] == seq)
    }

    /// Waits for the next event of this name and returns its body.
    #[track_caller]
    pub fn event(&mut self, name: &str) -> Value {
        self.event_where(name, |_| true)
    }

    /// Waits until the adapter asks this of the editor.
    #[track_caller]
    pub fn reverse_request(&mut self, command: &str) -> Value {
        let what = format!("the reverse request `{command}`");
        self.wait(&what, |message| message["type"] == "request" && message["command"] == command)
    }

    /// Waits until the adapter asks this of the editor, or until this event if it comes first.
    #[track_caller]
    pub fn reverse_request_before(&mut self, event: &str, command: &str) -> Option<Value> {
        let is_request = |message: &Value| message["type"] == "request" && message["command"] == command;
        let what = format!("the event `{event}` or the reverse request `{command}`");
        let first = self.wait(&what, |message| message["event"] == event || is_request(message));
        is_request(&first).then_some(first)
    }

    /// Answers what the adapter asked.
    pub fn answer(&mut self, request: &Value) {
        self.last_seq += 1;
        let answer = json!({
            "seq": self.last_seq, "type": "response", "request_seq": request["seq"], "success": true,
            "command": request["command"],
        });
        self.send_bytes(&framed(&answer));
        self.log.sent(answer);
    }

    /// Waits for an event of this name whose body is the one that is meant.
    #[track_caller]
    pub fn event_where(&mut self, name: &str, is_meant: impl Fn(&Value) -> bool) -> Value {
        let what = format!("the event `{name}`");
        let is_it = |message: &Value| message["event"] == name && is_meant(&message["body"]);
        self.wait(&what, is_it)["body"].take()
    }

    /// Waits for the next event of one of these names and returns the whole of it.
    #[track_caller]
    pub fn one_of(&mut self, names: &[&str]) -> Value {
        let what = format!("one of the events {names:?}");
        self.wait(&what, |message| names.iter().any(|name| message["event"] == *name))
    }

    /// Waits until this is printed into the debug console.
    #[track_caller]
    pub fn output(&mut self, text: &str) -> String {
        let body =
            self.event_where("output", |body| body["output"].as_str().is_some_and(|o| o.contains(text)));
        body["output"].as_str().unwrap_or_default().to_owned()
    }

    /// Takes all events of this name that have come.
    pub fn events_so_far(&mut self, name: &str) -> Vec<Value> {
        while let Ok(message) = self.from.try_recv() {
            self.log.received(message.clone());
            self.waiting.push_back(message);
        }
        let (found, rest) = self.waiting.drain(..).partition(|message| message["event"] == name);
        self.waiting = rest;
        found.into_iter().map(|mut message: Value| message["body"].take()).collect()
    }

    #[track_caller]
    fn wait(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        if let Some(index) = self.waiting.iter().position(&is_it) {
            return self.waiting.remove(index).unwrap_or_default();
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.from.recv_timeout(left) {
                Ok(message) => {
                    self.log.received(message.clone());
                    assert!(!has_nulls(&message), "a field that is not there is left out: {message}");
                    if is_it(&message) {
                        return message;
                    }
                    self.waiting.push_back(message);
                }
                Err(RecvTimeoutError::Timeout) => panic!("{what} did not come\n{}", self.log),
                Err(RecvTimeoutError::Disconnected) => {
                    panic!("the adapter has ended before {what} came\n{}", self.log)
                }
            }
        }
    }

    /// Closes the connection without a word, as an editor does that crashes.
    pub fn hang_up(&mut self) {
        self.to = None;
    }

    /// Ends the session in the ordinary way, and waits for the adapter to end.
    #[track_caller]
    pub fn disconnect(mut self) {
        self.ok("disconnect", json!({"terminateDebuggee": true}));
        self.hang_up();
        self.wait_for_end();
    }

    /// Waits until the adapter has ended.
    #[track_caller]
    pub fn wait_for_end(&mut self) {
        let Some(child) = &mut self.child else { return };
        let deadline = Instant::now() + PATIENCE;
        while child.try_wait().expect("the child can be waited for").is_none() {
            assert!(Instant::now() < deadline, "the adapter does not end\n{}", self.log);
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A message as it goes over a connection.
pub fn framed(message: &Value) -> Vec<u8> {
    let body = message.to_string();
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// What the proxy makes itself, of the protocol's messages.
const MADE_HERE: [&str; 8] = [
    "breakpoint",
    "output",
    "progressEnd",
    "progressStart",
    "progressUpdate",
    "scopes",
    "setBreakpoints",
    "variables",
];

/// Whether the body of one has a field that is `null`: to some editors that is a value.
fn has_nulls(message: &Value) -> bool {
    fn is_null(value: &Value) -> bool {
        match value {
            Value::Array(items) => items.iter().any(is_null),
            Value::Object(fields) => fields.values().any(|field| field.is_null() || is_null(field)),
            _ => false,
        }
    }
    let name = message["event"].as_str().or_else(|| message["command"].as_str()).unwrap_or_default();
    MADE_HERE.contains(&name) && is_null(&message["body"])
}

fn read_all(mut from: impl BufRead, messages: &Sender<Value>) {
    while let Some(body) = read_one(&mut from) {
        if messages.send(body).is_err() {
            return;
        }
    }
}

/// The next message of a connection, until it ends.
pub fn read_one(from: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if from.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("Content-Length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// A debug session of a program, with the steps that every editor takes.
pub struct Session {
    /// The connection.
    pub client: Client,
    /// The launch request whose answer is still to be looked at.
    pub launched: Option<i64>,
}

/// Where a thread stopped, and what is to be seen there.
#[derive(Debug)]
pub struct Stop {
    /// The thread.
    pub thread: i64,
    /// The body of the `stopped` event.
    pub event: Value,
    /// The frames, top first.
    pub frames: Vec<Value>,
}

impl Session {
    /// `midflight dap`, initialised as VS Code does it.
    #[track_caller]
    pub fn new(program: &Program) -> Self {
        Self::with(program, &[])
    }

    /// The same, with arguments for `midflight dap`.
    #[track_caller]
    pub fn with(program: &Program, arguments: &[&str]) -> Self {
        let mut client = Client::midflight(program, arguments);
        client.ok("initialize", vs_code());
        Self { client, launched: None }
    }

    /// The same, where the editor has a terminal for the program.
    #[track_caller]
    pub fn with_terminal(program: &Program) -> Self {
        let mut client = Client::midflight(program, &[]);
        let mut editor = vs_code();
        editor["supportsRunInTerminalRequest"] = json!(true);
        client.ok("initialize", editor);
        Self { client, launched: None }
    }

    /// Launches the program with this `midflight` key and waits until breakpoints can be set.
    #[track_caller]
    pub fn launch(program: &Program, midflight: &Value) -> Self {
        let mut session = Self::new(program);
        session.begin(json!({"cwd": program.root(), "midflight": midflight}));
        session
    }

    /// Sends this launch request and waits until breakpoints can be set. Newer adapters answer it after that.
    #[track_caller]
    pub fn begin(&mut self, arguments: Value) {
        let seq = self.client.send("launch", arguments);
        let is_refusal = |message: &Value| message["request_seq"] == seq && message["success"] == false;
        let is_it = |message: &Value| message["event"] == "initialized" || is_refusal(message);
        let message = self.client.wait("the event `initialized`", is_it);
        assert!(message["event"] == "initialized", "launch failed: {message}\n{}", self.client.log);
        self.launched = Some(seq);
    }

    /// Sets the breakpoints of a file, lines from 1, and returns them as answered.
    #[track_caller]
    pub fn set_breakpoints(&mut self, program: &Program, file: &str, lines: &[u32]) -> Vec<Value> {
        let points: Vec<Value> = lines.iter().map(|line| json!({"line": line})).collect();
        let source = json!({"path": program.path(file)});
        let mut body = self.client.ok("setBreakpoints", json!({"source": source, "breakpoints": points}));
        body["breakpoints"].as_array_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Lets the program run for the first time.
    #[track_caller]
    pub fn configuration_done(&mut self) {
        self.client.ok("configurationDone", json!({}));
        if let Some(seq) = self.launched.take() {
            let answer = self.client.response(seq);
            assert!(answer["success"] == true, "launch failed: {answer}\n{}", self.client.log);
        }
    }

    /// Waits for the next stop and looks at the stack.
    #[track_caller]
    pub fn stopped(&mut self) -> Stop {
        let event = self.client.event("stopped");
        self.stop(event)
    }

    /// Looks at the stack of a stop.
    #[track_caller]
    pub fn stop(&mut self, event: Value) -> Stop {
        let thread = event["threadId"].as_i64().expect("a stop has a thread");
        let arguments = json!({"threadId": thread, "startFrame": 0, "levels": 20});
        let mut trace = self.client.ok("stackTrace", arguments);
        let frames = trace["stackFrames"].as_array_mut().map(std::mem::take).unwrap_or_default();
        Stop { thread, event, frames }
    }

    /// Lets the program go on.
    #[track_caller]
    pub fn resume(&mut self, stop: &Stop) {
        self.go_on(&json!(stop.thread));
    }

    #[track_caller]
    fn go_on(&mut self, thread: &Value) {
        let answer = self.client.request("continue", json!({"threadId": thread}));
        // Where several threads stopped at once, all went on with the first; newer versions of lldb-dap say so.
        let error = answer["body"]["error"]["format"].as_str().unwrap_or_default();
        let is_done = answer["message"] == "notStopped" || error.ends_with("process already running");
        let goes_on = answer["success"] == true || is_done;
        assert!(goes_on, "continue failed: {answer}\n{}", self.client.log);
    }

    /// Goes on from stop to stop until one is the one that is meant.
    #[track_caller]
    pub fn run_until(&mut self, mut stop: Stop, is_meant: impl Fn(&Stop) -> bool) -> Stop {
        let deadline = Instant::now() + PATIENCE;
        while !is_meant(&stop) {
            assert!(Instant::now() < deadline, "no such stop\n{}", self.client.log);
            self.resume(&stop);
            stop = self.stopped();
        }
        stop
    }

    /// Goes on from stop to stop until a generation runs; returns what the adapter says of it.
    #[track_caller]
    pub fn run_until_generation(&mut self, stop: &Stop, generation: u32) -> Value {
        let deadline = Instant::now() + PATIENCE;
        self.resume(stop);
        loop {
            let what = format!("generation {generation} or a stop");
            let mut message = self.client.wait(&what, |message| {
                message["event"] == "stopped" || message["event"] == "midflight/generation"
            });
            if message["event"] == "midflight/generation" {
                assert_eq!(message["body"]["generation"], generation);
                return message["body"].take();
            }
            assert!(Instant::now() < deadline, "no generation {generation}\n{}", self.client.log);
            self.go_on(&message["body"]["threadId"]);
        }
    }

    /// The scopes of a frame by name, each with its variables as `(name, value)`.
    #[track_caller]
    pub fn scopes(&mut self, frame: &Value) -> Vec<(String, Vec<(String, String)>)> {
        let body = self.client.ok("scopes", json!({"frameId": frame["id"]}));
        let scopes: Vec<Value> = body["scopes"].as_array().cloned().unwrap_or_default();
        let mut found = Vec::new();
        for scope in scopes {
            let name = scope["name"].as_str().unwrap_or_default().to_owned();
            if name != "Registers" {
                found.push((name, self.variables(&scope)));
            }
        }
        found
    }

    /// The variables behind a scope or a variable.
    #[track_caller]
    pub fn variables(&mut self, parent: &Value) -> Vec<(String, String)> {
        let reference = &parent["variablesReference"];
        let body = self.client.ok("variables", json!({"variablesReference": reference}));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let variables = body["variables"].as_array().into_iter().flatten();
        variables.map(|variable| (text(&variable["name"]), text(&variable["value"]))).collect()
    }
}

impl Stop {
    /// The line of the top frame.
    pub fn line(&self) -> u32 {
        self.frames[0]["line"].as_u64().and_then(|line| line.try_into().ok()).unwrap_or_default()
    }

    /// The name of the top frame.
    pub fn function(&self) -> &str {
        self.frames[0]["name"].as_str().unwrap_or_default()
    }
}

/// What VS Code says in `initialize`.
pub fn vs_code() -> Value {
    json!({
        "clientID": "vscode", "adapterID": "midflight", "pathFormat": "path", "locale": "en",
        "linesStartAt1": true, "columnsStartAt1": true, "supportsVariableType": true,
        "supportsVariablePaging": true, "supportsRunInTerminalRequest": false,
        "supportsProgressReporting": true, "supportsInvalidatedEvent": true,
    })
}

/// Whether a process runs.
pub fn is_alive(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, fields)| !fields.starts_with('Z'))
}

/// The processes that were started, directly or not, by one.
pub fn descendants(process: u32) -> Vec<u32> {
    let mut found = vec![process];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        let children = std::fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| {
            let id: u32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            let (_, fields) = stat.rsplit_once(") ")?;
            (fields.split(' ').nth(1)?.parse() == Ok(parent)).then_some(id)
        });
        found.extend(children);
        next += 1;
    }
    found.split_off(1)
}

/// Waits until none of these processes runs.
#[track_caller]
pub fn wait_until_gone(processes: &[u32]) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let left: Vec<&u32> = processes.iter().filter(|process| is_alive(**process)).collect();
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "these processes were left over: {left:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
