//! Functions whose address is taken. Such a pointer may be kept, and leads to old code for as long as it is.

use std::collections::BTreeSet;

use artifact::Addresses;
use object::{Object, ObjectSection, ObjectSymbol, RelocationKind, RelocationTarget, SectionKind};

use crate::build::Build;
use crate::content::{Contents, Elf, is_stable, parse_all};
use crate::error::Result;

/// A table of methods begins with how its values end, their size and their alignment.
const METHODS: u64 = 24;

/// What a build has the addresses of.
pub(crate) fn addresses(build: &Build) -> Result<Addresses> {
    let mut found = Addresses::default();
    let parsed = parse_all(&build.objects)?;
    for (elf, contents) in parsed.iter().zip(Contents::of_all(&parsed, &build.objects, &build.constants)) {
        elf.sections().for_each(|section| add(&mut found, elf, &contents, &section));
    }
    Ok(found)
}

/// Adds what one section has the addresses of: not what is only called.
pub(crate) fn add<'a>(
    found: &mut Addresses,
    elf: &Elf<'a>,
    contents: &Contents<'a>,
    section: &impl ObjectSection<'a>,
) {
    if !may_hold_pointers(section) {
        return;
    }
    let is_code = section.kind() == SectionKind::Text;
    let bytes = section.data().unwrap_or_default();
    let relocations = section.relocations().filter(|(offset, relocation)| {
        // Data that is no pointer: the distances in jump tables.
        let is_address = relocation.kind() == RelocationKind::Absolute;
        if is_code { !is_call(bytes, *offset) } else { is_address }
    });
    let functions = relocations.filter_map(|(_, relocation)| function(elf, contents, &relocation));
    if !is_code && is_method_table(elf, contents, section) {
        found.tables.insert(functions.map(str::to_owned).collect());
        return;
    }
    let functions: BTreeSet<String> = functions.map(str::to_owned).collect();
    if let Some(name) = contents.name(section.index()).filter(|_| !is_code && !functions.is_empty()) {
        found.statics.entry(name.to_owned()).or_default().extend(functions.iter().cloned());
    }
    found.functions.extend(functions);
}

fn may_hold_pointers<'a>(section: &impl ObjectSection<'a>) -> bool {
    let is_unwinding = section
        .name()
        .is_ok_and(|name| name.starts_with(".eh_frame") || name.starts_with(".gcc_except_table"));
    let kind = section.kind();
    let is_data = matches!(
        kind,
        SectionKind::Data | SectionKind::ReadOnlyData | SectionKind::ReadOnlyDataWithRel | SectionKind::Tls
    );
    (kind == SectionKind::Text || is_data) && !is_unwinding
}

/// Whether the operand at this offset is that of a call or a jump: `e8`, `e9`, `0f 8x`, `ff 15`, `ff 25`.
fn is_call(code: &[u8], offset: u64) -> bool {
    let Some(before) = usize::try_from(offset).ok().and_then(|offset| code.get(..offset)) else {
        return false;
    };
    match before {
        [.., 0xe8 | 0xe9] | [.., 0xff, 0x15 | 0x25] => true,
        [.., 0x0f, condition] => condition & 0xf0 == 0x80,
        _ => false,
    }
}

fn is_method_table<'a>(elf: &Elf<'a>, contents: &Contents<'a>, section: &impl ObjectSection<'a>) -> bool {
    let mut head = section.relocations().filter(|(offset, _)| *offset < METHODS);
    let ends_values = |relocation: &object::Relocation| {
        let name = function(elf, contents, relocation);
        name.is_some_and(|name| artifact::demangled(name).contains("drop_in_place"))
    };
    let begins_well = head.all(|(offset, relocation)| offset == 0 && ends_values(&relocation));
    let alignment = section.data().ok().and_then(|data| data.get(16..24)?.try_into().ok());
    begins_well && alignment.is_some_and(|bytes| u64::from_le_bytes(bytes).is_power_of_two())
}

fn function<'a>(elf: &Elf<'a>, contents: &Contents<'a>, relocation: &object::Relocation) -> Option<&'a str> {
    let RelocationTarget::Symbol(symbol) = relocation.target() else { return None };
    let symbol = elf.symbol_by_index(symbol).ok()?;
    let own = symbol.name().ok().filter(|name| is_stable(name));
    own.or_else(|| contents.name(symbol.section_index()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_and_jumps_are_told_from_pointers() {
        assert!(is_call(&[0x50, 0xe8, 0, 0, 0, 0], 2));
        assert!(is_call(&[0xff, 0x15, 0, 0, 0, 0], 2));
        assert!(is_call(&[0x0f, 0x85, 0, 0, 0, 0], 2));
        // lea rax, [rip + function]; mov rax, [rip + function@GOTPCREL]
        assert!(!is_call(&[0x48, 0x8d, 0x05, 0, 0, 0, 0], 3));
        assert!(!is_call(&[0x48, 0x8b, 0x05, 0, 0, 0, 0], 3));
        assert!(!is_call(&[], 0));
    }
}
