//! `MF05xx`: statics, thread locals and constants.

use super::{EXECUTABLE_COPY, Edit, Finding, Judgement, NEW_ONLY, RESOLVES_ELSEWHERE, SAFE};
use crate::{Capability, Flag, UnitKind, Verdict};

const KEEPS_ITS_VALUE: Judgement = Judgement {
    verdict: Verdict::Deferred,
    effect: "the running process keeps the value it has; restart to start from the new one",
    why: "It was given its first value when the process started, and a swap leaves it alone.",
    remedy: "restart the program when you want the new value",
};

const STARTS_OVER: Judgement = Judgement {
    verdict: Verdict::Reset,
    effect: "it starts over with the new code",
    why: "New code comes with statics of its own: what the old one held is lost to it.",
    remedy: "keep state that must survive outside the reloaded code",
};

const LOCAL_STARTS_OVER: Judgement = Judgement {
    why: "A static inside a function is a part of that function's code: with another first value it is another static.",
    remedy: "declare state that must survive outside of the function",
    ..STARTS_OVER
};

const OLD_VALUE: Judgement = Judgement {
    verdict: Verdict::Restart,
    effect: "it lives on with a value of the old type; restart to apply",
    why: "New code would take the old value for one of the new type.",
    remedy: "restart the program to apply",
};

const OLD_CODE_ONLY: Judgement = Judgement {
    verdict: Verdict::Deferred,
    effect: "only old code that still runs uses it",
    why: "The value stays in memory; code that is compiled again no longer knows it.",
    remedy: "",
};

const REBUILT_WITH_IT: Judgement =
    Judgement { why: "All code that uses the constant is compiled again with its new value.", ..SAFE };

fn of_static(edit: &Edit<'_>) -> bool {
    edit.kind() == UnitKind::Static
}

fn of_thread_local(edit: &Edit<'_>) -> bool {
    edit.kind() == UnitKind::ThreadLocal
}

fn of_const(edit: &Edit<'_>) -> bool {
    edit.kind() == UnitKind::Const
}

/// Where the engine keeps statics, `kept`; else they start over.
fn state(edit: &Edit<'_>, kept: Judgement) -> Judgement {
    if edit.can(Capability::KeepsStatics) {
        kept
    } else if edit.is_replaced() {
        STARTS_OVER
    } else {
        KEEPS_ITS_VALUE
    }
}

/// `MF0501`.
pub(crate) fn value_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if of_static(edit) && edit.differs(|unit| unit.body) {
        let what = format!("the initial value of {} changed", edit.name());
        // One that is declared inside a function is a part of its code, which comes with its own.
        let kept = if edit.has(Flag::Local) { LOCAL_STARTS_OVER } else { KEEPS_ITS_VALUE };
        findings.push(edit.finding(what, state(edit, kept)));
    }
}

/// `MF0502`.
pub(crate) fn added(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if of_static(edit) && edit.is_new() {
        let judgement = match edit.is_replaced() {
            // Under another name the state of the old one is not found again.
            true if replaces_another(edit) => STARTS_OVER,
            true => NEW_ONLY,
            false => EXECUTABLE_COPY,
        };
        findings.push(edit.finding(format!("the static {} is new", edit.name()), judgement));
    }
}

/// Whether a static of the same type went from the same file: then this one is probably that one, renamed.
fn replaces_another(edit: &Edit<'_>) -> bool {
    let (Some(old), Some(new)) = (edit.old_file, edit.new_file) else { return false };
    let unit = edit.placed().unit;
    old.units().any(|other| {
        other.unit.id.kind == unit.id.kind
            && other.unit.signature == unit.signature
            && !new.units().any(|left| left.unit.id == other.unit.id)
    })
}

/// `MF0503`.
pub(crate) fn removed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if of_static(edit) && edit.is_gone() {
        findings.push(
            edit.finding(format!("the static {} was removed", edit.name()), state(edit, OLD_CODE_ONLY)),
        );
    }
}

/// `MF0504`.
pub(crate) fn retyped(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if of_static(edit) && edit.differs(|unit| unit.signature) {
        findings.push(edit.finding(format!("the static {} has another type", edit.name()), new_type(edit)));
    }
}

fn new_type(edit: &Edit<'_>) -> Judgement {
    let is_kept = edit.can(Capability::KeepsStatics) || !edit.is_replaced();
    if is_kept { OLD_VALUE } else { STARTS_OVER }
}

/// `MF0505`.
pub(crate) fn thread_local_value_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if of_thread_local(edit) && edit.differs(|unit| unit.body) {
        let what = format!("the initial value of the thread local {} changed", edit.name());
        findings.push(edit.finding(what, state(edit, KEEPS_ITS_VALUE)));
    }
}

/// `MF0506`.
pub(crate) fn thread_local_added(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if of_thread_local(edit) && edit.is_new() {
        let judgement = if replaces_another(edit) { STARTS_OVER } else { state(edit, NEW_ONLY) };
        findings.push(edit.finding(format!("the thread local {} is new", edit.name()), judgement));
    }
}

/// `MF0507`.
pub(crate) fn thread_local_removed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if of_thread_local(edit) && edit.is_gone() {
        let what = format!("the thread local {} was removed", edit.name());
        findings.push(edit.finding(what, state(edit, OLD_CODE_ONLY)));
    }
}

/// `MF0508`.
pub(crate) fn thread_local_retyped(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if of_thread_local(edit) && edit.differs(|unit| unit.signature) {
        findings
            .push(edit.finding(format!("the thread local {} has another type", edit.name()), new_type(edit)));
    }
}

/// `MF0509`.
pub(crate) fn const_value_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if of_const(edit) && edit.differs(|unit| unit.body) {
        findings.push(edit.finding(format!("the value of {} changed", edit.name()), constant(edit)));
    }
}

fn constant(edit: &Edit<'_>) -> Judgement {
    if let Some(judgement) = edit.size() {
        return judgement;
    }
    if edit.is_replaced() { REBUILT_WITH_IT } else { EXECUTABLE_COPY }
}

/// `MF0510`.
pub(crate) fn const_added(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if of_const(edit) && edit.is_new() {
        let judgement = if edit.rebinds_its_name() { RESOLVES_ELSEWHERE } else { NEW_ONLY };
        findings.push(edit.finding(format!("the constant {} is new", edit.name()), judgement));
    }
}

/// `MF0511`.
pub(crate) fn const_removed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if of_const(edit) && edit.is_gone() {
        let why = "Its value is part of the code that used it.";
        let judgement =
            if edit.rebinds_its_name() { RESOLVES_ELSEWHERE } else { Judgement { why, ..edit.code() } };
        findings.push(edit.finding(format!("the constant {} was removed", edit.name()), judgement));
    }
}

/// `MF0512`.
pub(crate) fn const_retyped(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if of_const(edit) && edit.differs(|unit| unit.signature) {
        findings.push(edit.finding(format!("the constant {} has another type", edit.name()), constant(edit)));
    }
}
