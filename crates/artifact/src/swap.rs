//! The gate of an in-place swap: a patch against the program that it is to be loaded into.
//!
//! New code is entered through redirected functions only. So a value of an old layout is met by new code only if it is
//! handed over there, or lies where everybody finds it. [`changed_types`] says which layouts differ, [`passes`] which
//! functions are handed values of them (those are never redirected: the patch has copies of its own), and [`kept`]
//! whether old values lie where the redirected functions find them. What is behind `dyn` brings its own code along in
//! its vtable; that is why closures and futures, which nothing but their own code can take apart, may always change.

use std::collections::{BTreeMap, BTreeSet};

use crate::called::{Addresses, Calls};
use crate::compare::{Difference, DifferenceKind, layout_message};
use crate::dwarf::{Index, Place};
use crate::type_names::{
    CLOSURE, as_symbols_say, is_anonymous, is_coroutine, is_of_function, is_of_the_toolchain, mentions,
    without_functions,
};
use crate::vtable::demangled;
use crate::walk::Walk;
use crate::{Artifact, Error, Image};

/// What ends a value. Its name says of which type.
const DROP_GLUE: &str = "core::ptr::drop_in_place<";

/// Pointers that say nothing of what they lead to.
const OPAQUE: [&str; 6] =
    ["*mut core::ffi::c_void", "*const core::ffi::c_void", "*mut ()", "*const ()", "*mut u8", "*const u8"];

/// The functions of a patch whose code is other than the process's, by linker name.
#[derive(Debug, Clone, Copy)]
pub struct Code<'a> {
    /// All of them.
    pub changed: &'a BTreeSet<String>,
    /// Those that differ in the lines only that their panics name: a call that is suspended may go on in them.
    pub same_steps: &'a BTreeSet<String>,
    /// Closures that may be others than those of the same name in the process.
    pub renumbered: &'a BTreeSet<String>,
    /// Statics that the patch has its own of: old code keeps the process's.
    pub renewed: &'a BTreeSet<String>,
}

/// Types whose values mean something else to new code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangedTypes {
    /// What changed, by the type's name.
    pub types: BTreeMap<String, String>,
    /// Those that a function takes or gives whose address is taken: who calls it by that pointer calls old code. Other
    /// types of functions in a type's name (`Handler<fn() -> Future>`) stand for one function, and have no values.
    pub by_pointer: BTreeSet<String>,
}

/// Whether a function is handed values of changed types, or gives them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passes {
    /// By this path.
    Yes(String),
    /// What its callers rely on is as it was.
    No,
    /// It has no debug information.
    Unknown,
}

impl ChangedTypes {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }

    /// Whether the name is one of these types, or a type that is made of one.
    pub fn touches(&self, name: &str) -> bool {
        let values = without_functions(name);
        let by_pointer = |changed: &String| self.by_pointer.contains(changed) && mentions(name, changed);
        self.types.keys().any(|changed| mentions(&values, changed) || by_pointer(changed))
    }

    /// One of them.
    pub(crate) fn only(&self, name: &str) -> Self {
        let types = BTreeMap::from([(name.to_owned(), String::new())]);
        Self { types, by_pointer: self.by_pointer.clone() }
    }

    /// Types that people can name, and whose values code of anybody may hold.
    pub fn named(&self) -> impl Iterator<Item = (&str, &str)> {
        let is_named = |(name, _): &(&str, &str)| !is_anonymous(name);
        self.types.iter().map(|(name, message)| (name.as_str(), message.as_str())).filter(is_named)
    }

    /// Whether the glue of a changed type is meant, which has no debug information: `drop_in_place<app::Tmp>`.
    pub fn touches_glue(&self, function: &str) -> bool {
        let name = demangled(function);
        self.types.keys().any(|changed| mentions(&name, &as_symbols_say(changed)))
    }
}

/// Types that both images have and that differ, as far as the patch describes them.
pub fn changed_types(old: &Image, new: &Image, code: &Code<'_>) -> Result<BTreeMap<String, String>, Error> {
    let mut changed = layouts(old.index(), new.index()).map_err(|error| new.damaged(error))?;
    for function in code.changed.iter().filter(|function| !code.same_steps.contains(*function)) {
        let Some(own) = first_parameter(old, function)?.filter(|name| is_coroutine(name)) else {
            continue;
        };
        let message = format!("`{}` goes on differently after an await", demangled(function));
        changed.insert(own, message);
    }
    for function in code.renumbered {
        if let Some(own) = first_parameter(old, function)?.filter(|name| name.contains(CLOSURE)) {
            changed.insert(own, format!("`{}` may be another closure than before", demangled(function)));
        }
    }
    Ok(changed)
}

fn layouts(before: &Index, after: &Index) -> gimli::Result<BTreeMap<String, String>> {
    let mut changed = BTreeMap::new();
    for (name, places) in after.types.iter().filter(|(name, _)| !is_of_the_toolchain(name)) {
        let Some(old_places) = before.types.get(name) else { continue };
        let message = |was: &Place, is: &Place| -> gimli::Result<Option<String>> {
            Ok(layout_message(name, &before.described(*was)?.layout, &after.described(*is)?.layout))
        };
        // Two versions of a crate have types of one name: any that agree are the same.
        let mut pairs = old_places.iter().flat_map(|was| places.iter().map(move |is| (was, is)));
        let Some((was, is)) = pairs.next() else { continue };
        let Some(first) = message(was, is)? else { continue };
        let mut is_same = false;
        for (was, is) in pairs {
            is_same = is_same || message(was, is)?.is_none();
        }
        if !is_same {
            changed.insert(name.to_string(), first);
        }
    }
    Ok(changed)
}

/// For each function whether it hands on values of changed types: from its signature in the old image, and in the new
/// one where it is there too.
pub fn passes(
    old: &Image,
    new: &Image,
    functions: &BTreeSet<String>,
    changed: &ChangedTypes,
) -> Result<BTreeMap<String, Passes>, Error> {
    let before = signatures(old, functions, false)?;
    let after = signatures(new, functions, false)?;
    let (made_before, made_after) = (made_for(old, functions, changed)?, made_for(new, functions, changed)?);
    let judge = |function: &String| {
        let (was, is) = (before.signatures.get(function), after.signatures.get(function));
        if let (Some(was), Some(is)) = (was, is)
            && types_of(was) != types_of(is)
        {
            return Passes::Yes(format!("`{}` has another signature", demangled(function)));
        }
        let mut reached =
            [(&before, was), (&after, is)].into_iter().filter(|(_, signature)| signature.is_some());
        let path = reached.find_map(|(artifact, signature)| reaches(artifact, signature?, changed));
        let path = path.or_else(|| made_before.get(function).or_else(|| made_after.get(function)).cloned());
        match path {
            Some(path) => Passes::Yes(format!("`{}` → {path}", demangled(function))),
            None if was.is_some() || is.is_some() => Passes::No,
            None if changed.touches_glue(function) => Passes::Yes(format!("`{}`", demangled(function))),
            None if demangled(function).starts_with(DROP_GLUE) => Passes::No,
            None => Passes::Unknown,
        }
    };
    Ok(functions.iter().map(|function| (function.clone(), judge(function))).collect())
}

/// Generic functions that are made for changed types, and may find values of them behind pointers that say nothing.
fn made_for(
    image: &Image,
    functions: &BTreeSet<String>,
    changed: &ChangedTypes,
) -> Result<BTreeMap<String, String>, Error> {
    let find = || -> gimli::Result<BTreeMap<String, String>> {
        let mut found = BTreeMap::new();
        let known = functions.iter().filter_map(|name| image.index().functions.get_key_value(name));
        let mut walk = Walk::new(image.index(), image.slots());
        walk.passes_dyn = false;
        for (function, place) in known {
            let arguments = walk.arguments(*place)?;
            if let Some(path) = leads_to(&walk.artifact, arguments.iter().map(String::as_str), changed) {
                found.insert(function.clone(), path);
            }
        }
        Ok(found)
    };
    find().map_err(|error| image.damaged(error))
}

/// Statics that have another type, and vtables that have other methods, whatever happens to the functions; functions
/// that are called from outside by name and have another signature.
pub fn differences(old: &Image, new: &Image, code: &Code<'_>) -> Result<Vec<Difference>, Error> {
    let mut found = retyped_statics(old, new, code.renewed).map_err(|error| new.damaged(error))?;
    let before = old.index().vtables(old.slots());
    for (name, methods) in new.index().vtables(new.slots()) {
        found.extend(before.get(&name).and_then(|was| vtable_difference(&name, was, &methods)));
    }
    let by_name: BTreeSet<String> =
        code.changed.iter().filter(|function| !crate::is_mangled(function)).cloned().collect();
    let (was, is) = (signatures(old, &by_name, false)?, signatures(new, &by_name, false)?);
    for (function, signature) in &was.signatures {
        if let Some(now) = is.signatures.get(function).filter(|now| types_of(now) != types_of(signature)) {
            let message = format!(
                "`{function}` was `{function}{signature}` and is now `{function}{now}`; code that is not rebuilt calls \
                 it by that name"
            );
            found.push(fatal(DifferenceKind::Signature, function, message, String::new()));
        }
    }
    Ok(found)
}

/// Where old values of the changed types that people can name lie, so that new code would meet them; and where pointers
/// and trait objects lie by which new code would hand values of changed types to old code.
///
/// `redirected`: the functions by which new code is entered. `addresses`: what the process has the addresses of, which
/// `all` images describe.
pub fn kept(
    old: &Image,
    all: &[Image],
    redirected: &BTreeSet<String>,
    addresses: &Addresses,
    changed: &ChangedTypes,
) -> Result<Vec<Difference>, Error> {
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    let reached = reached_from(old, redirected).map_err(|error| old.damaged(error))?;
    let opaque = opaque_pointer(old, redirected).map_err(|error| old.damaged(error))?;
    let main = redirected.iter().filter(|function| is_main(function)).cloned().collect();
    let held_by_main = holders(old, &main, changed)?.into_values().next();
    let called = Calls { old, all, addresses, changed }.reached(&reached)?;
    let mut found = Vec::new();
    for (name, message) in &changed.types {
        let by_type = || {
            let is_identified = old.index().identified.iter().any(|of| mentions(of, name));
            is_identified.then(|| format!("`TypeId::of::<{name}>()`: something finds it by its type alone"))
        };
        let as_value = || {
            let path = reached.artifact.types.get(name).map(|layout| layout.reach.to_string());
            path.or_else(by_type).or_else(|| opaque.clone()).or_else(|| held_by_main.clone())
        };
        let as_value = if is_anonymous(name) { None } else { as_value() };
        if let Some(path) = as_value.or_else(|| called.get(name.as_str()).cloned()) {
            found.push(fatal(DifferenceKind::Layout, name, message.to_owned(), path));
        }
    }
    Ok(found)
}

/// Functions that have values of changed types among their variables for as long as they run: by function, which.
pub fn holders(
    old: &Image,
    functions: &BTreeSet<String>,
    changed: &ChangedTypes,
) -> Result<BTreeMap<String, String>, Error> {
    let find = || -> gimli::Result<BTreeMap<String, String>> {
        let mut holders = BTreeMap::new();
        let mut walk = Walk::new(old.index(), old.slots());
        walk.passes_dyn = false;
        for (function, place) in functions.iter().filter_map(|name| old.index().functions.get_key_value(name))
        {
            for (name, type_name) in walk.locals(*place)? {
                let local = crate::Signature { parameters: vec![(name.clone(), type_name)], returns: None };
                if let Some(path) = reaches(&walk.artifact, &local, changed) {
                    holders.insert(
                        function.clone(),
                        format!("`{}` holds it: `{name}` → {path}", demangled(function)),
                    );
                    break;
                }
            }
        }
        Ok(holders)
    };
    find().map_err(|error| old.damaged(error))
}

/// Whether it is the program's own `main`, which is entered once.
pub fn is_main(function: &str) -> bool {
    let name = demangled(function);
    let mut segments = name.split("::");
    segments.next().is_some() && segments.next() == Some("main") && segments.next().is_none()
}

fn fatal(kind: DifferenceKind, item: &str, message: String, path: String) -> Difference {
    Difference { kind, item: item.to_owned(), message, path, fatal: true }
}

pub(crate) fn signatures(
    image: &Image,
    functions: &BTreeSet<String>,
    with_statics: bool,
) -> Result<Artifact, Error> {
    let walk = || -> gimli::Result<Artifact> {
        let mut walk = Walk::new(image.index(), image.slots());
        walk.passes_dyn = with_statics;
        for (name, place) in functions.iter().filter_map(|name| image.index().functions.get_key_value(name)) {
            walk.function(name, *place)?;
        }
        walk.run()?;
        Ok(walk.artifact)
    };
    walk().map_err(|error| image.damaged(error))
}

/// Everything that is found from the statics and by the functions given, through `dyn` too. What functions are handed
/// that pointers lead to is not found by these.
fn reached_from<'i>(image: &'i Image, functions: &BTreeSet<String>) -> gimli::Result<Walk<'i>> {
    let mut walk = Walk::new(image.index(), image.slots());
    walk.passes_functions = false;
    for (symbol, place) in &image.index().statics {
        walk.variable(&demangled(symbol), *place)?;
    }
    for (name, place) in functions.iter().filter_map(|name| image.index().functions.get_key_value(name)) {
        walk.function_as(name, &demangled(name), *place)?;
    }
    walk.run()?;
    Ok(walk)
}

fn opaque_pointer(image: &Image, functions: &BTreeSet<String>) -> gimli::Result<Option<String>> {
    for (name, place) in functions.iter().filter_map(|name| image.index().functions.get_key_value(name)) {
        let mut walk = Walk::new(image.index(), image.slots());
        walk.function(name, *place)?;
        let signature = walk.artifact.signatures.remove(name).unwrap_or_default();
        let locals = image.index().own_locals(*place)?.into_iter().map(|(_, of)| image.index().type_name(of));
        let parameters = signature.parameters.into_iter().map(|(_, type_name)| Ok(type_name));
        for found in locals.chain(parameters) {
            let found = found?;
            if OPAQUE.contains(&found.as_str()) {
                return Ok(Some(format!("`{}` has a `{found}`, which may lead to it", demangled(name))));
            }
        }
    }
    Ok(None)
}

fn retyped_statics(old: &Image, new: &Image, renewed: &BTreeSet<String>) -> gimli::Result<Vec<Difference>> {
    let types = |image: &Image| -> gimli::Result<BTreeMap<String, BTreeSet<String>>> {
        let mut types: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (symbol, place) in image.index().statics.iter().filter(|(symbol, _)| !renewed.contains(symbol)) {
            let mut walk = Walk::new(image.index(), image.slots());
            let type_name = walk.variable(symbol, *place)?;
            types.entry(demangled(symbol)).or_default().insert(type_name);
        }
        Ok(types)
    };
    let (before, after) = (types(old)?, types(new)?);
    let differ = after.iter().filter_map(|(name, is)| {
        let was = before.get(name).filter(|was| was.is_disjoint(is))?;
        let (was, is) = (was.first()?, is.first()?);
        let message = format!("the static `{name}` was {was} and is now {is}");
        Some(fatal(DifferenceKind::Static, name, message, format!("static `{name}`")))
    });
    Ok(differ.collect())
}

/// New code calls by the place in the table, and old objects have the old table. Methods only count by their own name:
/// which body they lead to is no matter.
fn vtable_difference(name: &str, was: &[String], is: &[String]) -> Option<Difference> {
    let method = |slot: &String| slot.rsplit("::").next().unwrap_or(slot).to_owned();
    let differs =
        was.iter().zip(is).find(|(was, is)| !was.is_empty() && !is.is_empty() && method(was) != method(is));
    let message = match differs {
        Some((was, is)) => format!("where the vtable of `{name}` has `{was}`, new code expects `{is}`"),
        None if is.len() > was.len() => {
            format!("the vtable of `{name}` has {} methods, and new code expects {}", was.len(), is.len())
        }
        None => return None,
    };
    Some(fatal(DifferenceKind::Vtable, name, message, format!("trait objects of `{name}` that exist")))
}

pub(crate) fn types_of(signature: &crate::Signature) -> (Vec<&str>, Option<&str>) {
    let parameters = signature.parameters.iter().map(|(_, type_name)| type_name.as_str()).collect();
    (parameters, signature.returns.as_deref())
}

/// What a function takes and gives.
pub(crate) fn all_types(signature: &crate::Signature) -> Vec<&str> {
    let (parameters, returns) = types_of(signature);
    parameters.into_iter().chain(returns).collect()
}

/// The path from a signature to a changed type.
fn reaches(artifact: &Artifact, signature: &crate::Signature, changed: &ChangedTypes) -> Option<String> {
    leads_to(artifact, all_types(signature).into_iter(), changed)
}

/// The first changed type that is found from these.
fn leads_to<'a>(
    artifact: &'a Artifact,
    types: impl Iterator<Item = &'a str>,
    changed: &ChangedTypes,
) -> Option<String> {
    let mut queue: Vec<&str> = types.collect();
    let mut seen: BTreeSet<&str> = queue.iter().copied().collect();
    while let Some(name) = queue.pop() {
        if changed.touches(name) {
            return Some(name.to_owned());
        }
        let Some(layout) = artifact.types.get(name).filter(|_| !is_of_function(name)) else { continue };
        queue.extend(layout.made_of().filter(|name| seen.insert(name)));
    }
    None
}

/// Those of the functions that go on with a future where it waits.
pub fn coroutines(image: &Image, functions: &BTreeSet<String>) -> Result<BTreeSet<String>, Error> {
    let mut found = BTreeSet::new();
    for function in functions {
        if first_parameter(image, function)?.is_some_and(|name| is_coroutine(&name)) {
            found.insert(function.clone());
        }
    }
    Ok(found)
}

fn first_parameter(image: &Image, function: &str) -> Result<Option<String>, Error> {
    let Some(place) = image.index().functions.get(function) else { return Ok(None) };
    let mut walk = Walk::new(image.index(), image.slots());
    walk.function(function, *place).map_err(|error| image.damaged(error))?;
    let signature = walk.artifact.signatures.remove(function);
    Ok(signature.and_then(|signature| signature.parameters.into_iter().next()).map(|(_, name)| name))
}
