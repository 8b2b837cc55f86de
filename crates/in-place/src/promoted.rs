//! Names of what the optimiser has changed.
//!
//! What it makes visible to the other objects of a crate is called `name.llvm.1234`.
//! The number is a hash of the module, another one after each edit of it. A function or static goes by its own name
//! alone, so that it is the same one in every build. A constant without a name of its own keeps the number: it is numbered
//! anew in each build, and with the hash of its module the same name means the same constant.

use std::borrow::Cow;
use std::sync::Arc;

use memchr::memmem;
use object::read::elf::{ElfFile64, FileHeader};
use object::{Object, ObjectSymbol};
use rustc_hash::FxHashMap;

use crate::build::ObjectFile;
use crate::content::{Contents, DEEPEST, Hash, parse_all};
use crate::error::Result;
use crate::process::{around_hash, is_mangled};

const MARK: &str = ".llvm.";

/// A name as it is in every build.
pub(crate) fn own_name(name: &str) -> &str {
    match name.rsplit_once(MARK) {
        Some((own, module)) if is_mangled(name) && is_number(module) => own,
        _ => name,
    }
}

/// Whether it is that of a constant which the optimiser has made visible.
pub(crate) fn is_constant(name: &str) -> bool {
    !is_mangled(name) && name.rsplit_once(MARK).is_some_and(|(_, module)| is_number(module))
}

/// The static that is kept in another way than it is written: in parts (`name.0`, `name.1`), or as a `bool` that stands for
/// the one value it ever gets (`name.0` or `name.b`).
pub(crate) fn altered(name: &str) -> Option<&str> {
    let end = match around_hash(name) {
        Some((_, rest)) => name.len() - rest.len(),
        None if name.starts_with("_R") => name.find('.')?,
        None => return None,
    };
    name[end..].starts_with('.').then(|| &name[..end])
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether an object has such names.
pub(crate) fn is_marked(bytes: &[u8]) -> bool {
    memmem::find(bytes, MARK.as_bytes()).is_some()
}

/// An object in which functions and statics go by their own names.
pub(crate) fn with_own_names(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !is_marked(bytes) {
        return Cow::Borrowed(bytes);
    }
    // What can't be read is said where it is needed.
    let cuts = cuts(bytes).unwrap_or_default();
    let mut bytes = bytes.to_vec();
    for at in cuts {
        // Sections are called like what is in them, and compilers let both names end in the same bytes.
        bytes[at] = 0;
    }
    Cow::Owned(bytes)
}

/// Where names end that are not to go on.
fn cuts(bytes: &[u8]) -> object::Result<Vec<usize>> {
    let elf = ElfFile64::<object::Endianness>::parse(bytes)?;
    let (header, endian) = (elf.elf_header(), elf.endian());
    let sections = header.sections(endian, bytes)?;
    let mut cuts = Vec::new();
    let mut cut = |name: &[u8], prefixes: &[&str]| {
        let Ok(text) = std::str::from_utf8(name) else { return };
        let own = prefixes.iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
        let kept = text.len() - own.len() + own_name(own).len();
        let start = (name.as_ptr() as usize).wrapping_sub(bytes.as_ptr() as usize);
        if kept < text.len() && start < bytes.len() {
            cuts.push(start + kept);
        }
    };
    for symbol in elf.symbols() {
        cut(symbol.name_bytes()?, &[]);
    }
    for section in sections.iter() {
        let name = sections.section_name(endian, section)?;
        cut(name.strip_prefix(b".rela").unwrap_or(name), &SECTIONS);
    }
    Ok(cuts)
}

/// What stands before a function's or static's name in that of its section; the longer ones first.
const SECTIONS: [&str; 10] = [
    ".text.unlikely.",
    ".text.hot.",
    ".text.",
    ".data.rel.ro.",
    ".data.",
    ".bss.",
    ".rodata.",
    ".tdata.",
    ".tbss.",
    ".gcc_except_table.",
];

/// What the constants of a build have in them that the optimiser has made visible, by name.
pub(crate) fn constants(objects: &[Arc<ObjectFile>]) -> Result<FxHashMap<String, Hash>> {
    let objects: Vec<_> = objects.iter().filter(|file| file.is_marked).cloned().collect();
    let parsed = parse_all(&objects)?;
    let mut found = FxHashMap::default();
    // Those that lead to others count by what is in these: a place in the source leads to the path of its file.
    for _ in 0..DEEPEST {
        let mut deeper = FxHashMap::default();
        for (elf, contents) in parsed.iter().zip(Contents::of_all(&parsed, &objects, &found)) {
            for symbol in elf.symbols().filter(ObjectSymbol::is_definition) {
                let name = symbol.name().unwrap_or_default();
                if let Some(section) = symbol.section_index().filter(|_| is_constant(name)) {
                    deeper.insert(name.to_owned(), contents.constant(section, symbol.address()));
                }
            }
        }
        let is_all = deeper == found;
        found = deeper;
        if is_all {
            break;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_name_of_its_own_goes_by_that() {
        for (name, own) in [
            (
                "_ZN3app5COUNT17h0123456789abcdefE.llvm.8883265947626672040",
                "_ZN3app5COUNT17h0123456789abcdefE",
            ),
            ("_RNvCs1_3app5COUNT.llvm.5", "_RNvCs1_3app5COUNT"),
            ("_RNvCs1_3app5COUNT.0.llvm.5", "_RNvCs1_3app5COUNT.0"),
            ("_ZN3app4stepE.llvm.", "_ZN3app4stepE.llvm."),
            ("anon.772625d5.0.llvm.107", "anon.772625d5.0.llvm.107"),
            ("switch.table._ZN3app4stepE.llvm.7", "switch.table._ZN3app4stepE.llvm.7"),
        ] {
            assert_eq!(own_name(name), own);
        }
        let whole = "_ZN47_$LT$app..Disc$u20$as$u20$app..Shape$GT$4area5COUNT17h0123456789abcdefE";
        assert_eq!(altered(&format!("{whole}.0")), Some(whole));
        assert_eq!(altered("_RNvCs1_3app5COUNT.b"), Some("_RNvCs1_3app5COUNT"));
        for other in [whole, "_RNvCs1_3app5COUNT", "anon.1.2", "_ZN3app4stepE", "_ZN3app17h"] {
            assert_eq!(altered(other), None);
        }
        assert!(is_constant("anon.772625d5.0.llvm.107") && !is_constant("anon.772625d5.0"));
        assert!(!is_constant("_RNvCs1_3app5COUNT.llvm.5"));
    }
}
