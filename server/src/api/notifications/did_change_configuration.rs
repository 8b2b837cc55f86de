//! `workspace/didChangeConfiguration`

use std::sync::Arc;

use lsp_types::{ConfigurationItem, DidChangeConfigurationParams};

use crate::session::{Session, Settings};

/// A client that can be asked is asked: what it sends along is often empty, or only what has changed.
pub(crate) fn handle(session: &Arc<Session>, params: &DidChangeConfigurationParams) {
    if session.features().configuration {
        tokio::spawn(fetch(Arc::clone(session)));
    } else if let Some(section) = params.settings.get("midflight") {
        session.configure(Settings::from_section(section));
    }
}

/// Asks the client for the section `midflight`.
pub(crate) async fn fetch(session: Arc<Session>) {
    let item = ConfigurationItem { scope_uri: None, section: Some("midflight".to_owned()) };
    match session.client().configuration(vec![item]).await {
        Ok(sections) => {
            if let Some(section) = sections.first() {
                session.configure(Settings::from_section(section));
            }
        }
        Err(error) => tracing::warn!(%error, "the client has no configuration"),
    }
}
