//! The language server over its real standard input and output.

mod baselines;
mod lifecycle;
mod robustness;
mod verdicts;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use baseline::{LiveSession, NewGeneration, SessionStart, Store, read_tree};
use serde_json::{Value, json};

/// A workspace in a folder of its own, with a hot library and an app.
struct Workspace {
    folder: tempfile::TempDir,
}

const MAIN: &str = "fn main() {\n    step(1);\n}\n\nfn step(by: i32) -> i32 {\n    by + 1\n}\n";

impl Workspace {
    fn new() -> Self {
        let workspace = Self { folder: tempfile::tempdir().unwrap() };
        workspace.write("Cargo.toml", "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        workspace.write("src/main.rs", MAIN);
        workspace
    }

    fn root(&self) -> PathBuf {
        fs::canonicalize(self.folder.path()).unwrap()
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// What a debug adapter does at launch: a live session with the work tree as generation 0.
    fn session(&self) -> LiveSession {
        let start = SessionStart {
            root: self.root(),
            engine: "in-place".to_owned(),
            program: "app".to_owned(),
            adapter: "lldb-dap".to_owned(),
        };
        let mut session = Store::open(&self.path("target")).unwrap().begin(&start).unwrap();
        self.commit(&mut session);
        session
    }

    fn commit(&self, session: &mut LiveSession) {
        let tree = read_tree(&self.root(), &lang_rust::is_source).unwrap();
        session.commit(&tree.texts, &NewGeneration::default()).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let identity = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
        let status =
            Command::new("git").args(identity).args(arguments).current_dir(self.root()).status().unwrap();
        assert!(status.success(), "git {arguments:?}");
    }
}

/// What a client that is pushed to can do.
fn pushed() -> Value {
    json!({
        "textDocument": { "publishDiagnostics": { "relatedInformation": true, "codeDescriptionSupport": true },
                          "hover": { "contentFormat": ["markdown"] } },
        "general": { "positionEncodings": ["utf-16"] },
    })
}

/// What a client that asks can do.
fn pulling() -> Value {
    json!({
        "textDocument": { "diagnostic": { "dynamicRegistration": false },
                          "publishDiagnostics": { "relatedInformation": true } },
        "workspace": { "diagnostics": { "refreshSupport": true }, "codeLens": { "refreshSupport": true },
                       "configuration": true, "workspaceFolders": true },
        "general": { "positionEncodings": ["utf-8", "utf-16"] },
        "window": { "workDoneProgress": true },
    })
}

fn code(diagnostic: &Value) -> &str {
    diagnostic["code"].as_str().unwrap()
}

fn document(file: &Path) -> Value {
    json!({ "textDocument": { "uri": midflight_tests::lsp::uri(file) } })
}
