//! What the client asks. Each notes the revision that its answer must have seen before it waits.

pub(crate) mod code_action;
pub(crate) mod code_lens;
pub(crate) mod diagnostic;
pub(crate) mod execute_command;
pub(crate) mod hover;
pub(crate) mod initialize;
pub(crate) mod workspace_diagnostic;

use std::path::PathBuf;
use std::sync::Arc;

use lsp_types::Uri;

use crate::analysis::Outcome;
use crate::session::Session;
use crate::uri;

/// The outcome that saw all that came before this request, and the path that it knows the document by.
/// None for what belongs to no workspace.
async fn outcome_for(session: &Session, uri: &Uri) -> Option<(Arc<Outcome>, PathBuf)> {
    let path = uri::to_path(uri)?;
    let (workspace, revision) = {
        let state = session.state();
        (Arc::clone(state.workspace_of(&path)?), state.revision)
    };
    workspace.poke_if_behind(revision);
    Some((workspace.outcome_of(revision).await, path))
}
