//! Sessions that an adapter asks the editor for: they go through Midflight as well, with the settings of the first one.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use midflight_tests::dap::{Client, Session, vs_code};
use midflight_tests::program::{Program, repository};
use midflight_tests::tools;
use serde_json::{Value, json};

/// A program that was compiled to one line more, elsewhere.
fn compiled() -> Program {
    Program::files(&[
        ("package.json", "{}\n"),
        ("app.ts", "function step(by: number) {\n    return by * 2; // breakpoint: step\n}\nstep(21);\n"),
        ("dist/app.js", "\"use strict\";\nfunction step(by) {\n    return by * 2;\n}\nstep(21);\n"),
        (
            "dist/app.js.map",
            "{\"version\":3,\"sources\":[\"../app.ts\"],\"names\":[],\"mappings\":\";AAAA;AACA;AACA;AACA\"}\n",
        ),
    ])
}

fn launch(program: &Program, adapter: Option<Value>) -> Value {
    let rewrites = json!([{"local": program.root(), "remote": "/srv/app"}]);
    let mut launch = json!({
        "type": "midflight", "request": "launch", "program": program.path("dist/app.js"), "cwd": program.root(),
        "midflight": {"type": "pwa-node", "sourceMaps": ["dist/*.map"], "pathRewrites": rewrites},
    });
    if let Some(adapter) = adapter {
        launch["adapter"] = adapter;
    }
    launch
}

/// What an editor does with any session of the kind; it has one breakpoint, in what people wrote.
#[track_caller]
fn begin(program: &Program, mut client: Client, arguments: Value) -> Session {
    let mut initialize = vs_code();
    initialize["supportsStartDebuggingRequest"] = json!(true);
    client.ok("initialize", initialize);
    let mut session = Session { client, launched: None };
    let request = arguments["request"].as_str().expect("a request").to_owned();
    let launched = session.client.send(&request, arguments);
    session.client.event("initialized");
    let points = session.set_breakpoints(program, "app.ts", &[program.line_of("app.ts", "breakpoint: step")]);
    assert_eq!(points[0]["source"]["path"], json!(program.path("app.ts")), "{points:?}");
    session.configuration_done();
    let response = session.client.response(launched);
    assert_eq!(response["success"], true, "{response}");
    session
}

/// The child that the first session asks for is debugged through Midflight, and shows what people wrote.
#[track_caller]
fn the_child_is_debugged(program: &Program, connect: impl Fn() -> Client, adapter: Option<Value>) {
    let mut first = begin(program, connect(), launch(program, adapter));
    let asked = first.client.reverse_request("startDebugging");
    first.client.answer(&asked);
    let mut configuration = asked["arguments"]["configuration"].clone();
    assert_eq!(configuration["type"], "midflight", "the editor starts it as it started the first");
    assert_eq!(configuration["__pendingTargetId"], "target-1");
    configuration["request"] = asked["arguments"]["request"].clone();

    let mut child = begin(program, connect(), configuration);
    let stop = child.stopped();
    let expected = json!(program.path("app.ts"));
    assert_eq!((stop.line(), &stop.frames[0]["source"]["path"]), (2, &expected), "{:?}", stop.frames[0]);
    let message = child.client.refused("restart", json!({}));
    assert!(message.contains("did not start the program"), "{message}");
    child.client.disconnect();
    first.client.disconnect();
}

fn server() -> String {
    repository().join("tests/fixtures/js-debug/server.mjs").to_string_lossy().into_owned()
}

#[test]
fn a_child_of_js_debug_goes_through_midflight_too() {
    let program = compiled();
    let adapter = json!(["node", server(), "${port}"]);
    the_child_is_debugged(&program, || Client::midflight(&program, &[]), Some(adapter));
}

/// A server that ends with the test, and where it says that it listens.
struct Server(Child, String);

impl Server {
    #[track_caller]
    fn start(mut command: Command) -> Self {
        let mut server = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let (out, err) =
            (server.stdout.take().expect("its output"), server.stderr.take().expect("its errors"));
        let lines = BufReader::new(out).lines();
        let is_node = command.get_program() == "node";
        let line = if is_node {
            lines.map_while(Result::ok).next()
        } else {
            BufReader::new(err).lines().map_while(Result::ok).next()
        };
        let line = line.expect("it says where it listens");
        let (_, port) = line.rsplit_once(':').expect("a port");
        let (_, address) = line.rsplit_once(' ').expect("an address");
        let host = address.strip_suffix(&format!(":{port}")).unwrap_or_default();
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        Self(server, format!("{host}:{port}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn so_it_does_when_midflight_and_js_debug_listen() {
    let program = compiled();
    let mut node = program.command("node");
    node.args([&server(), "0"]);
    let adapter = Server::start(node);
    let mut midflight = program.command(midflight_tests::midflight_bin());
    midflight.args(["dap", "--listen", "127.0.0.1:0", "--connect", &adapter.1]);
    let midflight = Server::start(midflight);
    the_child_is_debugged(&program, || Client::connect(&midflight.1), None);
}

#[test]
fn without_settings_the_request_passes_as_it_came() {
    let program = compiled();
    let mut node = program.command("node");
    node.args([&server(), "0"]);
    let adapter = Server::start(node);
    let mut client = Client::midflight(&program, &["--connect", &adapter.1]);
    client.ok("initialize", vs_code());
    client.event("initialized");
    client.ok("configurationDone", json!({}));
    client.ok("launch", json!({"type": "pwa-node", "program": "app.js"}));
    let asked = client.reverse_request("startDebugging");
    let configuration =
        json!({"type": "pwa-node", "name": "app.js [target-1]", "__pendingTargetId": "target-1"});
    assert_eq!(asked["arguments"], json!({"request": "launch", "configuration": configuration}));
    client.answer(&asked);
    client.disconnect();
}

#[test]
fn a_subprocess_under_debugpy_goes_through_midflight_too() {
    let program = Program::files(&[
        (
            "app.py",
            "import subprocess, sys\n\nsubprocess.run([sys.executable, 'child.py'])  # breakpoint: app\n",
        ),
        (
            "child.py",
            "import time\n\n\ndef step(by):\n    doubled = by * 2\n    return doubled  # breakpoint: step\n\n\n\
             while True:\n    step(21)\n    time.sleep(0.01)\n",
        ),
    ]);
    let pythonpath = format!("PYTHONPATH={}", tools::debugpy().display());
    let adapter = json!(["env", pythonpath, "python3", "-m", "debugpy.adapter"]);
    let mut configuration = json!({
        "type": "midflight", "request": "launch", "program": program.path("app.py"), "cwd": program.root(),
        "console": "internalConsole", "subProcess": true, "adapter": adapter, "midflight": {},
    });
    let mut sessions = Vec::new();
    for file in ["app.py", "child.py"] {
        let mut client = Client::midflight(&program, &[]);
        let mut initialize = vs_code();
        initialize["supportsStartDebuggingRequest"] = json!(true);
        client.ok("initialize", initialize);
        let request = configuration["request"].as_str().expect("a request").to_owned();
        let launched = client.send(&request, configuration.take());
        client.event("initialized");
        let mut session = Session { client, launched: None };
        let line = program.line_of("child.py", "breakpoint: step");
        session.set_breakpoints(&program, "child.py", &[line]);
        session.configuration_done();
        assert_eq!(session.client.response(launched)["success"], true);
        if file == "app.py" {
            let asked = session.client.reverse_request("startDebugging");
            session.client.answer(&asked);
            configuration = asked["arguments"]["configuration"].clone();
            configuration["request"] = asked["arguments"]["request"].clone();
            assert_eq!(configuration["type"], "midflight");
        }
        sessions.push(session);
    }
    let mut child = sessions.pop().expect("the child");
    let stop = child.stopped();
    assert_eq!(stop.line(), program.line_of("child.py", "breakpoint: step"));
    // Midflight keeps the text that it runs.
    program.insert_above("child.py", "def step", "# one\n# two\n");
    let stale = child.stop(stop.event.clone());
    assert_eq!((stale.line(), stale.function()), (stop.line(), "step (generation 0)"));
    let line = program.line_of("child.py", "breakpoint: step");
    let points = child.set_breakpoints(&program, "child.py", &[line]);
    assert_eq!((&points[0]["line"], &points[0]["verified"]), (&json!(line), &json!(true)), "{points:?}");
    child.resume(&stop);
    assert_eq!(child.stopped().line(), stop.line(), "on its statement in the text that runs");
    child.client.disconnect();
    for session in sessions {
        session.client.disconnect();
    }
}
