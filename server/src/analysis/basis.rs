//! The baseline, and where it comes from: a live session, else the last build, else git `HEAD`, else none.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;

use baseline::{Current, Error, Store, Texts};
use compat::{EngineKind, Program};

/// What the editor's texts are compared with.
#[derive(Debug)]
pub(crate) struct Basis {
    root: PathBuf,
    store: Option<Store>,
    source: Source,
    pub(crate) engine: Option<EngineKind>,
    pub(crate) texts: Texts,
    pub(crate) program: Program,
}

/// Where the texts come from. The same source again is the same texts.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Session { id: String, generation: u32 },
    Build { id: String, generation: u32 },
    Git { commit: String },
    None { reason: &'static str },
}

impl Basis {
    pub(crate) fn new(root: &Path) -> Self {
        let store = Store::of_workspace(root);
        Self {
            root: root.to_owned(),
            store: store.inspect_err(|error| tracing::warn!(%error, "no generations")).ok(),
            source: Source::None { reason: "no baseline" },
            engine: None,
            texts: Texts::new(),
            program: Program::default(),
        }
    }

    pub(crate) fn exists(&self) -> bool {
        !matches!(self.source, Source::None { .. })
    }

    /// `session`, `build`, `git` or `none`.
    pub(crate) fn kind(&self) -> &'static str {
        match self.source {
            Source::Session { .. } => "session",
            Source::Build { .. } => "build",
            Source::Git { .. } => "git",
            Source::None { .. } => "none",
        }
    }

    /// What people read.
    pub(crate) fn label(&self) -> String {
        match &self.source {
            Source::Session { generation, .. } => format!("generation {generation}"),
            Source::Build { .. } => "last build".to_owned(),
            Source::Git { .. } => "git HEAD".to_owned(),
            Source::None { reason } => (*reason).to_owned(),
        }
    }

    pub(crate) fn generation(&self) -> Option<u32> {
        match self.source {
            Source::Session { generation, .. } => Some(generation),
            _ => None,
        }
    }

    /// Finds the baseline of now, and says whether it is another one. Only then are texts read and parsed. Of equal
    /// texts there and on `disk` one is kept.
    pub(crate) fn renew(
        &mut self,
        keep: &dyn Fn(&str) -> bool,
        disk: &mut Texts,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> bool {
        let found = self.find_in_store(keep).unwrap_or_else(|| self.find_in_git(keep));
        let Found::Another { source, engine, mut texts } = found else { return false };
        share(&mut texts, &self.texts);
        share(disk, &texts);
        let old = std::mem::take(&mut self.program);
        self.program = lang_rust::update_with(old, (&self.texts, &texts), progress);
        self.texts = texts;
        self.engine = engine;
        self.source = source;
        true
    }

    /// None if the store has no baseline to offer.
    fn find_in_store(&self, keep: &dyn Fn(&str) -> bool) -> Option<Found> {
        let store = self.store.as_ref()?;
        let mut current =
            store.current().inspect_err(|error| tracing::warn!(%error, "no generation")).ok()??;
        let source = Source::of(&current);
        if source == self.source {
            return Some(Found::Same);
        }
        current.manifest.files.retain(|path, _| keep(path));
        let texts = store.texts(&current.manifest);
        let texts = texts.inspect_err(|error| tracing::warn!(%error, "a generation is passed over")).ok()?;
        let engine = EngineKind::from_str(&current.manifest.engine).ok();
        Some(Found::Another { source, engine, texts })
    }

    fn find_in_git(&self, keep: &dyn Fn(&str) -> bool) -> Found {
        self.read_git(keep).unwrap_or_else(|error| {
            tracing::info!(%error, "no baseline");
            let source = Source::None { reason: why_none(&error) };
            Found::Another { source, engine: None, texts: Texts::new() }
        })
    }

    fn read_git(&self, keep: &dyn Fn(&str) -> bool) -> baseline::Result<Found> {
        let source = Source::Git { commit: baseline::git_commit(&self.root, "HEAD")? };
        if source == self.source {
            return Ok(Found::Same);
        }
        let texts = baseline::read_git(&self.root, "HEAD", keep)?.texts;
        Ok(Found::Another { source, engine: None, texts })
    }
}

/// Takes the other's copy of every text that both have.
fn share(texts: &mut Texts, other: &Texts) {
    for (path, text) in texts {
        if let Some(same) = other.get(path).filter(|same| *same == text) {
            *text = Arc::clone(same);
        }
    }
}

/// What a search for the baseline comes to.
enum Found {
    Same,
    Another { source: Source, engine: Option<EngineKind>, texts: Texts },
}

impl Source {
    fn of(current: &Current) -> Self {
        let (id, generation) = (current.manifest.session.clone(), current.manifest.generation);
        if current.live { Self::Session { id, generation } } else { Self::Build { id, generation } }
    }
}

fn why_none(error: &Error) -> &'static str {
    match error {
        Error::NoRepository { .. } => "no baseline: no session, no build, no git",
        Error::NoRevision { .. } => "no baseline: no session, no build, no commit",
        _ => "no baseline: the git repository can't be read",
    }
}
