//! Statics that the process has under another name.
//!
//! The older mangling ends a name in a hash, and that of a static is of its type as well: of all that is written of the
//! types in it, the visibility of a field for instance, which is of no matter to a value. By their paths they are the same
//! static, which goes on; whether its type is the same, the gate says.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use memchr::memmem;
use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget, SectionFlags, elf};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::build::{Build, ObjectFile};
use crate::content::{Contents, Elf, is_stable, parse_all};
use crate::error::Result;
use crate::process::{HASH, Process, around_hash};

/// A build whose statics go by the names that the process has for them.
pub(crate) struct Renamed<'a> {
    pub(crate) build: Cow<'a, Build>,
    /// Statics of the build that the process has, too, but by which name is unclear.
    pub(crate) unclear: FxHashSet<String>,
}

pub(crate) fn renamed<'a>(new: &'a Build, process: &Process) -> Result<Renamed<'a>> {
    let (renames, unclear) = renames(new, process)?;
    if renames.is_empty() {
        return Ok(Renamed { build: Cow::Borrowed(new), unclear });
    }
    let mut build = new.clone();
    for file in &mut build.objects {
        if let Some(bytes) = with_names(&file.bytes, &renames) {
            *file = Arc::new(ObjectFile::new(file.name.clone(), &bytes));
        }
    }
    Ok(Renamed { build: Cow::Owned(build), unclear })
}

/// From names to those that they stand for, and those of which it is unclear.
fn renames(new: &Build, process: &Process) -> Result<(FxHashMap<String, String>, FxHashSet<String>)> {
    let parsed = parse_all(&new.objects)?;
    let all_contents = Contents::of_all(&parsed, &new.objects, &new.constants);
    let (mut renames, mut unclear) = (FxHashMap::default(), FxHashSet::default());
    let (mut defined, mut sizes, mut paths) =
        (FxHashSet::default(), FxHashMap::default(), FxHashSet::default());
    for (elf, contents) in parsed.iter().zip(&all_contents) {
        for (section, name) in contents.statics() {
            defined.insert(name);
            if let Some(path) = path(name).filter(|_| !process.has_static(name)) {
                paths.insert(path);
                sizes.insert(name, elf.section_by_index(section).map_or(0, |section| section.size()));
            }
        }
    }
    if paths.is_empty() {
        return Ok((renames, unclear));
    }
    let mut left = BTreeMap::<_, Vec<_>>::new();
    for (name, size) in process.statics().filter(|(name, _)| !defined.contains(name)) {
        if let Some(path) = path(name).filter(|path| paths.contains(path)) {
            left.entry(path).or_default().push((name, size));
        }
    }
    if left.is_empty() {
        return Ok((renames, unclear));
    }
    let mut unknown = BTreeMap::<_, Vec<_>>::new();
    for name in used(&parsed, &all_contents, &sizes) {
        unknown.entry(path(name)).or_default().push((name, sizes[name]));
    }
    for (path, known) in left {
        let Some(names) = unknown.get(&Some(path)) else { continue };
        let only = |all: &[(&'_ str, u64)], size: u64| {
            let mut of_size = all.iter().filter(|(_, other)| *other == size);
            of_size.next().filter(|_| of_size.next().is_none()).map(|(name, _)| (*name).to_owned())
        };
        let pair = |size: &u64| Some((only(names, *size)?, only(&known, *size)?));
        let pairs: Vec<_> = known.iter().filter_map(|(_, size)| pair(size)).collect();
        if pairs.len() < known.len() {
            unclear.extend(names.iter().map(|(name, _)| (*name).to_owned()));
        }
        renames.extend(pairs);
    }
    Ok((renames, unclear))
}

/// Those of these names that something leads to. Of a thread local the compiler makes two, for values that are dropped and
/// for others, and uses one.
fn used<'a>(
    objects: &'a [Elf<'a>],
    contents: &[Contents<'a>],
    names: &FxHashMap<&'a str, u64>,
) -> BTreeSet<&'a str> {
    let mut used = BTreeSet::new();
    for (object, contents) in objects.iter().zip(contents) {
        let is_loaded =
            |flags| matches!(flags, SectionFlags::Elf { sh_flags, .. } if sh_flags.0 & elf::SHF_ALLOC.0 != 0);
        let loaded = object.sections().filter(|section| is_loaded(section.flags()));
        for (_, relocation) in loaded.flat_map(|section| section.relocations()) {
            let RelocationTarget::Symbol(symbol) = relocation.target() else { continue };
            let Ok(symbol) = object.symbol_by_index(symbol) else { continue };
            let own = symbol.name().ok().filter(|name| is_stable(name));
            let name = own.or_else(|| contents.name(symbol.section_index()?));
            used.extend(name.filter(|name| names.contains_key(name)));
        }
    }
    used
}

/// Whether two names are of one static, as far as they tell.
pub(crate) fn are_one(name: &str, other: &str) -> bool {
    name == other || path(name).is_some_and(|path_of_it| path(other) == Some(path_of_it))
}

/// The part of a whole name that is not the hash.
fn path(name: &str) -> Option<&str> {
    around_hash(name).filter(|(_, rest)| rest.is_empty()).map(|(path, _)| path)
}

/// An object's bytes with other names in them, which are as long; `None` if there are none of these names.
fn with_names(bytes: &[u8], renames: &FxHashMap<String, String>) -> Option<Vec<u8>> {
    let by_tail: FxHashMap<&[u8], (&str, &str)> = renames
        .iter()
        .map(|(name, known)| (&name.as_bytes()[name.len() - HASH.len()..], (&**name, &**known)))
        .collect();
    let mut changed: Option<Vec<u8>> = None;
    for at in memmem::find_iter(bytes, &HASH[..3]) {
        let end = at + HASH.len();
        let Some((name, known)) = bytes.get(at..end).and_then(|tail| by_tail.get(tail)) else { continue };
        let start = end.wrapping_sub(name.len());
        if bytes.get(start..end) == Some(name.as_bytes()) {
            changed.get_or_insert_with(|| bytes.to_vec())[start..end].copy_from_slice(known.as_bytes());
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_wherever_they_stand() {
        let [name, known, other] = ["0123456789abcdef", "fedcba9876543210", "1111111111111111"]
            .map(|hash| format!("_ZN3app5WORLD17h{hash}E"));
        let renames = [(name.clone(), known.clone())].into_iter().collect();
        let text = |name: &str| format!("\0{name}\0.data.{name}\0{other}\0{name}.0 17h");
        let changed = with_names(text(&name).as_bytes(), &renames);
        assert_eq!(changed.as_deref(), Some(text(&known).as_bytes()));
        assert_eq!(with_names(text(&other).as_bytes(), &renames), None);
        let longer = name.replace("_ZN3app", "_ZN4apps");
        assert_eq!(with_names(longer.as_bytes(), &renames), None);
    }

    #[test]
    fn the_older_mangling_alone_has_hashes() {
        assert_eq!(path("_ZN3app5WORLD17h0123456789abcdefE"), Some("_ZN3app5WORLD"));
        for other in ["_RNvCs1_3app5WORLD", "WORLD", "_ZN3app5WORLDE", "_ZN3app5WORLD17h0123456789abcdefE.0"]
        {
            assert_eq!(path(other), None);
        }
    }
}
