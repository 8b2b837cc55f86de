//! A reload before anything is touched: judged by the rules, built beside the program, passed by the gate.
//!
//! All of it happens in a task of its own on a [`Plan`], a copy of what it needs; the session goes on.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use artifact::Artifact;
use compat::{EngineKind, Program, Texts, Verdict};
use serde_json::Value;
use tokio::sync::mpsc;

use super::live::Live;
use super::prepare::{blocking, read};
use super::swap::Swapping;
use super::wording;
use crate::cargo::{Built, Invocation, Progress};
use crate::error::{Error, Result};

/// Sources that change during every build are given up on after so many.
const BUILDS: u32 = 5;

/// A library that runs or is about to.
#[derive(Debug, Clone)]
pub(super) struct Library {
    pub(super) name: String,
    /// Where the program finds it.
    pub(super) path: PathBuf,
    pub(super) sha256: String,
    pub(super) artifact: Arc<Artifact>,
}

/// A reload that passed everything.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) number: u32,
    pub(super) texts: Texts,
    pub(super) program: Program,
    pub(super) verdict: Verdict,
    pub(super) changes: Value,
    pub(super) libraries: Arc<Vec<Library>>,
    /// What runs until then.
    pub(super) replaced: Arc<Vec<Library>>,
    /// The new libraries beside those that they replace.
    pub(super) staged: Vec<(PathBuf, PathBuf)>,
    /// What is swapped in place instead.
    pub(super) patch: Option<Arc<in_place::Patch>>,
    pub(super) started: Instant,
    pub(super) times: Times,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Times {
    pub(super) judge: Duration,
    pub(super) build: Duration,
    pub(super) gate: Duration,
}

/// Why new code may not be loaded.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) texts: Texts,
    pub(super) verdict: Verdict,
    pub(super) changes: Value,
    pub(super) message: String,
    pub(super) remedy: String,
}

/// What became of a reload before anything was touched.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Nothing differs from what runs.
    Unchanged,
    /// The process must not get this.
    Refused(Refusal),
    /// It could not be built or checked.
    Failed(Error),
    /// It can be handed over.
    Ready(Ready),
}

/// Everything that judging and building needs; the session goes on meanwhile.
pub(super) struct Plan {
    root: PathBuf,
    running: Texts,
    program: Program,
    number: u32,
    engine: EngineKind,
    reloads: bool,
    build: Option<(Invocation, Built)>,
    libraries: Vec<(String, PathBuf)>,
    known: Option<Arc<Vec<Library>>>,
    swap: Option<Swapping>,
    fixed: Option<String>,
    progress: mpsc::UnboundedSender<Progress>,
}

impl Live {
    pub(super) fn plan(&self, progress: mpsc::UnboundedSender<Progress>) -> Plan {
        let current = self.sources.current();
        let libraries = lang_rust::hot_libs(&current.program);
        let built = self.build.as_ref().map(|build| &build.built.libraries);
        let path = |name: &str| built.and_then(|libraries| libraries.get(name)).cloned();
        Plan {
            root: self.root().to_owned(),
            running: current.texts.clone(),
            program: current.program.clone(),
            number: current.number + 1,
            engine: self.engine,
            reloads: self.takes_new_code(),
            build: self.next_build(),
            libraries: libraries
                .into_iter()
                .filter_map(|library| Some((library.lib_name.clone(), path(&library.lib_name)?)))
                .collect(),
            known: self.reload.running.clone(),
            swap: self.swap.clone(),
            fixed: self.fixed.clone(),
            progress,
        }
    }

    /// The build of the next generation, and what the launch built.
    fn next_build(&self) -> Option<(Invocation, Built)> {
        let Some(swap) = &self.swap else { return self.staging() };
        let build = self.build.as_ref()?;
        Some((swap.for_patch(&build.invocation), build.built.clone()))
    }

    /// The build of the libraries only, and what the launch built.
    pub(super) fn staging(&self) -> Option<(Invocation, Built)> {
        let build = self.build.as_ref()?;
        let hot = lang_rust::hot_libs(&self.sources.current().program);
        let packages = build.package.iter().cloned().chain(hot.into_iter().map(|library| library.package));
        let folder = baseline::target_dir(self.root()).join("midflight").join("build");
        let packages: Vec<String> = packages.collect();
        Some((build.invocation.staging(&folder, &packages), build.built.clone()))
    }
}

impl Plan {
    /// Judges, builds and checks what is on disk.
    pub(super) async fn carry_out(self) -> Result<Outcome> {
        let started = Instant::now();
        let mut texts = read(&self.root).await?.texts;
        for _ in 0..BUILDS {
            if texts == self.running {
                return Ok(Outcome::Unchanged);
            }
            match self.attempt(texts, started).await? {
                ControlFlow::Break(outcome) => return Ok(outcome),
                ControlFlow::Continue(newer) => texts = newer,
            }
        }
        Err(Error::nobody("The sources changed during every build."))
    }

    /// One attempt with these texts; it continues with newer ones if they changed during the build.
    async fn attempt(&self, texts: Texts, started: Instant) -> Result<ControlFlow<Outcome, Texts>> {
        let judging = Instant::now();
        let (report, program) = self.judge(&texts).await?;
        let judge = judging.elapsed();
        let changes = serde_json::to_value(&report.changes).unwrap_or_default();
        if let Some((message, remedy)) = self.refusal(&report) {
            let verdict = report.verdict;
            let refusal = Refusal { texts, verdict, changes, message, remedy };
            return Ok(ControlFlow::Break(Outcome::Refused(refusal)));
        }
        let (invocation, launched) = self.build.as_ref().ok_or_else(|| {
            Error::user("This session did not build the program, so it can't build a reload.")
        })?;
        let building = Instant::now();
        let built = invocation.run(self.progress.clone()).await?;
        let took = building.elapsed();
        let after = read(&self.root).await?.texts;
        if after != texts {
            // Nobody knows which of the two was built.
            return Ok(ControlFlow::Continue(after));
        }
        let gating = Instant::now();
        let gated = self.check(launched, built, &changes).await?;
        let times = Times { judge, build: took, gate: gating.elapsed() };
        let (number, verdict) = (self.number, report.verdict);
        Ok(ControlFlow::Break(match gated {
            Gated::Passed { libraries, replaced, staged, patch } => {
                let (libraries, replaced) = (Arc::new(libraries), Arc::new(replaced));
                Outcome::Ready(Ready {
                    number,
                    texts,
                    program,
                    verdict,
                    changes,
                    libraries,
                    replaced,
                    staged,
                    patch,
                    started,
                    times,
                })
            }
            Gated::Fatal(message) => {
                let remedy = "Restart the session to apply it.".to_owned();
                Outcome::Refused(Refusal { texts, verdict: Verdict::Restart, changes, message, remedy })
            }
        }))
    }

    /// The gate: first how it was built, then what was built.
    async fn check(&self, launched: &Built, built: Built, changes: &Value) -> Result<Gated> {
        if let Some(difference) = launched.feature_difference(&built) {
            return Ok(Gated::Fatal(format!("{difference}, so that layouts may differ.")));
        }
        if let Some(swap) = &self.swap {
            return self.check_patch(swap, changes).await;
        }
        let (names, known) = (self.libraries.clone(), self.known.clone());
        blocking(move || gate(&names, known.as_deref(), &built)).await?
    }

    async fn check_patch(&self, swap: &Swapping, changes: &Value) -> Result<Gated> {
        let patch = match swap.prepare(self.number, changes).await? {
            in_place::Prepared::Unchanged => None,
            in_place::Prepared::Ready(patch) if wording::never_runs(&patch, changes) => {
                return Ok(Gated::Fatal(wording::NEVER_RUNS.to_owned()));
            }
            in_place::Prepared::Ready(patch) => Some(Arc::from(patch)),
            in_place::Prepared::Refused(differences) => return Ok(Gated::Fatal(most_telling(&differences))),
        };
        Ok(Gated::Passed { libraries: Vec::new(), replaced: Vec::new(), staged: Vec::new(), patch })
    }

    async fn judge(&self, texts: &Texts) -> Result<(lang_rust::Report, Program)> {
        let (old, before, engine) = (self.running.clone(), self.program.clone(), self.engine);
        let new = texts.clone();
        let judge = move || {
            let after = lang_rust::update(&before, &old, &new);
            (lang_rust::report_of((&old, &before), (&new, &after), Some(engine)), after)
        };
        blocking(judge).await
    }

    /// Why the change must not be brought into the process, and what to do.
    fn refusal(&self, report: &lang_rust::Report) -> Option<(String, String)> {
        // What only the build can tell is the gate's to judge.
        let worst = report.changes.iter().find(|change| change.verdict == Verdict::Restart);
        if let Some(change) = worst.filter(|_| self.reloads) {
            let remedy = if change.remedy.is_empty() { "Restart to apply it." } else { &change.remedy };
            let path = change.live_path.as_ref();
            let path =
                path.map_or_else(String::new, |path| format!(" Live values are reached through {path}."));
            return Some((format!("{} [{}].{path}", change.message, change.code), remedy.to_owned()));
        }
        if self.reloads {
            return None;
        }
        let what = match report.changes.first() {
            Some(change) => format!("`{}`", change.item),
            None => "The sources".to_owned(),
        };
        let mut why = self.fixed.iter().map(|reason| format!(": {reason}"));
        let why = why.next().unwrap_or_default();
        let message = format!("{what} changed, and this program can't take up new code{why}.");
        Some((message, "Restart to apply it; the old code goes on.".to_owned()))
    }
}

/// The difference in what is not wrapped in something else.
fn most_telling(differences: &[artifact::Difference]) -> String {
    let innermost = differences.iter().min_by_key(|difference| difference.item.len());
    innermost.map_or_else(String::new, |difference| {
        let path = if difference.path.is_empty() { String::new() } else { format!(" ({})", difference.path) };
        format!("The new code can't be swapped in: {}{path}.", difference.message)
    })
}

enum Gated {
    Passed {
        libraries: Vec<Library>,
        replaced: Vec<Library>,
        staged: Vec<(PathBuf, PathBuf)>,
        patch: Option<Arc<in_place::Patch>>,
    },
    Fatal(String),
}

/// Compares what was built with what runs, and puts copies of what passed beside what they will replace.
fn gate(names: &[(String, PathBuf)], known: Option<&Vec<Library>>, built: &Built) -> Result<Gated> {
    let (mut libraries, mut replaced, mut staged) = (Vec::new(), Vec::new(), Vec::new());
    for (name, path) in names {
        let running = match known.and_then(|known| known.iter().find(|library| library.name == *name)) {
            Some(library) => library.clone(),
            None => library(name, path, path)?,
        };
        let new = built.libraries.get(name).ok_or_else(|| {
            Error::user(format!("The build did not make the library `{name}`: is it still a `dylib`?"))
        })?;
        let new = Library { path: path.clone(), ..library(name, new, new)? };
        let differences = artifact::compare(&running.artifact, &new.artifact);
        if let Some(fatal) = differences.iter().find(|difference| difference.fatal) {
            return Ok(Gated::Fatal(format!("The built library can't be loaded: {}.", fatal.message)));
        }
        if new.sha256 != running.sha256 {
            let beside = beside(path);
            let from = built.libraries.get(name).unwrap_or(path);
            std::fs::copy(from, &beside)
                .map_err(|error| Error::user(format!("{} can't be written: {error}.", beside.display())))?;
            staged.push((beside, path.clone()));
        }
        libraries.push(new);
        replaced.push(running);
    }
    Ok(Gated::Passed { libraries, replaced, staged, patch: None })
}

fn library(name: &str, path: &Path, file: &Path) -> Result<Library> {
    let problem = |error: &dyn std::fmt::Display| Error::user(format!("{error}."));
    let artifact = Artifact::read(file).map_err(|error| problem(&error))?;
    let content = std::fs::read(file).map_err(|error| problem(&error))?;
    let sha256 = baseline::sha256(&content);
    Ok(Library { name: name.to_owned(), path: path.to_owned(), sha256, artifact: Arc::new(artifact) })
}

/// A name in the same folder, so that renaming it is one step; hidden, and no library's name.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.midflight-{}", std::process::id()))
}

impl Times {
    pub(super) fn total(&self) -> Duration {
        self.judge + self.build + self.gate
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        // What was renamed is not there any more; what was not must not stay.
        for (beside, _) in &self.staged {
            let _ = std::fs::remove_file(beside);
        }
    }
}
