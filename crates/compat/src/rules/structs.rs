//! `MF02xx`: structs, unions, aliases, and what all types have in common.

use super::{
    Aspect, BUILD_DECIDES, Edit, FORKED, Finding, Judgement, NEW_ONLY, OLD_LAYOUT, RESOLVES_ELSEWHERE, SAFE,
};
use crate::live::Kept;
use crate::members::{MemberEdit, diff};
use crate::{Capability, Fingerprint, UnitKind, Verdict};

const OLD_VALUES: Judgement = Judgement {
    verdict: Verdict::Deferred,
    effect: "values of it that are alive stay with the old code",
    why: "Code that is running may still hold values of the removed type; they are used and dropped by old code.",
    remedy: "",
};

const SAME_LAYOUT: Judgement = Judgement {
    verdict: Verdict::Safe,
    effect: "safe to hot-swap",
    why: "A value looks the same in memory.",
    remedy: "",
};

const OTHER_TYPE_ID: Judgement = Judgement {
    verdict: Verdict::Reset,
    effect: "what is kept by type is made anew",
    why: "A value looks the same in memory, but the type has another `TypeId`: state that a framework keeps by type is not found again.",
    remedy: "",
};

const MIXED_DROP: Judgement = Judgement {
    verdict: Verdict::Restart,
    effect: "values that are alive would be dropped the wrong way; restart to apply",
    why: "Old and new code disagree on what to do when a value ends: it would be cleaned up twice, or never.",
    remedy: "restart the program to apply",
};

const OLD_IMPLEMENTATION: Judgement = Judgement {
    verdict: Verdict::Deferred,
    effect: "code that runs now keeps the old implementation",
    why: "Code that is compiled again no longer has it; calls in progress and old vtables do.",
    remedy: "",
};

fn is_struct(edit: &Edit<'_>) -> bool {
    matches!(edit.kind(), UnitKind::Struct | UnitKind::Union)
}

/// The differences between the fields of a struct or union.
fn fields<'a>(edit: &Edit<'a>) -> Vec<MemberEdit<'a>> {
    match edit.pair() {
        Some((before, after)) if is_struct(edit) => diff(&before.members, &after.members),
        _ => Vec::new(),
    }
}

/// `MF0201`.
pub(crate) fn added(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if !edit.kind().is_type() || !edit.is_new() {
        return;
    }
    let path = &edit.placed().unit.id.path;
    let mut old = edit.old_file.into_iter().flat_map(crate::FileUnits::units);
    // A struct that became an enum is new as an enum only.
    let was_another = old.any(|placed| placed.unit.id.kind.is_type() && placed.unit.id.path == *path);
    let judgement = match was_another {
        true => OLD_LAYOUT,
        false if edit.rebinds_its_name() => RESOLVES_ELSEWHERE,
        false => NEW_ONLY,
    };
    findings.push(edit.finding(format!("the {} {} is new", edit.kind(), edit.name()), judgement));
}

/// `MF0202`.
pub(crate) fn removed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.kind().is_type() && edit.is_gone() {
        let judgement = match edit.can(Capability::KeepsRemovedCode) {
            _ if edit.rebinds_its_name() => RESOLVES_ELSEWHERE,
            true => OLD_VALUES,
            false => edit.old_values(BUILD_DECIDES),
        };
        findings.push(edit.finding(format!("the {} {} was removed", edit.kind(), edit.name()), judgement));
    }
}

/// `MF0203`.
pub(crate) fn field_added(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    for field in fields(edit) {
        if let MemberEdit::Added(field) = field {
            let what = format!("{} gained the field `{}`", edit.name(), field.name);
            findings.push(edit.member_finding(what, edit.old_values(OLD_LAYOUT), (None, Some(field))));
        }
    }
}

/// `MF0204`.
pub(crate) fn field_removed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    for field in fields(edit) {
        if let MemberEdit::Removed(field) = field {
            let what = format!("{} lost the field `{}`", edit.name(), field.name);
            findings.push(edit.member_finding(what, edit.old_values(OLD_LAYOUT), (Some(field), None)));
        }
    }
}

/// `MF0205`.
pub(crate) fn field_retyped(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    for field in fields(edit) {
        if let MemberEdit::Changed(before, after) = field
            && (before.signature != after.signature || before.attributes != after.attributes)
        {
            let what = format!("the field `{}` of {} has another type", after.name, edit.name());
            findings.push(edit.member_finding(
                what,
                edit.old_values(OLD_LAYOUT),
                (Some(before), Some(after)),
            ));
        }
    }
}

/// `MF0206`.
pub(crate) fn fields_reordered(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    for field in fields(edit) {
        if let MemberEdit::Reordered(before, after) = field {
            let attributes = edit.placed().unit.attributes.as_deref();
            let is_plain = attributes.is_none_or(|attributes| attributes.repr == Fingerprint::default());
            // Without a `repr` the compiler chooses the order itself: often, but not always, the same one.
            let may_be_equal = is_plain && edit.can(Capability::ComparesLayouts);
            let judgement = edit.old_values(if may_be_equal { BUILD_DECIDES } else { OLD_LAYOUT });
            let what = format!("the fields of {} are in another order", edit.name());
            findings.push(edit.member_finding(what, judgement, (Some(before), Some(after))));
        }
    }
}

/// `MF0207`.
pub(crate) fn field_renamed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    for field in fields(edit) {
        if let MemberEdit::Renamed(before, after) = field {
            let what =
                format!("the field `{}` of {} is now called `{}`", before.name, edit.name(), after.name);
            let judgement =
                if before.attributes == after.attributes { same_layout(edit) } else { OLD_LAYOUT };
            findings.push(edit.member_finding(what, judgement, (Some(before), Some(after))));
        }
    }
}

/// `MF0208`.
pub(crate) fn field_visibility_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    for field in fields(edit) {
        if let MemberEdit::Changed(before, after) = field
            && before.visibility != after.visibility
        {
            let what = format!("the field `{}` of {} has another visibility", after.name, edit.name());
            findings.push(edit.member_finding(what, same_layout(edit), (Some(before), Some(after))));
        }
    }
}

/// What a change does that leaves values as they are but makes another `TypeId`.
fn same_layout(edit: &Edit<'_>) -> Judgement {
    if edit.can(Capability::ComparesTypeIds) { OTHER_TYPE_ID } else { SAME_LAYOUT }
}

/// `MF0209`.
pub(crate) fn generics_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.kind().is_type() && edit.differs(|unit| unit.generics) {
        let judgement = if edit.can(Capability::ComparesLayouts) { BUILD_DECIDES } else { OLD_LAYOUT };
        let judgement = edit.old_values(judgement);
        findings.push(edit.finding(format!("the generic parameters of {} changed", edit.name()), judgement));
    }
}

/// `MF0210`.
pub(crate) fn representation_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.aspect_differs(Aspect::Repr) {
        let judgement = edit.old_values(OLD_LAYOUT);
        let found = edit.finding(format!("the `repr` of {} changed", edit.name()), judgement);
        findings.push(Finding { names_path: judgement.verdict == Verdict::Restart, ..found });
    }
}

/// `MF0211`.
pub(crate) fn drop_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if is_drop(edit) && (edit.is_new() || edit.is_gone()) {
        let verb = if edit.is_new() { "implements" } else { "no longer implements" };
        let name = edit.placed().unit.id.path.rsplit_once(" for ").map_or("", |(_, ty)| ty).to_owned();
        // A call in progress would make a value the old way, and give it to code that drops it the new way.
        let is_gone = edit.can(Capability::WaitsForCalls)
            && edit.programs.0.lives().kept(&name, edit.can(Capability::SwapsEveryCrate)) == Kept::Never;
        let judgement = if is_gone { FORKED } else { MIXED_DROP };
        findings.push(edit.finding(format!("`{name}` {verb} `Drop`"), judgement));
    }
}

/// Whether the unit is an `impl Drop`, however `Drop` is spelled.
pub(crate) fn is_drop(edit: &Edit<'_>) -> bool {
    let path = &edit.placed().unit.id.path;
    let head = path.rsplit_once(" for ").map_or("", |(head, _)| head);
    edit.kind() == UnitKind::TraitImpl && (head.ends_with("impl Drop") || head.ends_with("::Drop"))
}

/// `MF0212`.
pub(crate) fn alias_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.kind() == UnitKind::TypeAlias && edit.differs(|unit| unit.layout) {
        let judgement = if edit.can(Capability::ComparesLayouts) { BUILD_DECIDES } else { OLD_LAYOUT };
        let judgement = edit.old_values(judgement);
        findings.push(edit.finding(format!("the alias {} means another type", edit.name()), judgement));
    }
}

/// `MF0213`.
pub(crate) fn derives_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    let Some((before, after)) = edit.pair().filter(|_| edit.aspect_differs(Aspect::Derives)) else { return };
    let derives =
        |unit: &crate::Unit| unit.attributes.as_deref().map(|read| read.derives.clone()).unwrap_or_default();
    let (old, new) = (derives(before), derives(after));
    let is_lost = old.iter().any(|derive| !new.contains(derive));
    // A derive macro from elsewhere can add anything, fields' helper attributes and registration code too.
    let is_foreign = old
        .iter()
        .chain(&new)
        .any(|derive| old.contains(derive) != new.contains(derive) && !is_standard(derive));
    let judgement = match (is_foreign, is_lost) {
        (true, _) => BUILD_DECIDES,
        // Elsewhere old vtables keep old code whatever changes.
        (false, true) if edit.can(Capability::RedirectsOldPointers) => OLD_IMPLEMENTATION,
        (false, _) => SAFE,
    };
    findings.push(edit.finding(format!("the derived traits of {} changed", edit.name()), judgement));
}

fn is_standard(derive: &str) -> bool {
    const STANDARD: [&str; 9] =
        ["Clone", "Copy", "Debug", "Default", "Eq", "Hash", "Ord", "PartialEq", "PartialOrd"];
    STANDARD.contains(&derive)
}

/// `MF0214`.
pub(crate) fn bounds_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    let has_bounds = edit.kind().is_type()
        || matches!(edit.kind(), UnitKind::Trait | UnitKind::TraitImpl | UnitKind::InherentImpl);
    if has_bounds && edit.differs(|unit| unit.body) {
        findings.push(edit.finding(format!("bounds or lifetimes of {} changed", edit.name()), edit.code()));
    }
}
