//! The gate: what was built, compared with what runs, before anything is loaded.
//!
//! The rules predict from the source; this crate reads the built library. It walks from each boundary
//! function (an exported function with an unmangled name, which the running program calls by that name)
//! through its parameters and return value to every type that live values can have, and compares the
//! layouts that the compiler really chose. A difference that would corrupt the process is
//! [fatal](Difference::fatal); nothing with a fatal difference may be loaded.
//!
//! Layouts come from DWARF (version 4 and 5, `debuginfo=2`), symbols from the ELF dynamic symbol table.

mod called;
mod compare;
mod diff;
mod dwarf;
mod image;
mod inventory;
mod layout;
mod lines;
mod swap;
mod type_names;
mod vtable;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub use called::{Addresses, handed};
pub use compare::{Difference, DifferenceKind, compare};
pub use diff::{Change, ChangeKind, Effect, Leaf, Shape, diff};
use dwarf::Question;
pub use image::Image;
pub use inventory::{Counts, Inventory};
pub use layout::{Member, Parts, Reach, Signature, TypeLayout, Variant};
pub use lines::{CodeLines, code_lines};
use object::{Object, ObjectSegment as _, ObjectSymbol, SymbolKind};
pub use swap::{
    ChangedTypes, Code, Passes, changed_types, coroutines, differences, holders, is_main, kept, passes,
};
pub use vtable::{demangled, without_hash};

/// What a built library offers to the program that loads it, and how the data they share is laid out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Artifact {
    /// The unmangled functions that it exports.
    pub exports: BTreeSet<String>,
    /// The signatures of those exports that have debug information.
    pub signatures: BTreeMap<String, Signature>,
    /// Every named type that can be reached from the signatures, by its qualified name.
    pub types: BTreeMap<String, TypeLayout>,
    /// The methods, slot by slot, of every vtable that a trait object among these types may have, by
    /// `<T as Trait>`.
    pub vtables: BTreeMap<String, Vec<String>>,
}

/// Why an artifact can't be read. The process is not touched in any of these cases.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file can't be opened.
    #[error("can't read {}: {source}", path.display())]
    Io {
        /// The artifact.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not an object file of a known format, or is cut short.
    #[error("{} is no program or library that can be read: {source}", path.display())]
    Object {
        /// The artifact.
        path: PathBuf,
        /// What is wrong with it.
        source: object::Error,
    },
    /// An object file or an archive of them: symbols have no addresses yet.
    #[error("{} is not linked yet; give the program or the dynamic library that it becomes part of", path.display())]
    NotLinked {
        /// The artifact.
        path: PathBuf,
    },
    /// The debug information is damaged.
    #[error("the debug information of {} can't be read: {source}", path.display())]
    Dwarf {
        /// The artifact.
        path: PathBuf,
        /// What is wrong with it.
        source: gimli::Error,
    },
    /// Built without the information that the gate decides by.
    #[error(
        "{} has no full debug information, so its layouts can't be checked; set `debug = true` in the \
         Cargo profile it is built with (`[profile.dev]`, unless you chose another)",
        path.display()
    )]
    NoDebugInfo {
        /// The artifact.
        path: PathBuf,
    },
}

impl Artifact {
    /// Reads a built library.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.into(), source })?;
        let file = parse(path, &bytes)?;
        let exports = exported_functions(&file);
        let question = Question { functions: &|name| exports.contains(name), types: &|_| false };
        let mut artifact = answer(path, &file, &question)?;
        if !exports.is_empty() && artifact.signatures.is_empty() {
            return Err(Error::NoDebugInfo { path: path.into() });
        }
        artifact.exports = exports;
        Ok(artifact)
    }
}

/// How much of a process's memory a library takes, from the address where it was loaded.
pub fn extent(path: &Path) -> Result<u64, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.into(), source })?;
    let segments = parse(path, &bytes)?;
    let ends = segments.segments().map(|segment| segment.address().saturating_add(segment.size()));
    Ok(ends.max().unwrap_or_default())
}

fn parse<'a>(path: &Path, bytes: &'a [u8]) -> Result<object::File<'a>, Error> {
    object::File::parse(bytes).map_err(|source| Error::Object { path: path.into(), source })
}

fn answer(path: &Path, file: &object::File<'_>, question: &Question<'_>) -> Result<Artifact, Error> {
    dwarf::read(file, question).map_err(|source| Error::Dwarf { path: path.into(), source })
}

/// Functions that a program can look up by a name of their author's choice.
fn exported_functions(file: &object::File<'_>) -> BTreeSet<String> {
    file.dynamic_symbols()
        .filter(|symbol| symbol.is_definition() && symbol.kind() == SymbolKind::Text)
        .filter_map(|symbol| symbol.name().ok())
        .filter(|name| !is_mangled(name) && !is_runtime(name))
        .map(str::to_owned)
        .collect()
}

/// Legacy (`_ZN…`) and v0 (`_R…`) mangling.
fn is_mangled(name: &str) -> bool {
    name.starts_with("_ZN") || name.starts_with("_R")
}

/// What the linker and the Rust runtime export from every library.
fn is_runtime(name: &str) -> bool {
    matches!(name, "_init" | "_fini") || name.starts_with("__") || name.starts_with("rust_")
}
