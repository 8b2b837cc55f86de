//! DWARF to layouts: from the boundary functions to every type that they let live data have.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use gimli::{AttributeValue, DebuggingInformationEntry, DwTag, Reader, RunTimeEndian, UnitOffset};
use object::{Object, ObjectSection};

use crate::Artifact;
use crate::layout::{Member, Reach, Signature, TypeLayout, Variant};
use crate::type_names::{is_only_called, trait_of_object};
use crate::vtable::Slots;

pub(crate) type Slice = gimli::EndianArcSlice<RunTimeEndian>;
type Entry = DebuggingInformationEntry<Slice>;
type Result<T> = gimli::Result<T>;

/// Where the standard library was compiled, as its debug information says.
const TOOLCHAIN: &str = "/rustc/";

/// What the parameter of closures and coroutines is called that nobody writes.
pub(crate) const ENVIRONMENT: &str = "{environment}";

/// A place in `.debug_info`: which unit, and where in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    unit: usize,
    offset: UnitOffset,
}

/// What to look at in an artifact.
pub(crate) struct Question<'q> {
    /// Functions, by linker name.
    pub(crate) functions: &'q dyn Fn(&str) -> bool,
    /// Types that count although no function reaches them, by qualified name.
    pub(crate) types: &'q dyn Fn(&str) -> bool,
}

/// Reads the signatures of the functions asked for, and the layouts of all they reach and of the types asked for.
pub(crate) fn read(file: &object::File<'_>, question: &Question<'_>) -> Result<Artifact> {
    let index = Index::of(load(file)?)?;
    let slots = Slots::new(file);
    let mut walk = Walk::new(&index, &slots);
    for (name, place) in index.functions.iter().filter(|(name, _)| (question.functions)(name)) {
        walk.function(name, *place)?;
    }
    walk.run()?;
    walk.others(question.types)?;
    Ok(walk.artifact)
}

/// The debug information of a file.
pub(crate) fn load(file: &object::File<'_>) -> Result<gimli::Dwarf<Slice>> {
    let endian = if file.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
    gimli::Dwarf::load(|id| -> Result<_> {
        let section = file.section_by_name(id.name());
        let data = section.and_then(|section| section.uncompressed_data().ok()).unwrap_or_default();
        Ok(Slice::new(data.into(), endian))
    })
}

/// All units, read once: what is where, by name.
pub(crate) struct Index {
    dwarf: gimli::Dwarf<Slice>,
    units: Vec<gimli::Unit<Slice>>,
    /// The qualified names of modules and types.
    names: HashMap<Place, Arc<str>>,
    /// Types by name. Two versions of a crate have types of one name.
    pub(crate) types: BTreeMap<Arc<str>, Vec<Place>>,
    /// Functions with code, by linker name.
    pub(crate) functions: BTreeMap<String, Place>,
    /// By name, as in `<T as Trait>`.
    vtables: BTreeMap<String, Vtable>,
    /// Statics and thread locals, by linker name.
    pub(crate) statics: Vec<(String, Place)>,
    /// Types that the program tells apart while it runs, by `TypeId`.
    pub(crate) identified: BTreeSet<String>,
    /// The types of what closures and coroutines hold, by their functions: no parameter of these has it.
    environments: HashMap<Place, Arc<str>>,
}

/// The method table of one type for one trait.
#[derive(Debug, Clone, Copy, Default)]
struct Vtable {
    holder: Option<Place>,
    address: u64,
    size: u64,
}

/// What one unit holds.
#[derive(Default)]
struct Found {
    /// Name, and whether it is a type's.
    names: Vec<(Place, Arc<str>, bool)>,
    functions: Vec<(String, Place)>,
    statics: Vec<(String, Place)>,
    vtables: Vec<(String, Vtable)>,
    identified: BTreeSet<String>,
    environments: Vec<(Place, Arc<str>)>,
}

impl Index {
    /// One pass over everything.
    pub(crate) fn of(dwarf: gimli::Dwarf<Slice>) -> Result<Self> {
        let mut units = Vec::new();
        let mut headers = dwarf.units();
        while let Some(header) = headers.next()? {
            units.push(dwarf.unit(header)?);
        }
        let mut index = Self {
            dwarf,
            units,
            names: HashMap::new(),
            types: BTreeMap::new(),
            functions: BTreeMap::new(),
            vtables: BTreeMap::new(),
            statics: Vec::new(),
            identified: BTreeSet::new(),
            environments: HashMap::new(),
        };
        for unit in 0..index.units.len() {
            let found = index.scan(unit)?;
            index.take(found);
        }
        Ok(index)
    }

    fn scan(&self, unit: usize) -> Result<Found> {
        let mut open: Vec<(isize, Arc<str>)> = Vec::new();
        let mut found = Found::default();
        let mut entries = self.units[unit].entries();
        while let Some(entry) = entries.next_dfs()? {
            while open.last().is_some_and(|(depth, _)| *depth >= entry.depth()) {
                open.pop();
            }
            let place = Place { unit, offset: entry.offset() };
            if is_scope(entry.tag()) {
                let parent = open.last().map_or("", |(_, path)| path);
                let name = self.name(unit, entry)?.unwrap_or_default();
                if let Some(of) = name.strip_suffix("::{vtable_type}") {
                    let holder = self.reference(unit, entry, gimli::DW_AT_containing_type);
                    let size = number(entry, gimli::DW_AT_byte_size).unwrap_or(0);
                    found.vtables.push((of.to_owned(), Vtable { holder, address: 0, size }));
                }
                let name: Arc<str> = qualified(parent, &name).into();
                open.push((entry.depth(), Arc::clone(&name)));
                let is_type =
                    entry.tag() != gimli::DW_TAG_namespace && !entry.has_attr(gimli::DW_AT_declaration);
                found.names.push((place, name, is_type));
            } else if entry.tag() == gimli::DW_TAG_variable {
                self.scan_variable(place, entry, &mut found)?;
            } else if entry.tag() == gimli::DW_TAG_subprogram {
                if open.last().is_some_and(|(_, path)| &**path == "core::any::TypeId")
                    && let Some(name) = self.name(unit, entry)?
                    && let Some(of) = name.strip_prefix("of<").and_then(|name| name.strip_suffix('>'))
                {
                    found.identified.insert(of.to_owned());
                }
                if let Some(name) = self.name(unit, entry)?.filter(|name| name.starts_with('{')) {
                    let parent = open.last().map_or("", |(_, path)| path);
                    found
                        .environments
                        .push((place, qualified(parent, &name.replacen('#', "_env#", 1)).into()));
                }
                if entry.attr_value(gimli::DW_AT_low_pc).is_some()
                    && let Some(symbol) = self.symbol(unit, entry)?
                {
                    found.functions.push((symbol, place));
                }
            }
        }
        Ok(found)
    }

    fn scan_variable(&self, place: Place, entry: &Entry, found: &mut Found) -> Result<()> {
        let address = self.address(place.unit, entry)?;
        if let Some(address) = address
            && let Some(name) = self.name(place.unit, entry)?
            && let Some(of) = name.strip_suffix("::{vtable}")
        {
            found.vtables.push((of.to_owned(), Vtable { address, ..Vtable::default() }));
        } else if entry.has_attr(gimli::DW_AT_linkage_name) || address.is_some() {
            found.statics.extend(self.symbol(place.unit, entry)?.map(|symbol| (symbol, place)));
        }
        Ok(())
    }

    fn take(&mut self, found: Found) {
        for (place, name, is_type) in found.names {
            if is_type {
                self.types.entry(Arc::clone(&name)).or_default().push(place);
            }
            self.names.insert(place, name);
        }
        self.functions.extend(found.functions);
        self.statics.extend(found.statics);
        self.identified.extend(found.identified);
        self.environments.extend(found.environments);
        for (name, part) in found.vtables {
            let vtable = self.vtables.entry(name).or_default();
            vtable.holder = part.holder.or(vtable.holder);
            vtable.address = vtable.address.max(part.address);
            vtable.size = vtable.size.max(part.size);
        }
    }

    /// The type that a closure or coroutine has as its first, unwritten parameter.
    fn environment(&self, function: Place) -> Result<Option<(&str, Option<Place>)>> {
        let declared = self.declaration(function.unit, &self.entry(function)?);
        let name = self.environments.get(&function);
        let name = name.or_else(|| declared.and_then(|declared| self.environments.get(&declared)));
        // A part of a program may not describe it.
        let described = |name: &Arc<str>| self.types.get(name)?.first().copied();
        Ok(name.map(|name| (&**name, described(name))))
    }

    /// The methods of every vtable, slot by slot, by `<T as Trait>`.
    pub(crate) fn vtables(&self, slots: &Slots) -> BTreeMap<String, Vec<String>> {
        let with_code = self.vtables.iter().filter(|(_, vtable)| vtable.address != 0);
        with_code.map(|(name, vtable)| (name.clone(), slots.methods(vtable.address, vtable.size))).collect()
    }

    /// The vtables for a trait object.
    fn objects(&self, object: &str) -> impl Iterator<Item = (&String, &Vtable)> {
        let marker = trait_of_object(object).map(|of| format!(" as {of}>"));
        let is_meant = move |of: &str| marker.as_ref().is_some_and(|marker| of.ends_with(marker));
        self.vtables.iter().filter(move |(of, _)| is_meant(of))
    }

    /// What may be called by a trait object, by linker name.
    pub(crate) fn methods(&self, object: &str, slots: &Slots) -> BTreeSet<String> {
        let tables = self.objects(object).filter(|(_, vtable)| vtable.address != 0);
        tables
            .flat_map(|(_, vtable)| slots.symbols(vtable.address, vtable.size))
            .flatten()
            .map(str::to_owned)
            .collect()
    }

    /// Whether a function is an instance of a generic one, or inside one.
    pub(crate) fn is_generic(&self, function: Place) -> Result<bool> {
        let children = self.children(function)?;
        Ok(children.iter().any(|child| child.tag() == gimli::DW_TAG_template_type_parameter))
    }

    /// Whether some type is described by what was compiled here, not with the toolchain.
    pub(crate) fn describes_types(&self) -> bool {
        let is_ours = |unit: usize| {
            let folder = self.units[unit].comp_dir.as_ref();
            let folder = folder.and_then(|folder| folder.to_string_lossy().ok());
            folder.is_some_and(|folder| !folder.starts_with(TOOLCHAIN))
        };
        self.types.values().flatten().any(|place| is_ours(place.unit))
    }

    fn string(&self, unit: usize, entry: &Entry, attribute: gimli::DwAt) -> Result<Option<String>> {
        let Some(value) = entry.attr_value(attribute) else { return Ok(None) };
        let text = self.dwarf.attr_string(&self.units[unit], value)?;
        Ok(Some(text.to_string_lossy()?.into_owned()))
    }

    /// Where a static variable lies.
    fn address(&self, unit: usize, entry: &Entry) -> Result<Option<u64>> {
        let Some(AttributeValue::Exprloc(expression)) = entry.attr_value(gimli::DW_AT_location) else {
            return Ok(None);
        };
        let unit = &self.units[unit];
        match expression.operations(unit.encoding()).next()? {
            Some(gimli::Operation::Address { address }) => Ok(Some(address)),
            Some(gimli::Operation::AddressIndex { index }) => Ok(Some(self.dwarf.address(unit, index)?)),
            _ => Ok(None),
        }
    }

    fn name(&self, unit: usize, entry: &Entry) -> Result<Option<String>> {
        self.string(unit, entry, gimli::DW_AT_name)
    }

    /// The linker's name of a function: its mangled name, else the one its author fixed.
    fn symbol(&self, unit: usize, entry: &Entry) -> Result<Option<String>> {
        if let Some(name) = self.string(unit, entry, gimli::DW_AT_linkage_name)? {
            return Ok(Some(name));
        }
        match self.declaration(unit, entry) {
            Some(place) => self.symbol(place.unit, &self.entry(place)?),
            None => self.name(unit, entry),
        }
    }

    /// What an entry completes: a method's declaration in its type, a parameter of an inlined function.
    fn declaration(&self, unit: usize, entry: &Entry) -> Option<Place> {
        let specified = self.reference(unit, entry, gimli::DW_AT_specification);
        specified.or_else(|| self.reference(unit, entry, gimli::DW_AT_abstract_origin))
    }

    fn entry(&self, place: Place) -> Result<Entry> {
        let mut entries = self.units[place.unit].entries_at_offset(place.offset)?;
        entries.next_entry()?;
        entries.current().cloned().ok_or(gimli::Error::NoEntryAtGivenOffset(place.offset.0 as u64))
    }

    fn children(&self, place: Place) -> Result<Vec<Entry>> {
        let mut tree = self.units[place.unit].entries_tree(Some(place.offset))?;
        let mut children = tree.root()?.children();
        let mut all = Vec::new();
        while let Some(child) = children.next()? {
            all.push(child.entry().clone());
        }
        Ok(all)
    }

    /// Where an attribute points: within its unit, or (after link-time optimisation) into another.
    fn reference(&self, unit: usize, entry: &Entry, attribute: gimli::DwAt) -> Option<Place> {
        match entry.attr_value(attribute)? {
            AttributeValue::UnitRef(offset) => Some(Place { unit, offset }),
            AttributeValue::DebugInfoRef(target) => {
                let within = |unit: &gimli::Unit<Slice>| target.to_unit_offset(&unit.header);
                self.units
                    .iter()
                    .enumerate()
                    .find_map(|(unit, header)| Some(Place { unit, offset: within(header)? }))
            }
            _ => None,
        }
    }

    /// Whether a type is a function's: what a pointer to it leads to.
    fn is_function(&self, place: Place) -> bool {
        self.entry(place).is_ok_and(|entry| entry.tag() == gimli::DW_TAG_subroutine_type)
    }

    fn type_of(&self, unit: usize, entry: &Entry) -> Option<Place> {
        let own = self.reference(unit, entry, gimli::DW_AT_type);
        own.or_else(|| {
            let declared = self.declaration(unit, entry)?;
            self.type_of(declared.unit, &self.entry(declared).ok()?)
        })
    }

    /// A type's name with its modules: what identifies it in both builds.
    fn type_name(&self, place: Option<Place>) -> Result<String> {
        let Some(place) = place else { return Ok("()".to_owned()) };
        if let Some(name) = self.names.get(&place) {
            return Ok(name.to_string());
        }
        let entry = self.entry(place)?;
        if let Some(name) = self.name(place.unit, &entry)? {
            return Ok(name);
        }
        let target = self.type_of(place.unit, &entry);
        Ok(match entry.tag() {
            gimli::DW_TAG_array_type => {
                format!("[{}; {}]", self.type_name(target)?, self.array_length(place)?)
            }
            gimli::DW_TAG_pointer_type => format!("*{}", self.type_name(target)?),
            gimli::DW_TAG_subroutine_type => self.subroutine_name(place, target)?,
            _ => format!("<{}>", self.type_name(target)?),
        })
    }

    fn subroutine_name(&self, place: Place, returns: Option<Place>) -> Result<String> {
        let mut parameters = Vec::new();
        for child in self.children(place)? {
            parameters.push(self.type_name(self.type_of(place.unit, &child))?);
        }
        Ok(format!("fn({}) -> {}", parameters.join(", "), self.type_name(returns)?))
    }

    fn array_length(&self, place: Place) -> Result<u64> {
        let lengths = self.children(place)?;
        let length = lengths.iter().find_map(|child| number(child, gimli::DW_AT_count));
        let bound = lengths.iter().find_map(|child| number(child, gimli::DW_AT_upper_bound));
        Ok(length.or(bound.map(|bound| bound + 1)).unwrap_or(0))
    }
}

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
    queue: VecDeque<(Place, Vec<String>)>,
}

impl<'i> Walk<'i> {
    pub(crate) fn new(index: &'i Index, slots: &'i Slots) -> Self {
        let (artifact, pointers, queue) = (Artifact::default(), BTreeMap::new(), VecDeque::new());
        Self { index, slots, artifact, passes_dyn: true, passes_functions: true, pointers, queue }
    }

    /// Goes on from a static; the name of its type.
    pub(crate) fn variable(&mut self, name: &str, place: Place) -> Result<String> {
        let target = self.index.type_of(place.unit, &self.index.entry(place)?);
        self.reach(target, vec![format!("static `{name}`")]);
        self.index.type_name(target)
    }

    pub(crate) fn function(&mut self, name: &str, place: Place) -> Result<()> {
        self.function_as(name, name, place)
    }

    /// The same, with another name in the paths.
    pub(crate) fn function_as(&mut self, symbol: &str, name: &str, place: Place) -> Result<()> {
        let entry = self.index.entry(place)?;
        let returns = self.index.type_of(place.unit, &entry);
        let mut signature = Signature::default();
        if returns.is_some() {
            signature.returns = Some(self.index.type_name(returns)?);
            self.reach(returns, vec![format!("`{name}` returns it")]);
        }
        if let Some((environment, target)) = self.index.environment(place)? {
            signature.parameters.push((ENVIRONMENT.to_owned(), environment.to_owned()));
            self.reach(target, vec![format!("`{name}`")]);
        }
        for child in self.index.children(place)? {
            if child.tag() == gimli::DW_TAG_formal_parameter {
                let parameter = self.index.name(place.unit, &child)?.unwrap_or_default();
                let target = self.index.type_of(place.unit, &child);
                let type_name = self.index.type_name(target)?;
                self.reach(target, vec![format!("`{name}({parameter}: {type_name})`")]);
                signature.parameters.push((parameter, type_name));
            }
        }
        self.artifact.signatures.insert(symbol.to_owned(), signature);
        Ok(())
    }

    /// Goes on from what functions of a type take and give.
    pub(crate) fn function_type(&mut self, function: Place) -> Result<Signature> {
        let returns = self.index.type_of(function.unit, &self.index.entry(function)?);
        let mut signature = Signature::default();
        if returns.is_some() {
            signature.returns = Some(self.index.type_name(returns)?);
            self.reach(returns, Vec::new());
        }
        for child in self.index.children(function)? {
            let target = self.index.type_of(function.unit, &child);
            signature.parameters.push((String::new(), self.index.type_name(target)?));
            self.reach(target, Vec::new());
        }
        self.run()?;
        Ok(signature)
    }

    /// The types that a generic function is made for.
    pub(crate) fn arguments(&mut self, function: Place) -> Result<Vec<String>> {
        let mut arguments = Vec::new();
        for child in self.index.children(function)? {
            if child.tag() == gimli::DW_TAG_template_type_parameter {
                let target = self.index.type_of(function.unit, &child);
                self.reach(target, Vec::new());
                arguments.push(self.index.type_name(target)?);
            }
        }
        self.run()?;
        Ok(arguments)
    }

    /// Goes on from a function's variables; `(name, type)` of each.
    pub(crate) fn locals(&mut self, function: Place) -> Result<Vec<(String, String)>> {
        let mut locals = Vec::new();
        let mut entries = self.index.units[function.unit].entries_at_offset(function.offset)?;
        entries.next_dfs()?;
        while let Some(entry) = entries.next_dfs()? {
            if entry.depth() <= 0 {
                break;
            }
            if entry.tag() == gimli::DW_TAG_variable {
                let target = self.index.type_of(function.unit, entry);
                self.reach(target, Vec::new());
                let name = self.index.name(function.unit, entry)?.unwrap_or_default();
                locals.push((name, self.index.type_name(target)?));
            }
        }
        self.run()?;
        Ok(locals)
    }

    /// The types asked for that no function reaches.
    fn others(&mut self, wanted: &dyn Fn(&str) -> bool) -> Result<()> {
        for (name, places) in &self.index.types {
            if wanted(name) {
                self.reach(places.first().copied(), Vec::new());
            }
        }
        self.run()
    }

    fn reach(&mut self, target: Option<Place>, path: Vec<String>) {
        self.queue.extend(target.map(|place| (place, path)));
    }

    pub(crate) fn run(&mut self) -> Result<()> {
        while let Some((place, path)) = self.queue.pop_front() {
            let name = self.index.type_name(Some(place))?;
            if !self.artifact.types.contains_key(&name) {
                let layout = self.layout(place, &name, &path)?;
                self.artifact.types.insert(name, layout);
            }
        }
        Ok(())
    }

    /// The layout of a type; what it is made of is queued.
    pub(crate) fn layout(&mut self, place: Place, name: &str, path: &[String]) -> Result<TypeLayout> {
        let entry = self.index.entry(place)?;
        let mut layout = TypeLayout {
            size: number(&entry, gimli::DW_AT_byte_size).unwrap_or(0),
            align: number(&entry, gimli::DW_AT_alignment).unwrap_or(0),
            reach: Reach(path.to_vec()),
            ..TypeLayout::default()
        };
        self.trait_object(name, path);
        // What a pointer, an array or an alias is made of.
        let made_of = self.index.type_of(place.unit, &entry);
        match made_of.filter(|made_of| self.index.is_function(*made_of)) {
            // Both have one name. The pointer stands for both.
            Some(function) => {
                self.pointers.insert(name.to_owned(), function);
                if self.passes_functions {
                    let returns = self.index.type_of(function.unit, &self.index.entry(function)?);
                    self.part_of(returns, path.to_vec(), &mut layout)?;
                    self.parts(function, name, path, &mut layout)?;
                }
            }
            None => self.part_of(made_of, path.to_vec(), &mut layout)?,
        }
        self.parts(place, name, path, &mut layout)?;
        layout.members.sort();
        layout.variants.sort();
        Ok(layout)
    }

    fn parts(&mut self, of: Place, name: &str, path: &[String], layout: &mut TypeLayout) -> Result<()> {
        for child in self.index.children(of)? {
            self.part(of.unit, name, &child, path, layout)?;
        }
        Ok(())
    }

    /// Behind `dyn Trait` may stand every type that the build made a vtable of that trait for.
    fn trait_object(&mut self, name: &str, path: &[String]) {
        for (of, vtable) in self.index.objects(name).filter(|_| self.passes_dyn && !is_only_called(name)) {
            let methods = self.slots.methods(vtable.address, vtable.size);
            self.artifact.vtables.insert(of.clone(), methods);
            let mut path = path.to_vec();
            path.push(name.to_owned());
            self.queue.extend(vtable.holder.map(|holder| (holder, path)));
        }
    }

    /// One part of a type: a field, a generic argument, the variants of an enum.
    fn part(
        &mut self,
        unit: usize,
        owner: &str,
        child: &Entry,
        path: &[String],
        layout: &mut TypeLayout,
    ) -> Result<()> {
        match child.tag() {
            gimli::DW_TAG_member => {
                let member = self.member(unit, owner, child, path)?;
                layout.members.push(member);
            }
            gimli::DW_TAG_template_type_parameter | gimli::DW_TAG_formal_parameter => {
                let target = self.index.type_of(unit, child);
                self.part_of(target, path.to_vec(), layout)?;
            }
            gimli::DW_TAG_enumerator => layout.variants.push(Variant {
                discriminant: number(child, gimli::DW_AT_const_value),
                name: self.index.name(unit, child)?.unwrap_or_default(),
                type_name: String::new(),
            }),
            gimli::DW_TAG_variant_part => {
                self.variants(Place { unit, offset: child.offset() }, owner, path, layout)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn part_of(&mut self, target: Option<Place>, path: Vec<String>, layout: &mut TypeLayout) -> Result<()> {
        if target.is_some() {
            layout.parts.0.insert(self.index.type_name(target)?);
            self.reach(target, path);
        }
        Ok(())
    }

    fn member(&mut self, unit: usize, owner: &str, child: &Entry, path: &[String]) -> Result<Member> {
        let name = self.index.name(unit, child)?.unwrap_or_default();
        let target = self.index.type_of(unit, child);
        let type_name = self.index.type_name(target)?;
        let mut path = path.to_vec();
        path.push(format!("{owner}.{name}"));
        self.reach(target, path);
        let offset = number(child, gimli::DW_AT_data_member_location).unwrap_or(0);
        Ok(Member { offset, name, type_name })
    }

    fn variants(&mut self, part: Place, owner: &str, path: &[String], layout: &mut TypeLayout) -> Result<()> {
        for child in self.index.children(part)? {
            if child.tag() == gimli::DW_TAG_member {
                let member = self.member(part.unit, owner, &child, path)?;
                layout.discriminant = Some((member.offset, member.type_name));
            } else if child.tag() == gimli::DW_TAG_variant {
                let discriminant = number(&child, gimli::DW_AT_discr_value);
                for held in self.index.children(Place { unit: part.unit, offset: child.offset() })? {
                    if held.tag() == gimli::DW_TAG_member {
                        let Member { name, type_name, .. } = self.member(part.unit, owner, &held, path)?;
                        layout.variants.push(Variant { discriminant, name, type_name });
                    }
                }
            }
        }
        Ok(())
    }
}

fn is_scope(tag: DwTag) -> bool {
    matches!(
        tag,
        gimli::DW_TAG_namespace
            | gimli::DW_TAG_structure_type
            | gimli::DW_TAG_union_type
            | gimli::DW_TAG_enumeration_type
    )
}

fn qualified(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}::{name}") }
}

fn number(entry: &Entry, attribute: gimli::DwAt) -> Option<u64> {
    let value = entry.attr_value(attribute)?;
    value.udata_value().or_else(|| value.sdata_value().map(i64::cast_unsigned))
}
