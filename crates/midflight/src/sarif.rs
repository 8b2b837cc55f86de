//! The report as SARIF 2.1.0, for code scanning and whatever else reads static analysis.
//!
//! Lines and columns count from 1, columns in UTF-16 code units (`columnKind`). Paths are relative to the root of the
//! new tree (`%SRCROOT%`).

use std::collections::BTreeMap;

use compat::Verdict;
use lang_rust::{Range, Report, ReportedChange, ReportedDependent};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use serde_sarif::sarif::{
    ArtifactLocation, Location, Message, MultiformatMessageString, PhysicalLocation, Region,
    ReportingDescriptor, Result, ResultKind, ResultLevel, Run, SCHEMA_URL, Sarif, Suppression, Tool,
    ToolComponent,
};

use crate::page_url;

/// What a path may hold in a URI reference as it is (RFC 3986, section 3.3).
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The whole log.
pub(crate) fn log(report: &Report) -> Sarif {
    let allowed = || report.allowed.iter().map(|allowed| &allowed.change);
    let mut codes: Vec<&str> = report.changes.iter().chain(allowed()).map(|change| change.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let driver = ToolComponent::builder()
        .name("Midflight")
        .information_uri(env!("CARGO_PKG_REPOSITORY"))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .rules(codes.iter().filter_map(|code| compat::rule(code)).map(rule).collect::<Vec<_>>())
        .build();
    let suppressed = report.allowed.iter().map(|allowed| {
        let suppression =
            Suppression::builder().kind(json!("inSource")).justification(allowed.reason.as_str());
        Result { suppressions: Some(vec![suppression.build()]), ..result(&allowed.change, &codes) }
    });
    let results = report.changes.iter().map(|change| result(change, &codes));
    let results: Vec<_> = results.chain(suppressed).collect();
    let run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .column_kind(json!("utf16CodeUnits"))
        .results(results)
        .build();
    Sarif::builder().schema(SCHEMA_URL).version(json!("2.1.0")).runs(vec![run]).build()
}

fn rule(rule: &compat::Rule) -> ReportingDescriptor {
    let help = MultiformatMessageString::builder().text(rule.page).markdown(rule.page).build();
    ReportingDescriptor::builder()
        .id(rule.code)
        .name(rule.name)
        .short_description(MultiformatMessageString::builder().text(rule.title).build())
        .help(help)
        .help_uri(page_url(rule.code))
        .build()
}

fn result(change: &ReportedChange, codes: &[&str]) -> Result {
    let index =
        codes.iter().position(|code| *code == change.code).and_then(|index| i64::try_from(index).ok());
    // A result that reports no failure has no level (section 3.27.10).
    let (kind, level) = match change.verdict {
        Verdict::Safe => (ResultKind::Informational, ResultLevel::None),
        Verdict::Deferred => (ResultKind::Fail, ResultLevel::Note),
        Verdict::Reset | Verdict::Unknown => (ResultKind::Fail, ResultLevel::Warning),
        Verdict::Restart => (ResultKind::Fail, ResultLevel::Error),
    };
    let sentences = [&change.message, &change.why, &change.remedy];
    let text: Vec<&str> = sentences.into_iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    // The same change of the same item is the same alert, wherever edits around it move it.
    let fingerprint = format!("{} {}", change.code, change.item);
    let mut result = Result::builder()
        .rule_id(change.code)
        .kind(kind)
        .level(level)
        .message(Message::builder().text(text.join("\n")).build())
        .locations(vec![Location::builder().physical_location(place(&change.file, change.range)).build()])
        .partial_fingerprints(BTreeMap::from([("midflight/v1".to_owned(), fingerprint)]))
        .build();
    result.rule_index = index;
    if !change.dependents.is_empty() {
        result.related_locations = Some(change.dependents.iter().map(related).collect());
    }
    result
}

/// What a changed layout reaches, with the way there.
fn related(dependent: &ReportedDependent) -> Location {
    Location::builder()
        .physical_location(place(&dependent.file, dependent.range))
        .message(Message::builder().text(dependent.path.as_str()).build())
        .build()
}

fn place(file: &str, range: Range) -> PhysicalLocation {
    let uri = utf8_percent_encode(file, IN_PATH).to_string();
    let artifact = ArtifactLocation::builder().uri(uri).uri_base_id("%SRCROOT%").build();
    let region = Region::builder()
        .start_line(i64::from(range.start.line) + 1)
        .start_column(i64::from(range.start.character) + 1)
        .end_line(i64::from(range.end.line) + 1)
        .end_column(i64::from(range.end.character) + 1)
        .build();
    PhysicalLocation::builder().artifact_location(artifact).region(region).build()
}
