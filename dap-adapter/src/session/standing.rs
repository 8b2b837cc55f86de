//! Where threads may stand while functions are redirected: not where they would go on in the middle of a jump, and not
//! in a function that holds values of a layout which changed. The one that loads the patch not in the middle of what
//! loading does itself.

use std::time::Duration;

use in_place::Patch;
use serde_json::{Value, json};

use super::Session;
use super::pausing::Stand;
use crate::error::Result;
use crate::modules::number;

/// Most threads are elsewhere after a moment.
const TRIES: u32 = 20;

/// The moment.
const MOMENT: Duration = Duration::from_millis(2);

/// What loading a library does itself, and what has locks that it takes, as parts of the names of functions of C.
const LOADING: [&str; 7] = ["alloc", "free", "memalign", "brk", "tls_get_addr", "pthread_create", "fork"];

/// How many functions of C may call each other for that.
const CALLS: u32 = 16;

/// The frames of so many threads are quickly told: each takes a millisecond or more.
const FEW: usize = 4;

/// The threads, and where each frame of theirs goes on.
pub(super) type Frames = Vec<(i64, Vec<u64>)>;

/// A thread in the middle of what loading a library does too.
#[derive(Debug)]
struct Loading {
    thread: i64,
    function: String,
    /// The outermost function of C, by its frame's number from 0, if it returns to another language.
    outermost: Option<usize>,
}

impl Loading {
    fn message(&self, is_shown: bool) -> String {
        let Self { thread, function, .. } = self;
        let (verb, advice) =
            if is_shown { ("stands", "Let it go on, and save again") } else { ("stays", "Save again") };
        format!(
            "Thread {thread} {verb} in `{function}`, in the middle of which no library can be loaded. {advice}."
        )
    }
}

impl Session {
    /// Lets threads go on for a moment that stand where they must not, unless the user has stopped them. Where their frames
    /// go on, as far as that was looked at, or why the patch can't be loaded if they stay there.
    pub(super) async fn step_out(
        &mut self,
        patch: &Patch,
        stand: &mut Stand,
    ) -> Result<Result<Option<Frames>, String>> {
        let (mut reason, mut frames) = (None, None);
        let mut listed = String::new();
        for attempt in 0..TRIES {
            let is_shown = !matches!(stand, Stand::ByUs);
            listed = self.command("thread list").await?;
            frames = None;
            let mut is_naming = false;
            if let Some(loading) = self.is_loading(&listed).await? {
                reason = Some(loading.message(is_shown));
                if let Some(outermost) = loading.outermost.filter(|_| !is_shown) {
                    if !self.leave_silently(loading.thread, outermost, stand).await? {
                        break;
                    }
                    continue;
                }
            } else {
                reason = self.in_the_way(&listed, patch, is_shown, &mut frames).await?;
                // Worth a moment, but not the swap.
                is_naming =
                    reason.is_none() && attempt < TRIES / 2 && self.names_frames(&patch.guise).await?;
            }
            if is_shown || (reason.is_none() && !is_naming) {
                break;
            }
            self.continue_silently().await;
            tokio::time::sleep(MOMENT).await;
            if let Some(stop) = self.pause_silently().await? {
                *stand = Stand::ByItself(Box::new(stop));
            }
        }
        if let Some(reason) = reason {
            return Ok(Err(reason));
        }
        if frames.is_none() && self.is_worth_a_look(&listed) {
            let looked = self.all_frames(&listed).await;
            frames = looked.inspect_err(|error| tracing::debug!(%error, "any call may be running")).ok();
        }
        Ok(Ok(frames))
    }

    /// Whether it is worth the time to find what a patch replaces and is running: for breakpoints it is, else where there are
    /// few threads, just to say so.
    fn is_worth_a_look(&self, listed: &str) -> bool {
        let has_breakpoints = self.live.as_ref().is_some_and(|live| !live.breakpoints.files().is_empty());
        has_breakpoints || listed.lines().filter_map(top_of).count() <= FEW
    }

    async fn in_the_way(
        &mut self,
        listed: &str,
        patch: &Patch,
        is_shown: bool,
        all: &mut Option<Frames>,
    ) -> Result<Option<String>> {
        let (verb, advice) =
            if is_shown { ("stands", "Step once, and save again") } else { ("stays", "Save again") };
        let stands = |thread: i64| {
            format!("Thread {thread} {verb} in the first instructions of a changed function. {advice}.")
        };
        let tops: Vec<(i64, u64)> = listed.lines().filter_map(top_of).collect();
        for &(thread, top) in &tops {
            if patch.redirects.iter().any(|redirect| redirect.hits(top)) {
                return Ok(Some(stands(thread)));
            }
        }
        if patch.held.is_empty() && patch.redirects.iter().all(|redirect| redirect.busy.is_empty()) {
            return Ok(None);
        }
        for (thread, frames) in all.insert(self.all_frames(listed).await?) {
            let is_busy = |frame| patch.redirects.iter().any(|redirect| redirect.busy.contains(frame));
            if frames.iter().any(is_busy) {
                return Ok(Some(stands(*thread)));
            }
            let is_held = |frame: &u64| patch.held.iter().find(|held| held.is_running(*frame));
            if let Some(held) = frames.iter().find_map(is_held) {
                return Ok(Some(format!("{}. Save again once it has returned, or restart.", held.message)));
            }
        }
        Ok(None)
    }

    /// What the thread that is about to load the patch stands in, if that does what loading does: its locks are held and
    /// its lists half written. Another thread goes on where the one waits for a lock of its.
    async fn is_loading(&mut self, listed: &str) -> Result<Option<Loading>> {
        let chosen = listed.lines().find(|line| line.trim_start().starts_with('*'));
        let Some((line, (thread, _))) = chosen.and_then(|line| Some((line, top_of(line)?))) else {
            return Ok(None);
        };
        if is_rust(line) {
            return Ok(None);
        }
        let trace = self.ask("stackTrace", &json!({"threadId": thread, "levels": CALLS})).await?;
        let frames = trace.get("stackFrames").and_then(Value::as_array).into_iter().flatten();
        let names: Vec<&str> = frames.filter_map(|frame| frame.get("name")?.as_str()).collect();
        let end = names.iter().position(|name| is_rust(name));
        let of_c = &names[..end.unwrap_or(names.len())];
        let telling = of_c.iter().find(|name| is_part_of_loading(name));
        let function = telling.or(of_c.first().filter(|_| is_inside_libc(line)));
        let outermost = end.and_then(|end| end.checked_sub(1));
        Ok(function.map(|name| Loading { thread, function: (*name).to_owned(), outermost }))
    }

    /// Where each frame of each listed thread goes on. LLDB's list has the threads: lldb-dap 22 answers `threads` the first
    /// time with those of the beginning.
    async fn all_frames(&mut self, listed: &str) -> Result<Frames> {
        let mut all = Vec::new();
        for (thread, _) in listed.lines().filter_map(top_of) {
            let trace = self.ask("stackTrace", &json!({"threadId": thread})).await?;
            let frames = trace.get("stackFrames").and_then(Value::as_array).into_iter().flatten();
            let addresses =
                frames.filter_map(|frame| number(frame.get("instructionPointerReference")?.as_str()?));
            all.push((thread, addresses.collect()));
        }
        Ok(all)
    }
}

fn is_rust(name: &str) -> bool {
    name.contains("::")
}

/// A function that the C library or the loader does not export, and no symbols are there.
fn is_inside_libc(line: &str) -> bool {
    ["libc", "ld-"].iter().any(|library| line.contains(&format!(" {library}")))
        && line.contains("`___lldb_unnamed_symbol")
}

fn is_part_of_loading(name: &str) -> bool {
    let of_loader = name.trim_start_matches('_').starts_with("dl");
    of_loader || name.ends_with("exit") || LOADING.iter().any(|part| name.contains(part))
}

/// The thread, and where it goes on, of a line of LLDB's `thread list`.
pub(super) fn top_of(line: &str) -> Option<(i64, u64)> {
    let (_, rest) = line.split_once(": tid = ")?;
    let (thread, rest) = rest.split_once(", ")?;
    let top = rest.split(' ').next()?;
    Some((i64::try_from(number(thread)?).ok()?, number(top)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_loading_does_is_known_by_name() {
        for name in [
            "_int_malloc",
            "cfree",
            "__brk",
            "_dl_map_object",
            "dl_iterate_phdr",
            "_rjem_sdallocx",
            "__cxa_atexit",
        ] {
            assert!(is_part_of_loading(name), "{name}");
        }
        for name in
            ["clock_nanosleep", "poll", "__futex_abstimed_wait_common64", "read", "__memmove_avx_unaligned"]
        {
            assert!(!is_part_of_loading(name), "{name}");
        }
        assert!(is_inside_libc(
            "* thread #1: tid = 7, 0x00007ffff7e5a1b4 libc.so.6`___lldb_unnamed_symbol3421 + 84, name = 'app'"
        ));
        assert!(!is_inside_libc(
            "* thread #1: tid = 7, 0x00007ffff7e5a1b4 libxcb.so.1`___lldb_unnamed_symbol34 + 84, name = 'app'"
        ));
        assert!(is_rust("app`alloc::vec::Vec<T,A>::push"));
    }

    #[test]
    fn the_top_of_a_thread_is_read_from_the_list() {
        let line = "* thread #1: tid = 4242, 0x0000555555558f3d app`main, name = 'app', stop reason = signal SIGSTOP";
        assert_eq!(top_of(line), Some((4242, 0x5555_5555_8f3d)));
        assert_eq!(top_of("Process 4242 stopped"), None);
    }
}
