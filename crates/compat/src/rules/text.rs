//! `MF09xx`: the text itself, and all that is not an item of its own.

use super::{BUILD_DECIDES, Edit, Finding, Judgement, NEW_ONLY, RESOLVES_ELSEWHERE, build_or_restart};
use crate::{UnitKind, Verdict};

const LAST_GOOD: Judgement = Judgement {
    verdict: Verdict::Unknown,
    effect: "judged by the last text that did",
    why: "What can't be read can't be judged. Everything else in the file still is.",
    remedy: "finish the edit",
};

const EXPANDS: Judgement = Judgement {
    verdict: Verdict::Unknown,
    effect: "only the build can tell what it expands to",
    why: "What a macro or attribute makes of its text shows only when it is compiled.",
    remedy: "save: the built artifacts are compared before anything is swapped",
};

const MEANS_THE_SAME: Judgement = Judgement {
    why: "No type or signature in this file mentions the name, so every layout stays as it is.",
    ..super::SAFE
};

/// `MF0900`: found by [`crate::compare`] where no other rule explains a difference.
pub(crate) fn unrecognised(_: &Edit<'_>, _: &mut Vec<Finding>) {}

/// What [`unrecognised`] says.
pub(crate) fn unrecognised_finding(edit: &Edit<'_>) -> Finding {
    edit.finding(format!("{} changed in a way that no rule knows", edit.name()), BUILD_DECIDES)
}

/// `MF0901`: found by [`crate::compare`] in the problems of a file.
pub(crate) fn does_not_parse(_: &Edit<'_>, _: &mut Vec<Finding>) {}

/// What [`does_not_parse`] says.
pub(crate) fn last_good() -> Judgement {
    LAST_GOOD
}

/// `MF0902`.
pub(crate) fn import_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    let is_changed = edit.pair().is_none() || edit.differs(|unit| unit.body);
    if edit.kind() != UnitKind::Import || !is_changed {
        return;
    }
    let verb = match (edit.is_new(), edit.is_gone()) {
        (true, _) => "is new",
        (_, true) => "was removed",
        _ => "leads elsewhere",
    };
    let judgement = if is_mentioned_in_types(edit) { RESOLVES_ELSEWHERE } else { MEANS_THE_SAME };
    findings.push(edit.finding(format!("the import {} {verb}", edit.name()), judgement));
}

/// Whether a type or signature of this file, or of one that has the name from here, mentions the imported name. A glob can bring in any name.
fn is_mentioned_in_types(edit: &Edit<'_>) -> bool {
    let import = edit.placed().unit;
    if import.id.path.ends_with('*') {
        return !is_of_new_module(edit);
    }
    let index = edit.programs.0.index();
    // The file that had it before the edit: names that only new items mention can't change what is alive.
    let others = edit.old_file.into_iter().flat_map(crate::FileUnits::units);
    let mut others = others.filter(|placed| placed.unit.id.kind != UnitKind::Import);
    others.any(|placed| placed.unit.type_mentions().any(|name| import.mentions.contains(&name)))
        || import.mentions.iter().any(|name| edit.is_mentioned_elsewhere(*name))
        || index.computed_from(import).iter().any(|name| index.is_mentioned(*name))
}

/// Whether the import stands in a module that was not there: nothing that is alive was named through it.
fn is_of_new_module(edit: &Edit<'_>) -> bool {
    let module = edit.placed().unit.id.parent();
    let mut old = edit.old_file.into_iter().flat_map(crate::FileUnits::units);
    edit.is_new() && !old.any(|placed| placed.unit.id.path.starts_with(module))
}

/// `MF0903`.
pub(crate) fn macro_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    let is_changed = edit.pair().is_none() || edit.differs(|unit| unit.body);
    if edit.kind() == UnitKind::Macro && is_changed {
        let judgement = if edit.is_new() { NEW_ONLY } else { EXPANDS };
        findings.push(edit.finding(format!("the macro {} changed", edit.name()), judgement));
    }
}

/// `MF0904`.
pub(crate) fn macro_call_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    let is_changed = edit.pair().is_none() || edit.differs(|unit| unit.body);
    if edit.kind() == UnitKind::MacroCall && is_changed {
        findings.push(edit.finding(format!("the call of {} changed", edit.name()), EXPANDS));
    }
}

/// `MF0905`.
pub(crate) fn configuration_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.attribute_differs(|attributes| attributes.cfg) {
        findings
            .push(edit.finding(format!("when {} is compiled changed", edit.name()), build_or_restart(edit)));
    }
}

/// `MF0906`. A module that comes with a new file has nothing to say beyond its items.
pub(crate) fn module_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.kind() != UnitKind::Module || edit.pair().is_some() {
        return;
    }
    let name = edit.placed().unit.id.name();
    let (old, new) = edit.programs;
    let has_file = |program: &crate::Program| program.files().any(|(path, _)| is_file_of(path, name));
    let comes_with_items = has_file(old) != has_file(new) || is_inline(edit);
    let judgement = if comes_with_items { NEW_ONLY } else { BUILD_DECIDES };
    let verb = if edit.is_new() { "is new" } else { "was removed" };
    findings.push(edit.finding(format!("the module {} {verb}", edit.name()), judgement));
}

fn is_file_of(path: &str, module: &str) -> bool {
    let stem = path.strip_suffix("/mod.rs").or_else(|| path.strip_suffix(".rs"));
    stem.is_some_and(|stem| stem.rsplit('/').next() == Some(module))
}

/// Whether the module's items stand between its own braces.
fn is_inline(edit: &Edit<'_>) -> bool {
    let file = if edit.is_new() { edit.new_file } else { edit.old_file };
    let path = format!("{}::", edit.placed().unit.id.path);
    file.is_some_and(|file| file.units().any(|placed| placed.unit.id.path.starts_with(&path)))
}

/// `MF0908`.
pub(crate) fn attribute_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.attribute_differs(|attributes| attributes.other) {
        findings.push(edit.finding(format!("the attributes of {} changed", edit.name()), EXPANDS));
    }
}

/// `MF0909`.
pub(crate) fn visibility_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.attribute_differs(|attributes| attributes.visibility) {
        findings.push(edit.finding(format!("{} has another visibility", edit.name()), edit.code()));
    }
}

/// `MF0910`.
pub(crate) fn foreign_items_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    let is_changed = edit.pair().is_none() || edit.differs(|unit| unit.signature);
    if edit.kind() == UnitKind::ExternBlock && is_changed {
        findings.push(edit.finding("foreign items changed", build_or_restart(edit)));
    }
}

/// `MF0911`.
pub(crate) fn module_attribute_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    let is_changed = edit.pair().is_none() || edit.differs(|unit| unit.body);
    if edit.kind() == UnitKind::ModuleAttribute && is_changed {
        findings.push(edit.finding(format!("{} changed", edit.name()), build_or_restart(edit)));
    }
}
