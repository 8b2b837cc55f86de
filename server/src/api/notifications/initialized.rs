//! `initialized`

use std::sync::Arc;

use lsp_types::{DidChangeWatchedFilesRegistrationOptions, FileSystemWatcher, GlobPattern, Registration};

use crate::api::notifications::did_change_configuration;
use crate::session::Session;

/// What belongs to a build: the same files as `lang_rust::is_source` accepts.
const WATCHED: [&str; 5] = [
    "**/*.rs",
    "**/Cargo.{toml,lock}",
    "**/.cargo/{config,config.toml}",
    "**/{rust-toolchain,rust-toolchain.toml}",
    "**/.git/{HEAD,logs/HEAD}",
];

/// Only now may the server speak, so only now the workspaces are opened.
pub(crate) fn handle(session: &Arc<Session>) {
    let folders = std::mem::take(&mut session.state().folders);
    session.change_folders(&[], folders);
    let session = Arc::clone(session);
    tokio::spawn(async move {
        let registrations = registrations(&session);
        if !registrations.is_empty()
            && let Err(error) = session.client().register_capability(registrations).await
        {
            tracing::warn!(%error, "the client refused a registration");
        }
        if session.features().configuration {
            did_change_configuration::fetch(session).await;
        }
    });
}

fn registrations(session: &Session) -> Vec<Registration> {
    let mut registrations = Vec::new();
    if session.features().watches_files {
        let watchers = WATCHED
            .map(|glob| FileSystemWatcher { glob_pattern: GlobPattern::String(glob.to_owned()), kind: None });
        let options = DidChangeWatchedFilesRegistrationOptions { watchers: watchers.to_vec() };
        registrations.push(Registration {
            id: "midflight/files".to_owned(),
            method: "workspace/didChangeWatchedFiles".to_owned(),
            register_options: serde_json::to_value(options).ok(),
        });
    }
    if session.features().registers_configuration {
        registrations.push(Registration {
            id: "midflight/configuration".to_owned(),
            method: "workspace/didChangeConfiguration".to_owned(),
            register_options: Some(serde_json::json!({ "section": "midflight" })),
        });
    }
    registrations
}
