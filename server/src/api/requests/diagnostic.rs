//! `textDocument/diagnostic`

use lsp_types::{
    DocumentDiagnosticParams, DocumentDiagnosticReport, DocumentDiagnosticReportResult,
    FullDocumentDiagnosticReport, RelatedFullDocumentDiagnosticReport,
    RelatedUnchangedDocumentDiagnosticReport, UnchangedDocumentDiagnosticReport,
};
use tower_lsp::jsonrpc::Result;

use crate::api::requests::outcome_for;
use crate::session::Session;

pub(crate) async fn handle(
    session: &Session,
    params: DocumentDiagnosticParams,
) -> Result<DocumentDiagnosticReportResult> {
    let found = outcome_for(session, &params.text_document.uri).await;
    let file = found.as_ref().and_then(|(outcome, path)| outcome.files.get(path));
    let result_id = file.map(|file| file.result_id.clone());
    if let Some(result_id) = &result_id
        && params.previous_result_id.as_ref() == Some(result_id)
    {
        let report = UnchangedDocumentDiagnosticReport { result_id: result_id.clone() };
        let report = RelatedUnchangedDocumentDiagnosticReport {
            related_documents: None,
            unchanged_document_diagnostic_report: report,
        };
        return Ok(DocumentDiagnosticReport::Unchanged(report).into());
    }
    let items = file.map(|file| file.diagnostics.clone()).unwrap_or_default();
    let report = RelatedFullDocumentDiagnosticReport {
        related_documents: None,
        full_document_diagnostic_report: FullDocumentDiagnosticReport { result_id, items },
    };
    Ok(DocumentDiagnosticReport::Full(report).into())
}
