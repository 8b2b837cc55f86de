//! Swapping functions in place: the process is stopped, the patch loaded, the old entries redirected.
//!
//! All of it happens in one stop that the editor never sees. Until the first redirect is written nothing
//! runs new code, so whatever fails before that leaves the old code running.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use compat::Program;
use in_place::capture::{self, Purpose};
use in_place::{Build, Label, Patch, Prepared, Process, Record, SessionFolder};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::Session;
use super::launch::blocking;
use super::staging::Ready;
use super::wording::{self, Swapped};
use crate::adapter::FromAdapter;
use crate::cargo::Invocation;
use crate::error::{Error, Result};
use crate::images::Image;
use crate::message::{Kind, Message};
use crate::modules::number;

/// How long a pause may take to come.
const PAUSE: Duration = Duration::from_secs(5);

/// A thread that stands in the first bytes of a function is out of them after a moment.
const TRIES: u32 = 20;

/// What swapping needs to know of the program.
#[derive(Debug, Clone)]
pub(super) struct Swapping {
    root: PathBuf,
    /// The file that was started.
    program: PathBuf,
    record: Record,
    session: Arc<SessionFolder>,
    folder: PathBuf,
    /// The libraries of the workspace, as their file names begin.
    members: Arc<Vec<String>>,
    process: Arc<Process>,
    is_placed: bool,
    lines: Arc<artifact::CodeLines>,
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
    pub(super) async fn of(root: &Path, program: &Path, sources: &Program) -> Result<in_place::Result<Self>> {
        let (root, folder, program) = (root.to_owned(), Self::folder(root), program.to_owned());
        let names = sources.crates().iter().map(|krate| format!("lib{}-", krate.name.replace('-', "_")));
        let members = Arc::new(names.collect::<Vec<_>>());
        blocking(move || {
            let record = Record::of(&folder, &program)?;
            let (session, build) = record.begin(&|library| is_member(library, &members))?;
            let session = Arc::new(session);
            let lines = Arc::new(artifact::code_lines(&session.program())?);
            let process = Arc::new(Process::launched(&session.program(), &build)?);
            let is_placed = false;
            Ok(Self { root, program, record, session, folder, members, process, is_placed, lines })
        })
        .await
    }

    /// The program itself, as an image that has code.
    pub(super) fn first_image(&self, root: PathBuf) -> Image {
        Image::new(0, root, (*self.lines).clone())
    }

    /// From the new objects to a patch that may be loaded.
    pub(super) async fn prepare(&self, generation: u32) -> Result<Prepared> {
        let swapping = self.clone();
        let prepared = blocking(move || {
            let build = Build::read(&swapping.record, &|library| is_member(library, &swapping.members))?;
            let label = swapping.label(generation);
            let folder = swapping.session.new_patch(generation)?;
            let prepared = in_place::prepare(&build, &swapping.process, &folder, label.as_ref());
            if !matches!(prepared, Ok(Prepared::Ready(_))) {
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

    fn label(&self, generation: u32) -> Option<Label> {
        Label::new(self.root.to_str()?, generation)
    }
}

fn midflight() -> Result<PathBuf> {
    std::env::current_exe().map_err(|error| Error::nobody(format!("Midflight can't find itself: {error}.")))
}

fn is_member(library: &Path, members: &[String]) -> bool {
    let name = library.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    members.iter().any(|member| name.starts_with(member.as_str()))
}

impl Session {
    /// The program runs: patches are bound to where it is.
    async fn place_program(&mut self) -> Result<()> {
        let body = self.ask("modules", json!({})).await?;
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

    /// Brings a patch into the process.
    pub(super) async fn swap(&mut self, ready: &Ready, patch: &Patch) -> Result<Swapped> {
        let swap = self.live.as_ref().and_then(|live| live.swap.clone());
        let swap = swap.ok_or_else(|| Error::nobody("There is nothing to swap functions in."))?;
        let _alone = swap.alone().await?;
        let started = Instant::now();
        let was_stopped = self.live.as_ref().is_some_and(|live| live.process.shown_stop);
        let others = if was_stopped { None } else { self.pause_silently().await? };
        let loaded = self.load(patch, was_stopped).await;
        if loaded.is_ok() {
            self.swapped(ready, patch)?;
        }
        let set = self.set_all_breakpoints().await;
        match others {
            Some(stop) => self.aside.push_front(stop),
            None if was_stopped => {}
            None => self.continue_silently(),
        }
        let paused = started.elapsed();
        loaded?;
        if let Err(error) = set {
            self.editor.warn(format!("The new code runs, but breakpoints may be missing: {error}"));
        }
        let functions = wording::names(patch.redirects.iter().map(|redirect| redirect.function.as_str()));
        Ok(Swapped { paused, functions, notes: Vec::new() })
    }

    /// Notes what the process has now.
    fn swapped(&mut self, ready: &Ready, patch: &Patch) -> Result<()> {
        let lines =
            artifact::code_lines(&patch.library).map_err(|error| Error::midflight(format!("{error}.")))?;
        if let Some(live) = &mut self.live
            && let Some(swap) = &mut live.swap
        {
            let process = Arc::make_mut(&mut swap.process);
            process.apply(patch).map_err(|error| Error::midflight(format!("{error}.")))?;
            let root =
                swap.label(ready.number).map_or_else(|| swap.root.clone(), |label| label.path().into());
            live.sources.add_image(Image::new(ready.number, root, lines));
        }
        self.advance(ready);
        Ok(())
    }

    /// Stops the process without the editor's seeing it. Returns a stop that is the user's business instead.
    async fn pause_silently(&mut self) -> Result<Option<Message>> {
        let body = self.ask("threads", json!({})).await?;
        let thread = body.pointer("/threads/0/id").cloned().unwrap_or_else(|| json!(0));
        self.ask("pause", json!({"threadId": thread})).await?;
        let limit = Instant::now() + PAUSE;
        let stop = self
            .next_stop(limit)
            .await
            .ok_or_else(|| Error::nobody("The process does not stop, so that nothing can be swapped in."))?;
        let body = stop.body();
        if let Some(live) = &mut self.live {
            live.process.thread = body.get("threadId").and_then(Value::as_i64).unwrap_or_default();
        }
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        let is_pause = text("reason") == "pause" || text("description").contains("SIGSTOP");
        let wanted = self.live.as_ref().is_some_and(|live| live.process.pause_wanted);
        Ok((!is_pause || wanted).then_some(stop))
    }

    async fn next_stop(&mut self, limit: Instant) -> Option<Message> {
        let is_stop = |message: &Message| message.kind == Kind::Event { event: "stopped".to_owned() };
        if let Some(index) = self.aside.iter().position(is_stop) {
            return self.aside.remove(index);
        }
        loop {
            match timeout_at(limit, self.adapter.as_mut()?.receive()).await {
                Ok(Some(FromAdapter::Message(message))) if is_stop(&message) => return Some(message),
                Ok(Some(FromAdapter::Message(message))) => self.aside.push_back(message),
                _ => return None,
            }
        }
    }

    /// Loads the patch and writes the redirects, with the process stopped.
    async fn load(&mut self, patch: &Patch, is_shown: bool) -> Result<()> {
        self.step_out(patch, is_shown).await?;
        let library = patch.library.to_string_lossy().into_owned();
        let quoted = library.replace('\\', "\\\\").replace('"', "\\\"");
        let handle =
            self.value(&format!("expression -l c -- (unsigned long)dlopen(\"{quoted}\", 2)")).await?;
        if handle == 0 {
            return Err(Error::midflight("The patch can't be loaded into the process."));
        }
        let redirected = self.redirect_to(patch, handle, &quoted).await;
        if redirected.is_err() {
            // Nothing leads into it. That this fails too is no worse than that it stays.
            let close = format!("expression -l c -- (int)dlclose((void*){handle:#x}ul)");
            if let Err(error) = self.command(&close).await {
                tracing::debug!(%error, "the patch stays in the process, unused");
            }
        }
        redirected
    }

    async fn redirect_to(&mut self, patch: &Patch, handle: u64, quoted: &str) -> Result<()> {
        let bias = self.value(&format!("expression -l c -- *(unsigned long*){handle:#x}ul")).await?;
        if bias != 0 {
            return Err(Error::nobody(
                "The place that the patch is linked for is taken in the process. Save again, or restart.",
            ));
        }
        // LLDB lists a library without a load bias by itself only in a process that it was attached to.
        let place = format!("target modules load --file \"{quoted}\" --slide 0");
        if self.command(&place).await.is_err() {
            self.command(&format!("target modules add \"{quoted}\"")).await?;
            self.command(&place).await?;
        }
        self.redirect(patch).await
    }

    /// Writes all redirects; when one can't be written, takes back those before it.
    async fn redirect(&mut self, patch: &Patch) -> Result<()> {
        let mut before = Vec::new();
        for redirect in &patch.redirects {
            before.push(self.bytes_at(redirect.from, redirect.jump.len()).await?);
        }
        for (index, redirect) in patch.redirects.iter().enumerate() {
            let jump: Vec<String> = redirect.jump.iter().map(|byte| format!("{byte:#04x}")).collect();
            let Err(error) = self.write_at(redirect.from, &jump).await else { continue };
            for (redirect, old) in patch.redirects.iter().zip(&before).take(index + 1).rev() {
                self.write_at(redirect.from, old).await?;
            }
            return Err(error);
        }
        Ok(())
    }

    /// Bytes of the process, each as LLDB prints and reads it.
    async fn bytes_at(&mut self, address: u64, count: usize) -> Result<Vec<String>> {
        let text =
            self.command(&format!("memory read --format x --size 1 --count {count} {address:#x}")).await?;
        let rows = text.lines().filter_map(|line| line.split_once(": "));
        let bytes: Vec<String> =
            rows.flat_map(|(_, bytes)| bytes.split_whitespace()).map(str::to_owned).collect();
        if bytes.len() == count {
            Ok(bytes)
        } else {
            Err(Error::nobody(format!("The debugger says `{}` instead of code.", text.trim())))
        }
    }

    async fn write_at(&mut self, address: u64, bytes: &[String]) -> Result<()> {
        self.command(&format!("memory write {address:#x} {}", bytes.join(" "))).await.map(drop)
    }

    /// Lets threads go on for a moment that would go on in the middle of a jump.
    async fn step_out(&mut self, patch: &Patch, is_shown: bool) -> Result<()> {
        for _ in 0..TRIES {
            let Some(thread) = self.thread_inside(patch).await? else { return Ok(()) };
            if is_shown {
                return Err(Error::user(format!(
                    "Thread {thread} stands in the first instructions of a changed function. Step once, and save again."
                )));
            }
            self.continue_silently();
            tokio::time::sleep(Duration::from_millis(2)).await;
            if self.pause_silently().await?.is_some() {
                return Err(Error::nobody(
                    "The process stopped for another reason during the swap. Save again.",
                ));
            }
        }
        Err(Error::nobody("A thread stays in the first instructions of a changed function. Save again."))
    }

    async fn thread_inside(&mut self, patch: &Patch) -> Result<Option<i64>> {
        let body = self.ask("threads", json!({})).await?;
        let threads = body.get("threads").and_then(Value::as_array).cloned().unwrap_or_default();
        for thread in threads.iter().filter_map(|thread| thread.get("id")?.as_i64()) {
            let trace = self.ask("stackTrace", json!({"threadId": thread})).await?;
            let frames = trace.get("stackFrames").and_then(Value::as_array).into_iter().flatten();
            let all: Vec<u64> = frames
                .filter_map(|frame| number(frame.get("instructionPointerReference")?.as_str()?))
                .collect();
            let top = all.first().copied();
            let mut redirects = patch.redirects.iter();
            let is_inside = redirects.any(|redirect| {
                top.is_some_and(|address| redirect.hits(address))
                    || all.iter().any(|address| redirect.busy.contains(address))
            });
            if is_inside {
                return Ok(Some(thread));
            }
        }
        Ok(None)
    }

    /// Runs a command of LLDB; what it prints.
    async fn command(&mut self, command: &str) -> Result<String> {
        let arguments = json!({"expression": format!("`{command}"), "context": "repl"});
        let body = self.ask("evaluate", arguments).await?;
        let text = body.get("result").and_then(Value::as_str).unwrap_or_default().to_owned();
        match text.split_once("error:") {
            Some((_, problem)) => Err(Error::nobody(format!("The debugger can't swap: {}.", problem.trim()))),
            None => Ok(text),
        }
    }

    /// The value of an expression: the last number that LLDB prints.
    async fn value(&mut self, command: &str) -> Result<u64> {
        let text = self.command(command).await?;
        let value = text.rsplit_once('=').and_then(|(_, value)| number(value));
        value.ok_or_else(|| Error::nobody(format!("The debugger says `{}` instead of a value.", text.trim())))
    }
}
