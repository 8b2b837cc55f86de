//! What is kept of a program on disk, in `<target>/midflight/in-place/<program>/`:
//!
//! ```text
//! lock          exclusive for the linker that writes the record, shared for whoever reads it
//! link.json     the last link call, for a launch or for a patch
//! objects/      the objects of that call
//! program       as it was linked for a launch
//! patched       the last call was for a patch: the objects are newer than the program
//! session-<id>/ what one session runs: `lock`, held while it lives, `program`, and its patches
//! ```
//!
//! Beside them, `<crate>.plain`, `<crate>.optimised` or `<crate>.as-one` tells how each crate of the workspace is compiled.
//!
//! Several sessions may debug one program. Each compares with the program and the patches of its own; a
//! folder whose session has gone, however it went, is removed when the next one starts.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use crate::build::{Build, Known};
use crate::capture::LinkCall;
use crate::error::{Error, Result, io};

const LOCK: &str = "lock";
const CALL: &str = "link.json";
const OBJECTS: &str = "objects";
const PROGRAM: &str = "program";
const PATCHED: &str = "patched";

/// How a crate is compiled. Each may do all that the ones before it do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Compilation {
    /// Function by function.
    Plain,
    /// Functions for those that call them, and the other way round.
    Optimised,
    /// All crates together, the standard library among them.
    AsOne,
}

impl Compilation {
    const ALL: [Self; 3] = [Self::Plain, Self::Optimised, Self::AsOne];

    /// How the file ends that notes it.
    fn mark(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Optimised => "optimised",
            Self::AsOne => "as-one",
        }
    }
}
/// What the names of sessions' folders begin with.
const SESSION: &str = "session-";

/// The record of one program.
#[derive(Debug, Clone)]
pub struct Record {
    folder: PathBuf,
}

/// What one session runs. Its folder goes with it.
#[derive(Debug)]
pub struct SessionFolder {
    folder: PathBuf,
    _lock: File,
}

impl Record {
    /// The record of the program of this name, be it there or not.
    pub(crate) fn new(all: &Path, program: &std::ffi::OsStr) -> Self {
        Self { folder: all.join(program) }
    }

    /// All records in a folder.
    fn all(folder: &Path) -> Result<Vec<Self>> {
        Ok(folders(folder)?.into_iter().map(|folder| Self { folder }).collect())
    }

    /// The record of the program at this path: the one whose link made the same file.
    pub fn of(folder: &Path, program: &Path) -> Result<Self> {
        let bytes = std::fs::metadata(program).map_err(io(program))?.len();
        let content = std::fs::read(program).map_err(io(program))?;
        let same = |record: &Self| {
            let kept = record.program();
            let same_size = std::fs::metadata(&kept).is_ok_and(|kept| kept.len() == bytes);
            same_size && std::fs::read(&kept).is_ok_and(|kept| kept == content)
        };
        let found = Self::all(folder)?.into_iter().find(same);
        found.ok_or_else(|| Error::NotCaptured { path: folder.into() })
    }

    /// The program as it was linked last.
    pub(crate) fn program(&self) -> PathBuf {
        self.folder.join(PROGRAM)
    }

    /// The copies of the objects of the last link call.
    pub(crate) fn objects(&self) -> PathBuf {
        self.folder.join(OBJECTS)
    }

    /// The last link call.
    pub(crate) fn call(&self) -> Result<LinkCall> {
        let not_captured = || Error::NotCaptured { path: self.folder.clone() };
        let json = std::fs::read(self.folder.join(CALL)).map_err(|_| not_captured())?;
        serde_json::from_slice(&json).map_err(|_| not_captured())
    }

    /// The libraries of the last link call.
    pub fn libraries(&self) -> Result<Vec<PathBuf>> {
        Ok(self.call()?.libraries().collect())
    }

    /// While the result lives, no linker changes the record.
    pub(crate) fn reading(&self) -> Result<File> {
        let lock = self.lock_file()?;
        lock.lock_shared().map_err(io(&self.folder))?;
        Ok(lock)
    }

    /// While the result lives, nobody else reads or changes the record, and no other session swaps.
    pub fn writing(&self) -> Result<File> {
        std::fs::create_dir_all(&self.folder).map_err(io(&self.folder))?;
        let lock = self.lock_file()?;
        lock.lock().map_err(io(&self.folder))?;
        Ok(lock)
    }

    fn lock_file(&self) -> Result<File> {
        open_lock(&self.folder)
    }

    /// Keeps the call and copies of its own objects, which rustc deletes when the linker is done.
    pub(crate) fn write(&self, call: &LinkCall) -> Result<()> {
        let objects = self.objects();
        if objects.exists() {
            std::fs::remove_dir_all(&objects).map_err(io(&objects))?;
        }
        std::fs::create_dir_all(&objects).map_err(io(&objects))?;
        for object in call.objects() {
            if let Some(name) = object.file_name() {
                duplicate(&object, &objects.join(name))?;
            }
        }
        let path = self.folder.join(CALL);
        let json = serde_json::to_vec_pretty(call).map_err(std::io::Error::from).map_err(io(&path))?;
        let temporary = self.folder.join("link.json.new");
        std::fs::write(&temporary, json).map_err(io(&temporary))?;
        std::fs::rename(&temporary, &path).map_err(io(&path))
    }

    /// Notes whether the objects are newer than the program.
    pub(crate) fn set_patched(&self, patched: bool) -> Result<()> {
        let mark = self.folder.join(PATCHED);
        match patched {
            true => std::fs::write(&mark, "").map_err(io(&mark)),
            false if mark.exists() => std::fs::remove_file(&mark).map_err(io(&mark)),
            false => Ok(()),
        }
    }

    fn is_patched(&self) -> bool {
        self.folder.join(PATCHED).exists()
    }

    /// How the workspace is compiled: as the crate is that is compiled the least plainly.
    pub(crate) fn compilation(&self) -> Result<Compilation> {
        let all = self.folder.parent().unwrap_or(&self.folder);
        let mut found = None;
        for entry in std::fs::read_dir(all).map_err(io(all))? {
            let name = entry.map_err(io(all))?.file_name();
            let mark = Path::new(&name).extension().and_then(std::ffi::OsStr::to_str);
            found =
                found.max(Compilation::ALL.into_iter().find(|compilation| Some(compilation.mark()) == mark));
        }
        Ok(found.unwrap_or(Compilation::Optimised))
    }

    /// A folder for a session that runs the program as it is recorded now, and what that was built from;
    /// `members` and `known` as for [`Build::read`].
    pub fn begin(&self, members: &dyn Fn(&Path) -> bool, known: &Known) -> Result<(SessionFolder, Build)> {
        let _reading = self.reading()?;
        if self.is_patched() {
            return Err(Error::Overtaken);
        }
        let folder = self.new_folder()?;
        let lock = open_lock(&folder)?;
        lock.lock().map_err(io(&folder))?;
        let session = SessionFolder { folder, _lock: lock };
        duplicate(&self.program(), &session.program())?;
        Ok((session, Build::read(self, members, known)?))
    }

    /// An empty folder that no other session has.
    fn new_folder(&self) -> Result<PathBuf> {
        let mut number = std::process::id();
        loop {
            let folder = self.folder.join(format!("{SESSION}{number}"));
            match std::fs::create_dir(&folder) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
                made => return made.map(|()| folder.clone()).map_err(io(&folder)),
            }
        }
    }
}

impl SessionFolder {
    /// The program that the session runs, whatever becomes of the file it was started from.
    pub fn program(&self) -> PathBuf {
        self.folder.join(PROGRAM)
    }

    /// Puts the program back where it was started from, should another build have put its own there: LLDB
    /// ends at the next library event of a process whose file has changed.
    pub fn put_back(&self, started: &Path) -> Result<()> {
        let kept = self.program();
        // As LLDB does, by time and size.
        let state = |path: &Path| std::fs::metadata(path).and_then(|file| Ok((file.modified()?, file.len())));
        if state(started).ok() == Some(state(&kept).map_err(io(&kept))?) {
            return Ok(());
        }
        let beside = started.with_extension("midflight");
        duplicate(&kept, &beside)?;
        std::fs::rename(&beside, started).map_err(io(started))
    }

    /// A new folder to make the patch of a generation in. The loader takes a path that it knows for the library
    /// that it knows, so that no attempt may use the path of one that failed.
    pub fn new_patch(&self, generation: u32) -> Result<PathBuf> {
        let mut attempt = 1;
        loop {
            let folder = self.folder.join(format!("patch-{generation}-{attempt}"));
            match std::fs::create_dir(&folder) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => attempt += 1,
                made => return made.map(|()| folder.clone()).map_err(io(&folder)),
            }
        }
    }
}

impl Drop for SessionFolder {
    fn drop(&mut self) {
        // What can't be removed now is when the next session starts.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// To be called before a build for a launch. Programs whose last build was for a patch are removed, so that
/// Cargo links them anew, and so is what sessions left behind that have gone.
pub fn make_ready(folder: &Path) -> Result<()> {
    for record in Record::all(folder)? {
        let _writing = record.writing()?;
        for session in folders(&record.folder)?.into_iter().filter(|folder| is_abandoned(folder)) {
            std::fs::remove_dir_all(&session).map_err(io(&session))?;
        }
        if record.is_patched() {
            if let Some(output) = record.call().ok().and_then(|call| call.output()) {
                let _ = std::fs::remove_file(output);
            }
            record.set_patched(false)?;
        }
    }
    Ok(())
}

/// Whether this is a session's folder, and its session has gone.
fn is_abandoned(folder: &Path) -> bool {
    let name = folder.file_name().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
    let lock = || File::open(folder.join(LOCK));
    let is_held = || lock().is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)));
    name.starts_with(SESSION) && !is_held()
}

fn open_lock(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK);
    File::options().create(true).truncate(false).write(true).open(&path).map_err(io(&path))
}

/// Notes how a crate is compiled, for [`Record::compilation`].
pub(crate) fn note_compilation(folder: &Path, name: &str, compilation: Compilation) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(io(folder))?;
    for other in Compilation::ALL {
        let mark = folder.join(format!("{name}.{}", other.mark()));
        if other == compilation {
            std::fs::write(&mark, "").map_err(io(&mark))?;
        } else if mark.exists() {
            std::fs::remove_file(&mark).map_err(io(&mark))?;
        }
    }
    Ok(())
}

/// The same file under another name; a copy where the file system has no links.
pub(crate) fn duplicate(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        std::fs::remove_file(to).map_err(io(to))?;
    }
    std::fs::hard_link(from, to).or_else(|_| std::fs::copy(from, to).map(drop)).map_err(io(from))
}

/// The folders in a folder.
fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(folder).map_err(io(folder))?;
    let paths = entries.filter_map(std::result::Result::ok).map(|entry| entry.path());
    Ok(paths.filter(|path| path.is_dir()).collect())
}
