//! A small language client over the real command's standard input and output.
//!
//! It behaves as an editor does: answers what the server asks, keeps what it is told, and never waits without
//! a deadline. Where a wait fails, the conversation up to there is printed.

use std::fmt::Write as _;
use std::io::{BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::midflight_bin;

/// How long anything may take on a slow machine.
const DEADLINE: Duration = Duration::from_secs(20);

/// A running server, killed when it is dropped.
pub struct LspClient {
    process: Child,
    stdin: Option<ChildStdin>,
    messages: Receiver<Value>,
    /// Received, and asked for by nobody yet.
    unread: Vec<Value>,
    log: String,
    next_id: i64,
    /// What to answer to `workspace/configuration`.
    configuration: Value,
}

impl LspClient {
    /// Starts `midflight lsp`.
    pub fn start() -> Self {
        let mut process = Command::new(midflight_bin())
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the command starts");
        let stdin = process.stdin.take();
        let stdout = process.stdout.take().expect("it was piped");
        let (sender, messages) = channel();
        thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            while let Some(message) = read_message(&mut stdout) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        Self {
            process,
            stdin,
            messages,
            unread: Vec::new(),
            log: String::new(),
            next_id: 1,
            configuration: Value::Null,
        }
    }

    /// Starts a server on a folder and goes through the handshake; returns what `initialize` answered.
    pub fn open(folder: &Path, capabilities: &Value) -> (Self, Value) {
        Self::open_all(&[folder], capabilities)
    }

    /// The same with several folders.
    pub fn open_all(folders: &[&Path], capabilities: &Value) -> (Self, Value) {
        let mut client = Self::start();
        let folders: Vec<Value> =
            folders.iter().map(|folder| json!({ "uri": uri(folder), "name": "folder" })).collect();
        let answer = client.request(
            "initialize",
            json!({
                "processId": std::process::id(), "rootUri": null, "workspaceFolders": folders,
                "initializationOptions": { "trusted": false }, "capabilities": capabilities,
            }),
        );
        client.notify("initialized", json!({}));
        (client, answer)
    }

    /// Changes what the client answers when it is asked for its configuration.
    pub fn set_configuration(&mut self, section: Value) {
        self.configuration = section;
    }

    /// Sends a notification.
    #[expect(clippy::needless_pass_by_value, reason = "a call with `json!` in place reads best")]
    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request and waits for its result; an error of the server is a failure of the test.
    #[track_caller]
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.send_request(method, params);
        let response = self.response(id);
        assert!(response.get("error").is_none(), "{method}: {response}\n{}", self.log);
        response["result"].clone()
    }

    /// Sends a request without waiting.
    #[expect(clippy::needless_pass_by_value, reason = "a call with `json!` in place reads best")]
    pub fn send_request(&mut self, method: &str, params: Value) -> i64 {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// Waits for the response to a request.
    #[track_caller]
    pub fn response(&mut self, id: i64) -> Value {
        self.wait_for(&format!("response {id}"), |message| {
            message.get("method").is_none() && message["id"] == json!(id)
        })
    }

    /// Waits for a notification or a request that fits, whether it has come already or not.
    #[track_caller]
    pub fn wait_for_method(&mut self, method: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let message =
            self.wait_for(method, |message| message["method"] == method && fits(&message["params"]));
        message["params"].clone()
    }

    /// Waits for pushed diagnostics of a file that fit.
    #[track_caller]
    pub fn diagnostics(&mut self, file: &Path, fits: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let uri = uri(file);
        let params = self.wait_for_method("textDocument/publishDiagnostics", |params| {
            params["uri"] == uri.as_str()
                && params["diagnostics"].as_array().is_some_and(|diagnostics| fits(diagnostics))
        });
        params["diagnostics"].as_array().cloned().unwrap_or_default()
    }

    /// Waits for a `midflight/status` with this kind of baseline whose scan is done.
    #[track_caller]
    pub fn status(&mut self, kind: &str) -> Value {
        self.wait_for_method("midflight/status", |status| {
            status["baseline"]["kind"] == kind && status["scanning"] == false
        })
    }

    #[track_caller]
    fn wait_for(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + DEADLINE;
        let mut seen = 0;
        loop {
            if let Some(found) = self.unread[seen..].iter().position(&fits) {
                return self.unread.remove(seen + found);
            }
            seen = self.unread.len();
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(message) = self.messages.recv_timeout(left) else {
                panic!("never came: {what}\n{}", self.log)
            };
            self.receive(message);
        }
    }

    /// What has come and was not asked for, without waiting.
    pub fn drain(&mut self) -> Vec<Value> {
        while let Ok(message) = self.messages.try_recv() {
            self.receive(message);
        }
        std::mem::take(&mut self.unread)
    }

    /// The conversation so far.
    pub fn log(&self) -> &str {
        &self.log
    }

    fn receive(&mut self, message: Value) {
        write_log(&mut self.log, "server", &message);
        if message.get("id").is_some() && message.get("method").is_some() {
            let result = match message["method"].as_str() {
                Some("workspace/configuration") => json!([self.configuration]),
                _ => Value::Null,
            };
            self.send(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }));
        }
        self.unread.push(message);
    }

    fn send(&mut self, message: &Value) {
        write_log(&mut self.log, "client", message);
        let body = message.to_string();
        let Some(stdin) = &mut self.stdin else { return };
        // A server that is gone is noticed by whoever waits for it.
        let _ = write!(stdin, "Content-Length: {}\r\n\r\n{body}", body.len());
        let _ = stdin.flush();
    }

    /// Ends standard input, as an editor that dies does.
    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// The id of the server's process.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Waits for the process to end.
    #[track_caller]
    pub fn exited_within(&mut self, limit: Duration) -> ExitStatus {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.process.try_wait().expect("it is ours") {
                return status;
            }
            assert!(Instant::now() < deadline, "still running after {limit:?}\n{}", self.log);
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Opens a document with version 1.
    pub fn open_document(&mut self, file: &Path, text: &str) {
        let document = json!({ "uri": uri(file), "languageId": "rust", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Closes a document: from here on its text is that on disk.
    pub fn close_document(&mut self, file: &Path) {
        self.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri(file) } }));
    }

    /// Replaces a document's whole text.
    pub fn change_document(&mut self, file: &Path, version: i32, text: &str) {
        let document = json!({ "uri": uri(file), "version": version });
        let params = json!({ "textDocument": document, "contentChanges": [{ "text": text }] });
        self.notify("textDocument/didChange", params);
    }

    /// Replaces a range of a document: `[start line, start character, end line, end character]`.
    pub fn edit_document(&mut self, file: &Path, version: i32, range: [u32; 4], text: &str) {
        let [line, character, end_line, end_character] = range;
        let range = json!({
            "start": { "line": line, "character": character },
            "end": { "line": end_line, "character": end_character },
        });
        let document = json!({ "uri": uri(file), "version": version });
        let change = json!({ "range": range, "text": text });
        let params = json!({ "textDocument": document, "contentChanges": [change] });
        self.notify("textDocument/didChange", params);
    }
}

impl Drop for LspClient {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The `file:` URI of a path, encoded as the server encodes it.
pub fn uri(path: &Path) -> String {
    let mut uri = "file://".to_owned();
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                uri.push(byte.into());
            }
            _ => drop(write!(uri, "%{byte:02X}")),
        }
    }
    uri
}

fn read_message(stdout: &mut impl std::io::BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stdout.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("Content-Length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stdout.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// Long messages are cut: a log is for reading.
fn write_log(log: &mut String, from: &str, message: &Value) {
    let text = message.to_string();
    let shown: String = text.chars().take(400).collect();
    let cut = if shown.len() < text.len() { "…" } else { "" };
    let _ = writeln!(log, "{from}: {shown}{cut}");
}
