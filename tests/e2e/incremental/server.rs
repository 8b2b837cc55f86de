//! The server after a stream of edits against one that was started just now.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use compat::Texts;
use fastrand::Rng;
use midflight_tests::lsp::LspClient;
use midflight_tests::mutation::{edited, published, reworked};
use serde_json::{Value, json};

/// So often both are asked, after so many edits each time.
const CHECKS: usize = 6;
const EDITS: usize = 10;

#[test]
fn a_server_that_followed_edits_shows_what_one_shows_that_was_started_just_now() {
    let mut packages = published().into_iter();
    let texts = packages.find_map(|(_, src)| super::texts_of(&src)).expect("there is a package of that size");
    let folder = tempfile::tempdir().unwrap();
    let root = std::fs::canonicalize(folder.path()).unwrap();
    write_and_commit(&root, &texts);
    let sources: Vec<_> = texts.keys().filter(|path| path.ends_with(".rs")).cloned().collect();
    let mut rng = Rng::with_seed(super::setting("MIDFLIGHT_SEED", 1));
    let mut editor = Editor { client: open(&root), documents: BTreeMap::new(), version: 1 };
    for check in 0..CHECKS {
        for _ in 0..EDITS {
            let path = rng.choice(&sources).unwrap();
            editor.edit(&root.join(&**path), &texts[path], &mut rng);
        }
        let followed = shown(&mut editor.client);
        let mut fresh = open(&root);
        for (path, text) in &editor.documents {
            fresh.open_document(path, text);
        }
        assert_eq!(followed, shown(&mut fresh), "check {check}\n{}", editor.client.log());
        assert!(!followed.is_empty(), "edits that nothing shows test nothing");
    }
}

/// What an editor has open.
struct Editor {
    client: LspClient,
    documents: BTreeMap<PathBuf, String>,
    version: i32,
}

impl Editor {
    /// Opens the file or closes it, or types something: broken for a moment, then whole again.
    fn edit(&mut self, path: &Path, original: &str, rng: &mut Rng) {
        let Some(text) = self.documents.get(path).cloned() else {
            self.client.open_document(path, original);
            self.documents.insert(path.to_owned(), original.to_owned());
            return;
        };
        if rng.u8(..8) == 0 {
            self.client.close_document(path);
            self.documents.remove(path);
            return;
        }
        let broken = edited(&text, original, rng);
        let next = reworked(&text, rng);
        let parses = lang_rust::parse("src/lib.rs", "lib", &next, None).problems.is_empty();
        let next = if parses { next } else { original.to_owned() };
        for text in [broken, next] {
            self.version += 1;
            self.client.change_document(path, self.version, &text);
            self.documents.insert(path.to_owned(), text);
        }
    }
}

fn open(root: &Path) -> LspClient {
    let capabilities = json!({
        "textDocument": { "diagnostic": { "dynamicRegistration": false },
                          "publishDiagnostics": { "relatedInformation": true } },
        "workspace": { "diagnostics": { "refreshSupport": true } },
    });
    let (mut client, _) = LspClient::open(root, &capabilities);
    client.status("git");
    client
}

/// All diagnostics, by file.
fn shown(client: &mut LspClient) -> BTreeMap<String, Value> {
    let answer = client.request("workspace/diagnostic", json!({"previousResultIds": []}));
    let items = answer["items"].as_array().cloned().unwrap_or_default();
    let shown = items.into_iter().map(|item| (item["uri"].to_string(), item["items"].clone()));
    shown.filter(|(_, items)| items.as_array().is_some_and(|items| !items.is_empty())).collect()
}

fn write_and_commit(root: &Path, texts: &Texts) {
    for (path, text) in texts {
        let path = root.join(&**path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &**text).unwrap();
    }
    for arguments in [&["init", "-q"][..], &["add", "-A"], &["commit", "-q", "-m", "First"]] {
        let identity = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
        let status = Command::new("git").args(identity).args(arguments).current_dir(root).status().unwrap();
        assert!(status.success(), "git {arguments:?}");
    }
}
