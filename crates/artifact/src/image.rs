//! An image whose debug information is read once and asked often.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::dwarf::{Index, load};
use crate::vtable::Slots;
use crate::{Error, parse};

/// A program or patch with full debug information. A clone costs a counter.
#[derive(Clone)]
pub struct Image(Arc<Inner>);

struct Inner {
    path: PathBuf,
    index: Index,
    slots: Slots,
}

/// A clone is the same, and nothing else is.
impl PartialEq for Image {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Image {}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Image").field(&self.0.path).finish()
    }
}

impl Image {
    /// Reads and indexes a file.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.into(), source })?;
        let file = parse(path, &bytes)?;
        let index = load(&file).and_then(Index::of);
        let index = index.map_err(|source| Error::Dwarf { path: path.into(), source })?;
        Ok(Self(Arc::new(Inner { path: path.into(), index, slots: Slots::new(&file) })))
    }

    /// The same for a whole program: without a type in it, nobody could judge a change.
    pub fn of_program(path: &Path) -> Result<Self, Error> {
        let image = Self::read(path)?;
        if !image.index().describes_types() {
            return Err(Error::NoDebugInfo { path: path.into() });
        }
        Ok(image)
    }

    /// The linker names of the statics that it was built with, be they there or left out.
    pub fn statics(&self) -> impl Iterator<Item = &str> {
        self.index().statics.iter().map(|(name, _)| name.as_str())
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    pub(crate) fn index(&self) -> &Index {
        &self.0.index
    }

    pub(crate) fn slots(&self) -> &Slots {
        &self.0.slots
    }

    /// What goes wrong in the reading of debug information.
    pub(crate) fn damaged(&self, source: gimli::Error) -> Error {
        Error::Dwarf { path: self.0.path.clone(), source }
    }
}
