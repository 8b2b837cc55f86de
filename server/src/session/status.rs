//! The notification `midflight/status`.

use std::path::Path;

use compat::{EngineKind, Verdict};
use lsp_types::{Uri, notification::Notification};
use serde::{Deserialize, Serialize};

use crate::analysis::Basis;
use crate::uri;

/// Server to client: what the editor's texts are compared with, and what came of it.
#[derive(Debug)]
pub(crate) enum Status {}

impl Notification for Status {
    type Params = StatusNotification;
    const METHOD: &'static str = "midflight/status";
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StatusNotification {
    pub(crate) root: Option<Uri>,
    pub(crate) baseline: BaselineStatus,
    pub(crate) generation: Option<u32>,
    pub(crate) engine: String,
    pub(crate) counts: Counts,
    /// Of these, the ones in each open document that has any.
    pub(crate) files: Vec<FileCounts>,
    /// Changes that comments allow. They are in no count.
    pub(crate) allowed: usize,
    pub(crate) scanning: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileCounts {
    pub(crate) uri: Uri,
    pub(crate) counts: Counts,
}

/// What came of an analysis, counted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Totals {
    pub(crate) counts: Counts,
    pub(crate) files: Vec<FileCounts>,
    pub(crate) allowed: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BaselineStatus {
    /// `session`, `build`, `git` or `none`.
    pub(crate) kind: String,
    /// For people: "generation 2", "last build", "git HEAD".
    pub(crate) label: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    safe: usize,
    deferred: usize,
    reset: usize,
    restart: usize,
    unknown: usize,
}

impl Counts {
    pub(crate) fn add(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Safe => &mut self.safe,
            Verdict::Deferred => &mut self.deferred,
            Verdict::Reset => &mut self.reset,
            Verdict::Restart => &mut self.restart,
            Verdict::Unknown => &mut self.unknown,
        } += 1;
    }
}

impl StatusNotification {
    pub(crate) fn new(root: &Path, basis: &Basis, engine: EngineKind, totals: Totals) -> Self {
        Self {
            root: uri::from_path(root),
            baseline: BaselineStatus { kind: basis.kind().to_owned(), label: basis.label() },
            generation: basis.generation(),
            engine: engine.to_string(),
            counts: totals.counts,
            files: totals.files,
            allowed: totals.allowed,
            scanning: false,
        }
    }

    pub(crate) fn no_workspace(folder: &Path) -> Self {
        Self::without_baseline(folder, "not a Cargo workspace", false)
    }

    pub(crate) fn scanning(root: &Path) -> Self {
        Self::without_baseline(root, "reading the workspace", true)
    }

    fn without_baseline(root: &Path, label: &str, scanning: bool) -> Self {
        Self {
            root: uri::from_path(root),
            baseline: BaselineStatus { kind: "none".to_owned(), label: label.to_owned() },
            generation: None,
            engine: String::new(),
            counts: Counts::default(),
            files: Vec::new(),
            allowed: 0,
            scanning,
        }
    }
}
