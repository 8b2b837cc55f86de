//! What the running image has: each name's place, and which code a call of it runs.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use object::{Object, ObjectSegment, ObjectSymbol, SymbolKind};

use crate::build::Build;
use crate::content::{Hash, hashes};
use crate::error::{Error, Result, io};

/// One place of the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) address: u64,
    pub(crate) size: u64,
    /// Several different places have this name.
    pub(crate) ambiguous: bool,
    pub(crate) function: bool,
    /// Which image holds it, as an index into [`Process::images`].
    pub(crate) image: usize,
    /// What a call of it runs now, redirects followed. A generic function that several objects
    /// instantiated may have several contents; which of them the linker took is not known.
    pub(crate) contents: HashSet<Hash>,
}

/// The names of the running image, with run-time addresses.
#[derive(Debug, Clone, Default)]
pub struct Process {
    pub(crate) names: HashMap<String, Entry>,
    /// The program, then the patches it has loaded, in order.
    pub(crate) images: Vec<PathBuf>,
    /// Where the program begins, for patches to be near it.
    pub(crate) low: u64,
}

impl Process {
    /// The program as it is launched, and what it was built from. Its addresses are those of the file until
    /// [`Process::moved`] tells where the loader put it.
    pub fn launched(program: &Path, build: &Build) -> Result<Self> {
        let mut process = Self::default();
        process.add(program, 0, &hashes(build)?)?;
        Ok(process)
    }

    /// The loader put the program so far from where it was linked.
    pub fn moved(&mut self, bias: u64) {
        for entry in self.names.values_mut().filter(|entry| entry.image == 0) {
            entry.address = entry.address.wrapping_add(bias);
        }
        self.low = self.low.wrapping_add(bias);
    }

    /// The program, then the patches that it has loaded, in order.
    pub fn images(&self) -> &[PathBuf] {
        &self.images
    }

    /// Where the program begins.
    pub fn low(&self) -> u64 {
        self.low
    }

    /// How many patches have been loaded.
    pub fn patches(&self) -> usize {
        self.images.len().saturating_sub(1)
    }

    /// Adds an image's names. Those that the process had before stay where they were: a static lives where
    /// it was first, and a function is called by its first entry.
    pub(crate) fn add(
        &mut self,
        file: &Path,
        bias: u64,
        contents: &HashMap<String, HashSet<Hash>>,
    ) -> Result<()> {
        let bytes = std::fs::read(file).map_err(io(file))?;
        let object =
            object::File::parse(&*bytes).map_err(|source| Error::Object { path: file.into(), source })?;
        let image = self.images.len();
        for symbol in object.symbols().filter(|symbol| symbol.is_definition() && symbol.address() != 0) {
            let Ok(name) = symbol.name() else { continue };
            let function = symbol.kind() == SymbolKind::Text;
            if name.is_empty()
                || name.starts_with(crate::link::NEW)
                || !(function || matches!(symbol.kind(), SymbolKind::Data | SymbolKind::Unknown))
            {
                continue;
            }
            let address = symbol.address().wrapping_add(bias);
            let entry = self.names.entry(name.to_owned()).or_insert_with(|| Entry {
                address,
                size: symbol.size(),
                ambiguous: false,
                function,
                image,
                contents: contents.get(name).cloned().unwrap_or_default(),
            });
            entry.ambiguous |= entry.image == image && entry.address != address;
        }
        if image == 0 {
            let low = object.segments().map(|segment| segment.address()).min().unwrap_or(0);
            self.low = low.wrapping_add(bias);
        }
        self.images.push(file.to_owned());
        Ok(())
    }
}
