//! `workspace/didChangeWatchedFiles`

use lsp_types::DidChangeWatchedFilesParams;

use crate::session::Session;
use crate::uri;

pub(crate) fn handle(session: &Session, params: &DidChangeWatchedFilesParams) {
    session.files_changed(params.changes.iter().filter_map(|change| uri::to_path(&change.uri)).collect());
}
