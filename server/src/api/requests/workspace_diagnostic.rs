//! `workspace/diagnostic`

use std::collections::HashMap;
use std::sync::Arc;

use lsp_types::{
    FullDocumentDiagnosticReport, UnchangedDocumentDiagnosticReport, Uri, WorkspaceDiagnosticParams,
    WorkspaceDiagnosticReport, WorkspaceDiagnosticReportResult, WorkspaceDocumentDiagnosticReport,
    WorkspaceFullDocumentDiagnosticReport, WorkspaceUnchangedDocumentDiagnosticReport,
};
use tower_lsp::jsonrpc::Result;

use crate::analysis::FileOutcome;
use crate::session::{Session, Workspace};

pub(crate) async fn handle(
    session: &Session,
    params: WorkspaceDiagnosticParams,
) -> Result<WorkspaceDiagnosticReportResult> {
    let (workspaces, revision): (Vec<Arc<Workspace>>, u64) = {
        let state = session.state();
        (state.workspaces.values().cloned().collect(), state.revision)
    };
    // What the client still has and no outcome mentions any more stays in here.
    let mut known: HashMap<Uri, String> =
        params.previous_result_ids.into_iter().map(|known| (known.uri, known.value)).collect();
    let mut items = Vec::new();
    for workspace in workspaces {
        workspace.poke_if_behind(revision);
        let outcome = workspace.outcome_of(revision).await;
        items.extend(outcome.files.values().map(|file| report(file, known.remove(&file.uri).as_deref())));
    }
    items.extend(known.into_keys().map(|uri| full(uri, None, FullDocumentDiagnosticReport::default())));
    Ok(WorkspaceDiagnosticReport { items }.into())
}

fn report(file: &FileOutcome, known: Option<&str>) -> WorkspaceDocumentDiagnosticReport {
    let version = file.version.map(i64::from);
    if known == Some(&file.result_id) {
        let report = UnchangedDocumentDiagnosticReport { result_id: file.result_id.clone() };
        return WorkspaceDocumentDiagnosticReport::Unchanged(WorkspaceUnchangedDocumentDiagnosticReport {
            uri: file.uri.clone(),
            version,
            unchanged_document_diagnostic_report: report,
        });
    }
    let report = FullDocumentDiagnosticReport {
        result_id: Some(file.result_id.clone()),
        items: file.diagnostics.clone(),
    };
    full(file.uri.clone(), version, report)
}

fn full(
    uri: Uri,
    version: Option<i64>,
    report: FullDocumentDiagnosticReport,
) -> WorkspaceDocumentDiagnosticReport {
    WorkspaceDocumentDiagnosticReport::Full(WorkspaceFullDocumentDiagnosticReport {
        uri,
        version,
        full_document_diagnostic_report: report,
    })
}
