//! What a session with a `midflight` key knows beyond what every session knows.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use baseline::LiveSession;
use compat::EngineKind;
use serde_json::Value;

use super::follow::Versions;
use super::reattach::Watched;
use super::reload::Reloading;
use super::swap::Swapping;
use crate::breakpoints::Breakpoints;
use crate::cargo::{Built, Invocation};
use crate::config::Config;
use crate::message::Message;
use crate::modules::{Hot, Modules};
use crate::originals::Originals;
use crate::platform::Process;
use crate::project::Project;
use crate::snapshots::Snapshots;
use crate::sources::{Key, Sources};
use crate::watch::Watch;

/// Everything about generations.
#[derive(Debug)]
pub(super) struct Live {
    /// The arguments of the launch, as the editor wrote them.
    pub(super) launch: Value,
    pub(super) config: Config,
    pub(super) engine: EngineKind,
    /// Whether the program loads new libraries by itself.
    pub(super) reloads: bool,
    /// Where somebody else patches the program: what was saved when.
    pub(super) followed: Option<Versions>,
    /// What swapping functions in place needs.
    pub(super) swap: Option<Swapping>,
    /// Why functions can't be swapped in place, where they should be.
    pub(super) fixed: Option<String>,
    pub(super) sources: Sources,
    pub(super) originals: Originals,
    /// What waits until source maps were read.
    pub(super) held: Vec<Message>,
    pub(super) breakpoints: Breakpoints,
    pub(super) modules: Modules,
    pub(super) snapshots: Snapshots,
    pub(super) frames: HashMap<i64, Frame>,
    pub(super) documents: Documents,
    /// None when the target folder can't be written: then the language server sees no session.
    pub(super) store: Option<LiveSession>,
    pub(super) build: Option<Build>,
    pub(super) project: Project,
    /// The session started the program, and so can start it again.
    pub(super) is_started: bool,
    pub(super) reload: Reloading,
    pub(super) watch: Option<Watch>,
    pub(super) process: Running,
}

/// How the program was built.
#[derive(Debug, Clone)]
pub(super) struct Build {
    pub(super) invocation: Invocation,
    pub(super) built: Built,
    /// The package of the program, as Cargo names it exactly.
    pub(super) package: Option<String>,
}

/// What is known of a frame of the present stop.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    /// Its function, without the compiler's hash.
    pub(super) function: String,
    /// The generation of its code, where its file is one of the workspace.
    pub(super) generation: u32,
    /// Its file.
    pub(super) key: Option<Key>,
}

/// What the process does, as far as it matters here.
#[derive(Debug, Default)]
pub(super) struct Running {
    /// The exception filters that the editor has set.
    pub(super) exceptions: Option<Value>,
    /// What the editor sees of it.
    pub(super) shown: Shown,
    /// The breakpoints of a stop whose snapshot ran out of time: taken again before it goes on.
    pub(super) snapshot_due: Option<Vec<i64>>,
    /// The thread of the last stop.
    pub(super) thread: i64,
    /// Who starts the program again when it is saved.
    pub(super) watched: Option<Watched>,
    /// What is debugged, once it runs.
    pub(super) debuggee: Option<Debuggee>,
    /// The threads of a stop that the editor does not see, until the process goes on.
    pub(super) standing: HashSet<i64>,
    /// The editor asked for a pause that has not come.
    pub(super) pause_wanted: bool,
    /// So many `continued` are about our own `continue`.
    pub(super) own_continues: u32,
    /// The breakpoints at which values were set back, or had their chance.
    pub(super) restored: HashSet<i64>,
    /// Breakpoints of reloadable code are taken away, since a library is about to go.
    pub(super) cleared: bool,
    /// Counts the times that they were.
    pub(super) times_cleared: u64,
    /// The reloadable libraries that are mapped.
    pub(super) loaded: Vec<Hot>,
    /// The loader's `link_map` of the newest patch.
    pub(super) newest_patch: Option<u64>,
    /// The debugger did not run a script of ours.
    pub(super) lacks_scripts: bool,
}

/// What the editor sees of the process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Shown {
    /// It has not let it begin.
    #[default]
    NotBegun,
    /// It runs.
    Running,
    /// It was told of a stop, and has not let it go on since.
    Stopped,
}

impl Running {
    /// Whether it runs, as far as the editor knows.
    pub(super) fn is_running(&self) -> bool {
        self.shown == Shown::Running && self.debuggee.is_some()
    }

    /// Whether the editor sees it stopped.
    pub(super) fn is_stopped(&self) -> bool {
        self.shown == Shown::Stopped
    }
}

/// What is debugged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Debuggee {
    pub(super) process: Process,
    /// It was sent a signal to stop, which it has not taken yet.
    pub(super) interrupted: bool,
}

/// Documents that show the text of a generation: what `sourceReference` stands for.
#[derive(Debug, Default)]
pub(super) struct Documents(Vec<(u32, Key)>);

impl Documents {
    /// Adapters count their own from 1.
    const FIRST: i64 = 0x5000_0000;

    /// The generation, as it were, of what source maps carry.
    pub(super) const CARRIED: u32 = u32::MAX;

    /// The reference of a file's text in a generation.
    pub(super) fn reference(&mut self, generation: u32, key: &Key) -> i64 {
        let known = self.0.iter().position(|(number, file)| *number == generation && file == key);
        let index = known.unwrap_or_else(|| {
            self.0.push((generation, key.clone()));
            self.0.len() - 1
        });
        Self::FIRST + i64::try_from(index).unwrap_or_default()
    }

    /// The reference of a text that a source map carries.
    pub(super) fn carried(&mut self, key: &Key) -> i64 {
        self.reference(Self::CARRIED, key)
    }

    /// What a reference stands for, if it is one of ours.
    pub(super) fn resolve(&self, reference: i64) -> Option<&(u32, Key)> {
        self.0.get(usize::try_from(reference.checked_sub(Self::FIRST)?).ok()?)
    }
}

impl Live {
    /// The workspace root.
    pub(super) fn root(&self) -> &Path {
        self.sources.root()
    }

    /// A file as the debugger knows it.
    pub(super) fn path(&self, key: &str) -> PathBuf {
        self.root().join(key)
    }

    /// The file that a `Source` names, if it is one of the workspace and not a document of ours.
    pub(super) fn key_of(&self, source: &Value) -> Option<Key> {
        let reference = source.get("sourceReference").and_then(Value::as_i64).unwrap_or_default();
        if reference > 0 {
            return None;
        }
        self.sources.key(source.get("path")?.as_str()?)
    }

    /// Whether the process stops when libraries come and go.
    pub(super) fn stops_at_libraries(&self) -> bool {
        self.reloads || self.followed.is_some()
    }

    /// Whether new code can be brought into this process at all.
    pub(super) fn takes_new_code(&self) -> bool {
        self.reloads || self.swap.is_some()
    }

    /// Which libraries run an older generation than the newest one.
    pub(super) fn follow_libraries(&mut self) {
        let newest = self.sources.current().number;
        let behind = self.modules.hot().into_iter().filter_map(|hot| {
            let generation = self.modules.generation_of(&hot.sha256, newest)?;
            (generation < newest).then_some((hot.library.root, generation))
        });
        let behind = behind.collect();
        self.sources.set_behind(behind);
    }

    /// Whether the editor shows frames of a file that the newest generation has changed: their names, lines and
    /// texts are no longer what they were told to be.
    pub(super) fn shows_outdated_frames(&self) -> bool {
        let newest = self.sources.current().number;
        let Some(before) = newest.checked_sub(1).filter(|_| self.process.is_stopped()) else { return false };
        let mut files = self.frames.values().filter_map(|frame| frame.key.as_ref());
        files.any(|key| self.sources.text(before, key) != self.sources.text(newest, key))
    }

    /// The process goes on: what belonged to the stop is no longer valid.
    pub(super) fn resumed(&mut self) {
        self.process.shown = Shown::Running;
        self.process.snapshot_due = None;
        self.frames.clear();
        self.snapshots.resumed();
    }
}
