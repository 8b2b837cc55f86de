//! `textDocument/didChange`

use lsp_types::DidChangeTextDocumentParams;

use crate::session::Session;

pub(crate) fn handle(session: &Session, params: DidChangeTextDocumentParams) {
    let document = params.text_document;
    session.change_document(&document.uri, document.version, params.content_changes);
}
