//! By which path live values of a type can be reached, and who uses what, by name.
//!
//! Names are not resolved: two types of the same name count as one. That errs on the side of "reachable", which is the
//! side to err on.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use crate::{Flag, Name, Program, Role, Unit, UnitKind};

/// Who mentions whom in a program.
#[derive(Debug, Default)]
pub(crate) struct Index {
    nodes: Vec<Node>,
    mentioned_by: HashMap<Name, Vec<usize>>,
    values: HashSet<Name>,
    constants: HashMap<Name, Vec<Name>>,
    names_boundaries: bool,
}

/// A unit that can hold a value, or through which one can be reached.
#[derive(Debug)]
struct Node {
    units: Arc<[Unit]>,
    at: usize,
    is_root: bool,
}

impl Node {
    fn unit(&self) -> &Unit {
        &self.units[self.at]
    }
}

/// How many ways to reach a type are worth telling.
const TOLD: usize = 5;

impl Index {
    /// Reads a program once.
    pub(crate) fn of(program: &Program) -> Self {
        let mut index = Self { names_boundaries: names_boundaries(program), ..Self::default() };
        for (_, file) in program.files() {
            for chunk in &file.chunks {
                for (at, unit) in chunk.units.iter().enumerate() {
                    index.read(&chunk.units, at, unit);
                }
            }
        }
        index
    }

    fn read(&mut self, units: &Arc<[Unit]>, at: usize, unit: &Unit) {
        if unit.id.kind.is_function() {
            self.values.extend(unit.values.iter().copied());
        }
        if matches!(unit.id.kind, UnitKind::Static | UnitKind::ThreadLocal | UnitKind::Const) {
            self.values.extend(unit.values.iter().copied());
            for value in &unit.values {
                self.constants.entry(*value).or_default().push(Name::new(unit.id.name()));
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
            _ => return,
        };
        if unit.id.kind.is_function() && !is_root {
            return;
        }
        let node = self.nodes.len();
        self.nodes.push(Node { units: Arc::clone(units), at, is_root });
        for name in unit.type_mentions() {
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

    /// Whether something uses a function as a value: a pointer to it may be stored.
    pub(crate) fn is_used_as_value(&self, name: &str) -> bool {
        self.values.contains(&Name::new(name))
    }

    /// Whether a constant is part of a type, itself or through other constants.
    pub(crate) fn is_part_of_a_type(&self, name: &str) -> bool {
        let mut todo = vec![Name::new(name)];
        let mut seen = HashSet::new();
        while let Some(name) = todo.pop() {
            if self.mentioned_by.contains_key(&name) {
                return true;
            }
            if seen.insert(name) {
                todo.extend(self.constants.get(&name).into_iter().flatten());
            }
        }
        false
    }

    /// The statics and boundary functions from which a type's values are reached, each with the path to it, such as
    /// `app::step → State.world → Body`.
    pub(crate) fn paths(&self, name: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        let mut seen = HashSet::from([Name::new(name)]);
        let mut todo = VecDeque::from([(Name::new(name), name.to_owned())]);
        while let Some((name, path)) = todo.pop_front() {
            for node in self.mentioned_by.get(&name).into_iter().flatten().map(|&node| &self.nodes[node]) {
                let unit = node.unit();
                if node.is_root {
                    found.push((unit.id.path.to_string(), format!("{} → {path}", unit.id.path)));
                    if found.len() == TOLD {
                        return found;
                    }
                } else if seen.insert(Name::new(unit.id.name())) {
                    let member = unit.members.iter().find(|member| member.mentions.contains(&name));
                    let step = member.map_or_else(String::new, |member| format!(".{}", member.name));
                    todo.push_back((Name::new(unit.id.name()), format!("{}{step} → {path}", unit.id.name())));
                }
            }
        }
        found
    }
}

/// Whether any reloadable crate (any crate, where none is known to be) exports functions by name.
fn names_boundaries(program: &Program) -> bool {
    let has_hot = program.crates().iter().any(|krate| krate.role == Role::Hot);
    program.files().any(|(path, file)| {
        let counts = !has_hot || program.crate_of(path).is_some_and(|krate| krate.role == Role::Hot);
        counts && file.units().any(|placed| placed.unit.flags.has(Flag::Boundary))
    })
}
