//! What stands in a vtable: the functions that its slots lead to.
//!
//! Debug information gives a vtable's address and size, not its methods. The slots are filled by the
//! dynamic linker, so the functions are found through the relocations that it will apply.

use std::collections::{BTreeMap, HashMap};

use object::{
    Object, ObjectSection, ObjectSymbol, ObjectSymbolTable, RelocationFlags, RelocationTarget, SectionKind,
    SymbolKind, elf,
};

/// The drop function, the size and the alignment come before the methods.
const HEADER: u64 = 3;

/// Reads slots by address.
#[derive(Debug)]
pub(crate) struct Slots {
    /// Address of a slot → address of what it leads to.
    targets: HashMap<u64, u64>,
    /// Address of a function → its linker name.
    functions: BTreeMap<u64, String>,
    /// What an image that is linked at a fixed address has in its slots already.
    fixed: Vec<(u64, Vec<u8>)>,
    pointer: u64,
}

impl Slots {
    pub(crate) fn new(file: &object::File<'_>) -> Self {
        let relative = RelocationFlags::Elf { r_type: elf::R_X86_64_RELATIVE };
        let relative_aarch64 = RelocationFlags::Elf { r_type: elf::R_AARCH64_RELATIVE };
        // Dynamic relocations count by the dynamic symbol table.
        let dynamic = file.dynamic_symbol_table();
        let symbol_address = |index| {
            let symbol = dynamic.as_ref().and_then(|table| table.symbol_by_index(index).ok());
            symbol.map_or(0, |symbol| symbol.address())
        };
        let targets = file
            .dynamic_relocations()
            .into_iter()
            .flatten()
            .filter_map(|(slot, relocation)| {
                let base = match relocation.target() {
                    RelocationTarget::Symbol(index) => symbol_address(index),
                    _ if [relative, relative_aarch64].contains(&relocation.flags()) => 0,
                    _ => return None,
                };
                Some((slot, base.wrapping_add_signed(relocation.addend())))
            })
            .collect();
        let functions = file
            .symbols()
            .chain(file.dynamic_symbols())
            .filter(|symbol| {
                let is_elsewhere = symbol.section() == object::SymbolSection::Absolute;
                (symbol.is_definition() && symbol.kind() == SymbolKind::Text) || is_elsewhere
            })
            .filter_map(|symbol| Some((symbol.address(), symbol.name().ok()?.to_owned())))
            .collect();
        Self { targets, functions, fixed: fixed(file), pointer: if file.is_64() { 8 } else { 4 } }
    }

    /// The methods of the vtable of this size in bytes at this address. A slot whose function is unknown
    /// (another library fills it) is empty.
    pub(crate) fn methods(&self, address: u64, size: u64) -> Vec<String> {
        self.symbols(address, size).map(|symbol| symbol.map(demangled).unwrap_or_default()).collect()
    }

    /// Their linker names.
    pub(crate) fn symbols(&self, address: u64, size: u64) -> impl Iterator<Item = Option<&str>> {
        (HEADER..size / self.pointer)
            .map(move |slot| self.target(address + slot * self.pointer))
            .map(|target| self.functions.get(&target?).map(String::as_str))
    }

    fn target(&self, slot: u64) -> Option<u64> {
        self.targets.get(&slot).copied().or_else(|| {
            let (start, bytes) = self
                .fixed
                .iter()
                .find(|(start, bytes)| (*start..start.saturating_add(bytes.len() as u64)).contains(&slot))?;
            let at = usize::try_from(slot - start).ok()?;
            Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
        })
    }
}

/// The data of a patch: it is linked for the place where it will lie, and leaves the dynamic linker nothing to fill in.
fn fixed(file: &object::File<'_>) -> Vec<(u64, Vec<u8>)> {
    let is_patch =
        file.is_64() && file.symbols().any(|symbol| symbol.section() == object::SymbolSection::Absolute);
    let holds_data = |section: &object::Section<'_, '_>| {
        section.address() != 0
            && matches!(
                section.kind(),
                SectionKind::Data | SectionKind::ReadOnlyData | SectionKind::ReadOnlyDataWithRel
            )
    };
    let sections = file.sections().filter(|section| is_patch && holds_data(section));
    sections.filter_map(|section| Some((section.address(), section.data().ok()?.to_vec()))).collect()
}

/// A function's name without the hash that the compiler adds.
pub fn without_hash(name: &str) -> &str {
    match name.rsplit_once("::h") {
        Some((plain, hash)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => plain,
        _ => name,
    }
}

/// A symbol as people write it, without the hash.
pub fn demangled(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}
