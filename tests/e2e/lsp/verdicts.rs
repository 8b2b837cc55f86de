use midflight_tests::lsp::{LspClient, uri};
use serde_json::json;

use super::{MAIN, Workspace, code, document, pulling, pushed};

const WITH_STATE: &str = "pub struct State {\n    pub x: f32,\n}\n\npub static STATE: State = State { x: 1.0 };\n\nfn main() {\n    println!(\"{}\", STATE.x);\n}\n";

#[test]
fn a_body_is_safe_and_the_undone_edit_says_nothing() {
    let workspace = Workspace::new();
    let _session = workspace.session();
    let (mut client, answer) = LspClient::open(&workspace.root(), &pushed());
    assert!(answer["capabilities"]["diagnosticProvider"].is_null(), "pushed to, so it can't ask");
    let main = workspace.path("src/main.rs");
    client.open_document(&main, MAIN);
    let status = client.status("session");
    assert_eq!(status["baseline"]["label"], "generation 0");
    assert_eq!(status["generation"], 0);
    assert_eq!(status["engine"], "in-place");

    client.edit_document(&main, 2, [5, 9, 5, 10], "2");
    let diagnostics = client.diagnostics(&main, |diagnostics| !diagnostics.is_empty());
    assert_eq!(diagnostics.len(), 1, "{diagnostics:?}");
    let diagnostic = &diagnostics[0];
    assert_eq!(code(diagnostic), "MF0101");
    assert_eq!(diagnostic["source"], "midflight");
    assert_eq!(diagnostic["severity"], 4, "safe is a hint");
    assert!(diagnostic["codeDescription"]["href"].as_str().unwrap().ends_with("docs/rules/MF0101.md"));
    let related = &diagnostic["relatedInformation"][0];
    assert_eq!(related["location"]["uri"], uri(&main));
    assert!(related["message"].as_str().unwrap().starts_with("generation 0, src/main.rs:"), "{related}");

    client.edit_document(&main, 3, [5, 9, 5, 10], "1");
    client.diagnostics(&main, <[_]>::is_empty);
    let status = client.wait_for_method("midflight/status", |status| status["counts"]["safe"] == 0);
    assert_eq!(status["counts"]["restart"], 0);
}

#[test]
fn a_field_needs_a_restart_and_says_why_in_lens_and_hover() {
    let workspace = Workspace::new();
    workspace.write("src/main.rs", WITH_STATE);
    let _session = workspace.session();
    let (mut client, answer) = LspClient::open(&workspace.root(), &pulling());
    assert_eq!(answer["capabilities"]["positionEncoding"], "utf-8");
    let main = workspace.path("src/main.rs");
    client.open_document(&main, WITH_STATE);
    client.edit_document(&main, 2, [1, 0, 1, 0], "    pub mass: f32,\n");

    let report = client.request("textDocument/diagnostic", document(&main));
    assert_eq!(report["kind"], "full");
    let items = report["items"].as_array().unwrap();
    let field = items.iter().find(|item| item["severity"] == 2).expect("a warning");
    assert_eq!(field["range"]["start"]["line"], 1, "{field}");
    let mut again = document(&main);
    again["previousResultId"] = report["resultId"].clone();
    assert_eq!(client.request("textDocument/diagnostic", again)["kind"], "unchanged");

    let lenses = client.request("textDocument/codeLens", document(&main));
    let title = lenses[0]["command"]["title"].as_str().unwrap();
    assert!(title.starts_with("needs a restart: "), "{title}");
    assert_eq!(lenses[0]["range"]["start"]["line"], 0);

    let mut at = document(&main);
    at["position"] = json!({ "line": 0, "character": 12 });
    let hover = client.request("textDocument/hover", at);
    let text = hover["contents"]["value"].as_str().unwrap();
    assert!(text.contains("restart") && text.contains("State") && text.contains(code(field)), "{text}");
    assert!(text.contains(" under in-place"), "whose verdict it is: {text}");
    let pushed = client.drain();
    assert!(pushed.iter().all(|message| message["method"] != "textDocument/publishDiagnostics"));
}

#[test]
fn the_workspace_is_reported_whole_and_changes_behind_the_editor_are_told() {
    let workspace = Workspace::new();
    workspace.write("src/other.rs", "pub fn other() -> i32 {\n    1\n}\n");
    let mut session = workspace.session();
    let (mut client, _) = LspClient::open(&workspace.root(), &pulling());
    client.status("session");
    let empty = client.request("workspace/diagnostic", json!({ "previousResultIds": [] }));
    assert_eq!(empty["items"], json!([]));

    workspace.write("src/other.rs", "pub fn other() -> i32 {\n    2\n}\n");
    client.wait_for_method("midflight/status", |status| status["counts"]["safe"] == 1);
    client.wait_for_method("workspace/diagnostic/refresh", |_| true);
    client.wait_for_method("workspace/codeLens/refresh", |_| true);
    let report = client.request("workspace/diagnostic", json!({ "previousResultIds": [] }));
    let item = &report["items"][0];
    assert_eq!(item["uri"], uri(&workspace.path("src/other.rs")));
    let known = json!({ "previousResultIds": [{ "uri": item["uri"], "value": item["resultId"] }] });
    assert_eq!(client.request("workspace/diagnostic", known.clone())["items"][0]["kind"], "unchanged");

    workspace.commit(&mut session);
    client.wait_for_method("midflight/status", |status| status["generation"] == 1);
    let cleared = client.request("workspace/diagnostic", known);
    assert_eq!(cleared["items"][0]["items"], json!([]), "what was shown is taken back");
}

#[test]
fn severities_and_the_engine_are_the_users_choice() {
    let workspace = Workspace::new();
    let _session = workspace.session();
    let mut client = LspClient::start();
    client.set_configuration(json!({ "severity": { "safe": "error" }, "engine": "subsecond" }));
    let folder = json!([{ "uri": uri(&workspace.root()), "name": "app" }]);
    let mut capabilities = pushed();
    capabilities["workspace"] = json!({ "configuration": true });
    let params = json!({ "processId": null, "workspaceFolders": folder, "capabilities": capabilities });
    client.request("initialize", params);
    client.notify("initialized", json!({}));
    client.wait_for_method("midflight/status", |status| status["engine"] == "subsecond");
    let main = workspace.path("src/main.rs");
    client.open_document(&main, &MAIN.replace("by + 1", "by + 2"));
    client.diagnostics(&main, |diagnostics| diagnostics.iter().any(|it| it["severity"] == 1));
    client.set_configuration(json!({ "severity": { "safe": "off" }, "engine": "in-place" }));
    client.notify("workspace/didChangeConfiguration", json!({ "settings": null }));
    client.diagnostics(&main, <[_]>::is_empty);
    client.wait_for_method("midflight/status", |status| status["engine"] == "in-place");
}

#[test]
fn columns_are_right_after_an_emoji_in_either_encoding() {
    for (encoding, column) in [("utf-16", 20), ("utf-8", 22)] {
        let workspace = Workspace::new();
        let before = "pub fn a() -> i32 {\r\n    1\r\n}\r\n";
        workspace.write("src/main.rs", before);
        let _session = workspace.session();
        let mut capabilities = pushed();
        capabilities["general"]["positionEncodings"] = json!([encoding]);
        let (mut client, answer) = LspClient::open(&workspace.root(), &capabilities);
        assert_eq!(answer["capabilities"]["positionEncoding"], encoding);
        let main = workspace.path("src/main.rs");
        client.open_document(&main, before);
        // An emoji in a comment before the item, then a digit typed behind it in the same line.
        client.edit_document(&main, 2, [0, 0, 0, 0], "/* 🦀 */ ");
        let typed = column + 7;
        client.edit_document(&main, 3, [0, typed, 0, typed + 1], "u");
        let found = client.diagnostics(&main, |diagnostics| !diagnostics.is_empty());
        let uncommented = if encoding == "utf-16" { 9 } else { 11 };
        let starts: Vec<_> = found.iter().map(|it| it["range"]["start"].clone()).collect();
        assert!(starts.iter().all(|start| start["line"] == 0), "{starts:?}");
        let first = starts[0]["character"].as_u64().unwrap();
        assert!(first >= uncommented && first <= u64::from(typed), "{encoding}: {starts:?}");
    }
}
