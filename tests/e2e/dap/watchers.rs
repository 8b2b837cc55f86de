//! Programs that a watcher ends and starts again: the session goes on with the next process.

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use midflight_tests::dap::{PATIENCE, Session, is_alive};
use midflight_tests::program::Program;
use midflight_tests::tools;
use serde_json::{Value, json};

/// What `cargo watch -x run` does, in the few lines that matter here.
const CARGO_WATCH: &str = "#!/bin/bash
cd \"$(dirname \"$0\")/program\"
while true; do
    seen=$(cat src/*.rs | sha256sum)
    cargo build --quiet && { ./target/debug/counter & running=$!; }
    while [ \"$(cat src/*.rs | sha256sum)\" = \"$seen\" ]; do sleep 0.05; done
    kill -TERM $running; wait $running
done
";

const COUNTER: &str = "use std::time::Duration;

fn step(total: u64) -> u64 {
    let more = 2;
    total + more // breakpoint: step
}

fn main() {
    let mut total = 0;
    loop {
        total = step(total);
        std::thread::sleep(Duration::from_millis(10));
    }
}
";

const AIR: &str = "root = \".\"
[build]
cmd = \"go build -gcflags '-N -l' -o ./tmp/counter .\"
bin = \"./tmp/counter\"
delay = 100
exclude_dir = [\"tmp\"]
";

const GO_COUNTER: &str = "package main

import \"time\"

func step(total int) int {
\tmore := 2
\treturn total + more // breakpoint: step
}

func main() {
\ttotal := 0
\tfor {
\t\ttotal = step(total)
\t\ttime.Sleep(10 * time.Millisecond)
\t}
}
";

/// A watcher in a process group of its own, which ends with the test.
struct Watcher(Child);

impl Watcher {
    /// Its output is appended to a file. air 1.63 copies the program's output from one descriptor with two tasks; the
    /// one for a standard output that is not opened for appending can hold its lock while it waits for the other
    /// (`copy_file_range` of Go), and the next line that air says waits for ever.
    #[track_caller]
    fn start(program: &Program, mut command: Command) -> Self {
        use std::os::unix::process::CommandExt;

        let path = program.outside().join("watcher.log");
        let log = File::options().create(true).append(true).open(path).expect("a file");
        command.stdin(Stdio::null()).stdout(log).stderr(Stdio::null()).process_group(0);
        Self(command.spawn().expect("the watcher starts"))
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let group = format!("-{}", self.0.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.0.wait();
    }
}

/// The process that runs this file, once there is one.
#[track_caller]
fn process_of(program: &Program, file: &str) -> u32 {
    let deadline = Instant::now() + PATIENCE;
    let path = program.path(file);
    loop {
        let processes = std::fs::read_dir("/proc").expect("there are processes").flatten();
        let mut ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let runs = |id: &u32| std::fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|exe| exe == path);
        if let Some(id) = ids.find(runs) {
            return id;
        }
        assert!(Instant::now() < deadline, "nobody starts {file}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A session that is attached to the process and stands at the breakpoint.
#[track_caller]
fn attached(program: &Program, adapter: &[&str], arguments: Value, file: &str) -> Session {
    let mut session = Session::with(program, &[&["--"], adapter].concat());
    let attach = session.client.send("attach", arguments);
    session.client.event("initialized");
    session.set_breakpoints(program, file, &[program.line_of(file, "breakpoint: step")]);
    session.configuration_done();
    assert_eq!(session.client.response(attach)["success"], true);
    session
}

/// Two saves, after each of which the breakpoint is hit in the process that the watcher has started.
#[track_caller]
fn follows(program: &Program, session: &mut Session, file: &str, marker: &str) {
    let mut stop = session.stopped();
    assert_eq!(stop.line(), program.line_of(file, "breakpoint: step"));
    for generation in 1..=2 {
        // A process that stands in the debugger dies of the watcher's signal when it goes on.
        program.insert_above(file, marker, "// one\n// two\n");
        session.run_until_generation(&stop, generation);
        stop = session.stopped();
        assert_eq!(stop.line(), program.line_of(file, "breakpoint: step"), "with its statement");
        assert_eq!(stop.event["hitBreakpointIds"], json!([1]), "still the user's breakpoint");
    }
    assert!(session.client.events_so_far("terminated").is_empty(), "the editor never sees an end");
    assert!(session.client.events_so_far("exited").is_empty());
}

#[test]
fn cargo_watch_starts_the_program_again_and_the_session_goes_on() {
    let program = Program::files(&[
        ("Cargo.toml", "[package]\nname = \"counter\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
        ("src/main.rs", COUNTER),
    ]);
    let script = program.outside().join("cargo-watch");
    std::fs::write(&script, CARGO_WATCH).expect("a script");
    let mut permissions = script.metadata().expect("a file").permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    std::fs::set_permissions(&script, permissions).expect("it can be run");
    let watcher = Watcher::start(&program, program.command(&script));
    let process = process_of(&program, "target/debug/counter");

    let arguments = json!({"pid": process, "cwd": program.root(), "midflight": {}});
    let mut session = attached(&program, &["lldb-dap-19"], arguments, "src/main.rs");
    follows(&program, &mut session, "src/main.rs", "fn step");
    let last = process_of(&program, "target/debug/counter");
    session.client.ok("disconnect", json!({}));
    assert!(is_alive(last), "what the session has not started it does not end");
    drop(watcher);
}

#[test]
fn air_starts_a_go_program_again_and_the_session_goes_on() {
    let program = Program::files(&[
        ("go.mod", "module counter\n\ngo 1.21\n"),
        ("main.go", GO_COUNTER),
        (".air.toml", AIR),
    ]);
    let watcher = Watcher::start(&program, program.command(tools::air()));
    let process = process_of(&program, "tmp/counter");

    let delve = tools::delve();
    let adapter = [delve.to_str().expect("a plain path")];
    let arguments = json!({"mode": "local", "processId": process, "cwd": program.root(), "midflight": {}});
    let mut session = attached(&program, &adapter, arguments, "main.go");
    // It is killed where it stands, and Delve does not say so.
    follows(&program, &mut session, "main.go", "func step");
    let last = process_of(&program, "tmp/counter");
    session.client.ok("disconnect", json!({}));
    assert!(is_alive(last), "what the session has not started it does not end");
    drop(watcher);
}
