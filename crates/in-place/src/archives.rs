//! Libraries that never change while the program runs: the standard library and the dependencies.
//!
//! The linker left out what nobody called. New code may call it, and then it comes along, function by function as the
//! workspace's own does, and not as the linker would bring it: with a copy of every static beside it.

use std::fs::File;
use std::path::{Path, PathBuf};

use object::read::ReadCache;
use object::read::archive::{ArchiveFile, ArchiveOffset};
use rustc_hash::FxHashMap;

use crate::build::ObjectFile;
use crate::error::{Error, Result, io};
use crate::promoted::{own_name, with_own_names};

/// Where the functions and statics of some libraries are.
#[derive(Debug, Default)]
pub(crate) struct Archives {
    files: Vec<PathBuf>,
    /// The library and the member of it that define a name.
    names: FxHashMap<String, (usize, ArchiveOffset)>,
}

impl Archives {
    pub(crate) fn of(files: Vec<PathBuf>) -> Result<Self> {
        let mut names = FxHashMap::default();
        for (index, path) in files.iter().enumerate() {
            let error = |source| Error::Object { path: path.clone(), source };
            let cache = ReadCache::new(File::open(path).map_err(io(path))?);
            let archive = ArchiveFile::parse(&cache).map_err(error)?;
            for symbol in archive.symbols().map_err(error)?.into_iter().flatten() {
                let symbol = symbol.map_err(error)?;
                let name = String::from_utf8_lossy(symbol.name());
                names.entry(own_name(&name).to_owned()).or_insert((index, symbol.offset()));
            }
        }
        Ok(Self { files, names })
    }

    /// The object that defines a name, if one does.
    pub(crate) fn member(&self, name: &str) -> Result<Option<ObjectFile>> {
        let Some(&(file, offset)) = self.names.get(name) else { return Ok(None) };
        let path: &Path = &self.files[file];
        let error = |source| Error::Object { path: path.into(), source };
        let cache = ReadCache::new(File::open(path).map_err(io(path))?);
        let archive = ArchiveFile::parse(&cache).map_err(error)?;
        let member = archive.member(offset).map_err(error)?;
        let name = format!("{}({})", path.display(), String::from_utf8_lossy(member.name()));
        Ok(Some(ObjectFile::new(name, &with_own_names(member.data(&cache).map_err(error)?))))
    }
}
