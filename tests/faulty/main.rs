//! A debug adapter with a fault: it passes everything between `midflight` and the real lldb-dap, and at one request
//! does harm. So a test hits the middle of a swap without waiting and hoping.
//!
//! `lldb-dap-faulty FAULT TEXT NTH`: at the NTH request that is the command TEXT, or evaluates it.

use std::io::{BufReader, Write};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};

use midflight_tests::dap::{framed, read_one};
use serde_json::{Value, json};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [fault, text, nth] = arguments.as_slice() else { return ExitCode::from(2) };
    let mut left: u32 = nth.parse().unwrap_or(1);
    // Nothing of it is to outlive this process, however that ends.
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]).arg(debugger()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut adapter = command.spawn().expect("setpriv and lldb-dap are installed");
    let mut to = adapter.stdin.take().expect("it was asked for");
    let from = adapter.stdout.take().expect("it was asked for");
    let (tell, program) = channel();
    std::thread::spawn(move || pass_back(BufReader::new(from), &tell));

    let mut from_midflight = BufReader::new(std::io::stdin());
    while let Some(request) = read_one(&mut from_midflight) {
        if is_meant(&request, text) {
            left = left.saturating_sub(1);
            if left == 0 && do_harm(fault, &request, &mut adapter, &program) {
                left = u32::MAX;
                continue;
            }
        }
        if to.write_all(&framed(&request)).and_then(|()| to.flush()).is_err() {
            break;
        }
    }
    let _ = adapter.kill();
    let _ = adapter.wait();
    ExitCode::SUCCESS
}

/// The real adapter, as `midflight` finds it.
fn debugger() -> String {
    let names = std::iter::once("lldb-dap".to_owned()).chain((18..30).rev().map(|n| format!("lldb-dap-{n}")));
    let search = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&search).collect();
    let is_there = |name: &String| folders.iter().any(|folder| folder.join(name).is_file());
    let mut found = names.filter(is_there);
    found.next().expect("lldb-dap is on the search path")
}

/// Passes the adapter's messages on, until it ends; then this process ends too. Tells which process is debugged.
fn pass_back(mut from: BufReader<impl std::io::Read>, tell: &Sender<u32>) {
    let mut out = std::io::stdout();
    while let Some(message) = read_one(&mut from) {
        if message["event"] == "process" {
            let id = message["body"]["systemProcessId"].as_u64().and_then(|id| id.try_into().ok());
            let _ = tell.send(id.expect("a program that was launched has a number"));
        }
        if out.write_all(&framed(&message)).and_then(|()| out.flush()).is_err() {
            break;
        }
    }
    std::process::exit(0);
}

fn is_meant(request: &Value, text: &str) -> bool {
    let evaluates = request["arguments"]["expression"].as_str().is_some_and(|code| code.contains(text));
    request["command"] == text || evaluates
}

/// Does it; whether the request is not to go on to the adapter.
fn do_harm(fault: &str, request: &Value, adapter: &mut Child, program: &Receiver<u32>) -> bool {
    match fault {
        "kill-adapter" => {
            let _ = adapter.kill();
            let _ = adapter.wait();
        }
        "kill-midflight" => signal("KILL", std::os::unix::process::parent_id()),
        "kill-program" => signal("KILL", program.recv().expect("the program has started")),
        "refuse" => {
            let body = json!({"result": "error: the fault of the test", "variablesReference": 0});
            let answer = json!({
                "seq": 0, "type": "response", "request_seq": request["seq"], "success": true,
                "command": request["command"], "body": body,
            });
            let mut out = std::io::stdout();
            let _ = out.write_all(&framed(&answer)).and_then(|()| out.flush());
            return true;
        }
        other => panic!("no fault is called {other}"),
    }
    false
}

fn signal(name: &str, process: u32) {
    let sent = Command::new("kill").args([format!("-{name}"), process.to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "{process} can't be signalled");
}
