//! Everything in a program or library that a process may hold on to: types, statics, signatures, vtables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use object::{Object, ObjectKind};
use serde::Serialize;

use crate::dwarf::{Index, load};
use crate::layout::TypeLayout;
use crate::vtable::{Slots, demangled};
use crate::walk::Walk;
use crate::{Error, exported_functions, parse};

/// How the debug information names the layout of a vtable.
const VTABLE_TYPE: &str = "::{vtable_type}";

/// What a built program or library consists of, by names that are the same in every build.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// Types by qualified name. Two versions of a crate have types of one name: all layouts are kept.
    pub(crate) types: BTreeMap<String, Vec<TypeLayout>>,
    /// The types of values that outlive a call: reached from a static or an exported function; the path.
    pub(crate) live: BTreeMap<String, String>,
    /// Statics and thread locals with their types.
    pub(crate) statics: BTreeMap<String, BTreeSet<String>>,
    /// The functions that handle values of a type; the path from one of them.
    pub(crate) handled: BTreeMap<String, String>,
    /// Functions that are not generic, with their signatures. Two versions of a crate have functions of one name.
    pub(crate) functions: BTreeMap<String, BTreeSet<String>>,
    /// Functions that a program can look up by name.
    pub(crate) exports: BTreeSet<String>,
    /// The methods of vtables, slot by slot, by `<T as Trait>`.
    pub(crate) vtables: BTreeMap<String, Vec<String>>,
}

/// How much there is in an inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Types.
    pub types: usize,
    /// Functions.
    pub functions: usize,
    /// Statics and thread locals.
    pub statics: usize,
    /// Vtables.
    pub vtables: usize,
}

impl Inventory {
    /// Reads a program or a dynamic library.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.into(), source })?;
        let file = parse(path, &bytes)?;
        if !matches!(file.kind(), ObjectKind::Executable | ObjectKind::Dynamic) {
            return Err(Error::NotLinked { path: path.into() });
        }
        let inventory = Self::of(&file).map_err(|source| Error::Dwarf { path: path.into(), source })?;
        inventory.ok_or_else(|| Error::NoDebugInfo { path: path.into() })
    }

    /// `None` where the debug information does not describe types.
    fn of(file: &object::File<'_>) -> gimli::Result<Option<Self>> {
        let index = Index::of(load(file)?)?;
        if !index.describes_types() {
            return Ok(None);
        }
        let slots = Slots::new(file);
        let mut walk = Walk::new(&index, &slots);
        let mut inventory = Self { exports: exported_functions(file), ..Self::default() };
        for (symbol, place) in &index.statics {
            let name = demangled(symbol);
            let type_name = walk.variable(&name, *place)?;
            inventory.statics.entry(name).or_default().insert(type_name);
        }
        for (symbol, place) in
            index.functions.iter().filter(|(symbol, _)| inventory.exports.contains(*symbol))
        {
            walk.function(symbol, *place)?;
        }
        walk.run()?;
        inventory.live = paths(&walk);
        for (symbol, place) in &index.functions {
            let name = demangled(symbol);
            walk.function(&name, *place)?;
            let signature = walk.artifact.signatures.remove(&name).unwrap_or_default();
            if !index.is_generic(*place)? {
                inventory.functions.entry(name).or_default().insert(signature.to_string());
            }
        }
        walk.run()?;
        inventory.handled = paths(&walk);
        inventory.types(&index, &mut walk)?;
        inventory.vtables = walk.artifact.vtables;
        Ok(Some(inventory))
    }

    /// Every layout of every type: those with a name wherever they are described, and what they are made of.
    fn types(&mut self, index: &Index, walk: &mut Walk<'_>) -> gimli::Result<()> {
        for (name, places) in index.types.iter().filter(|(name, _)| !name.ends_with(VTABLE_TYPE)) {
            let known = self.types.entry(name.to_string()).or_default();
            for place in places {
                let layout = without_slots(index.described(*place)?.layout.clone());
                walk.reach_type(*place);
                if !known.contains(&layout) {
                    known.push(layout);
                }
            }
        }
        walk.run()?;
        for (name, layout) in &walk.artifact.types {
            if !name.ends_with(VTABLE_TYPE) {
                self.types.entry(name.clone()).or_insert_with(|| vec![without_slots(layout.clone())]);
            }
        }
        Ok(())
    }

    /// How many types, functions, statics and vtables it has.
    pub fn counts(&self) -> Counts {
        Counts {
            types: self.types.len(),
            functions: self.functions.len(),
            statics: self.statics.len(),
            vtables: self.vtables.len(),
        }
    }

    /// Whether it is a library whose exported functions are all that a program knows of it.
    pub(crate) fn is_library(&self) -> bool {
        !self.exports.is_empty()
    }
}

/// The debug information gives a pointer to a trait object the number of the trait's methods. Vtables are
/// compared by themselves, slot by slot.
fn without_slots(mut layout: TypeLayout) -> TypeLayout {
    for member in layout.members.iter_mut().filter(|member| member.name == "vtable") {
        if member.type_name.starts_with("&[usize; ") {
            "*const ()".clone_into(&mut member.type_name);
        }
    }
    layout
}

/// How each type was reached up to now.
fn paths(walk: &Walk<'_>) -> BTreeMap<String, String> {
    let reached = walk.artifact.types.iter();
    reached.map(|(name, layout)| (name.clone(), layout.reach.to_string())).collect()
}
