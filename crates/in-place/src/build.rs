//! The objects of one generation, kept in memory so that the next build can't change them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use object::read::archive::ArchiveFile;
use rustc_hash::FxHashMap;

use crate::capture::LinkCall;
use crate::content::Facts;
use crate::error::{Error, Result, io};
use crate::record::Record;

/// One object that goes into the program.
#[derive(Debug)]
pub struct ObjectFile {
    /// Its file, or its member name with the archive before it.
    pub name: String,
    /// Its bytes.
    pub bytes: Box<[u8]>,
    /// What was read of it so far.
    pub(crate) facts: OnceLock<Facts>,
}

/// The files that were read for earlier builds of a program: most objects are the same in the next.
#[derive(Debug, Default)]
pub struct Known(Mutex<FxHashMap<PathBuf, Arc<ReadFile>>>);

/// An object, or a library of them, as it was read.
#[derive(Debug)]
struct ReadFile {
    /// When it was written, and how long it is.
    stamp: (SystemTime, u64),
    objects: Vec<Arc<ObjectFile>>,
}

/// What the program, or the next generation of it, is made of.
#[derive(Debug, Clone)]
pub struct Build {
    /// Objects of the program's own crate and of the workspace libraries it links.
    pub objects: Vec<Arc<ObjectFile>>,
    /// All other libraries that it links.
    pub libraries: Vec<PathBuf>,
    /// How it is linked.
    pub call: LinkCall,
}

impl Build {
    /// Reads a record. `members` says which libraries belong to the
    /// workspace, by file; others never change while the program runs.
    pub fn read(record: &Record, members: &dyn Fn(&Path) -> bool, known: &Known) -> Result<Self> {
        let _reading = record.reading()?;
        let call = record.call()?;
        let (own, libraries): (Vec<_>, Vec<_>) = call.libraries().partition(|library| members(library));
        let mut objects = Vec::new();
        for path in own_objects(&record.objects())? {
            objects.extend(known.read(&path, &|bytes| Ok(vec![(path.display().to_string(), bytes)]))?);
        }
        for library in own {
            objects.extend(known.read(&library, &|bytes| members_of(&library, bytes))?);
        }
        Ok(Self { objects, libraries, call })
    }
}

impl ObjectFile {
    pub(crate) fn new(name: String, bytes: &[u8]) -> Self {
        Self { name, bytes: bytes.into(), facts: OnceLock::new() }
    }
}

/// The objects in a file's bytes, by name.
type Split<'a> = &'a dyn for<'b> Fn(&'b [u8]) -> Result<Vec<(String, &'b [u8])>>;

impl Known {
    fn read(&self, path: &Path, split: Split<'_>) -> Result<Vec<Arc<ObjectFile>>> {
        let state = std::fs::metadata(path).map_err(io(path))?;
        let stamp = (state.modified().map_err(io(path))?, state.len());
        let last = self.files().get(path).cloned();
        if let Some(last) = last.as_ref().filter(|last| last.stamp == stamp) {
            return Ok(last.objects.clone());
        }
        let bytes = std::fs::read(path).map_err(io(path))?;
        let before: FxHashMap<&str, &Arc<ObjectFile>> =
            last.iter().flat_map(|last| &last.objects).map(|object| (object.name.as_str(), object)).collect();
        let object = |(name, bytes): (String, &[u8])| match before.get(name.as_str()) {
            Some(&same) if *same.bytes == *bytes => Arc::clone(same),
            _ => Arc::new(ObjectFile::new(name, bytes)),
        };
        let objects: Vec<_> = split(&bytes)?.into_iter().map(object).collect();
        self.files().insert(path.to_owned(), Arc::new(ReadFile { stamp, objects: objects.clone() }));
        Ok(objects)
    }

    fn files(&self) -> std::sync::MutexGuard<'_, FxHashMap<PathBuf, Arc<ReadFile>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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

fn members_of<'a>(library: &Path, bytes: &'a [u8]) -> Result<Vec<(String, &'a [u8])>> {
    let object_error = |source| Error::Object { path: library.into(), source };
    let archive = ArchiveFile::parse(bytes).map_err(object_error)?;
    let mut objects = Vec::new();
    for member in archive.members() {
        let member = member.map_err(object_error)?;
        let name = String::from_utf8_lossy(member.name());
        if Path::new(&*name).extension().is_some_and(|extension| extension == "o") {
            let content = member.data(bytes).map_err(object_error)?;
            objects.push((format!("{}({name})", library.display()), content));
        }
    }
    Ok(objects)
}
