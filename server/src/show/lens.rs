//! The verdict of each changed function and type, above its name.

use std::collections::BTreeMap;

use compat::Verdict;
use lsp_types::CodeLens;
use serde_json::json;

use crate::analysis::{FileOutcome, Finding};
use crate::show::actions::{EXPLAIN, command};

/// One lens a unit: the worst of its changes.
pub(crate) fn lenses(file: &FileOutcome) -> Vec<CodeLens> {
    let mut worst: BTreeMap<(u32, u32), &Finding> = BTreeMap::new();
    for finding in &file.findings {
        if !finding.kind.is_function() && !finding.kind.is_type() {
            continue;
        }
        let start = finding.unit_range.start;
        let shown = worst.entry((start.line, start.character)).or_insert(finding);
        if finding.verdict > shown.verdict {
            *shown = finding;
        }
    }
    worst.into_values().map(lens).collect()
}

fn lens(finding: &Finding) -> CodeLens {
    let command = command(&title(finding), EXPLAIN, vec![json!(finding.code)]);
    CodeLens { range: finding.unit_range, command: Some(command), data: None }
}

fn title(finding: &Finding) -> String {
    match finding.verdict {
        Verdict::Safe => "hot-swappable".to_owned(),
        Verdict::Deferred => "takes effect at the next call".to_owned(),
        Verdict::Reset => "hot-swappable, but its state starts over".to_owned(),
        Verdict::Restart => format!("needs a restart: {}", first_clause(&finding.message)),
        Verdict::Unknown => format!("only the build can tell: {}", first_clause(&finding.message)),
    }
}

/// The message says what changed first, then what that does. A dot inside a path ends no clause.
fn first_clause(message: &str) -> &str {
    let ends = [": ", "; ", ". ", ", "].into_iter().filter_map(|end| message.find(end));
    let end = ends.min().unwrap_or(message.len());
    message[..end].trim_end_matches('.')
}
