//! A finding as a diagnostic.

use lsp_types::{CodeDescription, Diagnostic, DiagnosticRelatedInformation, Location, NumberOrString};

use crate::analysis::{Finding, Snapshot};
use crate::uri;

/// The diagnostic of a finding; none if the user has switched its verdict off.
pub(crate) fn diagnostic(finding: &Finding, snapshot: &Snapshot) -> Option<Diagnostic> {
    let severity = snapshot.settings.severity(finding.verdict)?;
    let features = &snapshot.features;
    let described = features.code_description || features.pulls_diagnostics;
    let page = uri::of_rule(finding.code).filter(|_| described);
    Some(Diagnostic {
        range: finding.range,
        severity: Some(severity),
        code: Some(NumberOrString::String(finding.code.to_owned())),
        code_description: page.map(|href| CodeDescription { href }),
        source: Some("midflight".to_owned()),
        message: finding.message.clone(),
        related_information: Some(related(finding))
            .filter(|related| !related.is_empty())
            .filter(|_| features.related_information || features.pulls_diagnostics),
        tags: None,
        data: None,
    })
}

/// The old text, and what depends on the change.
fn related(finding: &Finding) -> Vec<DiagnosticRelatedInformation> {
    let before = finding.before.iter().map(|before| DiagnosticRelatedInformation {
        location: Location { uri: before.uri.clone(), range: before.range },
        message: format!("{}: `{}`", before.label, before.text),
    });
    let dependents = finding.dependents.iter().map(|(path, location)| DiagnosticRelatedInformation {
        location: location.clone(),
        message: format!("reached: {path}"),
    });
    before.chain(dependents).collect()
}
