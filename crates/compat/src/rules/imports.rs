//! `MF0902`: imports. What matters is not how a name is brought in but what it means then.

use super::{Edit, FORKED, Finding, Judgement, OLD_LAYOUT, RESOLVES_ELSEWHERE, SAFE};
use crate::resolve::{Meaning, Names};
use crate::{FileUnits, Flag, Name, Unit, UnitKind};

const NOT_IN_TYPES: Judgement = Judgement {
    why: "No type or signature that it reaches mentions the name, so every layout stays as it is.",
    ..SAFE
};

const SAME_ITEM: Judgement =
    Judgement { why: "The name means the same item as before, by another path.", ..SAFE };

/// `MF0902`.
pub(crate) fn changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    let is_changed = edit.pair().is_none() || edit.differs(|unit| unit.body);
    if edit.kind() != UnitKind::Import || !is_changed {
        return;
    }
    let verb = match (edit.is_new(), edit.is_gone()) {
        (true, _) => "is new",
        (_, true) => "was removed",
        _ => "leads elsewhere",
    };
    let what = format!("the import {} {verb}", edit.name());
    let names = (Names::of(edit.programs.0), Names::of(edit.programs.1));
    let Some((module, name)) = edit.placed().unit.id.path.rsplit_once("::use ") else {
        return findings.push(edit.finding(what, by_name(edit)));
    };
    if let Some(from) = name.strip_suffix("::*") {
        let judgement = if means_the_same(edit, &names, module, from) { SAME_ITEM } else { by_name(edit) };
        return findings.push(edit.finding(what, judgement));
    }
    findings.push(match (names.0.meaning(module, name), names.1.meaning(module, name)) {
        (old, new) if old == new && old != Meaning::Unknown => edit.finding(what, SAME_ITEM),
        (Meaning::Unknown, _) | (_, Meaning::Unknown) | (Meaning::Foreign(_), Meaning::Foreign(_)) => {
            let is_in_types = !dependents(edit, &names, (module, name)).is_empty();
            edit.finding(what, if is_in_types { RESOLVES_ELSEWHERE } else { by_name(edit) })
        }
        _ => other_item(edit, &what, &dependents(edit, &names, (module, name))),
    });
}

/// Whether every name in a type that a glob brings, or brought, means what it did. Where it leads out of the workspace nobody
/// knows its names.
fn means_the_same(edit: &Edit<'_>, names: &(Names<'_>, Names<'_>), module: &str, from: &str) -> bool {
    [&names.0, &names.1].into_iter().all(|side| {
        let Meaning::Item(from) = side.meaning(module, from) else { return false };
        side.in_module(&from).is_some_and(|mut brought| {
            brought.all(|name| {
                !is_mentioned(edit, &[Name::new(name)])
                    || names.0.meaning(module, name) == names.1.meaning(module, name)
            })
        })
    })
}

/// The name is another item's now: every type that mentions it, here or through a re-export, is another type.
fn other_item(edit: &Edit<'_>, what: &str, dependents: &[&Unit]) -> Finding {
    let Some(kept) = dependents.iter().find(|unit| !edit.is_forked(unit.id.name())) else {
        let judgement = if dependents.is_empty() { by_name(edit) } else { FORKED };
        return edit.finding(what, judgement);
    };
    let what = format!("{what}, and `{}` has what it means", kept.id.name());
    let path_of = kept.id.kind.is_type().then(|| kept.id.name().to_owned());
    Finding { path_of, ..edit.finding(what, OLD_LAYOUT) }
}

/// Types and statics of the old program that mention a name that means something else now.
fn dependents<'a>(
    edit: &Edit<'a>,
    (before, after): &(Names<'_>, Names<'_>),
    own: (&str, &str),
) -> Vec<&'a Unit> {
    let rebound: Vec<(&str, Name)> = before
        .imported()
        .chain([own])
        // Its neighbours are imports with a finding of their own.
        .filter(|(module, name)| (*module, *name) == own || *module != own.0)
        .filter(|(module, name)| before.meaning(module, name) != after.meaning(module, name))
        .map(|(module, name)| (module, Name::new(name)))
        .collect();
    let holds_values = |unit: &Unit| {
        unit.id.kind.is_type() || matches!(unit.id.kind, UnitKind::Static | UnitKind::ThreadLocal)
    };
    let files = edit.programs.0.files();
    files
        .flat_map(|(_, file)| file.units())
        .map(|placed| placed.unit)
        .filter(|unit| holds_values(unit))
        .filter(|unit| {
            let module = unit.id.path.strip_suffix(unit.id.name()).map(|path| path.trim_end_matches("::"));
            rebound
                .iter()
                .any(|(of, name)| module == Some(of) && unit.type_mentions().any(|own| own == *name))
        })
        .collect()
}

/// Where it is not known what the name means, what counts is whether anything that has a layout mentions it.
fn by_name(edit: &Edit<'_>) -> Judgement {
    if is_mentioned_in_types(edit) { RESOLVES_ELSEWHERE } else { NOT_IN_TYPES }
}

/// Whether a type or signature mentions the imported name. A glob can bring in any name.
fn is_mentioned_in_types(edit: &Edit<'_>) -> bool {
    let import = edit.placed().unit;
    import.id.path.ends_with('*') || is_mentioned(edit, &import.mentions)
}

/// Whether a type or signature mentions a name that the import brings: in this file, or anywhere if it is a re-export.
fn is_mentioned(edit: &Edit<'_>, names: &[Name]) -> bool {
    let mentions = |file: &FileUnits| {
        let mut others = file.units().filter(|placed| placed.unit.id.kind != UnitKind::Import);
        others.any(|placed| placed.unit.type_mentions().any(|name| names.contains(&name)))
    };
    // What was there before the edit: names that only new items mention can't change what is alive.
    let here = edit.old_file.is_some_and(mentions);
    here || (edit.has(Flag::Public) && edit.programs.0.files().any(|(_, file)| mentions(file)))
}
