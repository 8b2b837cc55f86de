//! `textDocument/codeAction`

use lsp_types::{CodeActionKind, CodeActionOrCommand, CodeActionParams};
use tower_lsp::jsonrpc::Result;

use crate::api::requests::outcome_for;
use crate::session::Session;
use crate::show;

pub(crate) async fn handle(
    session: &Session,
    params: CodeActionParams,
) -> Result<Option<Vec<CodeActionOrCommand>>> {
    let is_wanted = params.context.only.as_ref().is_none_or(|only| {
        // A kind stands for all kinds below it; the empty one for all.
        let has_it = |kind: &CodeActionKind| kind.as_str().is_empty() || *kind == CodeActionKind::QUICKFIX;
        only.iter().any(has_it)
    });
    if !is_wanted {
        return Ok(None);
    }
    let Some((outcome, path)) = outcome_for(session, &params.text_document.uri).await else {
        return Ok(None);
    };
    let Some(file) = outcome.files.get(&path) else { return Ok(None) };
    Ok(Some(show::actions(file, params.range, &params.context.diagnostics, session.features())))
}
