//! Which types can have values that new code meets.
//!
//! Where [calls in progress finish with the old code](crate::Capability::FinishesOldCalls), new code makes new values. Only a value that is kept somewhere brings the two together: in a static, behind
//! `dyn`, with a caller from outside, or by a function that runs as long as the program does. [`Lives::kept`] looks
//! for such a place, by name, and finds one where in doubt: names are not resolved, and what a macro or a foreign trait
//! does with a type is not known.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::known::{HARMLESS, HIDING, STARTING};
use crate::{Flag, Name, Program, Role, Unit, UnitKind};

/// Where the values of a program can be kept.
#[derive(Debug, Default)]
pub(crate) struct Lives {
    /// Types and aliases by the names that they are made of.
    holders: HashMap<Name, Vec<Place>>,
    /// Types by their own name.
    types: HashMap<Name, Vec<Place>>,
    functions: Vec<Function>,
    /// What is neither: statics, traits, macros, associated types. Whatever they name is kept.
    others: Vec<Place>,
    /// For each type the traits that it implements.
    traits: HashMap<Name, BTreeSet<String>>,
    own_traits: HashSet<Name>,
    /// Names that stand near a `dyn`.
    dynamic: HashSet<Name>,
    /// Values are known by their type alone, or pass through untyped pointers.
    hides_types: bool,
    has_main: bool,
    /// What was asked before: the same type is asked for at every keystroke in it.
    answers: Mutex<HashMap<(Box<str>, bool), Kept>>,
}

/// Whether old values of a type can meet new code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Calls in progress have all that there are.
    Never,
    /// They may be kept here: a path to the type, for people.
    By(String),
    /// Nothing uses it that could be looked at.
    Unknown,
}

/// A unit in its chunk.
#[derive(Debug, Clone)]
struct Place {
    units: Arc<[Unit]>,
    at: usize,
}

impl Place {
    fn unit(&self) -> &Unit {
        &self.units[self.at]
    }

    fn names(&self) -> impl Iterator<Item = Name> + '_ {
        self.unit().type_mentions().chain(self.unit().uses.iter().copied())
    }
}

#[derive(Debug)]
struct Function {
    place: Place,
    /// How callers name it.
    keys: Vec<Name>,
    /// The names of the type whose method it is, and of the trait.
    own: Vec<Name>,
    /// Can run as long as the program does.
    runs_long: bool,
    /// Stays as it is when only reloadable libraries are replaced.
    stays: bool,
}

impl Lives {
    pub(crate) fn of(program: &Program) -> Self {
        let mut lives = Self::default();
        for (path, file) in program.files() {
            let stays = program.crate_of(path).is_some_and(|krate| krate.role != Role::Hot);
            for chunk in &file.chunks {
                for at in 0..chunk.units.len() {
                    lives.read(Place { units: Arc::clone(&chunk.units), at }, stays);
                }
            }
        }
        lives.find_long_runners();
        lives
    }

    fn read(&mut self, place: Place, stays: bool) {
        let unit = place.unit();
        let names: HashSet<Name> = place.names().collect();
        self.hides_types |= HIDING.iter().any(|name| names.contains(&Name::new(name)));
        if names.contains(&Name::new("dyn")) {
            self.dynamic.extend(&names);
        }
        match unit.id.kind {
            UnitKind::Function | UnitKind::Method => self.function(place, stays),
            UnitKind::Struct | UnitKind::Union | UnitKind::Enum | UnitKind::TypeAlias => {
                self.types.entry(Name::new(unit.id.name())).or_default().push(place.clone());
                for name in unit.type_mentions().collect::<HashSet<_>>() {
                    self.holders.entry(name).or_default().push(place.clone());
                }
            }
            UnitKind::TraitImpl => self.implementation(&place),
            UnitKind::Import if unit.is_renaming() => {
                self.types.entry(Name::new(unit.called())).or_default().push(place.clone());
                for name in &unit.uses {
                    self.holders.entry(*name).or_default().push(place.clone());
                }
            }
            UnitKind::Import | UnitKind::InherentImpl | UnitKind::Module | UnitKind::ModuleAttribute => {}
            kind => {
                if kind == UnitKind::Trait {
                    self.own_traits.insert(Name::new(unit.id.name()));
                }
                self.others.push(place);
            }
        }
    }

    fn function(&mut self, place: Place, stays: bool) {
        let unit = place.unit();
        let name = unit.id.name();
        let is_method = unit.id.kind == UnitKind::Method;
        let own = if is_method { words(around(unit)) } else { Vec::new() };
        let has_receiver = unit.mentions.contains(&Name::new("self"));
        let mut keys: Vec<_> = own.iter().map(|own| Name::new(&format!("{own}::{name}"))).collect();
        if !is_method || has_receiver {
            keys.push(Name::new(name));
        }
        self.has_main |= unit.flags.has(Flag::RunsOnce);
        let starts = STARTING.iter().any(|starting| unit.uses.contains(&Name::new(starting)));
        let long = [Flag::RunsOnce, Flag::Endless, Flag::Async];
        let runs_long = starts || long.iter().any(|flag| unit.flags.has(*flag));
        let own = own.iter().map(|own| Name::new(own)).collect();
        self.functions.push(Function { place, keys, own, runs_long, stays });
    }

    fn implementation(&mut self, place: &Place) {
        let unit = place.unit();
        let head = unit.id.name().strip_prefix("impl ").and_then(|head| head.split_once(" for "));
        let Some((implemented, ty)) = head else { return self.others.push(place.clone()) };
        let path = implemented.split('<').next().unwrap_or(implemented);
        let last = path.rsplit("::").next().unwrap_or(path).trim();
        for name in words(ty) {
            self.traits.entry(Name::new(&name)).or_default().insert(last.to_owned());
        }
    }

    /// What a function that runs long calls outside of its loops runs long too, and so may what is passed on as a value.
    fn find_long_runners(&mut self) {
        let mut by_name: HashMap<Name, Vec<usize>> = HashMap::new();
        for (at, function) in self.functions.iter().enumerate() {
            by_name.entry(Name::new(function.place.unit().id.name())).or_default().push(at);
        }
        let mut passed_on = Vec::new();
        for unit in self.functions.iter().map(|function| &function.place).chain(&self.others).map(Place::unit)
        {
            let named = unit.values.iter().flat_map(|name| by_name.get(name).into_iter().flatten().copied());
            passed_on.extend(
                named.filter(|&at| self.functions[at].keys.iter().any(|key| unit.uses.contains(key))),
            );
        }
        for at in passed_on {
            self.functions[at].runs_long = true;
        }
        let mut called = HashSet::new();
        loop {
            let known = called.len();
            for function in &mut self.functions {
                function.runs_long |= function.keys.iter().any(|key| called.contains(key));
                if function.runs_long {
                    called.extend(function.place.unit().once.iter().copied());
                }
            }
            if called.len() == known {
                return;
            }
        }
    }

    /// Whether something keeps values of the type so that new code could meet them. `swaps_all`: whether the code of all
    /// crates is replaced, not only that of reloadable libraries.
    pub(crate) fn kept(&self, name: &str, swaps_all: bool) -> Kept {
        let answers = || self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = (name.into(), swaps_all);
        if let Some(known) = answers().get(&asked) {
            return known.clone();
        }
        let answer = self.find_keeper(name, swaps_all);
        answers().insert(asked, answer.clone());
        answer
    }

    fn find_keeper(&self, name: &str, swaps_all: bool) -> Kept {
        let containing = self.containing(name);
        let names: HashMap<Name, &str> =
            containing.iter().map(|(name, path)| (*name, path.as_str())).collect();
        let handlers = self.handlers(&names);
        let said = containing.iter().find_map(|(name, path)| self.is_said_to_live(*name, path));
        let unknown = || containing.iter().find_map(|(_, path)| self.unknown_uses(path));
        if let Some(path) = said.or_else(unknown).or_else(|| self.keeper(name, &names, &handlers, swaps_all))
        {
            return Kept::By(path);
        }
        let uses =
            |function: &Function| function.place.unit().uses.iter().any(|name| names.contains_key(name));
        let is_used = !handlers.is_empty() || self.functions.iter().any(uses);
        if is_used { Kept::Never } else { Kept::Unknown }
    }

    fn keeper(
        &self,
        name: &str,
        names: &HashMap<Name, &str>,
        handlers: &[(&Function, String)],
        swaps_all: bool,
    ) -> Option<String> {
        if self.hides_types {
            return Some(format!(
                "something that knows it by its type alone, or an untyped pointer → {name}"
            ));
        }
        let mut telling = names.clone();
        for (function, path) in handlers {
            telling.extend(function.keys.iter().map(|key| (*key, path.as_str())));
        }
        // In a macro or a trait's default body the words of a path stand alone.
        let mut words = telling.clone();
        words.extend(
            handlers
                .iter()
                .map(|(function, path)| (Name::new(function.place.unit().id.name()), path.as_str())),
        );
        for other in &self.others {
            let is_text =
                matches!(other.unit().id.kind, UnitKind::Macro | UnitKind::MacroCall | UnitKind::Trait);
            let telling = if is_text { &words } else { &telling };
            if let Some(path) = other.names().find_map(|name| telling.get(&name)) {
                return Some(format!("{} → {path}", other.unit().id.path));
            }
        }
        let is_called_from_outside =
            |flags: crate::Flags| flags.has(Flag::Boundary) || (!self.has_main && flags.has(Flag::Public));
        if let Some((_, path)) =
            handlers.iter().find(|(function, _)| is_called_from_outside(function.place.unit().flags))
        {
            return Some(path.clone());
        }
        let keeps = |function: &&Function| function.runs_long || (function.stays && !swaps_all);
        self.functions.iter().filter(keeps).find_map(|function| {
            let unit = function.place.unit();
            let own = function.own.iter().copied().filter(|name| names.contains_key(name));
            let path = own.chain(unit.uses.iter().copied()).find_map(|name| telling.get(&name))?;
            Some(format!("{} → {path}", unit.id.path))
        })
    }

    /// The paths of the types of a name.
    pub(crate) fn types_named(&self, name: &str) -> Vec<Arc<str>> {
        let named = self.types.get(&Name::new(name)).into_iter().flatten().map(Place::unit);
        named.filter(|unit| unit.id.kind.is_type()).map(|unit| Arc::clone(&unit.id.path)).collect()
    }

    /// Whether there may be objects of a trait of the workspace, seen outside of it too.
    pub(crate) fn has_objects_of(&self, unit: &Unit) -> bool {
        let is_written_by_macros = unit
            .attributes
            .as_deref()
            .is_some_and(|attributes| attributes.other != crate::Fingerprint::default());
        let is_seen_outside = !self.has_main && unit.flags.has(Flag::Public);
        is_written_by_macros || is_seen_outside || self.has_objects(unit.id.name())
    }

    /// Whether there may be trait objects of a trait: `dyn` stands near its name, near that of a trait below it, or a
    /// macro is given it, which may write anything.
    pub(crate) fn has_objects(&self, name: &str) -> bool {
        let mut todo = vec![name.to_owned()];
        let mut seen = HashSet::new();
        while let Some(name) = todo.pop() {
            let (called, given) = (Name::new(&name), Name::given_to_a_macro(&name));
            let is_given = |function: &Function| function.place.unit().uses.contains(&given);
            if self.dynamic.contains(&called) || self.functions.iter().any(is_given) {
                return true;
            }
            for other in self.others.iter().map(Place::unit).filter(|unit| unit.mentions.contains(&called)) {
                match other.id.kind {
                    UnitKind::Macro | UnitKind::MacroCall => return true,
                    UnitKind::Trait if seen.insert(&other.id.path) => todo.push(other.id.name().to_owned()),
                    _ => {}
                }
            }
            let renamed = self.holders.get(&called).into_iter().flatten().map(Place::unit);
            let renamed = renamed.filter(|holder| seen.insert(&holder.id.path));
            todo.extend(renamed.map(|holder| holder.called().to_owned()));
        }
        false
    }

    /// Whether a static's type says that it holds such a value: no comment can say otherwise.
    pub(crate) fn is_in_a_static(&self, name: &str) -> bool {
        let containing: HashSet<Name> = self.containing(name).into_iter().map(|(name, _)| name).collect();
        let is_static = |unit: &&Unit| matches!(unit.id.kind, UnitKind::Static | UnitKind::ThreadLocal);
        let mut statics = self.others.iter().map(Place::unit).filter(is_static);
        statics.any(|unit| unit.mentions.iter().any(|name| containing.contains(name)))
    }

    fn is_said_to_live(&self, name: Name, path: &str) -> Option<String> {
        let mut types = self.types.get(&name).into_iter().flatten().map(Place::unit);
        types.any(|unit| unit.flags.has(Flag::State)).then(|| format!("`midflight: state` → {path}"))
    }

    /// The type, and all types that hold it, each with the path from it.
    fn containing(&self, name: &str) -> Vec<(Name, String)> {
        let mut found = vec![(Name::new(name), name.to_owned())];
        let mut seen = HashSet::from([Name::new(name)]);
        let mut at = 0;
        while let Some((name, path)) = found.get(at).cloned() {
            at += 1;
            for holder in self.holders.get(&name).into_iter().flatten().map(Place::unit) {
                let own = Name::new(holder.called());
                if seen.insert(own) {
                    let member = holder.members.iter().find(|member| member.mentions.contains(&name));
                    let step = member.map_or_else(String::new, |member| format!(".{}", member.name));
                    found.push((own, format!("{}{step} → {path}", holder.called())));
                }
            }
        }
        found
    }

    /// Whether the first type of a path is used in a way that its text does not show.
    fn unknown_uses(&self, path: &str) -> Option<String> {
        let first = path.split([' ', '.']).next().unwrap_or(path);
        let name = Name::new(first);
        for unit in self.types.get(&name).into_iter().flatten().map(Place::unit) {
            let Some(attributes) = unit.attributes.as_deref() else { continue };
            if let Some(derive) = attributes.derives.iter().find(|derive| !HARMLESS.contains(&&***derive)) {
                return Some(format!("whatever `derive({derive})` makes → {path}"));
            }
            if attributes.other != crate::Fingerprint::default() {
                return Some(format!("whatever an attribute makes → {path}"));
            }
        }
        let traits = self.traits.get(&name)?;
        let kept = traits.iter().find(|of| {
            let of_name = Name::new(of);
            let is_known = HARMLESS.contains(&of.as_str()) || self.own_traits.contains(&of_name);
            !is_known || self.dynamic.contains(&of_name)
        });
        kept.map(|of| format!("dyn {of} → {path}"))
    }

    /// Functions that are given or give one of these types, or hide it behind `impl Trait`, each with the path.
    fn handlers(&self, names: &HashMap<Name, &str>) -> Vec<(&Function, String)> {
        let mut handlers: Vec<(&Function, String)> = Vec::new();
        let mut hidden: HashMap<Name, String> =
            names.iter().map(|(name, path)| (*name, (*path).to_owned())).collect();
        let mut left: Vec<&Function> = self.functions.iter().collect();
        loop {
            let known = handlers.len();
            left.retain(|function| {
                let unit = function.place.unit();
                let own = function.own.iter().filter(|_| unit.mentions.contains(&Name::new("Self")));
                let shown = unit.mentions.iter().chain(own).find_map(|name| names.get(name).copied());
                let is_opaque = unit.mentions.contains(&Name::new("impl"));
                let inside = unit.uses.iter().filter(|_| is_opaque).find_map(|name| hidden.get(name));
                let path = shown.or(inside.map(String::as_str));
                handlers.extend(path.map(|path| (*function, format!("{} → {path}", unit.id.path))));
                path.is_none()
            });
            for (function, path) in &handlers[known..] {
                hidden.extend(function.keys.iter().map(|key| (*key, path.clone())));
            }
            if handlers.len() == known {
                return handlers;
            }
            // Of the others only what hides a type can still become one.
            left.retain(|function| function.place.unit().mentions.contains(&Name::new("impl")));
        }
    }
}

/// The segment before a method's name: `World`, or `<World as Drop>`.
pub(crate) fn around(unit: &Unit) -> &str {
    let rest = unit.id.path.strip_suffix(unit.id.name()).unwrap_or_default();
    let rest = rest.strip_suffix("::").unwrap_or(rest);
    if rest.ends_with('>') {
        rest.find('<').map_or(rest, |at| &rest[at..])
    } else {
        rest.rsplit("::").next().unwrap_or(rest)
    }
}

/// The words of a piece of code.
pub(crate) fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter(|word| !word.is_empty() && *word != "as").map(str::to_owned).collect()
}
