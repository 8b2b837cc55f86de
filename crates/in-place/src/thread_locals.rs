//! The program's thread locals, as new code reaches them: where they are.
//!
//! A program's own thread locals lie at fixed distances from the thread pointer. A patch is linked as a program, so that
//! the linker computes such distances for it, too: from a copy of the program's layout, which holds no data and is
//! struck out of the patch once it is linked (ELF Handling For Thread-Local Storage, section 4: local exec).

use std::collections::HashMap;

use object::read::elf::{ElfFile64, ProgramHeader};
use object::write::{Object as Output, Symbol, SymbolSection};
use object::{Endianness, Object, ObjectSymbol, SectionKind, SymbolFlags, SymbolKind, SymbolScope, elf};

/// What each thread has for the program itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct ThreadLocals {
    size: u64,
    align: u64,
    /// Offset and size in bytes, by name; none for a name that several have.
    places: HashMap<String, Option<(u64, u64)>>,
}

impl ThreadLocals {
    pub(crate) fn of(program: &[u8]) -> Self {
        let mut found = Self::default();
        let Ok(file) = ElfFile64::<Endianness>::parse(program) else { return found };
        let is_tls = |header: &&elf::ProgramHeader64<Endianness>| header.p_type(file.endian()) == elf::PT_TLS;
        let Some(header) = file.elf_program_headers().iter().find(is_tls) else { return found };
        (found.size, found.align) = (header.p_memsz(file.endian()), header.p_align(file.endian()));
        for symbol in
            file.symbols().filter(|symbol| symbol.kind() == SymbolKind::Tls && !symbol.is_undefined())
        {
            let Ok(name) = symbol.name() else { continue };
            let place = Some((symbol.address(), symbol.size()));
            let known = found.places.entry(name.to_owned()).or_insert(place);
            *known = known.filter(|known| Some(*known) == place);
        }
        found
    }

    /// Whether the program has one of this name, and only one.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.places.get(name).is_some_and(Option::is_some)
    }

    /// Their names and sizes in bytes.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, u64)> {
        self.places.iter().filter_map(|(name, place)| Some((name.as_str(), (*place)?.1)))
    }

    /// Adds their layout to an object.
    pub(crate) fn describe(&self, object: &mut Output<'_>) {
        if self.size == 0 {
            return;
        }
        let section = object.add_section(Vec::new(), b".tbss".to_vec(), SectionKind::UninitializedTls);
        object.append_section_bss(section, self.size, self.align.max(1));
        for (name, place) in &self.places {
            let Some((value, size)) = *place else { continue };
            object.add_symbol(Symbol {
                name: name.as_bytes().into(),
                value,
                size,
                kind: SymbolKind::Tls,
                scope: SymbolScope::Linkage,
                weak: false,
                section: SymbolSection::Section(section),
                flags: SymbolFlags::None,
            });
        }
    }

    /// Strikes the layout out of a linked patch. Says whether nothing was in it but what the program has.
    pub(crate) fn strike_out(&self, patch: &mut [u8]) -> bool {
        let headers = {
            let Ok(file) = ElfFile64::<Endianness>::parse(&*patch) else { return false };
            let headers = file.elf_program_headers().iter().enumerate();
            let tls = headers.filter(|(_, header)| header.p_type(file.endian()) == elf::PT_TLS);
            let start = file.elf_header().e_phoff.get(file.endian());
            let each = u64::from(file.elf_header().e_phentsize.get(file.endian()));
            let found: Vec<_> = tls
                .map(|(index, header)| {
                    let is_copy =
                        header.p_memsz(file.endian()) == self.size && header.p_filesz(file.endian()) == 0;
                    (start + each * index as u64, is_copy)
                })
                .collect();
            found
        };
        headers.into_iter().all(|(at, is_copy)| {
            let at = usize::try_from(at).unwrap_or(usize::MAX);
            match patch.get_mut(at..at.saturating_add(4)).filter(|_| is_copy) {
                Some(kind) => {
                    kind.copy_from_slice(&elf::PT_NULL.0.to_le_bytes());
                    true
                }
                None => false,
            }
        })
    }
}
