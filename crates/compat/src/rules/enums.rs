//! `MF03xx`: enums.

use super::{BUILD_DECIDES, Edit, Finding, Judgement, OLD_LAYOUT};
use crate::members::{MemberEdit, diff};
use crate::{Capability, UnitKind, Verdict};

const OTHER_VARIANT: Judgement = Judgement {
    verdict: Verdict::Restart,
    effect: "values that are alive would be read as another variant; restart to apply",
    why: "A value stores its variant as a number. New code would take the old numbers for other variants.",
    remedy: "restart the program to apply",
};

/// The differences between the variants of an enum.
fn variants<'a>(edit: &Edit<'a>) -> Vec<MemberEdit<'a>> {
    match edit.pair() {
        Some((before, after)) if edit.kind() == UnitKind::Enum => diff(&before.members, &after.members),
        _ => Vec::new(),
    }
}

/// `MF0301`.
pub(crate) fn variant_added(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    for variant in variants(edit) {
        if let MemberEdit::Added(variant) = variant {
            let what = format!("{} gained the variant `{}`", edit.name(), variant.name);
            findings.push(edit.member_finding(what, edit.old_values(OLD_LAYOUT), (None, Some(variant))));
        }
    }
}

/// `MF0302`.
pub(crate) fn variant_removed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    for variant in variants(edit) {
        if let MemberEdit::Removed(variant) = variant {
            let what = format!("{} lost the variant `{}`", edit.name(), variant.name);
            findings.push(edit.member_finding(what, edit.old_values(OTHER_VARIANT), (Some(variant), None)));
        }
    }
}

/// `MF0303`.
pub(crate) fn variants_reordered(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    for variant in variants(edit) {
        if let MemberEdit::Reordered(before, after) = variant {
            let what = format!("the variants of {} are in another order", edit.name());
            findings.push(edit.member_finding(
                what,
                edit.old_values(OTHER_VARIANT),
                (Some(before), Some(after)),
            ));
        }
    }
}

/// `MF0304`.
pub(crate) fn payload_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    for variant in variants(edit) {
        if let MemberEdit::Changed(before, after) = variant
            && (before.signature != after.signature || before.attributes != after.attributes)
        {
            let what = format!("the variant `{}` of {} carries something else", after.name, edit.name());
            findings.push(edit.member_finding(
                what,
                edit.old_values(OLD_LAYOUT),
                (Some(before), Some(after)),
            ));
        }
    }
}

/// `MF0305`.
pub(crate) fn discriminant_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    for variant in variants(edit) {
        if let MemberEdit::Changed(before, after) = variant
            && before.body != after.body
        {
            let what = format!("the variant `{}` of {} has another discriminant", after.name, edit.name());
            findings.push(edit.member_finding(
                what,
                edit.old_values(OTHER_VARIANT),
                (Some(before), Some(after)),
            ));
        }
    }
}

/// `MF0306`.
pub(crate) fn variant_renamed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    for variant in variants(edit) {
        if let MemberEdit::Renamed(before, after) = variant {
            // The same number for another name may be a better name, or another meaning.
            let judgement = if edit.can(Capability::ComparesLayouts) { BUILD_DECIDES } else { OTHER_VARIANT };
            let judgement = edit.old_values(judgement);
            let what =
                format!("the variant `{}` of {} is now called `{}`", before.name, edit.name(), after.name);
            findings.push(edit.member_finding(what, judgement, (Some(before), Some(after))));
        }
    }
}
