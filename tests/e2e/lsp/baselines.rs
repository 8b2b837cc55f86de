use midflight_tests::lsp::LspClient;
use serde_json::json;

use super::{MAIN, Workspace, code, pulling, pushed};

#[test]
fn the_head_of_git_stands_in_until_a_session_lives_and_again_when_it_ends() {
    let workspace = Workspace::new();
    workspace.write(".gitignore", "/target\n");
    workspace.git(&["init", "-q", "-b", "main"]);
    workspace.git(&["add", "."]);
    workspace.git(&["commit", "-q", "-m", "First"]);
    let edited = MAIN.replace("by + 1", "by + 2");
    workspace.write("src/main.rs", &edited);

    let (mut client, _) = LspClient::open(&workspace.root(), &pushed());
    let main = workspace.path("src/main.rs");
    let status = client.status("git");
    assert_eq!(status["baseline"]["label"], "git HEAD");
    assert_eq!(status["counts"]["safe"], 1);
    let shown = client.diagnostics(&main, |diagnostics| !diagnostics.is_empty());
    assert_eq!(code(&shown[0]), "MF0101");

    let session = workspace.session();
    client.status("session");
    client.diagnostics(&main, <[_]>::is_empty);

    drop(session);
    client.status("git");
    client.diagnostics(&main, |diagnostics| !diagnostics.is_empty());

    workspace.git(&["commit", "-q", "-a", "-m", "Second"]);
    client.diagnostics(&main, <[_]>::is_empty);
}

#[test]
fn without_a_baseline_the_status_says_so() {
    let workspace = Workspace::new();
    let (mut client, _) = LspClient::open(&workspace.root(), &pushed());
    let status = client.status("none");
    assert_eq!(status["baseline"]["label"], "no baseline: no session, no build, no git");
    let session = workspace.session();
    client.status("session");
    let main = workspace.path("src/main.rs");
    client.open_document(&main, &MAIN.replace("by + 1", "by + 2"));
    client.diagnostics(&main, |diagnostics| !diagnostics.is_empty());
    drop(session);
    client.diagnostics(&main, <[_]>::is_empty);
    client.status("none");
}

#[test]
fn each_folder_has_its_own_baseline() {
    let (one, two) = (Workspace::new(), Workspace::new());
    let _session = one.session();
    let (mut client, _) = LspClient::open_all(&[&one.root(), &two.root()], &pushed());
    client.status("session");
    client.status("none");
    let _other = two.session();
    client.status("session");
    let edited = MAIN.replace("by + 1", "by + 2");
    let (in_one, in_two) = (one.path("src/main.rs"), two.path("src/main.rs"));
    client.open_document(&in_one, &edited);
    client.open_document(&in_two, &edited);
    client.diagnostics(&in_one, |diagnostics| !diagnostics.is_empty());
    client.diagnostics(&in_two, |diagnostics| !diagnostics.is_empty());

    let removed = json!([{ "uri": midflight_tests::lsp::uri(&two.root()), "name": "two" }]);
    let event = json!({ "event": { "added": [], "removed": removed } });
    client.notify("workspace/didChangeWorkspaceFolders", event);
    client.diagnostics(&in_two, <[_]>::is_empty);
}

#[test]
fn a_folder_that_is_not_cargo_gets_one_message() {
    let folder = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let (mut client, _) = LspClient::open_all(&[folder.path(), other.path()], &pulling());
    let message = client.wait_for_method("window/showMessage", |_| true);
    assert!(message["message"].as_str().unwrap().contains("no Cargo.toml"), "{message}");
    client.wait_for_method("midflight/status", |status| status["baseline"]["kind"] == "none");
    let report = client.request("workspace/diagnostic", json!({ "previousResultIds": [] }));
    assert_eq!(report["items"], json!([]));
    assert!(client.drain().iter().all(|message| message["method"] != "window/showMessage"));
}
