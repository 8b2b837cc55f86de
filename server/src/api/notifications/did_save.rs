//! `textDocument/didSave`

use lsp_types::DidSaveTextDocumentParams;

use crate::session::Session;
use crate::uri;

pub(crate) fn handle(session: &Session, params: &DidSaveTextDocumentParams) {
    session.files_changed(uri::to_path(&params.text_document.uri).into_iter().collect());
}
