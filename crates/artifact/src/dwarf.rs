//! DWARF to layouts: what is described where, and how types are laid out.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use gimli::{AttributeValue, DebuggingInformationEntry, DwTag, Reader, RunTimeEndian, UnitOffset};
use object::{Object, ObjectSection};

use crate::Artifact;
use crate::layout::{Member, TypeLayout, Variant};
use crate::type_names::{is_of_the_language, trait_of_object};
use crate::vtable::Slots;
use crate::walk::Walk;

pub(crate) type Slice = gimli::EndianArcSlice<RunTimeEndian>;
type Entry = DebuggingInformationEntry<Slice>;
pub(crate) type Result<T> = gimli::Result<T>;

/// Where the standard library was compiled, as its debug information says.
const TOOLCHAIN: &str = "/rustc/";

/// A place in `.debug_info`: which unit, and where in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) unit: usize,
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
    // The types asked for that no function reaches.
    for (_, places) in index.types.iter().filter(|(name, _)| (question.types)(name)) {
        places.first().into_iter().for_each(|place| walk.reach_type(*place));
    }
    walk.run()?;
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
    /// Functions of the standard library, wherever they are inlined.
    of_the_toolchain: HashSet<Place>,
    /// What was read of types so far.
    described: Mutex<HashMap<Place, Arc<Described>>>,
}

/// A type as it is described.
pub(crate) struct Described {
    pub(crate) layout: TypeLayout,
    /// What it leads to.
    pub(crate) leads: Vec<Lead>,
    /// Of a pointer to a function, where that is described, and which of the above it leads to by what the function takes
    /// and gives.
    pub(crate) function: Option<(Place, Range<usize>)>,
}

/// From a type to another.
pub(crate) struct Lead {
    pub(crate) to: Place,
    /// The field, as a path says it.
    pub(crate) field: Option<Arc<str>>,
}

/// The method table of one type for one trait.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Vtable {
    pub(crate) holder: Option<Place>,
    pub(crate) address: u64,
    pub(crate) size: u64,
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
    of_the_toolchain: Vec<Place>,
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
            of_the_toolchain: HashSet::new(),
            described: Mutex::default(),
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
                let crate_name = open.last().and_then(|(_, path)| path.split("::").next());
                if matches!(crate_name, Some("core" | "alloc" | "std")) {
                    found.of_the_toolchain.push(place);
                }
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
        self.of_the_toolchain.extend(found.of_the_toolchain);
        for (name, part) in found.vtables {
            let vtable = self.vtables.entry(name).or_default();
            vtable.holder = part.holder.or(vtable.holder);
            vtable.address = vtable.address.max(part.address);
            vtable.size = vtable.size.max(part.size);
        }
    }

    /// The type that a closure or coroutine has as its first, unwritten parameter.
    pub(crate) fn environment(&self, function: Place) -> Result<Option<(&str, Option<Place>)>> {
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
    pub(crate) fn objects(&self, object: &str) -> impl Iterator<Item = (&String, &Vtable)> {
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

    /// `(name, type)` of each of a function's variables, those of what is inlined in it included.
    pub(crate) fn locals(&self, function: Place) -> Result<Vec<(String, Option<Place>)>> {
        self.locals_but(function, |_| false)
    }

    /// The same without those of the standard library's functions.
    pub(crate) fn own_locals(&self, function: Place) -> Result<Vec<(String, Option<Place>)>> {
        self.locals_but(function, |inlined| {
            let origin = self.reference(function.unit, inlined, gimli::DW_AT_abstract_origin);
            let declared = || self.declaration(origin?.unit, &self.entry(origin?).ok()?);
            let is_known =
                |place: Option<Place>| place.is_some_and(|place| self.of_the_toolchain.contains(&place));
            is_known(origin) || is_known(declared())
        })
    }

    fn locals_but(
        &self,
        function: Place,
        is_left_out: impl Fn(&Entry) -> bool,
    ) -> Result<Vec<(String, Option<Place>)>> {
        let mut locals = Vec::new();
        let mut left_out = None;
        let mut entries = self.units[function.unit].entries_at_offset(function.offset)?;
        entries.next_dfs()?;
        while let Some(entry) = entries.next_dfs()? {
            if entry.depth() <= 0 {
                break;
            }
            if left_out.is_some_and(|depth| entry.depth() > depth) {
                continue;
            }
            let is_inlined = entry.tag() == gimli::DW_TAG_inlined_subroutine;
            left_out = (is_inlined && is_left_out(entry)).then(|| entry.depth());
            if entry.tag() == gimli::DW_TAG_variable {
                let name = self.name(function.unit, entry)?.unwrap_or_default();
                locals.push((name, self.type_of(function.unit, entry)));
            }
        }
        Ok(locals)
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

    pub(crate) fn name(&self, unit: usize, entry: &Entry) -> Result<Option<String>> {
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

    pub(crate) fn entry(&self, place: Place) -> Result<Entry> {
        let mut entries = self.units[place.unit].entries_at_offset(place.offset)?;
        entries.next_entry()?;
        entries.current().cloned().ok_or(gimli::Error::NoEntryAtGivenOffset(place.offset.0 as u64))
    }

    pub(crate) fn children(&self, place: Place) -> Result<Vec<Entry>> {
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

    pub(crate) fn type_of(&self, unit: usize, entry: &Entry) -> Option<Place> {
        let own = self.reference(unit, entry, gimli::DW_AT_type);
        own.or_else(|| {
            let declared = self.declaration(unit, entry)?;
            self.type_of(declared.unit, &self.entry(declared).ok()?)
        })
    }

    /// A type's name with its modules: what identifies it in both builds.
    pub(crate) fn type_name(&self, place: Option<Place>) -> Result<String> {
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

    /// What is said of a type. It is read once.
    pub(crate) fn described(&self, place: Place) -> Result<Arc<Described>> {
        let known = || self.described.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(described) = known().get(&place) {
            return Ok(Arc::clone(described));
        }
        let described = Arc::new(self.describe(place)?);
        known().insert(place, Arc::clone(&described));
        Ok(described)
    }

    fn describe(&self, place: Place) -> Result<Described> {
        let (entry, name) = (self.entry(place)?, self.type_name(Some(place))?);
        let mut described = Described {
            layout: TypeLayout {
                size: number(&entry, gimli::DW_AT_byte_size).unwrap_or(0),
                align: number(&entry, gimli::DW_AT_alignment).unwrap_or(0),
                ..TypeLayout::default()
            },
            leads: Vec::new(),
            function: None,
        };
        // What a pointer, an array or an alias is made of.
        let made_of = self.type_of(place.unit, &entry);
        match made_of.filter(|made_of| self.is_function(*made_of)) {
            // Both have one name. The pointer stands for both.
            Some(function) => {
                let returns = self.type_of(function.unit, &self.entry(function)?);
                self.part_of(returns, &mut described)?;
                self.parts(function, &name, &mut described)?;
                described.function = Some((function, 0..described.leads.len()));
            }
            None => self.part_of(made_of, &mut described)?,
        }
        self.parts(place, &name, &mut described)?;
        described.layout.members.sort();
        described.layout.variants.sort();
        Ok(described)
    }

    fn parts(&self, of: Place, name: &str, described: &mut Described) -> Result<()> {
        for child in self.children(of)? {
            self.part(of.unit, name, &child, described)?;
        }
        Ok(())
    }

    /// One part of a type: a field, a generic argument, the variants of an enum.
    fn part(&self, unit: usize, owner: &str, child: &Entry, described: &mut Described) -> Result<()> {
        match child.tag() {
            gimli::DW_TAG_member => {
                let member = self.member(unit, owner, child, described)?;
                described.layout.members.push(member);
            }
            gimli::DW_TAG_template_type_parameter | gimli::DW_TAG_formal_parameter => {
                self.part_of(self.type_of(unit, child), described)?;
            }
            gimli::DW_TAG_enumerator => described.layout.variants.push(Variant {
                discriminant: number(child, gimli::DW_AT_const_value),
                name: self.name(unit, child)?.unwrap_or_default(),
                type_name: String::new(),
            }),
            gimli::DW_TAG_variant_part => {
                self.variants(Place { unit, offset: child.offset() }, owner, described)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn part_of(&self, target: Option<Place>, described: &mut Described) -> Result<()> {
        if let Some(to) = target {
            described.layout.parts.0.insert(self.type_name(target)?);
            described.leads.push(Lead { to, field: None });
        }
        Ok(())
    }

    fn member(&self, unit: usize, owner: &str, child: &Entry, described: &mut Described) -> Result<Member> {
        let name = self.name(unit, child)?.unwrap_or_default();
        let target = self.type_of(unit, child);
        let type_name = self.type_name(target)?;
        // What the standard library and wide pointers are made of says nothing to a reader of the path.
        let field = (!is_of_the_language(owner)).then(|| format!("{owner}.{name}").into());
        described.leads.extend(target.map(|to| Lead { to, field }));
        let offset = number(child, gimli::DW_AT_data_member_location).unwrap_or(0);
        Ok(Member { offset, name, type_name })
    }

    fn variants(&self, part: Place, owner: &str, described: &mut Described) -> Result<()> {
        for child in self.children(part)? {
            if child.tag() == gimli::DW_TAG_member {
                let member = self.member(part.unit, owner, &child, described)?;
                described.layout.discriminant = Some((member.offset, member.type_name));
            } else if child.tag() == gimli::DW_TAG_variant {
                let discriminant = number(&child, gimli::DW_AT_discr_value);
                for held in self.children(Place { unit: part.unit, offset: child.offset() })? {
                    if held.tag() == gimli::DW_TAG_member {
                        let Member { name, type_name, .. } =
                            self.member(part.unit, owner, &held, described)?;
                        described.layout.variants.push(Variant { discriminant, name, type_name });
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
