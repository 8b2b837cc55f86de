//! `textDocument/codeLens`

use lsp_types::{CodeLens, CodeLensParams};
use tower_lsp::jsonrpc::Result;

use crate::api::requests::outcome_for;
use crate::session::Session;
use crate::show;

pub(crate) async fn handle(session: &Session, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
    let found = outcome_for(session, &params.text_document.uri).await;
    Ok(found.and_then(|(outcome, path)| outcome.files.get(&path).map(show::lenses)))
}
