//! Types, taken apart to their primitive leaves and compared by name.

use std::collections::{BTreeMap, BTreeSet};

use super::{Change, ChangeKind, Effect, Leaf, Shape};
use crate::compare::layout_message;
use crate::inventory::Inventory;
use crate::layout::TypeLayout;

/// Fields of fields of fields: no type of a person is deeper than this.
const DEPTH: usize = 40;

/// The types of both builds that are laid out in another way.
pub(super) struct Types<'a> {
    old: &'a Inventory,
    new: &'a Inventory,
    /// By name: the layouts of each build that the other has not.
    changed: BTreeMap<&'a str, (&'a TypeLayout, &'a TypeLayout)>,
    /// The enum of each type that holds a variant's fields.
    variants: BTreeMap<&'a str, &'a str>,
}

impl<'a> Types<'a> {
    pub(super) fn compared(old: &'a Inventory, new: &'a Inventory) -> Self {
        let mut changed = BTreeMap::new();
        for (name, layouts) in &old.types {
            let Some(now) = new.types.get(name) else { continue };
            let gone = layouts.iter().find(|layout| !now.iter().any(|now| is_same(name, layout, now)));
            let come = now.iter().find(|now| !layouts.iter().any(|layout| is_same(name, layout, now)));
            if let Some((gone, come)) = gone.zip(come) {
                changed.insert(name.as_str(), (gone, come));
            }
        }
        let mut variants = BTreeMap::new();
        for inventory in [old, new] {
            for (name, layout) in inventory.types.iter().filter_map(|(name, all)| Some((name, all.first()?)))
            {
                variants.extend(layout.variants.iter().map(|held| (held.type_name.as_str(), name.as_str())));
            }
        }
        variants.remove("");
        let mut types = Self { old, new, changed, variants };
        types.spread();
        types
    }

    /// What holds a changed type by value changed, even where its own fields look the same.
    fn spread(&mut self) {
        loop {
            let mut more = Vec::new();
            for (name, layouts) in &self.old.types {
                let Some(now) = self.new.types.get(name).and_then(|now| now.first()) else { continue };
                if let Some(layout) = layouts.first()
                    && !self.changed.contains_key(name.as_str())
                    && self.cause(layout).is_some()
                {
                    more.push((name.as_str(), (layout, now)));
                }
            }
            if more.is_empty() {
                return;
            }
            self.changed.extend(more);
        }
    }

    /// The first type held by value that changed.
    fn cause<'l>(&self, layout: &'l TypeLayout) -> Option<&'l str> {
        let members = layout.members.iter().map(|member| member.type_name.as_str());
        let variants = layout.variants.iter().map(|variant| variant.type_name.as_str());
        members.chain(variants).map(element).find(|name| self.changed.contains_key(name))
    }

    pub(super) fn changes(&self) -> Vec<Change> {
        let named = self.changed.iter();
        // A variant's fields are told of with their enum.
        let named = named.filter(|(name, _)| !self.variants.contains_key(*name) && !name.starts_with('['));
        named.map(|(name, (before, after))| self.change(name, before, after)).collect()
    }

    fn change(&self, name: &str, before: &TypeLayout, after: &TypeLayout) -> Change {
        let (message, because) = self.message(name, before, after);
        let kind = kind_of(name);
        let live = self.old.live.get(name);
        let (effect, why) = effect(kind, live.is_some(), self.old);
        let path = live.or_else(|| self.old.handled.get(name)).cloned().unwrap_or_default();
        Change {
            kind,
            item: name.to_owned(),
            effect,
            message,
            why: why.to_owned(),
            path,
            because,
            before: Some(shape(self.old, before)),
            after: Some(shape(self.new, after)),
        }
    }

    /// What differs, and the nested type that it is only about.
    fn message(&self, name: &str, before: &TypeLayout, after: &TypeLayout) -> (String, Option<String>) {
        for variant in &before.variants {
            let held = variant.type_name.as_str();
            if let Some((was, is)) = self.changed.get(held)
                && has_own_change(was, is)
                && let Some(message) = layout_message(held, was, is)
            {
                return (message, None);
            }
        }
        let cause = self.cause(before).filter(|_| !has_own_change(before, after));
        if let Some(cause) = cause.map(|cause| self.source(cause)) {
            return (format!("`{name}` holds `{cause}`, which is laid out in another way"), Some(cause));
        }
        let message = variant_message(name, before, after).or_else(|| layout_message(name, before, after));
        (message.unwrap_or_else(|| format!("`{name}` is laid out in another way")), None)
    }

    /// The innermost type that changed by itself.
    fn source(&self, name: &str) -> String {
        let mut name = name;
        let mut seen = BTreeSet::new();
        while let Some((before, after)) = self.changed.get(name).filter(|_| seen.insert(name)) {
            match self.cause(before).filter(|_| !has_own_change(before, after)) {
                Some(inner) => name = inner,
                None => break,
            }
        }
        self.variants.get(name).copied().unwrap_or(name).to_owned()
    }
}

fn is_same(name: &str, before: &TypeLayout, after: &TypeLayout) -> bool {
    layout_message(name, before, after).is_none() && variant_message(name, before, after).is_none()
}

/// Whether it is made of other things than before, wherever these lie.
fn has_own_change(before: &TypeLayout, after: &TypeLayout) -> bool {
    let made_of = |layout: &TypeLayout| {
        let members: BTreeSet<(String, String)> =
            layout.members.iter().map(|member| (member.name.clone(), member.type_name.clone())).collect();
        let variants: BTreeSet<(String, Option<u64>)> =
            layout.variants.iter().map(|variant| (variant.name.clone(), variant.discriminant)).collect();
        (members, variants)
    };
    made_of(before) != made_of(after)
}

/// What became of an enum's variants, by name.
fn variant_message(name: &str, before: &TypeLayout, after: &TypeLayout) -> Option<String> {
    let all = |layout: &TypeLayout| -> BTreeMap<String, Option<u64>> {
        layout.variants.iter().map(|variant| (variant.name.clone(), variant.discriminant)).collect()
    };
    let (old, new) = (all(before), all(after));
    if let Some(added) = new.keys().find(|variant| !old.contains_key(*variant)) {
        return Some(format!("`{name}` gained the variant `{added}`"));
    }
    if let Some(removed) = old.keys().find(|variant| !new.contains_key(*variant)) {
        return Some(format!("`{name}` lost the variant `{removed}`"));
    }
    let shown =
        |value: &Option<u64>| value.map_or_else(|| "any other value".to_owned(), |value| value.to_string());
    if let Some((variant, value)) = old.iter().find(|(variant, value)| new.get(*variant) != Some(value)) {
        let now = new.get(variant).copied().flatten();
        return Some(format!(
            "the variant `{variant}` of `{name}` was told by {} and now is by {}",
            shown(value),
            shown(&now)
        ));
    }
    (before.discriminant != after.discriminant).then(|| {
        let place = |layout: &TypeLayout| {
            let at = layout.discriminant.as_ref();
            at.map_or_else(|| "nowhere".to_owned(), |(offset, kind)| format!("at byte {offset} as {kind}"))
        };
        format!("what tells the variants of `{name}` was {} and is now {}", place(before), place(after))
    })
}

fn kind_of(name: &str) -> ChangeKind {
    if name.contains("{async_") || name.contains("{coroutine_") || name.contains("{gen_") {
        ChangeKind::Coroutine
    } else if name.contains("{closure_env#") {
        ChangeKind::Closure
    } else {
        ChangeKind::Layout
    }
}

/// What another layout does, and why.
fn effect(kind: ChangeKind, is_live: bool, old: &Inventory) -> (Effect, &'static str) {
    match kind {
        _ if is_live => {
            (Effect::Restart, "New code would read and write values of the old layout, at the wrong places.")
        }
        ChangeKind::Closure => (
            Effect::Deferred,
            "A closure that was made before goes on with its old code; new ones have the new code.",
        ),
        ChangeKind::Coroutine => (
            Effect::Deferred,
            "What is suspended finishes with its old code; what is called from now on runs the new.",
        ),
        _ if old.is_library() => (Effect::Safe, "No value of it outlives a call into the library."),
        _ => (
            Effect::Restart,
            "A function that runs during the swap may hold a value of the old layout and pass it to new code.",
        ),
    }
}

/// A layout down to its primitive leaves.
fn shape(inventory: &Inventory, layout: &TypeLayout) -> Shape {
    let mut leaves = Vec::new();
    add_leaves(
        inventory,
        layout,
        &Leaf { offset: 0, field: String::new(), type_name: String::new() },
        &mut leaves,
    );
    leaves.sort();
    leaves.dedup();
    Shape {
        size: layout.size,
        align: layout.align,
        leaves,
        variants: layout
            .variants
            .iter()
            .map(|variant| (variant.name.clone(), variant.discriminant))
            .collect(),
        discriminant: layout.discriminant.clone(),
    }
}

/// Adds what lies below `at`: fields, and the fields of each variant.
fn add_leaves(inventory: &Inventory, layout: &TypeLayout, at: &Leaf, leaves: &mut Vec<Leaf>) {
    let fields = layout.members.iter().map(|member| (member.offset, &member.name, &member.type_name));
    let variants = layout.variants.iter().filter(|variant| !variant.type_name.is_empty());
    let variants = variants.map(|variant| (0, &variant.name, &variant.type_name));
    for (offset, name, type_name) in fields.chain(variants) {
        let field = if at.field.is_empty() { name.clone() } else { format!("{}.{name}", at.field) };
        add_leaf(inventory, Leaf { offset: at.offset + offset, field, type_name: type_name.clone() }, leaves);
    }
}

fn add_leaf(inventory: &Inventory, mut leaf: Leaf, leaves: &mut Vec<Leaf>) {
    let inner = element(&leaf.type_name).to_owned();
    if inner != leaf.type_name {
        leaf.field.push_str("[..]");
        leaf.type_name = inner;
    }
    // Of two crates of one name, each may have a type that holds one of the other.
    let is_deep = leaf.field.matches('.').count() > DEPTH;
    match inventory.types.get(&leaf.type_name).and_then(|layouts| layouts.first()).filter(|_| !is_deep) {
        Some(layout) if !layout.members.is_empty() || layout.discriminant.is_some() => {
            add_leaves(inventory, layout, &leaf, leaves);
        }
        // Such as `PhantomData`, or a variant without fields.
        Some(layout) if layout.size == 0 => {}
        _ => leaves.push(leaf),
    }
}

/// What an array is made of: `T` in `[[T; 2]; 3]`. Any other type is itself.
fn element(type_name: &str) -> &str {
    let inner = type_name.strip_prefix('[').and_then(|rest| rest.rsplit_once("; "));
    inner.map_or(type_name, |(inner, _)| element(inner))
}
