//! The objects of one generation, kept in memory so that the next build can't change them.

use std::hash::Hasher;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::SystemTime;

use object::read::archive::ArchiveFile;
use rustc_hash::{FxHashMap, FxHasher};

use crate::capture::LinkCall;
use crate::content::{Facts, Hash};
use crate::error::{Error, Result, io};
use crate::promoted;
use crate::record::{Compilation, Record};

/// One object that goes into the program.
#[derive(Debug)]
pub struct ObjectFile {
    /// Its file, or its member name with the archive before it.
    pub name: String,
    /// Its bytes.
    pub bytes: Box<[u8]>,
    /// A hash of them.
    digest: u64,
    /// It may have constants in common with others.
    pub(crate) is_marked: bool,
    /// What was read of it so far.
    pub(crate) facts: OnceLock<Facts>,
}

/// What was read for the last build of a program: most of it is the same in the next. An object is known by its bytes,
/// since rustc gives those of a program other names in each run.
#[derive(Debug, Default)]
pub struct Known(Mutex<Last>);

#[derive(Debug, Default)]
struct Last {
    files: FxHashMap<PathBuf, Arc<ReadFile>>,
    objects: FxHashMap<u64, Arc<ObjectFile>>,
}

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
    /// What constants have in them that its objects have in common, by name.
    pub(crate) constants: FxHashMap<String, Hash>,
    /// Whether functions of it may be compiled for each other.
    pub(crate) compilation: Compilation,
}

impl Build {
    /// Reads a record. `members` says which libraries belong to the
    /// workspace, by file; others never change while the program runs.
    pub fn read(record: &Record, members: &dyn Fn(&Path) -> bool, known: &Known) -> Result<Self> {
        let _reading = record.reading()?;
        let call = record.call()?;
        let (own, libraries): (Vec<_>, Vec<_>) = call.libraries().partition(|library| members(library));
        let mut objects = Vec::new();
        let mut reading = known.begin();
        for path in own_objects(&record.objects())? {
            objects.extend(reading.read(&path, &|bytes| Ok(vec![(path.display().to_string(), bytes)]))?);
        }
        for library in own {
            objects.extend(reading.read(&library, &|bytes| members_of(&library, bytes))?);
        }
        reading.end();
        let constants = promoted::constants(&objects)?;
        let compilation = record.compilation()?;
        Ok(Self { objects, libraries, call, constants, compilation })
    }
}

impl ObjectFile {
    pub(crate) fn new(name: String, bytes: &[u8]) -> Self {
        let (digest, is_marked) = (digest(bytes), promoted::is_marked(bytes));
        Self { name, bytes: bytes.into(), digest, is_marked, facts: OnceLock::new() }
    }
}

/// The objects in a file's bytes, by name.
type Split<'a> = &'a dyn for<'b> Fn(&'b [u8]) -> Result<Vec<(String, &'b [u8])>>;

impl Known {
    fn begin(&self) -> Reading<'_> {
        Reading { last: self.0.lock().unwrap_or_else(PoisonError::into_inner), next: Last::default() }
    }
}

/// A build that is being read: what it has in common with the last one is taken from there, and the rest forgotten.
struct Reading<'a> {
    last: MutexGuard<'a, Last>,
    next: Last,
}

impl Reading<'_> {
    fn read(&mut self, path: &Path, split: Split<'_>) -> Result<Vec<Arc<ObjectFile>>> {
        let state = std::fs::metadata(path).map_err(io(path))?;
        let stamp = (state.modified().map_err(io(path))?, state.len());
        let known = self.last.files.get(path).filter(|file| file.stamp == stamp);
        let file = match known {
            Some(file) => Arc::clone(file),
            None => Arc::new(ReadFile { stamp, objects: self.read_again(path, split)? }),
        };
        let objects = file.objects.iter().map(|object| (object.digest, Arc::clone(object)));
        self.next.objects.extend(objects);
        self.next.files.insert(path.to_owned(), Arc::clone(&file));
        Ok(file.objects.clone())
    }

    fn read_again(&self, path: &Path, split: Split<'_>) -> Result<Vec<Arc<ObjectFile>>> {
        let bytes = std::fs::read(path).map_err(io(path))?;
        let object = |(name, bytes): (String, &[u8])| {
            let bytes = promoted::with_own_names(bytes);
            let same = self.last.objects.get(&digest(&bytes)).filter(|object| *object.bytes == *bytes);
            same.map_or_else(|| Arc::new(ObjectFile::new(name, &bytes)), Arc::clone)
        };
        Ok(split(&bytes)?.into_iter().map(object).collect())
    }

    fn end(mut self) {
        *self.last = std::mem::take(&mut self.next);
    }
}

fn digest(bytes: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(bytes);
    hasher.finish()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_with_the_same_bytes_is_read_once_whatever_its_file_is_called() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("it can be written");
            path
        };
        let known = Known::default();
        let build = |paths: &[&Path]| -> Vec<Arc<ObjectFile>> {
            let mut reading = known.begin();
            let read = |path: &&Path| reading.read(path, &|bytes| Ok(vec![(String::new(), bytes)]));
            let objects = paths.iter().flat_map(read).flatten().collect();
            reading.end();
            objects
        };
        let (first, other) = (write("a.1.o", "same"), write("b.1.o", "other"));
        let before = build(&[&first, &other]);
        let (renamed, changed) = (write("a.2.o", "same"), write("b.2.o", "another"));
        let after = build(&[&renamed, &changed]);
        assert!(Arc::ptr_eq(&before[0], &after[0]) && !Arc::ptr_eq(&before[1], &after[1]));
        assert_eq!(known.begin().last.objects.len(), 2, "what the build no longer has is forgotten");
    }
}
