//! What names mean: paths followed through `use`, globs, re-exports and modules to the items that they lead to.
//!
//! Knows the crates of the workspace. What leads out of it is known by its path only, and what a macro or the prelude
//! brings is not known at all.

use std::collections::{HashMap, HashSet};

use crate::{Program, UnitKind};

/// Re-exports of re-exports: beyond this depth something goes in circles.
const DEEPEST: u32 = 32;

/// What a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// An item of the workspace, by its path.
    Item(String),
    /// Something of another crate, by the path that is written.
    Foreign(String),
    /// A macro may make it, the prelude may have it, or it does not exist.
    Unknown,
}

/// The names of a program, module by module.
#[derive(Debug, Default)]
pub(crate) struct Names<'a> {
    /// All items by path, and whether each is a module.
    items: HashMap<&'a str, bool>,
    crates: HashSet<&'a str>,
    imports: HashMap<&'a str, HashMap<&'a str, &'a str>>,
    globs: HashMap<&'a str, Vec<&'a str>>,
}

impl<'a> Names<'a> {
    pub(crate) fn of(program: &'a Program) -> Self {
        let mut names = Self::default();
        names.crates.extend(program.crates().iter().map(|krate| &*krate.name));
        for placed in program.files().flat_map(|(_, file)| file.units()) {
            let path = &*placed.unit.id.path;
            match (placed.unit.id.kind, placed.unit.target.as_deref()) {
                (UnitKind::Import, Some(target)) => {
                    let Some((module, name)) = path.rsplit_once("::use ") else { continue };
                    match target.strip_suffix("::*") {
                        Some(from) => names.globs.entry(module).or_default().push(from),
                        None => {
                            names.imports.entry(module).or_default().insert(name, target);
                        }
                    }
                }
                (
                    UnitKind::InherentImpl | UnitKind::TraitImpl | UnitKind::MacroCall | UnitKind::Opaque,
                    _,
                ) => {}
                (kind, _) => {
                    names.items.insert(path, kind == UnitKind::Module);
                    // The root of a crate is no unit of its own.
                    names.items.extend(path.split("::").next().map(|root| (root, true)));
                }
            }
        }
        names
    }

    /// What a path means that is written in a module.
    pub(crate) fn meaning(&self, module: &str, path: &str) -> Meaning {
        self.follow(module, path, DEEPEST)
    }

    /// All names that `use` brings in: module, name.
    pub(crate) fn imported(&self) -> impl Iterator<Item = (&'a str, &'a str)> + '_ {
        self.imports.iter().flat_map(|(module, names)| names.keys().map(|name| (*module, *name)))
    }

    /// The names that a module has for others; `None` where a glob of its own brings in more.
    pub(crate) fn in_module(&self, module: &str) -> Option<impl Iterator<Item = &'a str> + '_> {
        if self.globs.contains_key(module) {
            return None;
        }
        let inside = |path: &&'a str| {
            path.rsplit_once("::").filter(|(parent, _)| *parent == module).map(|(_, name)| name)
        };
        let items: Vec<_> = self.items.keys().filter_map(inside).collect();
        let imports = self.imports.get(module).into_iter().flat_map(|imports| imports.keys().copied());
        Some(items.into_iter().chain(imports))
    }

    fn follow(&self, module: &str, path: &str, depth: u32) -> Meaning {
        let Some(depth) = depth.checked_sub(1) else { return Meaning::Unknown };
        let root = module.split("::").next().unwrap_or(module);
        let mut segments = path.split("::").map(|segment| segment.strip_prefix("r#").unwrap_or(segment));
        let mut at = match segments.next() {
            Some("") => match segments.next() {
                Some(name) if self.crates.contains(name) => name.to_owned(),
                _ => return Meaning::Foreign(path.trim_start_matches(':').to_owned()),
            },
            Some("crate" | "$crate") => root.to_owned(),
            Some("self") => module.to_owned(),
            Some("super") => parent(module),
            Some(first) => match self.step(module, first, depth) {
                Meaning::Item(item) => item,
                // Through a name that leads out of the workspace.
                Meaning::Foreign(start) => return Meaning::Foreign(joined(start, segments)),
                Meaning::Unknown if self.crates.contains(first) => first.to_owned(),
                Meaning::Unknown if segments.clone().next().is_some() => {
                    return Meaning::Foreign(path.to_owned());
                }
                Meaning::Unknown => return Meaning::Unknown,
            },
            None => return Meaning::Unknown,
        };
        while let Some(segment) = segments.next() {
            at = match segment {
                "super" => parent(&at),
                "self" => at,
                _ => match self.step(&at, segment, depth) {
                    Meaning::Item(item) => item,
                    Meaning::Foreign(start) => return Meaning::Foreign(joined(start, segments)),
                    // A variant, or what an impl gives a type.
                    Meaning::Unknown if self.items.get(at.as_str()) == Some(&false) => {
                        format!("{at}::{segment}")
                    }
                    Meaning::Unknown => return Meaning::Unknown,
                },
            };
        }
        Meaning::Item(at)
    }

    /// A name in a module: its own item, else what is imported by name, else what a glob brings.
    fn step(&self, module: &str, name: &str, depth: u32) -> Meaning {
        let own = format!("{module}::{name}");
        if self.items.contains_key(own.as_str()) {
            return Meaning::Item(own);
        }
        if let Some(target) = self.imports.get(module).and_then(|imports| imports.get(name)) {
            // `use a::a` in `a` leads to the crate, not to itself.
            let is_itself = target.split("::").next() == Some(name);
            let is_crate = is_itself && self.crates.contains(name);
            return match (is_itself, is_crate) {
                (true, true) => self.follow(name, &format!("crate{}", &target[name.len()..]), depth),
                (true, false) => Meaning::Foreign((*target).to_owned()),
                (false, _) => self.follow(module, target, depth),
            };
        }
        let globs = self.globs.get(module).into_iter().flatten();
        let mut found = globs.filter_map(|glob| {
            let Meaning::Item(from) = self.follow(module, glob, depth) else { return None };
            let depth = depth.checked_sub(1).filter(|_| from != module)?;
            Some(self.step(&from, name, depth)).filter(|meaning| *meaning != Meaning::Unknown)
        });
        found.next().unwrap_or(Meaning::Unknown)
    }
}

fn parent(module: &str) -> String {
    module.rsplit_once("::").map_or(module, |(parent, _)| parent).to_owned()
}

fn joined<'s>(start: String, rest: impl Iterator<Item = &'s str>) -> String {
    rest.fold(start, |path, segment| format!("{path}::{segment}"))
}
