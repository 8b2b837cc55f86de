//! What a section says, independent of where things lie: bytes, and for each relocation what it leads to.
//!
//! Two functions with equal content do the same. String literals sit in merged sections and are reached by
//! offset, constants by anonymous symbols that are numbered anew in each build: both are compared by the
//! bytes they hold.

use std::sync::{Arc, OnceLock};

use object::read::elf::{ElfFile64, ElfSection64, SectionHeader};
use object::{
    Object, ObjectSection, ObjectSymbol, RelocationTarget, SectionFlags, SectionIndex, SectionKind,
    SymbolKind, elf,
};
use rustc_hash::{FxHashMap, FxHashSet};
use sha2::{Digest, Sha256};

use crate::build::{Build, ObjectFile};
use crate::error::{Error, Result};
use crate::promoted::is_constant;

/// Constants nest (a slice of slices); beyond this depth they count by name.
pub(crate) const DEEPEST: u32 = 8;

/// The size in bytes of a `core::panic::Location`.
const LOCATION: u64 = 24;

pub(crate) type Elf<'a> = ElfFile64<'a>;
pub(crate) type Hash = [u8; 32];

/// What was read of an object once: most of them never change.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The symbol that stands for a whole section.
    names: FxHashMap<SectionIndex, String>,
    /// Those of them that are code.
    code: FxHashSet<SectionIndex>,
    /// The names that it defines.
    definitions: Vec<(String, SectionIndex)>,
    /// The contents of its sections, as far as they were asked for.
    hashes: Vec<OnceLock<Hash>>,
}

impl Facts {
    fn of(object: &Elf<'_>) -> Self {
        let (mut names, mut definitions) = (FxHashMap::default(), Vec::new());
        for symbol in object.symbols() {
            let (Some(section), Ok(name)) = (symbol.section_index(), symbol.name()) else { continue };
            if !is_stable(name) {
                continue;
            }
            let is_whole = symbol.address() == 0 && symbol.kind() != SymbolKind::Section;
            if is_whole && !object.section_by_index(section).is_ok_and(|section| is_shared(&section)) {
                names.insert(section, name.to_owned());
            }
            if symbol.is_definition() {
                definitions.push((name.to_owned(), section));
            }
        }
        let code = object.sections().filter(|section| section.kind() == SectionKind::Text);
        let code = code.map(|section| section.index()).collect();
        let count = object.sections().map(|section| section.index().0 + 1).max().unwrap_or_default();
        Self { names, code, definitions, hashes: vec![OnceLock::new(); count] }
    }
}

/// Reads contents of one object.
#[derive(Clone, Copy)]
pub(crate) struct Contents<'a> {
    object: &'a Elf<'a>,
    facts: &'a Facts,
    /// Constants that objects have in common, by name.
    constants: &'a FxHashMap<String, Hash>,
}

impl<'a> Contents<'a> {
    pub(crate) fn of(
        object: &'a Elf<'a>,
        file: &'a ObjectFile,
        constants: &'a FxHashMap<String, Hash>,
    ) -> Self {
        Self { object, facts: file.facts.get_or_init(|| Facts::of(object)), constants }
    }

    /// Those of all objects of a build, in their order.
    pub(crate) fn of_all(
        objects: &'a [Elf<'a>],
        files: &'a [Arc<ObjectFile>],
        constants: &'a FxHashMap<String, Hash>,
    ) -> Vec<Self> {
        objects.iter().zip(files).map(|(object, file)| Self::of(object, file, constants)).collect()
    }

    /// All sections that a symbol stands for.
    pub(crate) fn names(&self) -> impl Iterator<Item = (SectionIndex, &'a str)> + use<'a> {
        self.facts.names.iter().map(|(&section, name)| (section, name.as_str()))
    }

    /// Those that are code.
    pub(crate) fn functions(&self) -> impl Iterator<Item = (SectionIndex, &'a str)> + use<'a> {
        let facts = self.facts;
        self.names().filter(|(section, _)| facts.code.contains(section))
    }

    /// Those that are not.
    pub(crate) fn statics(&self) -> impl Iterator<Item = (SectionIndex, &'a str)> + use<'a> {
        let facts = self.facts;
        self.names().filter(|(section, _)| !facts.code.contains(section))
    }

    /// The symbol that stands for a whole section.
    pub(crate) fn name(&self, section: SectionIndex) -> Option<&'a str> {
        self.facts.names.get(&section).map(String::as_str)
    }

    /// The names that it defines.
    pub(crate) fn definitions(&self) -> impl Iterator<Item = (&'a str, SectionIndex)> + use<'a> {
        self.facts.definitions.iter().map(|(name, section)| (name.as_str(), *section))
    }

    /// The content of a whole section.
    pub(crate) fn section(&self, index: SectionIndex) -> Hash {
        let hash = || {
            let mut hasher = Sha256::new();
            self.add(&mut hasher, index, 0);
            hasher.finalize().into()
        };
        self.facts.hashes.get(index.0).map_or_else(hash, |known| *known.get_or_init(hash))
    }

    /// What a function does, wherever it stands in its file: all of its content but the lines that its panics name.
    pub(crate) fn steps(&self, index: SectionIndex) -> Hash {
        let mut hasher = Sha256::new();
        // Never the same as a whole content.
        hasher.update(b"steps");
        if let Ok(section) = self.object.section_by_index(index) {
            hasher.update(section.data().unwrap_or_default());
            for (offset, relocation) in section.relocations() {
                hasher.update(offset.to_le_bytes());
                if !self.is_location(&relocation) {
                    self.add_target(&mut hasher, &relocation, 0);
                }
            }
        }
        hasher.finalize().into()
    }

    /// Whether a constant is a `core::panic::Location`: a path and its length, line and column.
    fn is_location(&self, relocation: &object::Relocation) -> bool {
        let anonymous = |relocation: &object::Relocation| {
            let RelocationTarget::Symbol(index) = relocation.target() else { return None };
            let symbol = self.object.symbol_by_index(index).ok()?;
            let name = symbol.name().unwrap_or_default();
            let section = symbol.section_index().filter(|_| !is_stable(name) || is_constant(name))?;
            Some((symbol.address(), self.object.section_by_index(section).ok()?))
        };
        let path = || {
            let (_, constant) = anonymous(relocation).filter(|(_, constant)| constant.size() == LOCATION)?;
            let length = u64::from_le_bytes(constant.data().ok()?.get(8..16)?.try_into().ok()?);
            let mut pointers = constant.relocations();
            let ((0, pointer), None) = (pointers.next()?, pointers.next()) else { return None };
            let (start, text) = anonymous(&pointer)?;
            let start = usize::try_from(start.wrapping_add_signed(pointer.addend())).ok()?;
            text.data().ok()?.get(start..)?.get(..usize::try_from(length).ok()?)
        };
        path().is_some_and(|path| path.ends_with(b".rs"))
    }

    /// Both: what it says and what it does.
    pub(crate) fn both(&self, index: SectionIndex) -> [Hash; 2] {
        [self.section(index), self.steps(index)]
    }

    fn add(&self, hasher: &mut Sha256, index: SectionIndex, depth: u32) {
        let Ok(section) = self.object.section_by_index(index) else { return };
        hasher.update(section.size().to_le_bytes());
        hasher.update(section.data().unwrap_or_default());
        for (offset, relocation) in section.relocations() {
            hasher.update(offset.to_le_bytes());
            hasher.update(format!("{:?}", relocation.flags()));
            self.add_target(hasher, &relocation, depth);
        }
    }

    fn add_target(&self, hasher: &mut Sha256, relocation: &object::Relocation, depth: u32) {
        let RelocationTarget::Symbol(index) = relocation.target() else { return };
        let Ok(symbol) = self.object.symbol_by_index(index) else { return };
        let name = symbol.name().unwrap_or_default();
        if let Some(content) = self.constants.get(name) {
            hasher.update(content);
            hasher.update(relocation.addend().to_le_bytes());
            return;
        }
        let Some(section) = symbol.section_index().filter(|_| !is_stable(name)) else {
            hasher.update(name);
            hasher.update(relocation.addend().to_le_bytes());
            return;
        };
        if let Some(owner) = self.name(section) {
            hasher.update(owner);
            hasher.update(relocation.addend().to_le_bytes());
            return;
        }
        // A pc-relative addend is 4 less than the offset meant, since the processor counts from behind it.
        let pc_relative = matches!(
            relocation.kind(),
            object::RelocationKind::Relative | object::RelocationKind::PltRelative
        );
        let start =
            symbol.address().wrapping_add_signed(relocation.addend() + if pc_relative { 4 } else { 0 });
        if !self.add_shared(hasher, section, start) {
            if depth < DEEPEST {
                hasher.update(symbol.address().to_le_bytes());
                hasher.update(relocation.addend().to_le_bytes());
                self.add(hasher, section, depth + 1);
            } else {
                hasher.update(name);
            }
        }
    }

    /// The content of a constant that is at this address of a section.
    pub(crate) fn constant(&self, section: SectionIndex, start: u64) -> Hash {
        let mut hasher = Sha256::new();
        if !self.add_shared(&mut hasher, section, start) {
            hasher.update(start.to_le_bytes());
            self.add(&mut hasher, section, 0);
        }
        hasher.finalize().into()
    }

    /// Adds what is meant of a section that has many constants; says whether it is one.
    fn add_shared(&self, hasher: &mut Sha256, section: SectionIndex, start: u64) -> bool {
        let Ok(target) = self.object.section_by_index(section) else { return true };
        if is_merged(&target) {
            let bytes = target.data().unwrap_or_default();
            let rest = usize::try_from(start).ok().and_then(|start| bytes.get(start..)).unwrap_or_default();
            hasher.update(rest.split(|byte| *byte == 0).next().unwrap_or_default());
            hasher.update([0]);
            return true;
        }
        let constant = merged_constant(&target, start);
        hasher.update(constant.unwrap_or_default());
        constant.is_some()
    }
}

/// Names that mean the same in every build; anonymous ones are numbered.
pub(crate) fn is_stable(name: &str) -> bool {
    let is_numbered =
        name.starts_with(".L") || ["anon.", "vtable."].iter().any(|start| name.starts_with(start));
    !name.is_empty() && (!is_numbered || is_constant(name))
}

/// The function whose code a section of this name is; the compiler puts rare ones elsewhere.
pub(crate) fn function_of(section: &str) -> Option<&str> {
    let name = section.strip_prefix(".text.")?;
    Some(name.strip_prefix("unlikely.").unwrap_or(name))
}

/// The content of every function and static of a build, by name, and what the functions do.
pub(crate) fn hashes(build: &Build) -> Result<FxHashMap<String, FxHashSet<Hash>>> {
    let mut hashes: FxHashMap<String, FxHashSet<Hash>> = FxHashMap::default();
    let parsed = parse_all(&build.objects)?;
    for contents in Contents::of_all(&parsed, &build.objects, &build.constants) {
        for (section, name) in contents.names() {
            hashes.entry(name.to_owned()).or_default().extend(contents.both(section));
        }
    }
    Ok(hashes)
}

pub(crate) fn parse_all(objects: &[Arc<ObjectFile>]) -> Result<Vec<Elf<'_>>> {
    objects.iter().map(|file| parse(file)).collect()
}

pub(crate) fn parse(file: &ObjectFile) -> Result<Elf<'_>> {
    Elf::parse(&*file.bytes).map_err(|source| Error::Object { path: file.name.clone().into(), source })
}

/// What is meant of a section that has all constants of one size: the linker folds equal ones, so that they lie side by
/// side with those of other functions.
fn merged_constant<'a>(section: &ElfSection64<'a, '_>, start: u64) -> Option<&'a [u8]> {
    let SectionFlags::Elf { sh_flags, .. } = section.flags() else { return None };
    let size = section.elf_section_header().sh_entsize(section.elf_file().endian());
    let has_pointers = section.relocations().next().is_some();
    if sh_flags.0 & elf::SHF_MERGE.0 == 0 || size == 0 || has_pointers || !start.is_multiple_of(size) {
        return None;
    }
    let (start, size) = (usize::try_from(start).ok()?, usize::try_from(size).ok()?);
    section.data().ok()?.get(start..start.checked_add(size)?)
}

/// Whether the linker folds what is in a section: many constants lie in it.
fn is_shared<'a>(section: &impl ObjectSection<'a>) -> bool {
    matches!(section.flags(), SectionFlags::Elf { sh_flags, .. } if sh_flags.0 & elf::SHF_MERGE.0 != 0)
}

fn is_merged<'a>(section: &impl ObjectSection<'a>) -> bool {
    section.kind() == SectionKind::ReadOnlyString
}
