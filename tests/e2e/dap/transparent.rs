//! Without a `midflight` key the proxy is not there.

use midflight_tests::dap::log::View;
use midflight_tests::dap::{Client, vs_code};
use midflight_tests::program::Program;
use midflight_tests::tools;
use serde_json::{Value, json};

use super::languages::{GO, Language, PYTHON};

/// A whole session of a plain program, as something to compare.
fn session(program: &Program, mut client: Client) -> String {
    client.ok("initialize", vs_code());
    let launch = json!({
        "program": program.path("target/debug/plain"), "cwd": program.root(), "args": ["3"],
        "disableASLR": true,
    });
    let launched = client.send("launch", launch);
    client.event("initialized");
    let line = program.line_of("src/main.rs", "breakpoint: play");
    let source = json!({"path": program.path("src/main.rs")});
    client.ok("setBreakpoints", json!({"source": source, "breakpoints": [{"line": line}]}));
    client.ok("setFunctionBreakpoints", json!({"breakpoints": [{"name": "plain::deck::Deck::deal"}]}));
    client.ok("configurationDone", json!({}));
    assert_eq!(client.response(launched)["success"], true);
    for _ in 0..3 {
        let thread = client.event("stopped")["threadId"].clone();
        let trace = client.ok("stackTrace", json!({"threadId": thread, "startFrame": 0, "levels": 3}));
        let frame = trace["stackFrames"][0]["id"].clone();
        let scopes = client.ok("scopes", json!({"frameId": frame}));
        client.ok("variables", json!({"variablesReference": scopes["scopes"][0]["variablesReference"]}));
        client.ok("evaluate", json!({"expression": "1 + 2", "frameId": frame, "context": "watch"}));
        client.ok("continue", json!({"threadId": thread}));
    }
    client.event("stopped");
    client.ok("disconnect", json!({"terminateDebuggee": true}));
    let root = program.root().to_string_lossy().into_owned();
    // Output comes in pieces of any size, events around a `continue` and of modules in any order, and progress only
    // when the machine is slow.
    let without = ["output", "continued", "continue", "process", "exited", "module"];
    let progress = ["progressStart", "progressUpdate", "progressEnd"];
    client.log().readable(View { without: &[&without[..], &progress].concat(), root: &root })
}

#[test]
fn a_session_is_the_same_with_and_without_the_proxy() {
    let program = Program::example("plain");
    program.build();
    let direct = session(&program, Client::start(program.command("lldb-dap-19")));
    let proxied = session(&program, Client::midflight(&program, &["--", "lldb-dap-19"]));
    assert_eq!(direct, proxied);
}

/// A whole session of a program in another language, as something to compare.
fn other_session(language: &Language, program: &Program, mut client: Client) -> String {
    client.ok("initialize", vs_code());
    let launched = client.send("launch", (language.launch)(program));
    client.event("initialized");
    let line = program.line_of(language.file, "breakpoint: step");
    let source = json!({"path": program.path(language.file)});
    client.ok("setBreakpoints", json!({"source": source, "breakpoints": [{"line": line}, {"line": 1}]}));
    client.ok("setExceptionBreakpoints", json!({"filters": []}));
    client.ok("configurationDone", json!({}));
    assert_eq!(client.response(launched)["success"], true);
    for _ in 0..3 {
        let thread = client.event("stopped")["threadId"].clone();
        let trace = client.ok("stackTrace", json!({"threadId": thread, "startFrame": 0, "levels": 1}));
        let frame = trace["stackFrames"][0]["id"].clone();
        let scopes = client.ok("scopes", json!({"frameId": frame}));
        client.ok("variables", json!({"variablesReference": scopes["scopes"][0]["variablesReference"]}));
        // A module of Python has no `by`.
        let expression = if trace["stackFrames"][0]["name"] == "<module>" { "1 + 1" } else { "by + 1" };
        client.ok("evaluate", json!({"expression": expression, "frameId": frame, "context": "watch"}));
        client.request("evaluate", json!({"expression": "no such thing", "frameId": frame}));
        client.ok("continue", json!({"threadId": thread}));
    }
    client.event("stopped");
    client.ok("disconnect", json!({"terminateDebuggee": true}));
    let root = program.root().to_string_lossy().into_owned();
    // Threads, modules and numbers of sockets come when they come; a process has another number each time.
    let without = [
        "output",
        "continued",
        "continue",
        "process",
        "exited",
        "terminated",
        "thread",
        "module",
        "debugpySockets",
        "capabilities",
        "loadedSource",
    ];
    client.log().readable(View { without: &without, root: &root })
}

#[test]
fn a_go_session_is_the_same_with_and_without_the_proxy() {
    use std::io::BufRead;

    let program = GO.program();
    let delve = tools::delve();
    let mut server = program.command(&delve);
    server.args(["dap", "--listen=127.0.0.1:0"]).stdout(std::process::Stdio::piped());
    let mut server = server.spawn().expect("Delve starts");
    let mut stdout = std::io::BufReader::new(server.stdout.take().expect("a standard output"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("a line");
    let address = line.trim().rsplit(' ').next().expect("an address").to_owned();
    let direct = other_session(&GO, &program, Client::connect(&address));
    server.wait().expect("Delve ends with its client");
    let delve = delve.to_str().expect("a plain path");
    assert_eq!(direct, other_session(&GO, &program, Client::midflight(&program, &["--", delve])));
}

#[test]
fn a_python_session_is_the_same_with_and_without_the_proxy() {
    let program = PYTHON.program();
    let adapter = (PYTHON.adapter)();
    let mut command = program.command(&adapter[0]);
    command.args(&adapter[1..]);
    let direct = other_session(&PYTHON, &program, Client::start(command));
    let adapter = adapter.iter().map(|word| word.to_str().expect("a plain path"));
    let words: Vec<&str> = std::iter::once("--").chain(adapter).collect();
    let proxied = other_session(&PYTHON, &program, Client::midflight(&program, &words));
    assert_eq!(direct, proxied);
}

/// What Microsoft's test client for debug adapters sees of a session with an adapter that these words start.
#[track_caller]
fn seen_by_the_test_client(program: &Program, adapter: &[&str], session: &Value) -> String {
    let script = program.outside().join("adapter.sh");
    let words: Vec<String> = adapter.iter().map(|word| format!("'{word}'")).collect();
    std::fs::write(&script, format!("exec {}\n", words.join(" "))).expect("a script");
    let mut session = session.clone();
    session["start"] = json!(script);
    let client = concat!(env!("CARGO_MANIFEST_DIR"), "/debug-client/session.mjs");
    let output = program.command("node").arg(client).arg(session.to_string()).output().expect("Node.js runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stdout));
    let seen = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(seen.contains("stopped") && seen.contains("variables"), "{seen}");
    seen
}

#[track_caller]
fn is_the_same_for_the_test_client(program: &Program, adapter: &[&str], session: &Value) {
    let midflight = midflight_tests::midflight_bin();
    let midflight = midflight.to_str().expect("a plain path");
    let direct = seen_by_the_test_client(program, adapter, session);
    let proxied = [&[midflight, "dap", "--"], adapter].concat();
    assert_eq!(direct, seen_by_the_test_client(program, &proxied, session));
}

#[test]
fn the_test_client_for_debug_adapters_sees_no_difference_with_lldb() {
    let program = Program::example("plain");
    program.build();
    let launch = json!({"program": program.path("target/debug/plain"), "cwd": program.root(), "args": ["3"]});
    let line = program.line_of("src/main.rs", "breakpoint: play");
    let session = json!({"launch": launch, "path": program.path("src/main.rs"), "line": line});
    is_the_same_for_the_test_client(&program, &["lldb-dap-19"], &session);
}

#[test]
fn the_test_client_for_debug_adapters_sees_no_difference_with_debugpy() {
    let program = PYTHON.program();
    let adapter = (PYTHON.adapter)();
    let adapter: Vec<&str> = adapter.iter().filter_map(|word| word.to_str()).collect();
    let line = program.line_of(PYTHON.file, "breakpoint: step");
    let session =
        json!({"launch": (PYTHON.launch)(&program), "path": program.path(PYTHON.file), "line": line});
    is_the_same_for_the_test_client(&program, &adapter, &session);
}

#[test]
fn it_serves_over_tcp_too() {
    use std::io::BufRead;

    let program = Program::example("plain");
    program.build();
    let mut command = program.command(midflight_tests::midflight_bin());
    command.args(["dap", "--listen", "127.0.0.1:0"]).stderr(std::process::Stdio::piped());
    let mut server = command.spawn().expect("the proxy starts");
    let mut line = String::new();
    let stderr = server.stderr.take().expect("a standard error");
    std::io::BufReader::new(stderr).read_line(&mut line).expect("a line");
    let address = line.trim().rsplit(' ').next().expect("an address").to_owned();
    let one = session(&program, Client::connect(&address));
    let other = session(&program, Client::connect(&address));
    server.kill().expect("it still runs");
    server.wait().expect("it has ended");
    assert_eq!(one, other);
}
