//! What the debugger does in a swap: the process stands still, the patch is loaded, old entries are redirected.
//!
//! Until the first redirect is written nothing runs new code, so whatever fails before that leaves the old
//! code running; when one can't be written, those before it are taken back.

use std::path::Path;

use in_place::{Guise, LinkMap, Memory, Patch};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Session;
use super::live::Debuggee;
use super::pausing::{INTERRUPTED, Stand};
use super::wording::{Parts, Swapped};
use crate::error::{Error, Result};
use crate::modules::number;
use crate::{scripts, unobserved};

/// A call of nothing, which the process goes on for all the same. The first call that LLDB compiles takes it longer than
/// others, and is not to be one in a pause: it is this one, where the program stands before it begins.
pub(super) const EMPTY_CALL: &str =
    "expression -l c -- int never = 0; never ? ((unsigned long (*)(const char *, int))1)(\"\", 2) : 0";

/// What became of a patch.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Loaded {
    /// The process has it.
    In,
    /// Something of the process lies where it was linked for.
    PlaceTaken,
    /// The process can't have it while it stands as it does: why, and what to do.
    Refused(String),
}

impl Session {
    /// Loads the patch and writes the redirects, with the process stopped.
    pub(super) async fn load(
        &mut self,
        patch: &Patch,
        stand: &mut Stand,
        swapped: &mut Swapped,
    ) -> Result<Loaded> {
        let began = Instant::now();
        let frames = match self.step_out(patch, stand).await? {
            Ok(frames) => frames,
            Err(reason) => return Ok(Loaded::Refused(reason)),
        };
        swapped.parts.stop += began.elapsed();
        let began = Instant::now();
        self.take_late_interrupt().await?;
        let link_map = self.open(patch).await?;
        let redirected = self.redirect_to(patch, link_map, began, &mut swapped.parts).await;
        if matches!(redirected, Ok(Loaded::In)) {
            let addresses =
                frames.map(|all| all.into_iter().flat_map(|(_, frames)| frames).collect::<Vec<u64>>());
            swapped.is_during(patch, addresses.as_deref().unwrap_or_default());
            if let Some(live) = &mut self.live {
                live.process.newest_patch = Some(link_map.at);
                live.sources.outlive(&patch.replaced, addresses.as_deref());
            }
            return redirected;
        }
        // Nothing leads into it. That this fails too is no worse than that it stays.
        let close = format!("expression -l c -- (int)dlclose((void*){:#x}ul)", link_map.at);
        if let Err(error) = self.command(&close).await {
            tracing::debug!(%error, "the patch stays in the process, unused");
        }
        redirected
    }

    /// Has the loader load the patch. LLDB keeps the code that it makes for this call; an expression it would compile each
    /// time anew.
    async fn open(&mut self, patch: &Patch) -> Result<LinkMap> {
        let load = format!("process load {}", quoted(&patch.library));
        let mut printed = self.printed(&unobserved::run(&load)).await?;
        if unobserved::is_missing(&printed) {
            printed = self.printed(&load).await?;
        }
        succeeded(printed)?;
        let mut next = self.first_link_map().await?;
        while next != 0 {
            let link_map = self.link_map_at(next).await?;
            if link_map.is_of(patch.dynamic) {
                return Ok(link_map);
            }
            next = link_map.next;
        }
        Err(Error::midflight("The process's loader does not know the patch that it has loaded."))
    }

    /// Where the list begins in which the loader's next library will be: behind the newest patch, which is never closed.
    async fn first_link_map(&mut self) -> Result<u64> {
        let live = self.live.as_ref();
        let newest = live.and_then(|live| live.process.newest_patch);
        if let Some(newest) = newest {
            return Ok(self.link_map_at(newest).await?.next);
        }
        let at = live.and_then(|live| live.swap.as_ref()?.r_debug_at());
        let at = at.ok_or_else(|| Error::user("A program without a dynamic loader can't take patches."))?;
        let r_debug = self.words_at(at, 1).await?[0];
        Ok(self.words_at(r_debug, 2).await?[1])
    }

    async fn link_map_at(&mut self, at: u64) -> Result<LinkMap> {
        let words = self.words_at(at, LinkMap::WORDS).await?;
        LinkMap::of(at, &words).ok_or_else(|| Error::midflight("That is no `link_map`."))
    }

    /// Where the process stopped by itself when we asked it to, our signal is still on its way, and would interrupt the
    /// first call.
    async fn take_late_interrupt(&mut self) -> Result<()> {
        if self.late_interrupt().is_none() {
            return Ok(());
        }
        let is_taken = self.printed(EMPTY_CALL).await?.contains(INTERRUPTED);
        if let Some(debuggee) = self.late_interrupt() {
            debuggee.interrupted = !is_taken;
        }
        Ok(())
    }

    /// The process that we have asked to stop, and that has not taken it.
    fn late_interrupt(&mut self) -> Option<&mut Debuggee> {
        self.live.as_mut()?.process.debuggee.as_mut().filter(|debuggee| debuggee.interrupted)
    }

    async fn redirect_to(
        &mut self,
        patch: &Patch,
        link_map: LinkMap,
        began: Instant,
        parts: &mut Parts,
    ) -> Result<Loaded> {
        if link_map.bias != 0 {
            return Ok(Loaded::PlaceTaken);
        }
        let described = quoted(&patch.described);
        self.command(&format!("target modules add {described}")).await?;
        let place = format!("target modules load --file {described} --slide {:#x}", in_place::SLIDE);
        self.command(&place).await?;
        parts.load = began.elapsed();
        let began = Instant::now();
        self.redirect(patch).await?;
        if let Err(error) = self.disguise(&patch.guise, link_map.at).await {
            tracing::debug!(%error, "the program's own backtraces lack the patch's lines");
        }
        parts.redirect = began.elapsed();
        Ok(Loaded::In)
    }

    /// Writes all redirects; when one can't be written, takes back those before it.
    async fn redirect(&mut self, patch: &Patch) -> Result<()> {
        for (index, redirect) in patch.redirects.iter().enumerate() {
            let Err(error) = self.write_at(redirect.from, &redirect.jump).await else { continue };
            for redirect in patch.redirects.iter().take(index + 1).rev() {
                self.write_at(redirect.from, &redirect.before).await?;
            }
            return Err(error);
        }
        Ok(())
    }

    /// From here on the patch can't be closed any more.
    async fn disguise(&mut self, guise: &Guise, link_map: u64) -> Result<()> {
        self.write_at(guise.headers_at, &guise.headers).await?;
        self.write_at(link_map, &guise.link_map.map(u64::to_le_bytes).concat()).await?;
        let Some(Memory { at, empty, .. }) = &guise.memory else { return Ok(()) };
        let bytes: Vec<u8> = empty.iter().flat_map(|word| word.to_le_bytes()).collect();
        if self.names_frames(guise).await? || self.words_at(*at, empty.len()).await? == *empty {
            return Ok(());
        }
        self.write_at(*at, &bytes).await
    }

    /// Whether a thread is at naming the frames of a backtrace.
    pub(super) async fn names_frames(&mut self, guise: &Guise) -> Result<bool> {
        let Some(memory) = &guise.memory else { return Ok(false) };
        Ok(self.words_at(memory.lock, 1).await?.iter().any(|word| word & u64::from(u32::MAX) != 0))
    }

    /// So many words of the process's memory.
    async fn words_at(&mut self, address: u64, count: usize) -> Result<Vec<u64>> {
        let read = format!("memory read --force --format x --size 8 --count {count} {address:#x}");
        let text = self.command(&read).await?;
        let lines = text.lines().filter_map(|line| line.split_once(": ")).map(|(_, words)| words);
        let words: Option<Vec<u64>> = lines.flat_map(str::split_whitespace).map(number).collect();
        words.filter(|words| words.len() == count).ok_or_else(|| {
            Error::nobody(format!("The debugger says `{}` instead of {count} words.", text.trim()))
        })
    }

    async fn write_at(&mut self, address: u64, bytes: &[u8]) -> Result<()> {
        let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:#04x}")).collect();
        self.command(&format!("memory write {address:#x} {}", bytes.join(" "))).await.map(drop)
    }

    /// Runs a command of LLDB; what it prints.
    pub(super) async fn printed(&mut self, command: &str) -> Result<String> {
        let arguments = json!({"expression": format!("`{command}"), "context": "repl"});
        let body = self.ask("evaluate", &arguments).await?;
        Ok(body.get("result").and_then(Value::as_str).unwrap_or_default().to_owned())
    }

    /// The same for one that has to succeed.
    pub(super) async fn command(&mut self, command: &str) -> Result<String> {
        succeeded(self.printed(command).await?)
    }
}

/// What LLDB has printed, if the command has done what it was to do.
fn succeeded(printed: String) -> Result<String> {
    match problem_in(&printed) {
        Some(problem) => Err(Error::nobody(format!("The debugger can't swap: {problem}."))),
        None => Ok(printed),
    }
}

/// What LLDB says it can't do. In the middle of a line the word may be of a function's name: `core::error::Error`.
fn problem_in(printed: &str) -> Option<&str> {
    printed.lines().find_map(|line| line.strip_prefix("error:")).map(str::trim)
}

pub(super) fn quoted(path: &Path) -> String {
    scripts::quoted(&path.to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::problem_in;

    #[test]
    fn a_function_with_an_error_in_its_name_is_no_problem() {
        let threads = "(lldb) thread list\n  thread #2: tid = 7, app`<dyn core::error::Error>::map(cx=0x7f) at map_err.rs:68:5\n";
        assert_eq!(problem_in(threads), None);
        assert_eq!(problem_in("(lldb) memory write 1\nerror: no such place\n"), Some("no such place"));
    }
}
