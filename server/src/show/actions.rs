//! What can be done about a finding.

use std::collections::{BTreeSet, HashMap};

use compat::UnitKind;
use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, Command, Diagnostic, NumberOrString, Position, Range,
    TextEdit, WorkspaceEdit,
};
use serde_json::json;

use crate::analysis::{FileOutcome, Finding};
use crate::lines::Lines;
use crate::session::ClientFeatures;

/// Shows the page of a rule. Argument: its code.
pub(crate) const EXPLAIN: &str = "midflight.explainRule";
/// Shows the baseline's text of a file. Arguments: the document, and an item that changed.
pub(crate) const SHOW_RUNNING: &str = "midflight.showRunning";

/// The actions for the changes in a range of the document.
pub(crate) fn actions(
    file: &FileOutcome,
    range: Range,
    diagnostics: &[Diagnostic],
    features: &ClientFeatures,
) -> Vec<CodeActionOrCommand> {
    let is_here = |it: &Range| it.start <= range.end && range.start <= it.end;
    let here = file.findings.iter().filter(|it| is_here(&it.range) || is_here(&it.unit_range));
    let (mut items, mut codes, mut actions) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for finding in here {
        let own: Vec<Diagnostic> = diagnostics.iter().filter(|it| is_of(it, finding)).cloned().collect();
        let act = |title: String, edit: Option<TextEdit>, command: Option<Command>| {
            let changes = edit.map(|edit| HashMap::from([(file.uri.clone(), vec![edit])]));
            CodeActionOrCommand::CodeAction(CodeAction {
                title,
                kind: Some(CodeActionKind::QUICKFIX),
                diagnostics: Some(own.clone()).filter(|own| !own.is_empty()),
                edit: changes
                    .map(|changes| WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }),
                command,
                ..CodeAction::default()
            })
        };
        let name = short(&finding.item);
        if items.insert((&finding.item, finding.kind)) {
            let label = finding.old.as_ref().map_or("the running version", |old| old.label.as_str());
            if let Some(edit) = revert(finding, features) {
                actions.push(act(format!("Midflight: revert `{name}` to {label}"), Some(edit), None));
            }
            if finding.old.is_some() {
                let arguments = vec![json!(file.uri.as_str()), json!(finding.item)];
                let title = format!("Midflight: show {label} beside");
                let command = command(&title, SHOW_RUNNING, arguments);
                actions.push(act(title, None, Some(command)));
            }
        }
        if codes.insert(finding.code) {
            let title = format!("Midflight: explain {} ({})", finding.code, finding.title);
            actions.push(act(title.clone(), None, Some(command(&title, EXPLAIN, vec![json!(finding.code)]))));
        }
        if let Some(edit) = allow(finding, features) {
            actions.push(act(format!("Midflight: allow {} on `{name}`", finding.code), Some(edit), None));
        }
    }
    if features.code_action_literals { actions } else { actions.into_iter().filter_map(bare).collect() }
}

pub(crate) fn command(title: &str, command: &str, arguments: Vec<serde_json::Value>) -> Command {
    Command { title: title.to_owned(), command: command.to_owned(), arguments: Some(arguments) }
}

/// For editors that know commands only: what needs an edit is left out.
fn bare(action: CodeActionOrCommand) -> Option<CodeActionOrCommand> {
    match action {
        CodeActionOrCommand::CodeAction(action) => action.command.map(CodeActionOrCommand::Command),
        command @ CodeActionOrCommand::Command(_) => Some(command),
    }
}

fn is_of(diagnostic: &Diagnostic, finding: &Finding) -> bool {
    let code = Some(NumberOrString::String(finding.code.to_owned()));
    diagnostic.range == finding.range && diagnostic.code == code
}

/// The last segment of a path.
fn short(item: &str) -> &str {
    item.rsplit("::").next().unwrap_or(item)
}

/// What makes the item what it was. None where its text is not a whole of its own: a name among those of one `use`,
/// the head of a block without its end.
fn revert(finding: &Finding, features: &ClientFeatures) -> Option<TextEdit> {
    let text = &*finding.text;
    let bytes = finding.item_range.clone()?;
    let new = text.get(bytes.clone())?;
    let old = finding.old.as_ref().and_then(|old| old.file_text.get(old.bytes.clone()));
    let is_part = |text: &str| match finding.kind {
        UnitKind::Import => text.contains('{'),
        UnitKind::ThreadLocal => new.is_empty() || old.is_none(),
        _ => false,
    };
    let is_open = |text: &str| text.trim_end().ends_with('{');
    if is_part(new) || old.is_some_and(is_part) || is_open(new) != old.is_some_and(is_open) {
        return None;
    }
    let (bytes, new_text) = match (new.is_empty(), old) {
        (false, Some(old)) => (bytes, old.to_owned()),
        (false, None) => (with_its_lines(text, bytes), String::new()),
        (true, Some(_)) => {
            let old = finding.old.as_ref()?;
            let inserted = with_notes(&old.file_text, old.bytes.clone());
            (bytes.clone(), set_apart(text, bytes.start, &old.file_text, inserted))
        }
        (true, None) => return None,
    };
    Some(TextEdit { range: Lines::new(text).range(text, &bytes, features.encoding), new_text })
}

/// The range and the comments directly above it, which would be left without what they are about.
fn with_notes(text: &str, bytes: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let mut start = bytes.start;
    let mut line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    while line > 0 && text[line..start].trim().is_empty() {
        let above = text[..line - 1].rfind('\n').map_or(0, |at| at + 1);
        let comment = &text[above..line];
        if !comment.trim_start().starts_with("//") {
            break;
        }
        start = above + comment.len() - comment.trim_start().len();
        line = above;
    }
    start..bytes.end
}

/// An item with its comments, its indentation, and the ends of its lines.
fn with_its_lines(text: &str, bytes: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let bytes = with_notes(text, bytes);
    let line = text[..bytes.start].rfind('\n').map_or(0, |at| at + 1);
    let start = if text[line..bytes.start].trim().is_empty() { line } else { bytes.start };
    let rest = &text[bytes.end..];
    let end = match rest.find('\n') {
        Some(at) if rest[..at].trim().is_empty() => bytes.end + at + 1,
        _ => bytes.end,
    };
    // Of the empty lines around it one is enough.
    let is_blank = |text: &str| text.trim().is_empty();
    let above = text[..start].trim_end_matches([' ', '\t']);
    let is_apart = above.ends_with("\n\n") && text[end..].lines().next().is_none_or(is_blank);
    if is_apart { start - 1..end } else { start..end }
}

/// Old text that is to stand at a place between two items: after the one that ends there, or before the one that
/// begins there.
fn set_apart(text: &str, at: usize, old_text: &str, old: std::ops::Range<usize>) -> String {
    let line = old_text[..old.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = &old_text[line..old.start];
    let indent = if indent.trim().is_empty() { indent } else { "" };
    let before = &text[text[..at].rfind('\n').map_or(0, |at| at + 1)..at];
    let item = &old_text[old];
    if before.trim().is_empty() { format!("{item}\n\n{indent}") } else { format!("\n\n{indent}{item}") }
}

/// The comment that allows the rule on the item, above it. It counts once its author says why.
fn allow(finding: &Finding, features: &ClientFeatures) -> Option<TextEdit> {
    let text = &*finding.text;
    let bytes = finding.item_range.clone().filter(|bytes| !bytes.is_empty())?;
    // A manifest has other comments, and a head of many names is no place for one.
    if matches!(finding.kind, UnitKind::BuildFile | UnitKind::ModuleAttribute) {
        return None;
    }
    let line = text[..bytes.start].rfind('\n').map_or(0, |at| at + 1);
    let indent = text.get(line..bytes.start).filter(|indent| indent.trim().is_empty())?;
    let at: Position = Lines::new(text).position(text, bytes.start, features.encoding);
    let new_text = format!("// midflight: allow({}): \n{indent}", finding.code);
    Some(TextEdit { range: Range::new(at, at), new_text })
}
