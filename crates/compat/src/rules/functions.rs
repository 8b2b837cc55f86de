//! `MF01xx`: functions and methods.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Aspect, Edit, Finding, Judgement, NEW_ONLY, RESTART, SAFE};
use crate::compare::differing;
use crate::members::{MemberEdit, diff};
use crate::reach::keys;
use crate::{Capability, FileUnits, Fingerprint, Flag, Name, Unit, UnitKind, Verdict};

const NOT_RUN_AGAIN: Judgement = Judgement {
    verdict: Verdict::Deferred,
    effect: "it does not run again; restart to see the new code",
    why: "The function runs once per process, and it has run or is running.",
    remedy: "restart the program when you want to see it",
};

const NEVER_RETURNS: Judgement = Judgement {
    verdict: Verdict::Deferred,
    effect: "a call of it that is running goes on with the old code",
    why: "Nothing leaves a loop of it, so that a call that is running never returns.",
    remedy: "move what should change while it runs into a function that the loop calls, or restart",
};

const OLD_SIGNATURE_CALLED: Judgement = Judgement {
    verdict: Verdict::Restart,
    effect: "the executable calls it with the old signature; rebuild and restart to apply",
    why: "The caller was compiled for the old parameters and return type and is not replaced with the callee.",
    remedy: "rebuild and restart the program to apply",
};

const OLD_POINTER_CALLED: Judgement = Judgement {
    verdict: Verdict::Restart,
    effect: "pointers to it may be stored with the old signature; restart to apply",
    why: "The function is used as a value somewhere. A stored `fn` pointer or `dyn Fn` keeps calling with the old parameters.",
    remedy: "restart the program to apply",
};

const OLD_ONE_LIVES_ON: Judgement = Judgement {
    verdict: Verdict::Deferred,
    effect: "code that runs now may still call the old one",
    why: "Callers that are in progress, and pointers made before, still lead to the removed function.",
    remedy: "",
};

const LOOKED_UP_BY_NAME: Judgement = Judgement {
    verdict: Verdict::Restart,
    effect: "the executable looks it up by name and would panic; rebuild and restart to apply",
    why: "The executable was compiled to find this symbol in the library at every call.",
    remedy: "keep the function under its old name, or rebuild and restart the program",
};

const CALLER_NOT_BUILT: Judgement = Judgement {
    verdict: Verdict::Deferred,
    effect: "nothing calls it until the executable is rebuilt and restarted",
    why: "The executable knows only the boundary functions that it was compiled with.",
    remedy: "rebuild and restart the program to call it",
};

const LIVE_FUTURES: Judgement = Judgement {
    verdict: Verdict::Restart,
    effect: "futures in flight have the old layout; restart to apply",
    why: "The locals across each `await` are stored in the future. A future made by old code would be polled by new code.",
    remedy: "restart the program to apply",
};

const BUILT_FUTURES: Judgement = Judgement {
    verdict: Verdict::Unknown,
    effect: "only the build can tell whether futures in flight still fit",
    why: "The locals across each `await` are stored in the future, and the text alone does not show which those are.",
    remedy: "save: the built futures are compared before anything is swapped",
};

const BUILT_CLOSURES: Judgement = Judgement {
    verdict: Verdict::Unknown,
    effect: "only the build can tell whether stored closures still fit",
    why: "A closure stores what it captures. One that was stored before the swap has the old captures.",
    remedy: "save: the built closures are compared before anything is swapped",
};

const STORED_CLOSURES: Judgement = Judgement {
    verdict: Verdict::Restart,
    effect: "stored closures have the old captures; restart to apply",
    why: "Closures are known by their number in the function: a stored one may be bound to another one's code.",
    remedy: "restart the program to apply",
};

const BAKED_IN: Judgement = Judgement {
    verdict: Verdict::Deferred,
    effect: "values computed at compile time keep their old value until everything is rebuilt",
    why: "What a `const fn` computed for constants is baked into the code that uses them.",
    remedy: "restart the program to see it everywhere",
};

const ONLY_NEW_SYMBOLS: Judgement = Judgement {
    verdict: Verdict::Deferred,
    effect: "takes effect where callers are entered anew",
    why: "Other parameters make another symbol; calls in progress keep the old one.",
    remedy: "",
};

const RENUMBERED: Judgement = Judgement {
    verdict: Verdict::Restart,
    effect: "a stored closure may be bound to another one's code; restart to apply",
    why: "Closures are known by their number in the function, and another row of them gives them other numbers.",
    remedy: "restart the program to apply",
};

const FOREIGN_CALLERS: Judgement = Judgement {
    verdict: Verdict::Restart,
    effect: "whoever calls it by its symbol calls it the old way; restart to apply",
    why: "Callers in other languages find it by its symbol and are not compiled again.",
    remedy: "rebuild and restart the program to apply",
};

const LIVE_SCOPE: Judgement = Judgement {
    verdict: Verdict::Restart,
    effect: "those that are alive have the old layout; restart to apply",
    why: "What a future or a closure stores follows from what the function names, though its own text is as it was.",
    remedy: "restart the program to apply",
};

const BUILT_SCOPE: Judgement = Judgement {
    verdict: Verdict::Unknown,
    effect: "only the build can tell whether those that are alive still fit",
    remedy: "save: the built futures and closures are compared before anything is swapped",
    ..LIVE_SCOPE
};

const INLINED_COPIES: Judgement = Judgement {
    verdict: Verdict::Deferred,
    effect: "copies inlined elsewhere stay as they are until rebuilt",
    why: "Code that is not replaced may hold an inlined copy, compiled the old way.",
    remedy: "restart the program to see it everywhere",
};

/// `MF0101`.
pub(crate) fn body_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    let is_special = runs_on(edit) || edit.has(Flag::Async) || edit.has(Flag::Const);
    if edit.kind().is_function() && !is_special && edit.differs(|unit| unit.body) {
        findings.push(edit.finding(format!("the body of {} changed", edit.name()), edit.code()));
    }
}

/// `MF0102`.
pub(crate) fn signature_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    let is_plain = !crosses(edit) && !is_stored(edit);
    if edit.kind().is_function() && is_plain && edit.differs(|unit| unit.signature) {
        let why = "Everything that calls it is compiled again with it.";
        let judgement = Judgement { why, ..edit.code() };
        let judgement = if judgement.verdict == Verdict::Safe { judgement } else { edit.code() };
        findings.push(edit.finding(format!("the signature of {} changed", edit.name()), judgement));
    }
}

/// `MF0103`.
pub(crate) fn boundary_signature_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.kind().is_function() && crosses(edit) && edit.differs(|unit| unit.signature) {
        let what = format!("the signature of the boundary function {} changed", edit.name());
        findings.push(edit.finding(what, OLD_SIGNATURE_CALLED));
    }
}

/// `MF0104`.
pub(crate) fn pointer_signature_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.kind().is_function() && !crosses(edit) && is_stored(edit) && edit.differs(|unit| unit.signature) {
        findings.push(edit.finding(format!("the signature of {} changed", edit.name()), OLD_POINTER_CALLED));
    }
}

/// `MF0105`.
pub(crate) fn added(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if !edit.kind().is_function() || !edit.is_new() {
        return;
    }
    let is_new_boundary =
        edit.has(Flag::Boundary) && !edit.can(Capability::BindsNewBoundaries) && !keeps_its_symbol(edit);
    let judgement = match (edit.is_replaced(), is_new_boundary) {
        (true, true) => CALLER_NOT_BUILT,
        (true, false) => NEW_ONLY,
        (false, _) => edit.code(),
    };
    let what = match elsewhere(edit) {
        Some(path) => format!("{} moved here from `{path}` (removed there, new here)", edit.name()),
        None => format!("{} is new", edit.name()),
    };
    findings.push(edit.finding(what, judgement));
}

/// `MF0106`.
pub(crate) fn removed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.kind().is_function() && edit.is_gone() {
        let is_looked_up =
            edit.is_boundary() && !edit.can(Capability::KeepsRemovedCode) && edit.is_replaced();
        let is_looked_up = is_looked_up && !keeps_its_symbol(edit);
        let judgement = if is_looked_up { LOOKED_UP_BY_NAME } else { OLD_ONE_LIVES_ON };
        let what = match elsewhere(edit) {
            Some(path) => format!("{} moved to `{path}` (removed here, new there)", edit.name()),
            None => format!("{} was removed", edit.name()),
        };
        findings.push(edit.finding(what, judgement));
    }
}

/// Whether a boundary function that comes or goes is, or was, elsewhere under the same symbol, to be called the same way.
fn keeps_its_symbol(edit: &Edit<'_>) -> bool {
    let unit = edit.placed().unit;
    let of = |unit: &Unit| unit.attributes.as_deref().map(|read| (read.export.clone(), read.abi, read.cfg));
    let (old, new) = edit.programs;
    let other = if edit.is_new() { old } else { new };
    let is_it = |found: &Unit| {
        found.flags.has(Flag::Boundary)
            && of(found) == of(unit)
            && found.signature == unit.signature
            && found.generics == unit.generics
    };
    let files = differing(old, new).into_iter().filter_map(|path| other.file(&path));
    unit.flags.has(Flag::Boundary) && files.flat_map(|file| file.units()).any(|placed| is_it(placed.unit))
}

/// Where a function that comes or goes is, or was, in another module: one of the same name that does the same, and that
/// only one of the programs has there.
fn elsewhere(edit: &Edit<'_>) -> Option<String> {
    let unit = edit.placed().unit;
    let (old, new) = edit.programs;
    let (with, without) = if edit.is_new() { (old, new) } else { (new, old) };
    let is_it = |other: &Unit| {
        other.body == unit.body
            && other.signature == unit.signature
            && other.id.kind == unit.id.kind
            && other.id.name() == unit.id.name()
    };
    differing(old, new).into_iter().find_map(|path| {
        let found = with.file(&path)?.units().find(|placed| is_it(placed.unit))?;
        let is_there = |file: &Arc<FileUnits>| file.units().any(|placed| placed.unit.id == found.unit.id);
        (!without.file(&path).is_some_and(is_there)).then(|| found.unit.id.path.to_string())
    })
}

/// Whether it runs once, or calls of what it was before never return.
fn runs_on(edit: &Edit<'_>) -> bool {
    let never_returned = edit.before.is_some_and(|placed| placed.unit.flags.has(Flag::Endless));
    edit.has(Flag::RunsOnce) || (never_returned && !edit.has(Flag::Async))
}

/// `MF0107`.
pub(crate) fn run_once_body_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.kind().is_function() && runs_on(edit) && edit.differs(|unit| unit.body) {
        let judgement = match edit.has(Flag::RunsOnce) {
            true if edit.has(Flag::Async) && edit.is_replaced() => futures(edit),
            true => NOT_RUN_AGAIN,
            false if edit.is_replaced() => NEVER_RETURNS,
            false => edit.code(),
        };
        findings.push(edit.finding(format!("the body of {} changed", edit.name()), judgement));
    }
}

/// `MF0108`.
pub(crate) fn async_body_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    let is_async = edit.has(Flag::Async) && !edit.has(Flag::RunsOnce);
    if edit.kind().is_function() && is_async && edit.differs(|unit| unit.body) {
        let judgement = if edit.is_replaced() { futures(edit) } else { edit.code() };
        findings.push(edit.finding(format!("the body of {} changed", edit.name()), judgement));
    }
}

fn futures(edit: &Edit<'_>) -> Judgement {
    if edit.can(Capability::ComparesLayouts) { BUILT_FUTURES } else { LIVE_FUTURES }
}

/// `MF0109`.
pub(crate) fn closure_captures_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    let is_async = edit.has(Flag::Async) && !edit.has(Flag::RunsOnce);
    if is_async || !edit.aspect_differs(Aspect::Environments) {
        return;
    }
    let judgement = match edit.can(Capability::ComparesLayouts) {
        _ if !edit.is_replaced() => edit.code(),
        true => BUILT_CLOSURES,
        false => STORED_CLOSURES,
    };
    findings.push(edit.finding(format!("the closures in {} capture something else", edit.name()), judgement));
}

/// `MF0110`.
pub(crate) fn const_body_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    let is_const = edit.has(Flag::Const) && !runs_on(edit) && !edit.has(Flag::Async);
    if edit.kind().is_function() && is_const && edit.differs(|unit| unit.body) {
        let judgement = match edit.size() {
            Some(judgement) => judgement,
            None if edit.can(Capability::RebuildsCallers) => edit.code(),
            None => BAKED_IN,
        };
        findings.push(edit.finding(format!("the body of the `const fn` {} changed", edit.name()), judgement));
    }
}

/// `MF0111`.
pub(crate) fn generics_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.kind().is_function() && edit.differs(|unit| unit.generics) {
        let judgement = match edit.can(Capability::MatchesSymbols) {
            _ if crosses(edit) => OLD_SIGNATURE_CALLED,
            _ if is_stored(edit) => OLD_POINTER_CALLED,
            true => ONLY_NEW_SYMBOLS,
            false => edit.code(),
        };
        findings.push(edit.finding(format!("the generic parameters of {} changed", edit.name()), judgement));
    }
}

/// `MF0112`.
pub(crate) fn boundary_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.attribute_differs(|attributes| attributes.export.clone()) {
        let was_boundary = edit.before.is_some_and(|placed| placed.unit.flags.has(Flag::Boundary));
        let judgement = match edit.can(Capability::BindsNewBoundaries) {
            true if edit.can(Capability::ComparesLayouts) => SAFE,
            true => ONLY_NEW_SYMBOLS,
            false if was_boundary => LOOKED_UP_BY_NAME,
            false => CALLER_NOT_BUILT,
        };
        findings.push(edit.finding(format!("the exported symbol of {} changed", edit.name()), judgement));
    }
}

/// `MF0113`.
pub(crate) fn code_generation_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.attribute_differs(|attributes| attributes.codegen) {
        let judgement = match (edit.kind().is_function(), edit.can(Capability::RedirectsOldPointers)) {
            (true, true) => edit.code(),
            (true, false) => INLINED_COPIES,
            (false, _) => RESTART,
        };
        findings.push(edit.finding(format!("how {} is compiled changed", edit.name()), judgement));
    }
}

/// `MF0114`.
pub(crate) fn closures_renumbered(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    let is_of_closures = edit.kind().is_function() && edit.can(Capability::MatchesSymbols);
    let had_any = edit.before.is_some_and(|placed| placed.unit.environments != Fingerprint::default());
    let is_told = edit.aspect_differs(Aspect::Environments) || edit.has(Flag::Async);
    if is_of_closures && had_any && !is_told && edit.differs(|unit| unit.environments) {
        findings.push(edit.finding(format!("the closures in {} are others", edit.name()), RENUMBERED));
    }
}

/// `MF0115`.
pub(crate) fn bounds_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.kind().is_function() && edit.differs(|unit| unit.bounds) {
        let what = format!("what callers of {} must keep to changed", edit.name());
        findings.push(edit.finding(what, edit.code()));
    }
}

/// `MF0116`.
pub(crate) fn lifetimes_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.kind().is_function() && edit.differs(|unit| unit.lifetimes) {
        let judgement = if edit.can(Capability::MatchesSymbols) { ONLY_NEW_SYMBOLS } else { edit.code() };
        findings.push(
            edit.finding(format!("the lifetimes in the signature of {} changed", edit.name()), judgement),
        );
    }
}

/// `MF0117`.
pub(crate) fn abi_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.kind().is_function() && edit.attribute_differs(|attributes| attributes.abi) {
        let judgement = match () {
            () if edit.has(Flag::Boundary) => FOREIGN_CALLERS,
            () if crosses(edit) => OLD_SIGNATURE_CALLED,
            () if is_stored(edit) => OLD_POINTER_CALLED,
            () => edit.code(),
        };
        findings.push(edit.finding(format!("the ABI of {} changed", edit.name()), judgement));
    }
}

/// `MF0118`. Bodies that are as they were are judged again when what they name is not.
pub(crate) fn scope_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if edit.pair().is_some_and(|(before, after)| before.same_as(after)) {
        return;
    }
    let index = edit.programs.0.index();
    let makers = renamed(edit).into_iter().flat_map(|name| index.scopes_of(name));
    let Some(maker) = makers.filter(|maker| edit.reaches_into(&maker.file)).map(|maker| &maker.path).min()
    else {
        return;
    };
    let judgement = match edit.can(Capability::ComparesLayouts) {
        _ if !edit.is_replaced() => edit.code(),
        true => BUILT_SCOPE,
        false => LIVE_SCOPE,
    };
    findings
        .push(edit.finding(format!("`{maker}` makes futures or closures with {}", edit.name()), judgement));
}

/// The names that mean something else by an edit, as far as it shows in what a future or a closure stores.
fn renamed(edit: &Edit<'_>) -> HashSet<Name> {
    let placed = edit.before.unwrap_or(edit.placed());
    let is_computed = edit.has(Flag::Const) || matches!(edit.kind(), UnitKind::Const | UnitKind::Import);
    match (edit.kind(), edit.pair()) {
        _ if is_computed => edit.programs.0.index().computed_from(placed.unit),
        (UnitKind::Function | UnitKind::Method, Some((before, after)))
            if before.signature != after.signature =>
        {
            keys(before).into_iter().collect()
        }
        (UnitKind::Trait, Some((before, after))) => {
            let changed = |item| match item {
                MemberEdit::Changed(before, after) if before.signature != after.signature => {
                    Some(Name::new(&before.name))
                }
                _ => None,
            };
            diff(&before.members, &after.members).into_iter().filter_map(changed).collect()
        }
        _ => HashSet::new(),
    }
}

/// Whether callers that are not replaced call it.
fn crosses(edit: &Edit<'_>) -> bool {
    !edit.can(Capability::RebuildsCallers) && edit.is_boundary()
}

/// Whether the baseline uses the function as a value, so that a pointer to it may be stored.
fn is_stored(edit: &Edit<'_>) -> bool {
    let index = edit.programs.0.index();
    edit.before.is_some_and(|placed| index.is_used_as_value(placed.unit.id.name()))
}
