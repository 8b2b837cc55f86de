//! `MF04xx`: traits and impls.

use super::structs::is_drop;
use super::{BUILD_DECIDES, Edit, Finding, Judgement, NEW_ONLY, SAFE, build_or_restart};
use crate::members::{MemberEdit, diff};
use crate::{Capability, FileUnits, Fingerprint, Member, UnitKind, Verdict};

const OLD_VTABLE: Judgement = Judgement {
    verdict: Verdict::Restart,
    effect: "trait objects that are alive have the old vtable; restart to apply",
    why: "A call through `dyn` takes the method at a fixed place of the vtable. New code would call another one.",
    remedy: "restart the program to apply",
};

const OLD_DEFAULT: Judgement = Judgement {
    verdict: Verdict::Restart,
    effect: "trait objects that are alive still lead to the old body; restart to apply",
    why: "The vtable of a live `dyn` holds the address of the old default body, which is unloaded with its library.",
    remedy: "restart the program to apply",
};

const OLD_DEFAULT_STAYS: Judgement = Judgement {
    verdict: Verdict::Deferred,
    effect: "trait objects that are alive keep the old body",
    why: "The vtable of a live `dyn` holds the address of the old default body, which stays loaded.",
    remedy: "",
};

const OLD_IMPLEMENTATION: Judgement = Judgement {
    verdict: Verdict::Deferred,
    effect: "trait objects that are alive keep it",
    why: "Code that is compiled again no longer has the implementation; vtables that were made before do.",
    remedy: "",
};

const STALE_TYPES: Judgement = Judgement {
    verdict: Verdict::Restart,
    effect: "old and new code would disagree on a type; restart to apply",
    why: "Types and tables that are made through the trait may look different in old and new code.",
    remedy: "restart the program to apply",
};

const NO_OBJECTS: &str =
    "Nothing in the workspace makes a trait object of it: it is code only, compiled again where it is used.";

fn items<'a>(edit: &Edit<'a>) -> Vec<MemberEdit<'a>> {
    match edit.pair() {
        Some((before, after)) if edit.kind() == UnitKind::Trait => diff(&before.members, &after.members),
        _ => Vec::new(),
    }
}

/// What a change of its vtable does: nothing where there can be no trait objects.
fn vtable(edit: &Edit<'_>, judgement: Judgement) -> Judgement {
    let Some(before) = edit.before else { return judgement };
    if edit.programs.0.lives().has_objects_of(before.unit) {
        judgement
    } else {
        Judgement { why: NO_OBJECTS, ..edit.code() }
    }
}

/// Associated types and constants are named with their keyword.
fn is_method(member: &Member) -> bool {
    !member.name.contains(' ') && &*member.name != "macro"
}

/// `MF0401`. A renamed method is one that was removed and one that was added.
pub(crate) fn item_added(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    for item in items(edit) {
        if let MemberEdit::Added(item) | MemberEdit::Renamed(_, item) = item
            && is_method(item)
        {
            let what = format!("{} gained the method `{}`", edit.name(), item.name);
            findings.push(edit.member_finding(what, vtable(edit, OLD_VTABLE), (None, Some(item))));
        }
    }
}

/// `MF0402`.
pub(crate) fn item_removed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    for item in items(edit) {
        if let MemberEdit::Removed(item) | MemberEdit::Renamed(item, _) = item
            && is_method(item)
        {
            let what = format!("{} lost the method `{}`", edit.name(), item.name);
            findings.push(edit.member_finding(what, vtable(edit, OLD_VTABLE), (Some(item), None)));
        }
    }
}

/// `MF0403`.
pub(crate) fn items_reordered(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    for item in items(edit) {
        if let MemberEdit::Reordered(before, after) = item {
            let what = format!("the items of {} are in another order", edit.name());
            findings.push(edit.member_finding(what, vtable(edit, OLD_VTABLE), (Some(before), Some(after))));
        }
    }
}

/// `MF0404`.
pub(crate) fn default_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    for item in items(edit) {
        let MemberEdit::Changed(before, after) = item else { continue };
        if !is_method(after) || before.body == after.body {
            continue;
        }
        let redirects = edit.can(Capability::RedirectsOldPointers);
        let judgement = if redirects { SAFE } else { vtable(edit, old_default(edit)) };
        // A default that comes or goes moves the method from one vtable entry to another only where it is overridden.
        let is_same_kind = (before.body == Fingerprint::default()) == (after.body == Fingerprint::default());
        let judgement = if is_same_kind { judgement } else { vtable(edit, judgement_of_moved_default(edit)) };
        let makes_others =
            before.environments != after.environments && before.environments != Fingerprint::default();
        // What a default makes may outlive the call: futures, closures that capture.
        let judgement = if makes_others { build_or_restart(edit) } else { judgement };
        let what = format!("the default body of `{}` in {} changed", after.name, edit.name());
        findings.push(edit.member_finding(what, judgement, (Some(before), Some(after))));
    }
}

/// What old vtables lead to, where they lead to old code.
fn old_default(edit: &Edit<'_>) -> Judgement {
    if edit.can(Capability::KeepsRemovedCode) { OLD_DEFAULT_STAYS } else { OLD_DEFAULT }
}

fn judgement_of_moved_default(edit: &Edit<'_>) -> Judgement {
    if edit.can(Capability::ComparesLayouts) { BUILD_DECIDES } else { OLD_VTABLE }
}

/// `MF0405`.
pub(crate) fn signature_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    for item in items(edit) {
        if let MemberEdit::Changed(before, after) = item
            && is_method(after)
            && (before.signature != after.signature || before.attributes != after.attributes)
        {
            let what = format!("the signature of `{}` in {} changed", after.name, edit.name());
            findings.push(edit.member_finding(what, vtable(edit, OLD_VTABLE), (Some(before), Some(after))));
        }
    }
}

/// `MF0406`.
pub(crate) fn associated_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    for item in items(edit) {
        let (before, after) = match item {
            MemberEdit::Added(item) => (None, Some(item)),
            MemberEdit::Removed(item) => (Some(item), None),
            MemberEdit::Renamed(before, after) | MemberEdit::Changed(before, after) => {
                (Some(before), Some(after))
            }
            MemberEdit::Reordered(..) => continue,
        };
        if let Some(member) = after.or(before).filter(|member| !is_method(member)) {
            let what = format!("`{}` of {} changed", member.name, edit.name());
            findings.push(edit.member_finding(what, stale_types(edit), (before, after)));
        }
    }
}

fn stale_types(edit: &Edit<'_>) -> Judgement {
    if edit.can(Capability::ComparesLayouts) { BUILD_DECIDES } else { STALE_TYPES }
}

/// `MF0407`.
pub(crate) fn impl_added(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.kind() == UnitKind::TraitImpl && edit.is_new() && !is_drop(edit) {
        findings.push(edit.finding(format!("`{}` is new", head(edit)), NEW_ONLY));
    }
}

/// `MF0408`.
pub(crate) fn impl_removed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.kind() == UnitKind::TraitImpl && edit.is_gone() && !is_drop(edit) {
        findings.push(edit.finding(format!("`{}` was removed", head(edit)), OLD_IMPLEMENTATION));
    }
}

/// `impl Trait for Type`, without the module it stands in.
fn head<'a>(edit: &Edit<'a>) -> &'a str {
    let path = &edit.placed().unit.id.path;
    path.find("impl ").map_or(path, |at| &path[at..])
}

/// `MF0409`.
pub(crate) fn trait_added(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.kind() == UnitKind::Trait && edit.is_new() {
        findings.push(edit.finding(format!("the trait {} is new", edit.name()), NEW_ONLY));
    }
}

/// `MF0410`.
pub(crate) fn trait_removed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.kind() == UnitKind::Trait && edit.is_gone() {
        findings.push(edit.finding(format!("the trait {} was removed", edit.name()), OLD_IMPLEMENTATION));
    }
}

/// `MF0411`.
pub(crate) fn associated_type_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    let is_changed =
        edit.pair().is_none() || edit.differs(|unit| unit.layout) || edit.differs(|unit| unit.generics);
    if edit.kind() == UnitKind::AssociatedType && is_changed {
        findings
            .push(edit.finding(format!("the associated type {} changed", edit.name()), stale_types(edit)));
    }
}

/// `MF0412`.
pub(crate) fn head_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    let has_head = matches!(edit.kind(), UnitKind::Trait | UnitKind::TraitImpl | UnitKind::InherentImpl);
    if has_head && (edit.differs(|unit| unit.signature) || edit.differs(|unit| unit.generics)) {
        // Supertraits are a matter of vtables; what a trait is generic over is one of types.
        let is_of_vtables = edit.kind() == UnitKind::Trait && !edit.differs(|unit| unit.generics);
        let judgement = if is_of_vtables { vtable(edit, stale_types(edit)) } else { stale_types(edit) };
        findings.push(edit.finding(format!("the head of `{}` changed", head(edit)), judgement));
    }
}

/// `MF0413`.
pub(crate) fn override_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.kind() != UnitKind::Method || edit.pair().is_some() {
        return;
    }
    let Some((of, name)) = implemented(edit.placed().unit.id.parent()) else { return };
    let has_it = |file: Option<&FileUnits>| {
        let heads = file.into_iter().flat_map(FileUnits::units);
        heads
            .filter(|placed| placed.unit.id.kind == UnitKind::TraitImpl)
            .any(|placed| *placed.unit.id.path == of)
    };
    let is_an_override = has_it(edit.old_file) && has_it(edit.new_file);
    if !is_an_override || !edit.programs.0.lives().has_objects(name) {
        return;
    }
    let judgement = if edit.can(Capability::ComparesLayouts) { BUILD_DECIDES } else { old_default(edit) };
    let verb = if edit.is_new() { "overrides" } else { "no longer overrides" };
    findings.push(edit.finding(format!("`{of}` {verb} the default of {}", edit.name()), judgement));
}

/// The head of the `impl` of a trait that members stand in, from `app::<World as Shape>::`, and the trait's name.
fn implemented(around: &str) -> Option<(String, &str)> {
    let (module, inside) = around.strip_suffix(">::")?.split_once('<')?;
    let (ty, of) = inside.rsplit_once(" as ")?;
    let name = of.split('<').next().unwrap_or(of);
    Some((format!("{module}impl {of} for {ty}"), name.rsplit("::").next().unwrap_or(name)))
}
