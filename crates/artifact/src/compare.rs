//! Two artifacts, and what differs between them for a running process.

use crate::Artifact;
use crate::layout::{Member, Signature, TypeLayout};

/// What kind of thing differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DifferenceKind {
    /// A boundary function is no longer exported.
    ExportRemoved,
    /// There is a new boundary function.
    ExportAdded,
    /// A boundary function's parameters or return type changed.
    Signature,
    /// A type that live values have is laid out in another way.
    Layout,
    /// A slot of a live trait object's vtable leads to another method.
    Vtable,
    /// A static has another type.
    Static,
    /// A running process can't be given this code.
    Code,
    /// A boundary function can no longer be checked, since its debug information is missing.
    Unchecked,
}

/// One difference between what runs and what was built.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// What kind of thing differs.
    pub kind: DifferenceKind,
    /// The function or type.
    pub item: String,
    /// What differs, in a sentence.
    pub message: String,
    /// By which path live data is reached; empty where that does not apply.
    pub path: String,
    /// Whether loading the new artifact would corrupt or stop the process.
    pub fatal: bool,
}

impl Difference {
    /// A function whose old code goes on, since only code that holds on to old values calls it.
    pub fn held(function: &str, path: &str) -> Self {
        let item = format!("{:#}", rustc_demangle::demangle(function));
        let message = format!(
            "`{item}` handles values that are laid out in another way than before, and whoever holds the old \
             ones goes on calling its old code"
        );
        Self { path: path.to_owned(), ..difference(DifferenceKind::Layout, &item, message) }
    }

    /// Code that a process must be started with.
    pub fn of_code(message: String) -> Self {
        difference(DifferenceKind::Code, "", message)
    }
}

/// Compares what the process runs with what was built.
pub fn compare(old: &Artifact, new: &Artifact) -> Vec<Difference> {
    let mut differences = Vec::new();
    for name in old.exports.difference(&new.exports) {
        differences.push(difference(
            DifferenceKind::ExportRemoved,
            name,
            format!("`{name}` is no longer exported, and the running program calls it by that name"),
        ));
    }
    for name in new.exports.difference(&old.exports) {
        let message = format!("`{name}` is new; nothing in the running program calls it yet");
        let kind = DifferenceKind::ExportAdded;
        differences.push(Difference { fatal: false, ..difference(kind, name, message) });
    }
    for name in old.exports.intersection(&new.exports) {
        differences.extend(compare_signature(name, old.signatures.get(name), new.signatures.get(name)));
    }
    for (name, layout) in &old.types {
        if let Some(now) = new.types.get(name) {
            differences.extend(compare_layout(name, layout, now));
        }
    }
    for (name, methods) in &old.vtables {
        if let Some(now) = new.vtables.get(name) {
            differences.extend(compare_vtable(name, methods, now));
        }
    }
    differences
}

/// Only slots that both have count: a caller that was built with fewer methods never asks for more.
fn compare_vtable(name: &str, old: &[String], new: &[String]) -> Option<Difference> {
    let (before, after) = old.iter().zip(new).find(|(before, after)| before != after)?;
    let message = format!("where the vtable of `{name}` had `{before}` it now has `{after}`");
    Some(difference(DifferenceKind::Vtable, name, message))
}

fn difference(kind: DifferenceKind, item: &str, message: String) -> Difference {
    Difference { kind, item: item.to_owned(), message, path: String::new(), fatal: true }
}

fn compare_signature(name: &str, old: Option<&Signature>, new: Option<&Signature>) -> Option<Difference> {
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (None, None) => return None,
        (Some(_), None) | (None, Some(_)) => {
            let message = format!("`{name}` has debug information in only one of the two builds");
            return Some(difference(DifferenceKind::Unchecked, name, message));
        }
    };
    let types = |signature: &Signature| -> Vec<String> {
        signature.parameters.iter().map(|(_, type_name)| type_name.clone()).collect()
    };
    let (before, after) = (types(old), types(new));
    let message = if before != after {
        format!("`{name}` took ({}) and now takes ({})", before.join(", "), after.join(", "))
    } else if old.returns != new.returns {
        let unit = || "()".to_owned();
        let (before, after) = (old.returns.clone(), new.returns.clone());
        format!(
            "`{name}` returned {} and now returns {}",
            before.unwrap_or_else(unit),
            after.unwrap_or_else(unit)
        )
    } else {
        return None;
    };
    Some(difference(DifferenceKind::Signature, name, message))
}

fn compare_layout(name: &str, old: &TypeLayout, new: &TypeLayout) -> Option<Difference> {
    let message = layout_message(name, old, new)?;
    Some(Difference { path: old.reach.to_string(), ..difference(DifferenceKind::Layout, name, message) })
}

/// The most telling of what differs. A field that only changed its name, at the same offset with the same
/// type, does not count: old values read the same.
pub(crate) fn layout_message(name: &str, old: &TypeLayout, new: &TypeLayout) -> Option<String> {
    if let Some(message) = field_message(name, old, new) {
        return Some(message);
    }
    if (old.size, old.align) != (new.size, new.align) {
        return Some(format!(
            "`{name}` was {} bytes (alignment {}) and is now {} (alignment {})",
            old.size, old.align, new.size, new.align
        ));
    }
    let places = |layout: &TypeLayout| -> Vec<(u64, String)> {
        layout.members.iter().map(|member| (member.offset, member.type_name.clone())).collect()
    };
    if places(old) != places(new) {
        return Some(format!("`{name}` has other fields than before"));
    }
    if old.variants != new.variants || old.discriminant != new.discriminant {
        return Some(format!("the variants of `{name}` are told apart, or stored, in another way"));
    }
    None
}

/// What became of the fields, seen by name.
fn field_message(name: &str, old: &TypeLayout, new: &TypeLayout) -> Option<String> {
    let same_place = |member: &Member, layout: &TypeLayout| {
        layout.members.iter().any(|m| (m.offset, &m.type_name) == (member.offset, &member.type_name))
    };
    let missing = |from: &TypeLayout, in_layout: &TypeLayout| {
        let unknown = |member: &&Member| !in_layout.members.iter().any(|m| m.name == member.name);
        from.members.iter().filter(unknown).find(|member| !same_place(member, in_layout)).cloned()
    };
    if let Some(added) = missing(new, old) {
        return Some(format!("`{name}` gained the field `{}: {}`", added.name, added.type_name));
    }
    if let Some(removed) = missing(old, new) {
        return Some(format!("`{name}` lost the field `{}: {}`", removed.name, removed.type_name));
    }
    for member in &old.members {
        let Some(now) = new.members.iter().find(|m| m.name == member.name) else { continue };
        if now.type_name != member.type_name {
            return Some(format!(
                "the field `{}` of `{name}` was {} and is now {}",
                member.name, member.type_name, now.type_name
            ));
        }
        if now.offset != member.offset {
            return Some(format!(
                "the field `{}` of `{name}` moved from byte {} to byte {}",
                member.name, member.offset, now.offset
            ));
        }
    }
    None
}
