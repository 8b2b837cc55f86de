//! Old code that live data leads to: by pointers to functions, and by trait objects. New code must not hand it values of
//! changed types, nor take such from it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::swap::{ChangedTypes, all_types, signatures, types_of};
use crate::type_names::{is_of_function, mentions, split_outside, trait_of_object};
use crate::vtable::demangled;
use crate::walk::{ENVIRONMENT, Walk};
use crate::{Artifact, Error, Image, Signature};

/// What every closure implements.
const ONCE: &str = "core::ops::function::FnOnce";

/// What a process has the addresses of, by linker name: it may be called by who does not name it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses {
    /// Functions that pointers lead to.
    pub functions: BTreeSet<String>,
    /// Those of them that statics begin with.
    pub statics: BTreeMap<String, BTreeSet<String>>,
    /// The tables of methods.
    pub tables: BTreeSet<BTreeSet<String>>,
}

impl Addresses {
    /// Adds what is new in others.
    pub fn add(&mut self, others: &Self) {
        self.functions.extend(others.functions.iter().cloned());
        for (name, functions) in &others.statics {
            self.statics.entry(name.clone()).or_default().extend(functions.iter().cloned());
        }
        self.tables.extend(others.tables.iter().cloned());
    }

    /// All functions among them.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.functions.iter().chain(self.tables.iter().flatten())
    }

    /// The tables, each with its methods as people write them.
    fn readable(&self) -> Vec<(&BTreeSet<String>, Vec<String>)> {
        let readable = |table: &BTreeSet<String>| table.iter().map(|method| demangled(method)).collect();
        self.tables.iter().map(|table| (table, readable(table))).collect()
    }
}

/// Whether some of these methods are of a trait.
fn are_of_trait(methods: &[String], path: &str) -> bool {
    let default = format!("{path}::");
    let own = [format!(" as {path}>::"), format!(" as {path}<")];
    methods.iter().any(|name| name.starts_with(&default) || own.iter().any(|own| name.contains(own)))
}

/// The changed types that functions take or give.
pub fn handed(
    image: &Image,
    functions: &BTreeSet<String>,
    changed: &ChangedTypes,
) -> Result<BTreeSet<String>, Error> {
    let found = handed_by(std::slice::from_ref(image), functions, all_types, changed)?;
    Ok(found.into_iter().map(|(_, of)| of.to_owned()).collect())
}

/// Which functions take or give which changed types, as far as the images describe them and by those `types` of a
/// signature.
fn handed_by<'c>(
    all: &[Image],
    functions: &BTreeSet<String>,
    types: fn(&Signature) -> Vec<&str>,
    changed: &'c ChangedTypes,
) -> Result<Vec<(String, &'c str)>, Error> {
    let mut found = Vec::new();
    for image in all {
        let artifact = signatures(image, functions, false)?;
        let leading = Leading::of(&artifact, changed);
        for (function, signature) in &artifact.signatures {
            found.extend(leading.to_what(types(signature)).map(|of| (function.clone(), of)));
        }
    }
    Ok(found)
}

/// What is asked for.
pub(crate) struct Calls<'a> {
    /// Whose data is looked at.
    pub(crate) old: &'a Image,
    /// The images that describe functions.
    pub(crate) all: &'a [Image],
    /// What the process has the addresses of.
    pub(crate) addresses: &'a Addresses,
    pub(crate) changed: &'a ChangedTypes,
}

/// Changed types, each with the path by which code is called that takes or gives it.
type Found<'a> = BTreeMap<&'a str, String>;

impl<'a> Calls<'a> {
    /// What is found from all that was reached, which has not passed through the types of functions.
    pub(crate) fn reached(&self, reached: &Walk<'_>) -> Result<Found<'a>, Error> {
        let mut found = self.by_object(reached)?;
        found.extend(self.by_pointer(reached)?);
        found.extend(self.by_static()?);
        Ok(found)
    }

    /// By methods of trait objects, but for what they are called on.
    fn by_object(&self, reached: &Walk<'_>) -> Result<Found<'a>, Error> {
        let mut found = BTreeMap::new();
        let mut paths = HashMap::new();
        let tables = self.addresses.readable();
        for (name, layout) in &reached.artifact.types {
            let Some(of) = trait_of_object(name) else { continue };
            let path = || format!("{} → {name}", layout.reach);
            for of in self.changed.types.keys().filter(|of| mentions(name, of)) {
                found.entry(of.as_str()).or_insert_with(path);
            }
            // Debug information knows no tables of what a static begins with, and symbols do not say the trait of closures.
            let of = of.split('<').next().unwrap_or_default();
            let methods = self.old.index().methods(name, self.old.slots());
            let tables = tables.iter().filter(|(_, methods)| are_of_trait(methods, of));
            for method in methods.into_iter().chain(tables.flat_map(|(table, _)| table.iter().cloned())) {
                paths.entry(method).or_insert_with(path);
            }
        }
        let methods = paths.keys().cloned().collect();
        for (method, of) in handed_by(self.all, &methods, besides_self, self.changed)? {
            found.entry(of).or_insert_with(|| format!("{} → `{}`", paths[&method], demangled(&method)));
        }
        Ok(found)
    }

    /// By pointers to functions. Where no function of a pointer's type is pointed at, the type stands for one function
    /// (`Handler<fn() -> Future>`), and is called by nothing but the code that is made for it.
    fn by_pointer(&self, reached: &Walk<'_>) -> Result<Found<'a>, Error> {
        let mut pointed_at = BTreeSet::new();
        for image in self.all.iter().filter(|_| !reached.pointers.is_empty()) {
            let described = image.index().functions.iter();
            let mut walk = Walk::new(image.index(), image.slots());
            for (name, place) in described.filter(|(name, _)| self.addresses.functions.contains(*name)) {
                walk.function(name, *place).map_err(|error| image.damaged(error))?;
            }
            pointed_at.extend(walk.artifact.signatures.iter().map(as_pointer));
        }
        let mut walk = Walk::new(self.old.index(), self.old.slots());
        walk.passes_dyn = false;
        let mut pointers = Vec::new();
        for (name, function) in &reached.pointers {
            let signature = walk.function_type(*function).map_err(|error| self.old.damaged(error))?;
            if pointed_at.contains(&signature.to_string()) {
                pointers.push((name, signature));
            }
        }
        let leading = Leading::of(&walk.artifact, self.changed);
        let mut found = BTreeMap::new();
        for (name, signature) in pointers {
            let reach = &reached.artifact.types[name].reach;
            for of in leading.to_what(all_types(&signature)) {
                found.entry(of).or_insert_with(|| format!("{reach} → {name}"));
            }
        }
        Ok(found)
    }

    /// By pointers that a static began with, whatever its type says of them.
    fn by_static(&self) -> Result<Found<'a>, Error> {
        let statics: HashSet<&String> = self.old.index().statics.iter().map(|(name, _)| name).collect();
        let statics = self.addresses.statics.iter().filter(|(name, _)| statics.contains(name));
        let mut by_function = BTreeMap::new();
        for (name, functions) in statics {
            by_function.extend(functions.iter().map(|function| (function.clone(), name)));
        }
        let functions = by_function.keys().cloned().collect();
        let mut found = BTreeMap::new();
        for (function, of) in handed_by(self.all, &functions, all_types, self.changed)? {
            let name = by_function[&function];
            let path = || format!("static `{}` → `{}`", demangled(name), demangled(&function));
            found.entry(of).or_insert_with(path);
        }
        Ok(found)
    }
}

/// The type of a pointer to a function. A closure is pointed at by a function of the standard library, which takes the
/// closure and all of its parameters as one.
fn as_pointer((function, signature): (&String, &Signature)) -> String {
    let (mut signature, name) = (signature.clone(), demangled(function));
    if (name.starts_with(ONCE) || name.contains(&format!(" as {ONCE}")))
        && name.ends_with("::call_once")
        && let [_, (_, all)] = &signature.parameters[..]
        && let Some(all) = all.strip_prefix('(').and_then(|all| all.strip_suffix(')'))
    {
        let all = split_outside(all, ", ").filter(|one| !one.is_empty());
        signature.parameters = all.map(|one| (String::new(), one.to_owned())).collect();
    }
    signature.to_string()
}

/// What a method takes and gives besides what it is called on: its first parameter, or that of a closure or future, which
/// may be described a second time.
fn besides_self(signature: &Signature) -> Vec<&str> {
    let (mut parameters, returns) = types_of(signature);
    if !parameters.is_empty() {
        let of = parameters.remove(0);
        let is_environment = signature.parameters[0].0 == ENVIRONMENT;
        parameters.retain(|parameter| !is_environment || !mentions(parameter, of));
    }
    parameters.into_iter().chain(returns).collect()
}

/// For each changed type the types that lead to it.
struct Leading<'a, 'c> {
    changed: &'c ChangedTypes,
    by: Vec<(&'c str, HashSet<&'a str>)>,
}

impl<'a, 'c> Leading<'a, 'c> {
    fn of(artifact: &'a Artifact, changed: &'c ChangedTypes) -> Self {
        let mut owners: HashMap<&str, Vec<&str>> = HashMap::new();
        for (owner, layout) in artifact.types.iter().filter(|(name, _)| !is_of_function(name)) {
            for part in layout.made_of() {
                owners.entry(part).or_default().push(owner);
            }
        }
        let names = artifact.types.keys().map(String::as_str).chain(owners.keys().copied());
        let touching: HashSet<&str> = names.filter(|name| changed.touches(name)).collect();
        let leading = |of: &'c String| {
            let only = changed.only(of);
            let mut found: HashSet<&str> =
                touching.iter().copied().filter(|name| only.touches(name)).collect();
            let mut queue: Vec<&str> = found.iter().copied().collect();
            while let Some(name) = queue.pop() {
                let more = owners.get(name).into_iter().flatten().copied();
                queue.extend(more.filter(|owner| found.insert(owner)));
            }
            (of.as_str(), found)
        };
        Self { changed, by: changed.types.keys().map(leading).collect() }
    }

    /// The changed types that these lead to.
    fn to_what(&self, types: Vec<&str>) -> impl Iterator<Item = &'c str> {
        let touching: Vec<&str> = types.iter().copied().filter(|name| self.changed.touches(name)).collect();
        self.by.iter().filter_map(move |(of, leading)| {
            let is_led_to = types.iter().any(|name| leading.contains(name))
                || touching.iter().any(|name| self.changed.only(of).touches(name));
            is_led_to.then_some(*of)
        })
    }
}
