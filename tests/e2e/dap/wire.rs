//! Whatever an adapter sends, and whenever: the editor gets what is its own, and the session goes on or ends with a
//! message.

use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use midflight_tests::dap::scripted::{Wire, adapter};
use midflight_tests::dap::{Session, framed, is_alive, wait_until_gone};
use midflight_tests::program::{Killed, Program};
use serde_json::{Value, json};

const MAIN: &str = "src/main.rs";

/// A session of a program that is attached to, through such an adapter.
#[track_caller]
fn session(
    midflight: &Value,
    answer: impl FnMut(&Value, &mut Wire) -> bool + Send + 'static,
) -> (Program, Session) {
    let program = Program::files(&[
        ("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n"),
        (MAIN, "fn main() {\n    step();\n}\n\nfn step() {\n    let a = 1;\n    drop(a);\n}\n"),
    ]);
    let address = adapter(answer);
    let mut session = Session::with(&program, &["--connect", &address]);
    let mut arguments = json!({"cwd": program.root()});
    if !midflight.is_null() {
        arguments["midflight"] = midflight.clone();
    }
    session.client.ok("attach", arguments);
    session.client.event("initialized");
    (program, session)
}

#[test]
fn large_bodies_cut_headers_and_unknown_events_pass() {
    let large = "x".repeat(50 << 20);
    let (_, mut session) = session(&Value::Null, move |request, wire| {
        if request["command"] != "variables" {
            return false;
        }
        wire.event("neverHeardOf", &json!({"a": [1, {"b": null}]}));
        let answer = framed(&json!({
            "seq": 1, "type": "response", "request_seq": request["seq"], "success": true, "command": "variables",
            "body": {"variables": [{"name": "large", "value": large, "variablesReference": 0}]},
        }));
        // The header in two packets, and the body in many.
        for part in [&answer[..7], &answer[7..19], &answer[19..]] {
            wire.bytes(part);
            sleep(Duration::from_millis(20));
        }
        true
    });
    let body = session.client.ok("variables", json!({"variablesReference": 1}));
    assert_eq!(body["variables"][0]["value"].as_str().map(str::len), Some(50 << 20));
    assert_eq!(session.client.event("neverHeardOf"), json!({"a": [1, {"b": null}]}));
    session.client.disconnect();
}

#[test]
fn garbage_ends_the_session_with_a_message() {
    let (_, mut session) = session(&json!({"engine": "none"}), |request, wire| {
        if request["command"] == "threads" {
            wire.bytes(b"Segmentation fault\n\n");
        }
        request["command"] == "threads"
    });
    session.client.send("threads", json!({}));
    let said = session.client.output("Segmentation fault");
    assert!(said.contains("midflight:"), "{said}");
    session.client.event("terminated");
    session.client.disconnect();
}

/// The largest number of 32 bits, and one more.
const HIGH: i64 = 1 << 31;

#[test]
fn ids_of_zero_and_of_two_to_the_thirty_first_are_ids() {
    let (program, mut session) = session(&json!({"engine": "none"}), |request, wire| {
        let body = match request["command"].as_str().unwrap_or_default() {
            "setBreakpoints" => json!({"breakpoints": [
                {"id": 0, "verified": true, "line": 6}, {"id": HIGH, "verified": true, "line": 7}]}),
            "stackTrace" => json!({"stackFrames": [
                {"id": HIGH, "name": "app::step", "line": 6, "column": 5,
                 "source": {"path": request["arguments"]["threadId"]}}]}),
            "scopes" => json!({"scopes": [{"name": "Locals", "variablesReference": HIGH, "expensive": false,
                "frame": request["arguments"]["frameId"]}]}),
            "variables" => json!({"variables": [{"name": "a", "value": "1",
                "variablesReference": request["arguments"]["variablesReference"]}]}),
            "continue" => {
                wire.answer(request, &json!({}));
                wire.event(
                    "stopped",
                    &json!({"reason": "breakpoint", "threadId": 0, "hitBreakpointIds": [0]}),
                );
                wire.event(
                    "stopped",
                    &json!({"reason": "breakpoint", "threadId": 0, "hitBreakpointIds": [HIGH]}),
                );
                return true;
            }
            _ => return false,
        };
        wire.answer(request, &body);
        true
    });
    let points = session.set_breakpoints(&program, MAIN, &[6, 7]);
    let ids: Vec<Value> = points.iter().map(|point| point["id"].clone()).collect();
    assert!(points.iter().all(|point| point["verified"] == true) && ids[0] != ids[1], "{points:?}");
    session.configuration_done();
    session.client.ok("continue", json!({"threadId": 0}));
    for id in ids {
        assert_eq!(session.client.event("stopped")["hitBreakpointIds"], json!([id]));
    }
    let trace = session.client.ok("stackTrace", json!({"threadId": 0}));
    assert_eq!(trace["stackFrames"][0]["id"], HIGH);
    let scopes = session.client.ok("scopes", json!({"frameId": HIGH}));
    assert_eq!(scopes["scopes"][0]["frame"], HIGH);
    let variables = session.client.ok("variables", json!({"variablesReference": HIGH}));
    assert_eq!(variables["variables"][0]["variablesReference"], HIGH);
    session.client.disconnect();
}

#[test]
fn answers_that_come_too_late_are_nobodys() {
    // The snapshot of a stop is given up after a moment; the adapter answers it after that.
    let mut late: Option<Value> = None;
    let (_, mut session) = session(
        &json!({"engine": "restart", "snapshot": {"timeMs": 20}}),
        move |request, wire| {
            match request["command"].as_str().unwrap_or_default() {
                "continue" => {
                    wire.answer(request, &json!({}));
                    wire.event("stopped", &json!({"reason": "breakpoint", "threadId": 1}));
                }
                "stackTrace" if request["seq"].as_i64() >= Some(1 << 30) => late = Some(request.clone()),
                "stackTrace" => {
                    let name = |name: &str| json!({"stackFrames": [{"id": 1, "name": name, "line": 0, "column": 0}]});
                    if let Some(late) = late.take() {
                        wire.answer(&late, &name("too late"));
                    }
                    wire.answer(request, &name("in time"));
                }
                _ => return false,
            }
            true
        },
    );
    session.configuration_done();
    session.client.ok("continue", json!({"threadId": 1}));
    session.client.event("stopped");
    let trace = session.client.ok("stackTrace", json!({"threadId": 1}));
    assert_eq!(trace["stackFrames"][0]["name"], "in time");
    session.client.disconnect();
}

#[test]
fn positions_go_both_ways_in_every_request_that_has_them() {
    let (program, mut session) = session(&json!({"engine": "none"}), |request, wire| {
        let line = &request["arguments"]["line"];
        let source = &request["arguments"]["source"];
        let capabilities =
            ["BreakpointLocations", "GotoTargets", "StepInTargets", "Disassemble", "LoadedSources"];
        let body = match request["command"].as_str().unwrap_or_default() {
            "initialize" => {
                let capability = |name: &str| (format!("supports{name}Request"), json!(true));
                capabilities.into_iter().map(capability).collect::<serde_json::Map<_, _>>().into()
            }
            "breakpointLocations" => json!({"breakpoints": [{"line": line, "column": 5, "endLine": line}]}),
            "gotoTargets" => json!({"targets": [{"id": 1, "label": "a", "line": line, "column": 5}]}),
            "stackTrace" => {
                let frame = |id: i64, line: i64| {
                    json!({"id": id, "name": "app::step", "line": line, "column": 5,
                    "source": {"path": request["arguments"]["path"]}})
                };
                let mut frames = vec![frame(1, 6)];
                if request["arguments"]["levels"] == 2 {
                    frames.push(json!({"id": "two", "name": null, "line": 6, "column": 5}));
                }
                json!({"stackFrames": frames, "totalFrames": 2})
            }
            "stepInTargets" => json!({"targets": [{"id": 1, "label": "drop", "line": 7, "column": 5}]}),
            "disassemble" => json!({"instructions": [
                {"address": "0x1", "instruction": "nop", "location": source, "line": 6}]}),
            "loadedSources" => json!({"sources": [{"path": "/elsewhere.rs"}]}),
            _ => return false,
        };
        wire.answer(request, &body);
        true
    });
    session.configuration_done();
    // Saved, and not in the process: lines are two further down, one statement is four columns further right, and
    // another one is new.
    let text =
        program.read(MAIN).replace("fn step() {\n    let a", "// one\n// two\nfn step() {\n        let a");
    let text = text.replace("drop(a);", "drop(a);\n    drop(2);");
    program.write(MAIN, &text);
    let source = json!({"path": program.path(MAIN)});
    let asked = json!({"source": source, "line": 8, "endLine": 8, "column": 9});
    let body = session.client.ok("breakpointLocations", asked.clone());
    assert_eq!(body["breakpoints"], json!([{"line": 8, "column": 9, "endLine": 8}]));
    let body = session.client.ok("gotoTargets", asked.clone());
    assert_eq!(body["targets"], json!([{"id": 1, "label": "a", "line": 8, "column": 9}]));
    let trace = json!({"threadId": 1, "startFrame": 0, "levels": 1, "path": program.path(MAIN)});
    let body = session.client.ok("stackTrace", trace);
    assert_eq!((&body["stackFrames"][0]["line"], &body["totalFrames"]), (&json!(6), &json!(2)));
    let document = body["stackFrames"][0]["source"]["sourceReference"].clone();
    assert!(document.as_i64() > Some(0), "the function is not as it runs: its own text is shown, {body}");
    let trace = json!({"threadId": 1, "startFrame": 0, "levels": 2, "path": program.path(MAIN)});
    let again = session.client.ok("stackTrace", trace);
    assert_eq!(again["stackFrames"][0], body["stackFrames"][0], "whatever the adapter says of another one");
    let text = session.client.ok("source", json!({"sourceReference": document}));
    assert!(text["content"].as_str().is_some_and(|text| !text.contains("// two")));
    let body = session.client.ok("stepInTargets", json!({"frameId": 1}));
    assert_eq!(body["targets"][0]["line"], 7, "lines are of the frame's own text");
    let body = session.client.ok("disassemble", json!({"memoryReference": "0x1", "source": source}));
    assert!(body["instructions"][0]["location"]["sourceReference"].as_i64() > Some(0), "{body}");
    assert_eq!(session.client.ok("loadedSources", json!({}))["sources"], json!([{"path": "/elsewhere.rs"}]));
    session.client.disconnect();
}

/// A debugger of another machine, or of a container, has numbers of its own for processes.
#[test]
fn a_process_that_only_has_the_number_of_the_program_is_left_alone() {
    for (name, is_ended) in [("/elsewhere/app", false), ("/elsewhere/sleep", true)] {
        let process = Killed(Command::new("sleep").arg("1000").spawn().expect("`sleep` starts"));
        let id = process.0.id();
        let address = adapter(move |request, wire| {
            if request["command"] == "configurationDone" {
                let body = json!({"name": name, "systemProcessId": id, "startMethod": "launch"});
                wire.event("process", &body);
            }
            false
        });
        let program = Program::files(&[("app.txt", "")]);
        let mut session = Session::with(&program, &["--connect", &address]);
        session.client.ok("launch", json!({"cwd": program.root()}));
        session.client.ok("configurationDone", json!({}));
        session.client.event("process");
        session.client.disconnect();
        if is_ended {
            wait_until_gone(&[id]);
        } else {
            assert!(is_alive(id), "{name}");
        }
    }
}
