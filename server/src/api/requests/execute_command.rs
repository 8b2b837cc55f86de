//! `workspace/executeCommand`: what code actions and lenses ask for.
//!
//! An editor that says so in its initialization options (`"views": true`) is told what to show and draws it in its own
//! way, such as a diff. Any other gets a file to open: with `window/showDocument`, or its name in a message.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;

use lsp_types::notification::Notification;
use lsp_types::{ExecuteCommandParams, LSPAny, MessageType, Position, Range, ShowDocumentParams, Uri};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower_lsp::jsonrpc::{Error, Result};

use crate::api::requests::outcome_for;
use crate::session::Session;
use crate::show::{EXPLAIN, SHOW_RUNNING};
use crate::uri;

/// Server to client: something to look at.
enum Show {}

impl Notification for Show {
    type Params = View;
    const METHOD: &'static str = "midflight/show";
}

/// What there is to look at.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum View {
    /// The page of a rule.
    Rule { code: String },
    /// A text of the baseline beside the document.
    Running { uri: Uri, label: String, text: String, range: Range },
}

pub(crate) async fn handle(session: &Arc<Session>, params: ExecuteCommandParams) -> Result<Option<LSPAny>> {
    let arguments: Vec<&str> = params.arguments.iter().filter_map(Value::as_str).collect();
    match (params.command.as_str(), arguments.as_slice()) {
        (EXPLAIN, [code]) => explain(session, code),
        (SHOW_RUNNING, [document, item]) => show_running(session, document, item).await,
        (command, _) => {
            Err(Error::invalid_params(format!("`{command}` is no command, or not with these arguments")))
        }
    }
}

fn explain(session: &Arc<Session>, code: &str) -> Result<Option<LSPAny>> {
    let Some(rule) = compat::rule(code) else {
        return Err(Error::invalid_params(format!("there is no rule `{code}`")));
    };
    if session.features().views {
        tell(session, View::Rule { code: rule.code.to_owned() });
        return Ok(None);
    }
    let root = session.state().workspaces.keys().next().cloned();
    let root = root.ok_or_else(|| Error::invalid_params("no Cargo workspace is open"))?;
    open(session, &root, &format!("rules/{}.md", rule.code), rule.page, Position::default())
}

async fn show_running(session: &Arc<Session>, document: &str, item: &str) -> Result<Option<LSPAny>> {
    let gone = || Error::invalid_params("the item is as it was");
    let document = Uri::from_str(document).map_err(|_| Error::invalid_params("no URI"))?;
    let (outcome, path) = outcome_for(session, &document).await.ok_or_else(gone)?;
    let file = outcome.files.get(&path).ok_or_else(gone)?;
    let mut findings = file.findings.iter().filter(|finding| finding.item == item);
    let (finding, old) =
        findings.find_map(|finding| Some((finding, finding.old.as_ref()?))).ok_or_else(gone)?;
    if session.features().views {
        let (uri, label) = (file.uri.clone(), old.label.clone());
        tell(session, View::Running { uri, label, text: old.file_text.to_string(), range: finding.range });
        return Ok(None);
    }
    let root = session.state().workspace_of(&path).map(|workspace| workspace.root().to_owned());
    let name = format!("running/{}/{}", old.label.replace([' ', '/'], "-"), old.file);
    open(session, &root.ok_or_else(gone)?, &name, &old.file_text, old.range.start)
}

/// No handler waits for the client, so what is told is told by a task of its own.
fn tell(session: &Arc<Session>, view: View) {
    let session = Arc::clone(session);
    tokio::spawn(async move { session.client().send_notification::<Show>(view).await });
}

/// Writes a text below the target folder and has the client open it.
fn open(session: &Arc<Session>, root: &Path, name: &str, text: &str, at: Position) -> Result<Option<LSPAny>> {
    let path = write(root, name, text).map_err(|error| {
        tracing::warn!(%error, name, "can't be shown");
        Error::internal_error()
    })?;
    let session = Arc::clone(session);
    tokio::spawn(async move {
        let client = session.client();
        if session.features().shows_documents
            && let Some(uri) = uri::from_path(&path)
        {
            let selection = Some(Range::new(at, at));
            let shown = ShowDocumentParams { uri, external: None, take_focus: Some(true), selection };
            if client.show_document(shown).await.unwrap_or(false) {
                return;
            }
        }
        client.show_message(MessageType::INFO, format!("See {}", path.display())).await;
    });
    Ok(None)
}

fn write(root: &Path, name: &str, text: &str) -> std::io::Result<PathBuf> {
    let path = baseline::target_dir(root).join("midflight/shown").join(name);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&path, text)?;
    Ok(path)
}
