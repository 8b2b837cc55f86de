//! `textDocument/hover`

use lsp_types::{Hover, HoverParams};
use tower_lsp::jsonrpc::Result;

use crate::api::requests::outcome_for;
use crate::session::Session;
use crate::show;

pub(crate) async fn handle(session: &Session, params: HoverParams) -> Result<Option<Hover>> {
    let at = params.text_document_position_params;
    let Some((outcome, path)) = outcome_for(session, &at.text_document.uri).await else { return Ok(None) };
    let markdown = session.features().markdown;
    let engine = outcome.status.as_ref().map_or("", |status| status.engine.as_str());
    Ok(outcome.files.get(&path).and_then(|file| show::hover(file, engine, at.position, markdown)))
}
