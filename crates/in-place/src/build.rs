//! The objects of one generation, kept in memory so that the next build can't change them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use object::read::archive::ArchiveFile;

use crate::capture::LinkCall;
use crate::error::{Error, Result, io};
use crate::record::Record;

/// One object that goes into the program.
#[derive(Debug, Clone)]
pub struct ObjectFile {
    /// Its file, or its member name with the archive before it.
    pub name: String,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

/// What the program, or the next generation of it, is made of.
#[derive(Debug, Clone)]
pub struct Build {
    /// Objects of the program's own crate and of the workspace libraries it links.
    pub objects: Vec<ObjectFile>,
    /// All other libraries that it links.
    pub libraries: Vec<PathBuf>,
    /// How it is linked.
    pub call: LinkCall,
}

impl Build {
    /// Reads a record. `members` says which libraries belong to the
    /// workspace, by file; others never change while the program runs.
    pub fn read(record: &Record, members: &dyn Fn(&Path) -> bool) -> Result<Self> {
        let _reading = record.reading()?;
        let call = record.call()?;
        let mut objects = Vec::new();
        for path in own_objects(&record.objects())? {
            let bytes = std::fs::read(&path).map_err(io(&path))?;
            objects.push(ObjectFile { name: path.display().to_string(), bytes: bytes.into() });
        }
        let (own, libraries): (Vec<_>, Vec<_>) = call.libraries().partition(|library| members(library));
        for library in own {
            members_of(&library, &mut objects)?;
        }
        Ok(Self { objects, libraries, call })
    }
}

fn own_objects(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(io(folder))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(io(folder))?.path());
    }
    paths.sort();
    Ok(paths)
}

fn members_of(library: &Path, objects: &mut Vec<ObjectFile>) -> Result<()> {
    let bytes = std::fs::read(library).map_err(io(library))?;
    let object_error = |source| Error::Object { path: library.into(), source };
    let archive = ArchiveFile::parse(&*bytes).map_err(object_error)?;
    for member in archive.members() {
        let member = member.map_err(object_error)?;
        let name = String::from_utf8_lossy(member.name()).into_owned();
        if Path::new(&name).extension().is_some_and(|extension| extension == "o") {
            let content = member.data(&*bytes).map_err(object_error)?;
            objects
                .push(ObjectFile { name: format!("{}({name})", library.display()), bytes: content.into() });
        }
    }
    Ok(())
}
