use std::fmt::Write as _;

use midflight_tests::lsp::{LspClient, uri};
use serde_json::json;

use super::{MAIN, Workspace, document, pulling, pushed};

/// Each change depends on the one before, so that any other order gives another text.
#[test]
fn a_thousand_changes_in_a_burst_keep_their_order_and_leave_nothing_stale() {
    let workspace = Workspace::new();
    let mut large = MAIN.to_owned();
    for number in 0..500 {
        let _ = write!(large, "fn filler_{number}() -> i32 {{\n    {number}\n}}\n");
    }
    workspace.write("src/main.rs", &large);
    let _session = workspace.session();
    let (mut client, _) = LspClient::open(&workspace.root(), &pushed());
    let main = workspace.path("src/main.rs");
    client.open_document(&main, &large);
    client.status("session");
    // The 1 of `by + 1` grows by a digit and is cut again: `by + 1`, `by + 10`, `by + 1`, …
    for version in 2..=1001 {
        let (range, text) = if version % 2 == 0 { ([5, 10, 5, 10], "0") } else { ([5, 10, 5, 11], "") };
        client.edit_document(&main, version, range, text);
    }
    let hover = json!({ "textDocument": { "uri": uri(&main) }, "position": { "line": 4, "character": 4 } });
    let hover = client.request("textDocument/hover", hover);
    assert!(hover.is_null(), "the last text is the first one: {hover}");
    client.edit_document(&main, 1002, [5, 9, 5, 10], "7");
    let last = client.wait_for_method("textDocument/publishDiagnostics", |params| params["version"] == 1002);
    assert_eq!(last["diagnostics"].as_array().unwrap().len(), 1);
    let later = client.drain();
    let stale = later.iter().filter(|message| message["method"] == "textDocument/publishDiagnostics");
    let versions: Vec<i64> = stale.filter_map(|message| message["params"]["version"].as_i64()).collect();
    assert!(versions.is_sorted() && versions.iter().all(|version| *version < 1002), "{versions:?}");
}

#[test]
fn what_does_not_parse_keeps_the_rest_alive() {
    let workspace = Workspace::new();
    let _session = workspace.session();
    let (mut client, _) = LspClient::open(&workspace.root(), &pulling());
    let main = workspace.path("src/main.rs");
    client.open_document(&main, MAIN);
    for (version, text) in
        ["fn main( {{{ \u{0} \"", "", "🦀", "}}}}", &"(".repeat(100_000)].into_iter().enumerate()
    {
        client.change_document(&main, i32::try_from(version).unwrap() + 2, text);
        let report = client.request("textDocument/diagnostic", document(&main));
        assert_eq!(report["kind"], "full", "{text:.20}");
    }
    client.change_document(&main, 100, MAIN);
    let report = client.request("textDocument/diagnostic", document(&main));
    assert_eq!(report["items"], json!([]), "the text of the baseline again");
}

#[cfg(unix)]
#[test]
fn an_odd_tree_is_read_as_far_as_it_can_be() {
    let workspace = Workspace::new();
    workspace.write("src/latin.rs", b"// \xe9\nfn a() {}\n");
    std::os::unix::fs::symlink(workspace.root(), workspace.path("src/loop")).unwrap();
    let five_megabytes = "// filler, filler, filler, filler, filler\n".repeat(125_000) + MAIN;
    workspace.write("src/large.rs", &five_megabytes);
    let _session = workspace.session();
    let (mut client, _) = LspClient::open(&workspace.root(), &pushed());
    let large = workspace.path("src/large.rs");
    client.open_document(&large, &five_megabytes);
    client.edit_document(&large, 2, [125_005, 9, 125_005, 10], "2");
    let shown = client.diagnostics(&large, |diagnostics| !diagnostics.is_empty());
    assert!((125_004..=125_006).contains(&shown[0]["range"]["start"]["line"].as_u64().unwrap()), "{shown:?}");
    let latin = workspace.path("src/latin.rs");
    client.open_document(&latin, "// é\nfn a() {}\n");
    client.request("textDocument/codeLens", document(&latin));
}

/// A target folder that is a file can't hold anything, whoever runs the test.
#[test]
fn a_target_folder_that_cannot_be_used_is_no_failure() {
    let workspace = Workspace::new();
    workspace.write("target", "not a folder");
    let (mut client, _) = LspClient::open(&workspace.root(), &pushed());
    client.status("none");
}

#[test]
fn unknown_documents_and_methods_do_no_harm() {
    let workspace = Workspace::new();
    let (mut client, _) = LspClient::open(&workspace.root(), &pulling());
    let outside = std::path::Path::new("/nowhere/a.rs");
    client.edit_document(outside, 2, [9, 9, 1, 1], "x");
    client.notify("$/unheardOf", json!({}));
    let untitled =
        json!({ "uri": "untitled:Untitled-1", "languageId": "rust", "version": 1, "text": "fn a(" });
    client.notify("textDocument/didOpen", json!({ "textDocument": untitled }));
    let report = client.request("textDocument/diagnostic", document(outside));
    assert_eq!(report["items"], json!([]));
    let id = client.send_request("midflight/unheardOf", json!({}));
    assert_eq!(client.response(id)["error"]["code"], -32601);
}
