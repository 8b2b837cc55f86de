//! Without a `midflight` key the proxy is not there.

use midflight_tests::dap::log::View;
use midflight_tests::dap::{Client, vs_code};
use midflight_tests::program::Program;
use serde_json::json;

/// A whole session of a plain program, as something to compare.
fn session(program: &Program, mut client: Client) -> String {
    client.ok("initialize", vs_code());
    let launch = json!({
        "program": program.path("target/debug/plain"), "cwd": program.root(), "args": ["3"],
        "disableASLR": true,
    });
    client.ok("launch", launch);
    client.event("initialized");
    let line = program.line_of("src/main.rs", "breakpoint: play");
    let source = json!({"path": program.path("src/main.rs")});
    client.ok("setBreakpoints", json!({"source": source, "breakpoints": [{"line": line}]}));
    client.ok("setFunctionBreakpoints", json!({"breakpoints": [{"name": "plain::deck::Deck::deal"}]}));
    client.ok("configurationDone", json!({}));
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
    // Output comes in pieces of any size, events around a `continue` in any order, and progress only when
    // the machine is slow.
    let without = ["output", "continued", "continue", "process", "exited"];
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
