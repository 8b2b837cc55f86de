//! The editor's side of the language server: open documents, and what the server says of each version of them.

use std::collections::BTreeMap;
use std::time::Duration;

use midflight_tests::lsp::{LspClient, uri};
use midflight_tests::program::Program;
use serde_json::{Value, json};

/// A language server and the documents that it knows.
pub(crate) struct Language {
    client: LspClient,
    root: std::path::PathBuf,
    versions: BTreeMap<String, i32>,
}

impl Language {
    /// Starts the server on the folder of the program.
    pub(crate) fn start(program: &Program) -> Self {
        let capabilities = json!({
            "workspace": {"configuration": true, "workspaceFolders": true},
            "textDocument": {"publishDiagnostics": {"relatedInformation": true, "versionSupport": true}},
        });
        let root = program.root().to_path_buf();
        let (client, _) = LspClient::open(&root, &capabilities);
        Self { client, root, versions: BTreeMap::new() }
    }

    /// A document is shown.
    pub(crate) fn open(&mut self, file: &str, text: &str) {
        self.client.open_document(&self.root.join(file), text);
        self.versions.insert(file.to_owned(), 1);
    }

    /// Its text has changed.
    pub(crate) fn change(&mut self, file: &str, text: &str) {
        let version = self.versions.get_mut(file).expect("only open documents are changed");
        *version += 1;
        self.client.change_document(&self.root.join(file), *version, text);
    }

    /// It was saved.
    pub(crate) fn save(&mut self, file: &str) {
        let document = json!({"uri": uri(&self.root.join(file))});
        self.client.notify("textDocument/didSave", json!({"textDocument": document}));
    }

    /// Waits for a status that fits.
    #[track_caller]
    pub(crate) fn status_where(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        self.client.wait_for_method("midflight/status", fits)
    }

    /// Waits for a diagnostic of the text as it is now.
    #[track_caller]
    pub(crate) fn diagnostic_where(&mut self, file: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let diagnostics = self.wait(file, |diagnostics| diagnostics.iter().any(&fits));
        diagnostics.into_iter().find(fits).unwrap_or_default()
    }

    /// Waits until nothing is said of the text as it is now.
    #[track_caller]
    pub(crate) fn wait_until_clean(&mut self, file: &str) {
        self.wait(file, <[Value]>::is_empty);
    }

    #[track_caller]
    fn wait(&mut self, file: &str, fits: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let (uri, version) = (uri(&self.root.join(file)), self.versions[file]);
        let mut published = self.client.wait_for_method("textDocument/publishDiagnostics", |params| {
            let diagnostics = params["diagnostics"].as_array();
            params["uri"] == uri.as_str()
                && params["version"] == version
                && diagnostics.is_some_and(|diagnostics| fits(diagnostics))
        });
        published["diagnostics"].as_array_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Ends the server as editors do.
    #[track_caller]
    pub(crate) fn exit(&mut self) {
        self.client.request("shutdown", Value::Null);
        self.client.notify("exit", Value::Null);
        self.client.exited_within(Duration::from_secs(5));
    }
}
