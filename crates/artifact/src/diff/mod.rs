//! Two builds, and what differs between them for a process that runs the first.
//!
//! Everything is compared by name, never by order. A type is taken apart to its primitive leaves: where a nested
//! type changed, whatever holds it by value changed with it, and says so.

mod types;

use std::collections::BTreeSet;

use serde::Serialize;

use self::types::Types;
use crate::inventory::Inventory;

/// What kind of thing differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// A type is laid out in another way.
    Layout,
    /// A closure captures something else, or is another closure.
    Closure,
    /// The state of an async function, block or coroutine is laid out in another way.
    Coroutine,
    /// A slot of a vtable leads to another method.
    Vtable,
    /// A static has another type, was added or removed.
    Static,
    /// A function takes or returns something else.
    Signature,
    /// An exported function was added or removed.
    Export,
}

/// What a difference does to the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Old values and new code never meet.
    Safe,
    /// What was made before goes on with its old code.
    Deferred,
    /// Old values would be read by new code, or old callers call it.
    Restart,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// What kind of thing differs.
    pub kind: ChangeKind,
    /// The type, static, function or vtable.
    pub item: String,
    /// What it does to the process.
    #[serde(rename = "verdict")]
    pub effect: Effect,
    /// What differs, in a sentence.
    pub message: String,
    /// Why it has this effect, in a sentence.
    pub why: String,
    /// From where it is reached: a static, an exported function, else a function that handles it.
    pub path: String,
    /// The type held by value that changed, where it is only that.
    pub because: Option<String>,
    /// How it was laid out.
    pub before: Option<Shape>,
    /// How it is laid out.
    pub after: Option<Shape>,
}

/// A layout down to its primitive leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shape {
    /// Size in bytes.
    pub size: u64,
    /// Alignment in bytes; 0 where the debug information does not say.
    pub align: u64,
    /// What lies where.
    pub leaves: Vec<Leaf>,
    /// The variants of an enum with their discriminants.
    pub variants: Vec<(String, Option<u64>)>,
    /// Where the discriminant lies, or the niche that stands for it: offset and type.
    pub discriminant: Option<(u64, String)>,
}

/// A primitive value, a pointer, or a type of which no more is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Leaf {
    /// Offset in bytes.
    pub offset: u64,
    /// The fields that lead to it: `position.x`.
    pub field: String,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: String,
}

/// What differs, the worst first.
pub fn diff(old: &Inventory, new: &Inventory) -> Vec<Change> {
    let mut changes = Types::compared(old, new).changes();
    changes.extend(vtables(old, new));
    changes.extend(statics(old, new));
    changes.extend(exports(old, new));
    changes.extend(signatures(old, new));
    changes.sort_by(|a, b| {
        let key = |change: &Change| (std::cmp::Reverse(change.effect), change.because.is_some(), change.kind);
        (key(a), &a.item).cmp(&(key(b), &b.item))
    });
    changes
}

fn change(kind: ChangeKind, item: &str, effect: Effect, message: String, why: &str) -> Change {
    Change {
        kind,
        item: item.to_owned(),
        effect,
        message,
        why: why.to_owned(),
        path: String::new(),
        because: None,
        before: None,
        after: None,
    }
}

fn vtables(old: &Inventory, new: &Inventory) -> Vec<Change> {
    let both = old.vtables.iter().filter_map(|(name, methods)| Some((name, methods, new.vtables.get(name)?)));
    let changed = both.filter(|(_, before, after)| before != after);
    changed
        .map(|(name, before, after)| {
            let at = before.iter().zip(after).position(|(before, after)| before != after);
            let at = at.unwrap_or(before.len().min(after.len()));
            let slot = |methods: &[String]| match methods.get(at) {
                Some(method) if method.is_empty() => "a function of another library".to_owned(),
                Some(method) => format!("`{method}`"),
                None => "nothing".to_owned(),
            };
            let message = format!(
                "slot {} of the vtable of `{name}` led to {} and now leads to {}",
                at + 3,
                slot(before),
                slot(after)
            );
            let why = "Objects that exist have the old table; new code would call another method through it.";
            change(ChangeKind::Vtable, name, Effect::Restart, message, why)
        })
        .collect()
}

fn statics(old: &Inventory, new: &Inventory) -> Vec<Change> {
    let types = |types: &BTreeSet<String>| {
        types.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
    };
    let all: BTreeSet<&String> = old.statics.keys().chain(new.statics.keys()).collect();
    let changed = |name: &String| match (old.statics.get(name), new.statics.get(name)) {
        (Some(before), Some(after)) if before != after => Some((
            Effect::Restart,
            format!("the static `{name}` was {} and is now {}", types(before), types(after)),
            "It keeps its value, which new code would take for one of the other type.",
        )),
        (Some(_), None) => Some((
            Effect::Safe,
            format!("the static `{name}` is gone"),
            "The process keeps it; old code goes on with it.",
        )),
        (None, Some(_)) => {
            Some((Effect::Safe, format!("the static `{name}` is new"), "It starts with its initial value."))
        }
        _ => None,
    };
    let found = all.into_iter().filter_map(|name| Some((name, changed(name)?)));
    found
        .map(|(name, (effect, message, why))| change(ChangeKind::Static, name, effect, message, why))
        .collect()
}

fn exports(old: &Inventory, new: &Inventory) -> Vec<Change> {
    let gone = old.exports.difference(&new.exports).map(|name| {
        let message = format!("`{name}` is no longer exported");
        change(
            ChangeKind::Export,
            name,
            Effect::Restart,
            message,
            "The running program calls it by this name.",
        )
    });
    let come = new.exports.difference(&old.exports).map(|name| {
        let message = format!("`{name}` is exported now");
        change(
            ChangeKind::Export,
            name,
            Effect::Safe,
            message,
            "Nothing in the running program calls it yet.",
        )
    });
    gone.chain(come).collect()
}

/// Where there is one function of a name in each build. Closures are told of by what they capture; by their numbers
/// they can't be told apart.
fn signatures(old: &Inventory, new: &Inventory) -> Vec<Change> {
    let only = |signatures: &BTreeSet<String>| signatures.first().filter(|_| signatures.len() == 1).cloned();
    let named = old.functions.iter().filter(|(name, _)| !name.contains("{{closure}}"));
    let both = named.filter_map(|(name, before)| {
        let after = only(new.functions.get(name)?)?;
        Some((name, only(before)?, after))
    });
    both.filter(|(_, before, after)| before != after)
        .map(|(name, before, after)| {
            let message = format!("`{name}` was `{before}` and is now `{after}`");
            let (effect, why) = if old.exports.contains(name) {
                (Effect::Restart, "The running program calls it as it was.")
            } else {
                (Effect::Safe, "Whoever calls it is compiled with it.")
            };
            change(ChangeKind::Signature, name, effect, message, why)
        })
        .collect()
}
