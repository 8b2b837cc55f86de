//! `workspace/didChangeWorkspaceFolders`

use std::path::PathBuf;
use std::sync::Arc;

use lsp_types::{DidChangeWorkspaceFoldersParams, WorkspaceFolder};

use crate::session::Session;
use crate::uri;

pub(crate) fn handle(session: &Arc<Session>, params: &DidChangeWorkspaceFoldersParams) {
    let paths = |folders: &[WorkspaceFolder]| -> Vec<PathBuf> {
        folders.iter().filter_map(|folder| uri::to_path(&folder.uri)).collect()
    };
    session.change_folders(&paths(&params.event.removed), paths(&params.event.added));
}
