use std::time::Duration;

use midflight_tests::lsp::LspClient;
use serde_json::{Value, json};

use super::{Workspace, pulling, pushed};

const AT_ONCE: Duration = Duration::from_secs(2);

#[test]
fn exit_ends_it_at_once_with_standard_input_open() {
    let workspace = Workspace::new();
    let (mut client, _) = LspClient::open(&workspace.root(), &pushed());
    // `null` is what some clients send where the protocol has no parameters.
    assert_eq!(client.request("shutdown", Value::Null), Value::Null);
    client.notify("exit", Value::Null);
    assert!(client.exited_within(AT_ONCE).success());
}

#[test]
fn exit_without_shutdown_is_a_failure_but_an_end() {
    let workspace = Workspace::new();
    let (mut client, _) = LspClient::open(&workspace.root(), &pulling());
    client.notify("exit", Value::Null);
    assert_eq!(client.exited_within(AT_ONCE).code(), Some(1));
}

#[test]
fn exit_before_anything_else_ends_it() {
    let mut client = LspClient::start();
    let id = client.send_request("shutdown", Value::Null);
    assert_eq!(client.response(id)["error"]["code"], -32002);
    client.notify("exit", Value::Null);
    client.exited_within(AT_ONCE);
}

#[test]
fn the_end_of_standard_input_ends_it() {
    let workspace = Workspace::new();
    let (mut client, _) = LspClient::open(&workspace.root(), &pushed());
    client.close_stdin();
    client.exited_within(Duration::from_secs(5));
}

/// Something else holds the other end of standard input, so only the process id can tell.
#[cfg(unix)]
#[test]
fn the_end_of_the_editor_ends_it_with_standard_input_open() {
    let mut editor = std::process::Command::new("sleep").arg("600").spawn().unwrap();
    let mut client = LspClient::start();
    let params = json!({ "processId": editor.id(), "rootUri": null, "capabilities": {} });
    client.request("initialize", params);
    client.notify("initialized", json!({}));
    editor.kill().unwrap();
    editor.wait().unwrap();
    client.exited_within(Duration::from_secs(5));
}

#[test]
fn the_first_scan_reports_progress() {
    let workspace = Workspace::new();
    let (mut client, _) = LspClient::open(&workspace.root(), &pulling());
    client.wait_for_method("window/workDoneProgress/create", |_| true);
    client.wait_for_method("$/progress", |params| params["value"]["kind"] == "begin");
    client.wait_for_method("$/progress", |params| params["value"]["kind"] == "end");
}

#[test]
fn a_client_that_watches_files_is_asked_to() {
    let workspace = Workspace::new();
    let _session = workspace.session();
    let mut capabilities = pushed();
    capabilities["workspace"] = json!({ "didChangeWatchedFiles": { "dynamicRegistration": true } });
    let (mut client, _) = LspClient::open(&workspace.root(), &capabilities);
    let asked = client.wait_for_method("client/registerCapability", |_| true);
    assert_eq!(asked["registrations"][0]["method"], "workspace/didChangeWatchedFiles");
    client.status("session");
    workspace.write("src/main.rs", super::MAIN.replace("by + 1", "by + 2"));
    let main = workspace.path("src/main.rs");
    let changes = json!([{ "uri": midflight_tests::lsp::uri(&main), "type": 2 }]);
    client.notify("workspace/didChangeWatchedFiles", json!({ "changes": changes }));
    client.diagnostics(&main, |diagnostics| !diagnostics.is_empty());
}
