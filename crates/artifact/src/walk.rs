//! From functions and statics to every type that values have which these lead to.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use crate::Artifact;
use crate::dwarf::{Index, Lead, Place, Result};
use crate::layout::{Reach, Signature, TypeLayout};
use crate::type_names::is_only_called;
use crate::vtable::Slots;

/// What the parameter of closures and coroutines is called that nobody writes.
pub(crate) const ENVIRONMENT: &str = "{environment}";

/// The search from the boundary inwards, each type once, by the shortest path.
pub(crate) struct Walk<'i> {
    index: &'i Index,
    slots: &'i Slots,
    pub(crate) artifact: Artifact,
    /// Whether what may stand behind `dyn` is reached too.
    pub(crate) passes_dyn: bool,
    /// Whether what functions take and give is reached by pointers to them too.
    pub(crate) passes_functions: bool,
    /// Where the functions are described that pointers lead to, by the pointer's type.
    pub(crate) pointers: BTreeMap<String, Place>,
    seen: HashSet<Place>,
    queue: VecDeque<(Place, Path)>,
}

/// How a type was reached: the last step, and those before.
#[derive(Clone, Default)]
struct Path(Option<Rc<(Path, Arc<str>)>>);

impl Path {
    fn of(step: String) -> Self {
        Self::default().then(step.into())
    }

    fn then(&self, step: Arc<str>) -> Self {
        Self(Some(Rc::new((self.clone(), step))))
    }

    fn steps(&self) -> Vec<String> {
        let (mut steps, mut path) = (Vec::new(), self);
        while let Some(last) = &path.0 {
            steps.push(last.1.to_string());
            path = &last.0;
        }
        steps.reverse();
        steps
    }
}

impl<'i> Walk<'i> {
    pub(crate) fn new(index: &'i Index, slots: &'i Slots) -> Self {
        Self {
            index,
            slots,
            artifact: Artifact::default(),
            passes_dyn: true,
            passes_functions: true,
            pointers: BTreeMap::new(),
            seen: HashSet::new(),
            queue: VecDeque::new(),
        }
    }

    /// Goes on from a static; the name of its type.
    pub(crate) fn variable(&mut self, name: &str, place: Place) -> Result<String> {
        let target = self.index.type_of(place.unit, &self.index.entry(place)?);
        self.reach(target, Path::of(format!("static `{name}`")));
        self.index.type_name(target)
    }

    pub(crate) fn function(&mut self, name: &str, place: Place) -> Result<()> {
        self.function_as(name, name, place)
    }

    /// The same, with another name in the paths.
    pub(crate) fn function_as(&mut self, symbol: &str, name: &str, place: Place) -> Result<()> {
        let signature = self.signature(name, place)?;
        self.artifact.signatures.insert(symbol.to_owned(), signature);
        Ok(())
    }

    /// Goes on from what functions of a type take and give.
    pub(crate) fn function_type(&mut self, place: Place) -> Result<Signature> {
        let signature = self.signature("", place)?;
        self.run()?;
        Ok(signature)
    }

    fn signature(&mut self, name: &str, place: Place) -> Result<Signature> {
        let entry = self.index.entry(place)?;
        let returns = self.index.type_of(place.unit, &entry);
        let mut signature = Signature::default();
        if returns.is_some() {
            signature.returns = Some(self.index.type_name(returns)?);
            self.reach(returns, Path::of(format!("`{name}` returns it")));
        }
        if let Some((environment, target)) = self.index.environment(place)? {
            signature.parameters.push((ENVIRONMENT.to_owned(), environment.to_owned()));
            self.reach(target, Path::of(format!("`{name}`")));
        }
        for child in self.index.children(place)? {
            if child.tag() == gimli::DW_TAG_formal_parameter {
                let parameter = self.index.name(place.unit, &child)?.unwrap_or_default();
                let target = self.index.type_of(place.unit, &child);
                let type_name = self.index.type_name(target)?;
                self.reach(target, Path::of(format!("`{name}({parameter}: {type_name})`")));
                signature.parameters.push((parameter, type_name));
            }
        }
        Ok(signature)
    }

    /// The types that a generic function is made for.
    pub(crate) fn arguments(&mut self, function: Place) -> Result<Vec<String>> {
        let mut arguments = Vec::new();
        for child in self.index.children(function)? {
            if child.tag() == gimli::DW_TAG_template_type_parameter {
                let target = self.index.type_of(function.unit, &child);
                self.reach(target, Path::default());
                arguments.push(self.index.type_name(target)?);
            }
        }
        self.run()?;
        Ok(arguments)
    }

    /// Goes on from a function's variables; `(name, type)` of each.
    pub(crate) fn locals(&mut self, function: Place) -> Result<Vec<(String, String)>> {
        let mut locals = Vec::new();
        for (name, target) in self.index.locals(function)? {
            self.reach(target, Path::default());
            locals.push((name, self.index.type_name(target)?));
        }
        self.run()?;
        Ok(locals)
    }

    /// Goes on from a type.
    pub(crate) fn reach_type(&mut self, place: Place) {
        self.reach(Some(place), Path::default());
    }

    fn reach(&mut self, target: Option<Place>, path: Path) {
        let target = target.filter(|place| self.seen.insert(*place));
        self.queue.extend(target.map(|place| (place, path)));
    }

    pub(crate) fn run(&mut self) -> Result<()> {
        while let Some((place, path)) = self.queue.pop_front() {
            let name = self.index.type_name(Some(place))?;
            if self.artifact.types.contains_key(&name) {
                continue;
            }
            let described = self.index.described(place)?;
            self.trait_object(&name, &path);
            let mut passed_by = 0..0;
            if let Some((function, handed)) = &described.function {
                self.pointers.insert(name.clone(), *function);
                passed_by = if self.passes_functions { 0..0 } else { handed.clone() };
            }
            for (at, Lead { to, field }) in described.leads.iter().enumerate() {
                if !passed_by.contains(&at) {
                    let path =
                        field.as_ref().map_or_else(|| path.clone(), |field| path.then(Arc::clone(field)));
                    self.reach(Some(*to), path);
                }
            }
            let layout = TypeLayout { reach: Reach(path.steps()), ..described.layout.clone() };
            self.artifact.types.insert(name, layout);
        }
        Ok(())
    }

    /// Behind `dyn Trait` may stand every type that the build made a vtable of that trait for.
    fn trait_object(&mut self, name: &str, path: &Path) {
        if !self.passes_dyn || is_only_called(name) {
            return;
        }
        let index = self.index;
        for (of, vtable) in index.objects(name) {
            let methods = self.slots.methods(vtable.address, vtable.size);
            self.artifact.vtables.insert(of.clone(), methods);
            self.reach(vtable.holder, path.then(name.into()));
        }
    }
}
