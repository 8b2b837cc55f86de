//! Swapping functions in place: a patch is made, the process stopped, the patch loaded, and it goes on.
//!
//! All of it happens in one stop that the editor never sees; what the debugger does there is in
//! [`super::patching`].

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use artifact::CodeLines;
use compat::Program;
use in_place::capture::{self, Purpose};
use in_place::{Build, Known, Label, Patch, Prepared, Process, Record, SessionFolder};
use remap::PathRewrites;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Session;
use super::in_patch::Early;
use super::live::Live;
use super::patching::Loaded;
use super::pausing::Stand;
use super::prepare::blocking;
use super::staging::Ready;
use super::wording::{Edited, Swapped};
use crate::cargo::Invocation;
use crate::error::{Error, Result};
use crate::modules::number;

/// What swapping needs to know of the program.
#[derive(Debug, Clone)]
pub(super) struct Swapping {
    root: PathBuf,
    /// The same folder, as the program's debug information names it.
    built_as: String,
    /// The file that was started.
    program: PathBuf,
    record: Record,
    session: Arc<SessionFolder>,
    folder: PathBuf,
    /// The libraries of the workspace, as their file names begin.
    members: Arc<Vec<String>>,
    process: Arc<Process>,
    known: Arc<Known>,
    is_placed: bool,
}

impl Swapping {
    fn folder(root: &Path) -> PathBuf {
        baseline::target_dir(root).join("midflight").join("in-place")
    }

    /// The user's build, captured for a launch.
    pub(super) fn for_launch(invocation: &Invocation, root: &Path) -> Result<Invocation> {
        in_place::supported().map_err(Error::nobody)?;
        let folder = Self::folder(root);
        in_place::make_ready(&folder).map_err(|error| Error::user(format!("{error}.")))?;
        Ok(invocation.with(capture::environment(&midflight()?, &folder, Purpose::Launch)))
    }

    /// The same build, for its objects only.
    pub(super) fn for_patch(&self, invocation: &Invocation) -> Invocation {
        let midflight = midflight().unwrap_or_default();
        invocation.with(capture::environment(&midflight, &self.folder, Purpose::Patch))
    }

    /// Reads what was captured of the program.
    pub(super) async fn of(
        root: &Path,
        paths: &PathRewrites,
        program: &Path,
        sources: &Program,
    ) -> Result<in_place::Result<Self>> {
        let built_as = root.to_string_lossy();
        let built_as = paths.to_remote(&built_as).unwrap_or_else(|| built_as.into_owned());
        let (root, folder, program) = (root.to_owned(), Self::folder(root), program.to_owned());
        let names = sources.crates().iter().map(|krate| format!("lib{}-", krate.name.replace('-', "_")));
        let members = Arc::new(names.collect::<Vec<_>>());
        blocking(move || {
            let record = Record::of(&folder, &program)?;
            names_files_below(&program, &built_as)?;
            let known = Arc::new(Known::default());
            let (session, build) = record.begin(&|library| is_member(library, &members), &known)?;
            let session = Arc::new(session);
            let process = Arc::new(Process::launched(&session.program(), &build)?);
            let warm = Arc::clone(&process);
            std::thread::spawn(move || warm.warm_up(&build));
            let is_placed = false;
            Ok(Self { root, built_as, program, record, session, folder, members, process, known, is_placed })
        })
        .await
    }

    /// Where the process's loader tells of itself.
    pub(super) fn r_debug_at(&self) -> Option<u64> {
        self.process.r_debug_at()
    }

    /// The libraries that the program is linked from.
    pub(super) fn libraries(&self) -> Vec<PathBuf> {
        self.record.libraries().unwrap_or_default()
    }

    /// From the new objects of these changes to a patch that may be loaded.
    pub(super) async fn prepare(&self, generation: u32, changes: &Value) -> Result<Prepared> {
        let (swapping, edited) = (self.clone(), Edited::of(changes));
        let prepared = blocking(move || {
            let is_member = |library: &Path| is_member(library, &swapping.members);
            let began = Instant::now();
            let build = Build::read(&swapping.record, &is_member, &swapping.known)?;
            let reading = began.elapsed();
            let label = swapping.label(generation)?;
            let folder = swapping.session.new_patch(generation)?;
            let mut prepared =
                in_place::prepare(&build, &swapping.process, &|symbol| edited.has(symbol), &folder, &label);
            if let Ok(Prepared::Ready(patch)) = &mut prepared {
                patch.took.diff += reading;
            } else {
                let _ = std::fs::remove_dir_all(&folder);
            }
            prepared
        });
        prepared.await?.map_err(|error| Error::user(format!("{error}.")))
    }

    /// For a swap: no other session of this program swaps until the result is dropped, and the program's file
    /// is what was started.
    async fn alone(self) -> Result<File> {
        let alone = blocking(move || {
            let lock = self.record.writing()?;
            self.session.put_back(&self.program)?;
            Ok::<_, in_place::Error>(lock)
        });
        alone.await?.map_err(|error| Error::user(format!("{error}.")))
    }

    fn label(&self, generation: u32) -> in_place::Result<Label> {
        let root = || self.built_as.clone();
        Label::new(&self.built_as, generation).ok_or_else(|| in_place::Error::ShortRoot { root: root() })
    }
}

/// Whether a program has files of this folder in its debug information.
fn names_files_below(program: &Path, root: &str) -> in_place::Result<()> {
    let content =
        std::fs::read(program).map_err(|source| in_place::Error::Io { path: program.to_owned(), source })?;
    match memchr::memmem::find(&content, root.as_bytes()) {
        Some(_) => Ok(()),
        // That it has no debug information at all is said when there is something to swap.
        None if matches!(artifact::Image::of_program(program), Err(artifact::Error::NoDebugInfo { .. })) => {
            Ok(())
        }
        None => Err(in_place::Error::OtherPaths { root: root.to_owned() }),
    }
}

fn midflight() -> Result<PathBuf> {
    std::env::current_exe().map_err(|error| Error::nobody(format!("Midflight can't find itself: {error}.")))
}

fn is_member(library: &Path, members: &[String]) -> bool {
    let name = library.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    members.iter().any(|member| name.starts_with(member.as_str()))
}

impl Live {
    /// The newest generation's code that has changed is in this patch.
    pub(super) fn add_patch(&mut self, patch: &Patch, lines: &CodeLines) {
        let Some(swap) = &self.swap else { return };
        let label = swap.label(self.sources.current().number);
        let root = label.map_or_else(|_| swap.root.clone(), |label| label.path().into());
        self.sources.add_patch(root, patch.described.clone(), lines);
    }
}

impl Session {
    /// The program runs: patches are bound to where it is.
    async fn place_program(&mut self) -> Result<()> {
        let body = self.ask("modules", &json!({})).await?;
        let Some(live) = &mut self.live else { return Ok(()) };
        let Some(swap) = live.swap.as_mut().filter(|swap| !swap.is_placed) else { return Ok(()) };
        let mut modules = body.get("modules").and_then(Value::as_array).into_iter().flatten();
        let first =
            modules.find_map(|module| number(module.get("addressRange")?.as_str()?.split('-').next()?));
        let base = first.ok_or_else(|| Error::nobody("The debugger does not say where the program is."))?;
        let bias = base.wrapping_sub(swap.process.low());
        Arc::make_mut(&mut swap.process).moved(bias);
        swap.is_placed = true;
        Ok(())
    }

    /// Before the first patch is linked, the program's place has to be known.
    pub(super) async fn find_program(&mut self) {
        let is_placed =
            self.live.as_ref().and_then(|live| live.swap.as_ref()).is_none_or(|swap| swap.is_placed);
        if !is_placed && let Err(error) = self.place_program().await {
            tracing::debug!(%error, "the program's place is not known yet");
        }
    }

    /// Brings a patch into the process, or says why it can't be. Where its place is taken it is linked for another one.
    pub(super) async fn swap(&mut self, ready: &Ready, patch: &Patch) -> Result<Result<Swapped, String>> {
        let mut moved = None;
        loop {
            let swap = self.live.as_ref().and_then(|live| live.swap.clone());
            let swap = swap.ok_or_else(|| Error::nobody("There is nothing to swap functions in."))?;
            let alone = swap.alone().await?;
            let patch = moved.as_ref().unwrap_or(patch);
            let (loaded, swapped) = self.stop_and_load(ready, patch).await?;
            match loaded {
                Loaded::In => return Ok(Ok(swapped)),
                Loaded::Refused(reason) => return Ok(Err(reason)),
                Loaded::PlaceTaken => drop(alone),
            }
            moved = Some(self.elsewhere(ready).await?);
        }
    }

    /// Makes the patch again, for another place.
    async fn elsewhere(&mut self, ready: &Ready) -> Result<Patch> {
        let swap = self.live.as_mut().and_then(|live| live.swap.as_mut());
        let place = swap.and_then(|swap| Arc::make_mut(&mut swap.process).elsewhere().then(|| swap.clone()));
        let swap = place.ok_or_else(|| {
            Error::nobody("Every place that a patch can be linked for is taken in the process: restart.")
        })?;
        match swap.prepare(ready.number, &ready.changes).await? {
            Prepared::Ready(patch) => Ok(*patch),
            Prepared::Unchanged | Prepared::Refused(_) => {
                Err(Error::nobody("The build changed during the swap. Save again."))
            }
        }
    }

    /// Everything that needs the process to stand still, and nothing else, happens between the stop and the
    /// continuing.
    async fn stop_and_load(&mut self, ready: &Ready, patch: &Patch) -> Result<(Loaded, Swapped)> {
        let lines = self.read_patch(patch).await?;
        let early = self.set_early(ready, patch, &lines).await;
        let started = Instant::now();
        let mut stand = match self.stand_still().await {
            Ok(stand) => stand,
            Err(error) => {
                self.take_away(&early.files).await;
                return Err(error);
            }
        };
        let mut swapped = Swapped::of(patch);
        swapped.parts.stop = started.elapsed();
        let loaded = self.load_with_breakpoints(ready, patch, early, &mut stand, &mut swapped).await;
        self.go_on_from(stand).await;
        swapped.paused = started.elapsed();
        let (loaded, set) = loaded?;
        if loaded != Loaded::In {
            return Ok((loaded, Swapped::default()));
        }
        self.note(patch)?;
        if let Err(error) = set {
            self.editor.warn(format!("The new code runs, but breakpoints may be missing: {error}"));
        }
        Ok((loaded, swapped))
    }

    /// The process stands still: loads the patch and sets the breakpoints, and whether these were set. Where it can't be
    /// loaded LLDB knows nothing of it.
    async fn load_with_breakpoints(
        &mut self,
        ready: &Ready,
        patch: &Patch,
        Early { image, files }: Early,
        stand: &mut Stand,
        swapped: &mut Swapped,
    ) -> Result<(Loaded, Result<()>)> {
        let loaded = self.load(patch, stand, swapped).await;
        if !matches!(loaded, Ok(Loaded::In)) {
            self.take_away(&files).await;
            return Ok((loaded?, Ok(())));
        }
        let placing = Instant::now();
        if let Some(live) = &mut self.live {
            live.advance(ready);
            if let Some(image) = image {
                live.sources.add_image(image);
            }
        }
        self.check_early(&files).await;
        let left_over = self.set_where_they_are().await;
        swapped.parts.breakpoints = placing.elapsed();
        let clearing = Instant::now();
        let set = match left_over {
            Ok(left_over) => self.set_placements(left_over).await,
            Err(error) => Err(error),
        };
        swapped.parts.left_over = clearing.elapsed();
        Ok((Loaded::In, set))
    }

    /// Notes what the process has now.
    fn note(&mut self, patch: &Patch) -> Result<()> {
        let Some(swap) = self.live.as_mut().and_then(|live| live.swap.as_mut()) else { return Ok(()) };
        let noted = Arc::make_mut(&mut swap.process).apply(patch);
        noted.map_err(|error| Error::midflight(format!("{error}.")))
    }
}
