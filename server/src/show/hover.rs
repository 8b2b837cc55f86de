//! A finding explained at length.

use std::fmt::Write as _;

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind, Position, Range};

use crate::analysis::{FileOutcome, Finding};
use crate::uri;

/// What to say about a position: the changes there, or of the unit whose name is there, under this engine.
pub(crate) fn hover(file: &FileOutcome, engine: &str, position: Position, markdown: bool) -> Option<Hover> {
    let is_here = |range: &Range| range.start <= position && position <= range.end;
    let here = || file.findings.iter().filter(|it| is_here(&it.range) || is_here(&it.unit_range));
    let range = here().next()?.range;
    let texts: Vec<String> = here().map(|finding| explain(finding, engine, markdown)).collect();
    let (kind, separator) =
        if markdown { (MarkupKind::Markdown, "\n\n---\n\n") } else { (MarkupKind::PlainText, "\n\n") };
    let contents = HoverContents::Markup(MarkupContent { kind, value: texts.join(separator) });
    // Not the whole change: an editor would highlight a function's body under the pointer.
    let range = is_here(&range).then_some(range).filter(|range| range.start.line == range.end.line);
    Some(Hover { contents, range })
}

fn explain(finding: &Finding, engine: &str, markdown: bool) -> String {
    let Finding { verdict, item, .. } = finding;
    let kind = finding.kind.name();
    let mut text = if markdown {
        format!("**Midflight: {verdict}** under {engine} · {kind} `{item}`")
    } else {
        format!("Midflight: {verdict} under {engine} · {kind} {item}")
    };
    for paragraph in [&finding.message, &finding.why, &finding.remedy] {
        if !paragraph.is_empty() {
            let _ = write!(text, "\n\n{paragraph}");
        }
    }
    if !finding.reachable_from.is_empty() {
        let _ = write!(text, "\n\nReachable from {}.", finding.reachable_from.join(", "));
    }
    if let Some(before) = &finding.before {
        let _ = if markdown {
            write!(text, "\n\nBefore ({}):\n\n```rust\n{}\n```", before.label, before.text)
        } else {
            write!(text, "\n\nBefore ({}): {}", before.label, before.text)
        };
    }
    if let Some(page) = uri::of_rule(finding.code) {
        let _ = if markdown {
            write!(text, "\n\n[{}: {}]({})", finding.code, finding.title, page.as_str())
        } else {
            write!(text, "\n\n{}: {} ({})", finding.code, finding.title, page.as_str())
        };
    }
    text
}
