//! `CodeLLDB`, which no package registry has: what is answered here, and in which order, is what its public source does.

use midflight_tests::dap::scripted::{Wire, adapter};
use midflight_tests::dap::{Client, Session, vs_code};
use midflight_tests::program::Program;
use serde_json::{Value, json};

const MAIN: &str = "src/main.rs";

const TEXT: &str =
    "fn main() {\n    step();\n}\n\nfn step() {\n    let a = 1;\n    drop(a); // breakpoint: step\n}\n";

/// Launches only when it is configured, after it asked for a terminal; answers with a message to every breakpoint; has no
/// ids in its stops; refuses what it does not know, without a command in the answer.
fn codelldb() -> String {
    let mut launch = Value::Null;
    let mut path = Value::Null;
    let mut line = Value::Null;
    adapter(move |request: &Value, wire: &mut Wire| {
        let arguments = &request["arguments"];
        match request["command"].as_str().unwrap_or_default() {
            "initialize" => wire.answer(
                request,
                &json!({
                    "supportsConfigurationDoneRequest": true, "supportsModulesRequest": true,
                    "supportsFunctionBreakpoints": true, "supportsRestartRequest": true,
                    "exceptionBreakpointFilters": [{"filter": "rust_panic", "label": "Rust: on panic"}],
                }),
            ),
            "launch" => launch = request.clone(),
            "setBreakpoints" => {
                line = arguments["breakpoints"][0]["line"].clone();
                path = arguments["source"]["path"].clone();
                let breakpoint = json!({"id": 7, "verified": false, "message": "Resolved locations: 0"});
                wire.answer(request, &json!({"breakpoints": [breakpoint]}));
            }
            "configurationDone" => wire.send(&json!({
                "seq": 1, "type": "request", "command": "runInTerminal",
                "arguments": {"kind": "integrated", "title": "app", "cwd": "", "args": ["codelldb-launch"]},
            })),
            // The editor's answer to that.
            "runInTerminal" => {
                let module = json!({"id": "1", "name": "app", "symbolStatus": "Symbols loaded."});
                wire.event("module", &json!({"reason": "new", "module": module}));
                let breakpoint =
                    json!({"id": 7, "verified": true, "line": line, "message": "Resolved locations: 1"});
                wire.event("breakpoint", &json!({"reason": "changed", "breakpoint": breakpoint}));
                wire.answer(&launch, &launch["arguments"]);
                wire.event(
                    "stopped",
                    &json!({"reason": "breakpoint", "threadId": 4711, "allThreadsStopped": true}),
                );
            }
            "threads" => {
                wire.answer(request, &json!({"threads": [{"id": 4711, "name": "1: tid=4711 \"app\""}]}));
            }
            "stackTrace" => {
                let source = json!({"name": "main.rs", "path": path});
                let frame =
                    json!({"id": 1001, "name": "app::step", "line": line, "column": 5, "source": source});
                wire.answer(request, &json!({"stackFrames": [frame]}));
            }
            "_excludeCaller" => {
                wire.answer(request, &json!({"breakpointId": 7, "symbol": "main", "label": "main.rs:7"}));
            }
            "_adapterSettings" => return false,
            unknown if unknown.starts_with('_') => wire.send(&json!({
                "seq": 0, "type": "response", "request_seq": request["seq"], "success": false, "command": "",
                "message": "Not implemented.", "show_user": false,
            })),
            _ => return false,
        }
        true
    })
}

/// Launched, asked for a terminal, and stopped at the breakpoint; with what the adapter got as a configuration.
#[track_caller]
fn stopped(program: &Program, address: &str) -> (Session, Value) {
    let mut client = Client::midflight(program, &["--connect", address]);
    let mut initialize = vs_code();
    initialize["supportsRunInTerminalRequest"] = json!(true);
    client.ok("initialize", initialize);
    let mut session = Session { client, launched: None };
    let launch = json!({
        "cwd": program.root(), "expressions": "native", "sourceLanguages": ["rust"],
        "_adapterSettings": {"displayFormat": "hex"}, "midflight": {"cargo": ["build"]},
    });
    let launched = session.client.send("launch", launch);
    session.client.event("initialized");
    let points = session.set_breakpoints(program, MAIN, &[program.line_of(MAIN, "breakpoint: step")]);
    assert_eq!((&points[0]["id"], &points[0]["message"]), (&json!(1), &json!("Resolved locations: 0")));
    session.client.send("configurationDone", json!({}));
    let terminal = session.client.reverse_request("runInTerminal");
    assert_eq!(terminal["arguments"]["args"], json!(["codelldb-launch"]));
    session.client.answer(&terminal);
    let configuration = session.client.response(launched)["body"].take();
    (session, configuration)
}

fn program() -> Program {
    let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n";
    Program::files(&[("Cargo.toml", manifest), (MAIN, TEXT)])
}

#[test]
fn its_settings_requests_and_events_pass_and_lines_follow_the_text() {
    let program = program();
    let (mut session, configuration) = stopped(&program, &codelldb());
    assert_eq!(configuration["expressions"], "native");
    assert_eq!(configuration["_adapterSettings"], json!({"displayFormat": "hex"}));
    assert_eq!(configuration["program"], json!(program.path("target/debug/app")));
    assert!(configuration.get("midflight").is_none() && configuration.get("initCommands").is_none());
    assert_eq!(session.client.event("module")["module"]["symbolStatus"], "Symbols loaded.");
    let told = session.client.event_where("breakpoint", |body| body["breakpoint"]["verified"] == true);
    assert_eq!((&told["breakpoint"]["id"], &told["breakpoint"]["line"]), (&json!(1), &json!(7)));
    let stop = session.stopped();
    assert_eq!((stop.line(), stop.function()), (7, "app::step"));

    session.client.ok("_adapterSettings", json!({"displayFormat": "auto"}));
    let excluded = session.client.ok("_excludeCaller", json!({"threadId": 4711, "frameIndex": 1}));
    assert_eq!(excluded["symbol"], "main");
    assert_eq!(session.client.refused("_symbols", json!({"filter": "a"})), "Not implemented.");

    program.write(MAIN, &format!("// one\n// two\n{TEXT}"));
    let moved = session.stop(stop.event);
    assert_eq!((moved.line(), moved.function()), (9, "app::step"));
    session.client.disconnect();
}

#[test]
fn a_restart_gives_it_another_process_with_a_terminal_and_the_breakpoints_of_before() {
    let program = program();
    let (mut session, _) = stopped(&program, &codelldb());
    let reason = session.client.output("Every change will need a restart");
    assert!(reason.contains("lldb-dap only"), "{reason}");
    session.stopped();
    program.write(MAIN, &format!("// one\n// two\n{}", TEXT.replace("a = 1", "a = 2")));
    let restart = session.client.send("restart", json!({}));
    let terminal = session.client.reverse_request("runInTerminal");
    session.client.answer(&terminal);
    assert_eq!(session.client.event("midflight/generation")["generation"], 1);
    assert_eq!(session.client.response(restart)["success"], true);
    let stop = session.stopped();
    assert_eq!((stop.line(), stop.function()), (9, "app::step"), "where the statement is now");
    session.client.disconnect();
}
