//! DWARF to layouts: from the boundary functions to every type that they let live data have.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::rc::Rc;

use gimli::{AttributeValue, DebuggingInformationEntry, DwTag, EndianSlice, RunTimeEndian, UnitOffset};
use object::{Object, ObjectSection};

use crate::Artifact;
use crate::layout::{Member, Reach, Signature, TypeLayout, Variant};
use crate::vtable::Slots;

type Slice<'a> = EndianSlice<'a, RunTimeEndian>;
type Entry<'a> = DebuggingInformationEntry<Slice<'a>>;
type Result<T> = gimli::Result<T>;

/// Where the standard library was compiled, as its debug information says.
const TOOLCHAIN: &str = "/rustc/";

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
    let (sections, endian) = sections(file)?;
    let dwarf = sections.borrow(|section| EndianSlice::new(section, endian));
    let mut index = Index::new(&dwarf)?;
    let functions = index.scan(question.functions)?;
    let slots = Slots::new(file);
    let mut walk = Walk::new(&index, &slots);
    for (name, place) in functions {
        walk.function(&name, place)?;
    }
    walk.run()?;
    walk.others(question.types)?;
    Ok(walk.artifact)
}

/// The debug information of a file, and its byte order.
pub(crate) fn sections<'d>(
    file: &object::File<'d>,
) -> Result<(gimli::DwarfSections<Cow<'d, [u8]>>, RunTimeEndian)> {
    let endian = if file.is_little_endian() { RunTimeEndian::Little } else { RunTimeEndian::Big };
    let sections = gimli::DwarfSections::load(|id| -> Result<_> {
        let section = file.section_by_name(id.name());
        Ok(section.and_then(|section| section.uncompressed_data().ok()).unwrap_or_default())
    })?;
    Ok((sections, endian))
}

/// All units, for each type the path of the modules around it, and what stands behind trait objects.
pub(crate) struct Index<'a> {
    dwarf: &'a gimli::Dwarf<Slice<'a>>,
    units: Vec<gimli::Unit<Slice<'a>>>,
    scopes: HashMap<Place, Rc<str>>,
    /// By name, as in `<T as Trait>`.
    vtables: BTreeMap<String, Vtable>,
    /// Statics and thread locals, by linker name.
    pub(crate) statics: Vec<(String, Place)>,
}

/// The method table of one type for one trait.
#[derive(Debug, Clone, Copy, Default)]
struct Vtable {
    holder: Option<Place>,
    address: u64,
    size: u64,
}

impl<'a> Index<'a> {
    pub(crate) fn new(dwarf: &'a gimli::Dwarf<Slice<'a>>) -> Result<Self> {
        let mut units = Vec::new();
        let mut headers = dwarf.units();
        while let Some(header) = headers.next()? {
            units.push(dwarf.unit(header)?);
        }
        let (scopes, vtables, statics) = (HashMap::new(), BTreeMap::new(), Vec::new());
        Ok(Self { dwarf, units, scopes, vtables, statics })
    }

    /// One pass over everything: notes the scope of each type, and finds the functions asked for.
    pub(crate) fn scan(&mut self, wanted: &dyn Fn(&str) -> bool) -> Result<BTreeMap<String, Place>> {
        let mut functions = BTreeMap::new();
        for unit in 0..self.units.len() {
            let mut open: Vec<(isize, Rc<str>)> = Vec::new();
            let (mut found, mut vtables, mut statics) = (Vec::new(), Vec::new(), Vec::new());
            let mut entries = self.units[unit].entries();
            while let Some(entry) = entries.next_dfs()? {
                while open.last().is_some_and(|(depth, _)| *depth >= entry.depth()) {
                    open.pop();
                }
                let place = Place { unit, offset: entry.offset() };
                if is_scope(entry.tag()) {
                    let parent = open.last().map(|(_, path)| path.clone()).unwrap_or_default();
                    let name = self.name(unit, entry)?.unwrap_or_default();
                    if let Some(of) = name.strip_suffix("::{vtable_type}") {
                        let holder = self.reference(unit, entry, gimli::DW_AT_containing_type);
                        let size = number(entry, gimli::DW_AT_byte_size).unwrap_or(0);
                        vtables.push((of.to_owned(), Vtable { holder, address: 0, size }));
                    }
                    open.push((entry.depth(), qualified(&parent, &name).into()));
                    found.push((place, parent));
                } else if entry.tag() == gimli::DW_TAG_variable
                    && let Some(address) = self.address(unit, entry)?
                    && let Some(name) = self.name(unit, entry)?
                    && let Some(of) = name.strip_suffix("::{vtable}")
                {
                    vtables.push((of.to_owned(), Vtable { address, ..Vtable::default() }));
                } else if entry.tag() == gimli::DW_TAG_variable {
                    if entry.has_attr(gimli::DW_AT_linkage_name) || self.address(unit, entry)?.is_some() {
                        statics.extend(self.symbol(unit, entry)?.map(|symbol| (symbol, place)));
                    }
                } else if entry.tag() == gimli::DW_TAG_subprogram
                    && entry.attr_value(gimli::DW_AT_low_pc).is_some()
                    && let Some(symbol) = self.symbol(unit, entry)?
                    && wanted(&symbol)
                {
                    functions.insert(symbol, place);
                }
            }
            self.scopes.extend(found);
            self.statics.extend(statics);
            for (name, part) in vtables {
                let vtable = self.vtables.entry(name).or_default();
                vtable.holder = part.holder.or(vtable.holder);
                vtable.address = vtable.address.max(part.address);
                vtable.size = vtable.size.max(part.size);
            }
        }
        Ok(functions)
    }

    /// Whether a function is an instance of a generic one, or inside one.
    pub(crate) fn is_generic(&self, function: Place) -> Result<bool> {
        let children = self.children(function)?;
        Ok(children.iter().any(|child| child.tag() == gimli::DW_TAG_template_type_parameter))
    }

    /// Whether some type is described by what was compiled here, not with the toolchain.
    pub(crate) fn describes_types(&self) -> bool {
        let is_ours = |unit: usize| {
            let folder = self.units[unit].comp_dir.map(|folder| folder.to_string_lossy().into_owned());
            folder.is_some_and(|folder| !folder.starts_with(TOOLCHAIN))
        };
        self.scopes
            .keys()
            .filter(|place| is_ours(place.unit))
            .any(|place| self.entry(*place).is_ok_and(|entry| entry.tag() == gimli::DW_TAG_structure_type))
    }

    fn string(&self, unit: usize, entry: &Entry<'a>, attribute: gimli::DwAt) -> Result<Option<String>> {
        let Some(value) = entry.attr_value(attribute) else { return Ok(None) };
        let text = self.dwarf.attr_string(&self.units[unit], value)?;
        Ok(Some(text.to_string_lossy().into_owned()))
    }

    /// Where a static variable lies.
    fn address(&self, unit: usize, entry: &Entry<'a>) -> Result<Option<u64>> {
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

    fn name(&self, unit: usize, entry: &Entry<'a>) -> Result<Option<String>> {
        self.string(unit, entry, gimli::DW_AT_name)
    }

    /// The linker's name of a function: its mangled name, else the one its author fixed.
    fn symbol(&self, unit: usize, entry: &Entry<'a>) -> Result<Option<String>> {
        if let Some(name) = self.string(unit, entry, gimli::DW_AT_linkage_name)? {
            return Ok(Some(name));
        }
        match self.declaration(unit, entry) {
            Some(place) => self.symbol(place.unit, &self.entry(place)?),
            None => self.name(unit, entry),
        }
    }

    /// What an entry completes: a method's declaration in its type, a parameter of an inlined function.
    fn declaration(&self, unit: usize, entry: &Entry<'a>) -> Option<Place> {
        let specified = self.reference(unit, entry, gimli::DW_AT_specification);
        specified.or_else(|| self.reference(unit, entry, gimli::DW_AT_abstract_origin))
    }

    fn entry(&self, place: Place) -> Result<Entry<'a>> {
        let mut entries = self.units[place.unit].entries_at_offset(place.offset)?;
        entries.next_entry()?;
        entries.current().cloned().ok_or(gimli::Error::NoEntryAtGivenOffset(place.offset.0 as u64))
    }

    fn children(&self, place: Place) -> Result<Vec<Entry<'a>>> {
        let mut tree = self.units[place.unit].entries_tree(Some(place.offset))?;
        let mut children = tree.root()?.children();
        let mut all = Vec::new();
        while let Some(child) = children.next()? {
            all.push(child.entry().clone());
        }
        Ok(all)
    }

    /// Where an attribute points: within its unit, or (after link-time optimisation) into another.
    fn reference(&self, unit: usize, entry: &Entry<'a>, attribute: gimli::DwAt) -> Option<Place> {
        match entry.attr_value(attribute)? {
            AttributeValue::UnitRef(offset) => Some(Place { unit, offset }),
            AttributeValue::DebugInfoRef(target) => {
                let within = |unit: &gimli::Unit<Slice<'a>>| target.to_unit_offset(&unit.header);
                self.units
                    .iter()
                    .enumerate()
                    .find_map(|(unit, header)| Some(Place { unit, offset: within(header)? }))
            }
            _ => None,
        }
    }

    fn type_of(&self, unit: usize, entry: &Entry<'a>) -> Option<Place> {
        let own = self.reference(unit, entry, gimli::DW_AT_type);
        own.or_else(|| {
            let declared = self.declaration(unit, entry)?;
            self.type_of(declared.unit, &self.entry(declared).ok()?)
        })
    }

    /// A type's name with its modules: what identifies it in both builds.
    fn type_name(&self, place: Option<Place>) -> Result<String> {
        let Some(place) = place else { return Ok("()".to_owned()) };
        let entry = self.entry(place)?;
        if let Some(name) = self.name(place.unit, &entry)? {
            let scope = self.scopes.get(&place).cloned().unwrap_or_default();
            return Ok(qualified(&scope, &name));
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
pub(crate) struct Walk<'i, 'a> {
    index: &'i Index<'a>,
    slots: &'i Slots,
    pub(crate) artifact: Artifact,
    queue: VecDeque<(Place, Vec<String>)>,
}

impl<'i, 'a> Walk<'i, 'a> {
    pub(crate) fn new(index: &'i Index<'a>, slots: &'i Slots) -> Self {
        Self { index, slots, artifact: Artifact::default(), queue: VecDeque::new() }
    }

    /// Goes on from a static; the name of its type.
    pub(crate) fn variable(&mut self, name: &str, place: Place) -> Result<String> {
        let target = self.index.type_of(place.unit, &self.index.entry(place)?);
        self.reach(target, vec![format!("static `{name}`")]);
        self.index.type_name(target)
    }

    /// All types with a name, in the order of the file.
    pub(crate) fn named(&self) -> Result<Vec<(Place, String)>> {
        let mut places: Vec<Place> = self.index.scopes.keys().copied().collect();
        places.sort_by_key(|place| (place.unit, place.offset.0));
        let mut named = Vec::new();
        for place in places {
            let entry = self.index.entry(place)?;
            let declared_only = entry.has_attr(gimli::DW_AT_declaration);
            if entry.tag() != gimli::DW_TAG_namespace && !declared_only {
                named.push((place, self.index.type_name(Some(place))?));
            }
        }
        Ok(named)
    }

    pub(crate) fn function(&mut self, name: &str, place: Place) -> Result<()> {
        let entry = self.index.entry(place)?;
        let returns = self.index.type_of(place.unit, &entry);
        let mut signature = Signature::default();
        if returns.is_some() {
            signature.returns = Some(self.index.type_name(returns)?);
            self.reach(returns, vec![format!("`{name}` returns it")]);
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
        self.artifact.signatures.insert(name.to_owned(), signature);
        Ok(())
    }

    /// The types asked for that no function reaches.
    fn others(&mut self, wanted: &dyn Fn(&str) -> bool) -> Result<()> {
        for (place, name) in self.named()? {
            if wanted(&name) {
                self.reach(Some(place), Vec::new());
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
        self.part_of(made_of, path.to_vec(), &mut layout)?;
        for child in self.index.children(place)? {
            self.part(place.unit, name, &child, path, &mut layout)?;
        }
        layout.members.sort();
        layout.variants.sort();
        Ok(layout)
    }

    /// Behind `dyn Trait` may stand every type that the build made a vtable of that trait for.
    fn trait_object(&mut self, name: &str, path: &[String]) {
        let Some(bounds) = name.strip_prefix("dyn ").or_else(|| name.strip_prefix("(dyn ")) else { return };
        let principal = bounds.split([' ', '+', ')']).next().unwrap_or(bounds);
        let marker = format!(" as {principal}>");
        for (of, vtable) in self.index.vtables.iter().filter(|(of, _)| of.ends_with(&marker)) {
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
        child: &Entry<'a>,
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

    fn member(&mut self, unit: usize, owner: &str, child: &Entry<'a>, path: &[String]) -> Result<Member> {
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

fn number(entry: &Entry<'_>, attribute: gimli::DwAt) -> Option<u64> {
    let value = entry.attr_value(attribute)?;
    value.udata_value().or_else(|| value.sdata_value().map(i64::cast_unsigned))
}
