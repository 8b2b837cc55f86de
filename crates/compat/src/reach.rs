//! By which path live values of a type can be reached, and who uses what, by name.
//!
//! Of names only the first step is resolved, as far as imports settle it: further on two types of the same name count as
//! one. That errs on the side of "reachable", which is the side to err on.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use crate::live::{around, words};
use crate::{Flag, Name, Program, Role, Unit, UnitId, UnitKind};

/// Who mentions whom in a program.
#[derive(Debug, Default)]
pub(crate) struct Index {
    nodes: Vec<Node>,
    mentioned_by: HashMap<Name, Vec<usize>>,
    /// Functions that are no roots, by the names in their signatures.
    taken_by: HashMap<Name, Vec<usize>>,
    values: HashSet<Name>,
    /// Constants and `const fn`s by what they are computed from.
    constants: HashMap<Name, Vec<Name>>,
    /// Functions that make futures or closures that can outlive a call, by what decides how these look.
    scopes: HashMap<Name, Vec<Maker>>,
    names_boundaries: bool,
}

/// A unit that can hold a value, or through which one can be reached.
#[derive(Debug)]
struct Node {
    units: Arc<[Unit]>,
    at: usize,
    file: Arc<str>,
    is_root: bool,
}

/// A function that makes futures, or closures that can outlive a call.
#[derive(Debug)]
pub(crate) struct Maker {
    pub(crate) file: Arc<str>,
    pub(crate) path: Arc<str>,
}

/// What a type reaches: who has it in a field, a signature or a static, itself or through others.
#[derive(Clone, Debug)]
pub(crate) struct Reached {
    pub(crate) file: Arc<str>,
    pub(crate) id: UnitId,
    /// From the dependent to the type: `State.world → World.bodies → Body`.
    pub(crate) path: String,
}

impl Node {
    fn unit(&self) -> &Unit {
        &self.units[self.at]
    }
}

/// How many dependents of a type are told one by one.
const NAMED: usize = 50;

/// How many ways to reach a type are worth telling.
const TOLD: usize = 5;

impl Index {
    /// Reads a program once.
    pub(crate) fn of(program: &Program) -> Self {
        let mut index = Self { names_boundaries: names_boundaries(program), ..Self::default() };
        for (path, file) in program.files() {
            for chunk in &file.chunks {
                for (at, unit) in chunk.units.iter().enumerate() {
                    index.read(path, &chunk.units, at, unit);
                }
            }
        }
        index
    }

    fn read(&mut self, file: &Arc<str>, units: &Arc<[Unit]>, at: usize, unit: &Unit) {
        if unit.id.kind.is_function() {
            self.values.extend(unit.values.iter().copied());
            for name in &unit.scope {
                let maker = Maker { file: Arc::clone(file), path: Arc::clone(&unit.id.path) };
                self.scopes.entry(*name).or_default().push(maker);
            }
        }
        if unit.flags.has(Flag::Const) {
            for name in &unit.uses {
                self.constants.entry(*name).or_default().extend(keys(unit));
            }
        }
        if matches!(unit.id.kind, UnitKind::Static | UnitKind::ThreadLocal | UnitKind::Const) {
            self.values.extend(unit.values.iter().copied());
            for value in &unit.values {
                self.constants.entry(*value).or_default().extend(keys(unit));
            }
        }
        let is_boundary =
            unit.flags.has(Flag::Boundary) || (!self.names_boundaries && unit.flags.has(Flag::Public));
        let is_root = match unit.id.kind {
            UnitKind::Static | UnitKind::ThreadLocal => true,
            UnitKind::Function | UnitKind::Method => is_boundary,
            // Where a macro's text ends up is unknown; it can at least be a part of a type.
            UnitKind::Struct
            | UnitKind::Union
            | UnitKind::Enum
            | UnitKind::TypeAlias
            | UnitKind::AssociatedType
            | UnitKind::MacroCall => false,
            UnitKind::Import if unit.is_renaming() => false,
            _ => return,
        };
        let node = self.nodes.len();
        self.nodes.push(Node { units: Arc::clone(units), at, file: Arc::clone(file), is_root });
        if unit.id.kind.is_function() && !is_root {
            // A method may call its own type `Self`.
            let is_own = unit.mentions.contains(&Name::new("Self"));
            let own = words(around(unit)).into_iter().filter(|_| is_own).map(|word| Name::new(&word));
            for name in unit.type_mentions().chain(own) {
                self.taken_by.entry(name).or_default().push(node);
            }
            return;
        }
        let renamed = unit.uses.iter().copied().filter(|_| unit.is_renaming());
        let mentions = unit.type_mentions().filter(|_| !unit.is_renaming());
        for name in mentions.chain(renamed) {
            let by = self.mentioned_by.entry(name).or_default();
            if by.last() != Some(&node) {
                by.push(node);
            }
        }
    }

    /// Whether the program says itself which functions are called from outside what is reloaded.
    pub(crate) fn names_boundaries(&self) -> bool {
        self.names_boundaries
    }

    /// Whether a type, a static or a boundary function mentions the name.
    pub(crate) fn is_mentioned(&self, name: Name) -> bool {
        self.mentioned_by.contains_key(&name)
    }

    /// Whether something uses a function as a value: a pointer to it may be stored.
    pub(crate) fn is_used_as_value(&self, name: &str) -> bool {
        self.values.contains(&Name::new(name))
    }

    /// A constant or `const fn`, and all that are computed from it.
    pub(crate) fn computed_from(&self, unit: &Unit) -> HashSet<Name> {
        let mut todo = keys(unit);
        let mut seen = HashSet::new();
        while let Some(name) = todo.pop() {
            if seen.insert(name) {
                todo.extend(self.constants.get(&name).into_iter().flatten());
            }
        }
        seen
    }

    /// Whether a type or a function's signature mentions the name.
    pub(crate) fn is_part_of_a_type(&self, name: Name) -> bool {
        self.mentioned_by.contains_key(&name) || self.taken_by.contains_key(&name)
    }

    /// The functions whose futures or stored closures look otherwise when the name means something else.
    pub(crate) fn scopes_of(&self, name: Name) -> &[Maker] {
        self.scopes.get(&name).map_or(&[], Vec::as_slice)
    }

    /// The statics and boundary functions from which a type's values are reached, each with the path to it, such as
    /// `app::step → State.world → Body`.
    pub(crate) fn paths(
        &self,
        name: &str,
        is_meant: impl Fn(&str, &UnitId) -> bool,
    ) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let first = Name::new(name);
        let mut seen = HashSet::from([first]);
        let mut todo = VecDeque::from([(first, name.to_owned())]);
        while let Some((name, path)) = todo.pop_front() {
            for node in self.mentioned_by.get(&name).into_iter().flatten().map(|&node| &self.nodes[node]) {
                let unit = node.unit();
                if name == first && !is_meant(&node.file, &unit.id) {
                    continue;
                }
                if node.is_root {
                    found.push((unit.id.path.to_string(), format!("{} → {path}", unit.id.path)));
                    if found.len() == TOLD {
                        return found;
                    }
                } else if seen.insert(Name::new(unit.called())) {
                    todo.push_back((Name::new(unit.called()), step(unit, name, &path)));
                }
            }
        }
        found
    }

    /// The types, statics and functions that a type reaches, the nearest first, and how many more there are. `is_meant`
    /// says whether the type's own name means it where a unit of a file stands.
    pub(crate) fn dependents(
        &self,
        name: &str,
        is_meant: impl Fn(&str, &UnitId) -> bool,
    ) -> (Vec<Reached>, usize) {
        let (mut found, mut more) = (Vec::new(), 0);
        let first = Name::new(name);
        let mut seen = HashSet::from([first]);
        let mut todo = VecDeque::from([(first, name.to_owned())]);
        while let Some((name, path)) = todo.pop_front() {
            let nodes = self.mentioned_by.get(&name).into_iter().chain(self.taken_by.get(&name)).flatten();
            for node in nodes.map(|&node| &self.nodes[node]) {
                if name == first && !is_meant(&node.file, &node.unit().id) {
                    continue;
                }
                let unit = node.unit();
                let path = step(unit, name, &path);
                let is_type = unit.id.kind.is_type() || unit.is_renaming();
                if is_type && !seen.insert(Name::new(unit.called())) {
                    continue;
                }
                if is_type {
                    todo.push_back((Name::new(unit.called()), path.clone()));
                }
                if found.len() == NAMED {
                    more += 1;
                } else if !unit.is_renaming() {
                    found.push(Reached { file: Arc::clone(&node.file), id: unit.id.clone(), path });
                }
            }
        }
        (found, more)
    }
}

/// How bodies and constants name an item: by its name alone, and below the type that it belongs to.
pub(crate) fn keys(unit: &Unit) -> Vec<Name> {
    let name = unit.called();
    let mut keys = vec![Name::new(name)];
    if unit.id.path.contains("::") {
        let owners = words(around(unit)).into_iter().chain(["Self".to_owned()]);
        keys.extend(owners.map(|owner| Name::new(&format!("{owner}::{name}"))));
    }
    keys
}

/// One step more on the way to a type, from a unit that mentions it.
fn step(unit: &Unit, name: Name, path: &str) -> String {
    let member = unit.members.iter().find(|member| member.mentions.contains(&name));
    let step = member.map_or_else(String::new, |member| format!(".{}", member.name));
    format!("{}{step} → {path}", unit.called())
}

/// Whether any reloadable crate (any crate, where none is known to be) exports functions by name.
fn names_boundaries(program: &Program) -> bool {
    let has_hot = program.crates().iter().any(|krate| krate.role == Role::Hot);
    program.files().any(|(path, file)| {
        let counts = !has_hot || program.crate_of(path).is_some_and(|krate| krate.role == Role::Hot);
        counts && file.units().any(|placed| placed.unit.flags.has(Flag::Boundary))
    })
}
