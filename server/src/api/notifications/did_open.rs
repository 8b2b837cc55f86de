//! `textDocument/didOpen`

use std::sync::Arc;

use lsp_types::DidOpenTextDocumentParams;

use crate::session::Session;

pub(crate) fn handle(session: &Arc<Session>, params: DidOpenTextDocumentParams) {
    session.open_document(params.text_document);
}
