//! `textDocument/didClose`

use lsp_types::DidCloseTextDocumentParams;

use crate::session::Session;

pub(crate) fn handle(session: &Session, params: &DidCloseTextDocumentParams) {
    session.close_document(&params.text_document.uri);
}
