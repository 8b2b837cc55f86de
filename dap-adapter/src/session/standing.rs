//! Where threads may stand while functions are redirected: not where they would go on in the middle of a jump, and not
//! in a function that holds values of a layout which changed.

use std::time::Duration;

use in_place::Patch;
use serde_json::{Value, json};

use super::Session;
use crate::error::{Error, Result};
use crate::modules::number;

/// Most threads are elsewhere after a moment.
const TRIES: u32 = 20;

/// The moment.
const MOMENT: Duration = Duration::from_millis(2);

impl Session {
    /// Lets threads go on for a moment that stand where they must not. Why the patch can't be loaded if they stay, or if
    /// the process stands still for the user.
    pub(super) async fn step_out(&mut self, patch: &Patch, is_shown: bool) -> Result<Option<String>> {
        let mut reason = None;
        for attempt in 0..TRIES {
            reason = self.in_the_way(patch, is_shown).await?;
            // Worth a moment, but not the swap.
            let is_naming =
                reason.is_none() && attempt < TRIES / 2 && self.names_frames(&patch.guise).await?;
            if is_shown || (reason.is_none() && !is_naming) {
                break;
            }
            self.continue_silently().await;
            tokio::time::sleep(MOMENT).await;
            if self.pause_silently().await?.is_some() {
                return Err(Error::nobody(
                    "The process stopped for another reason during the swap. Save again.",
                ));
            }
        }
        Ok(reason)
    }

    async fn in_the_way(&mut self, patch: &Patch, is_shown: bool) -> Result<Option<String>> {
        let (verb, advice) =
            if is_shown { ("stands", "Step once, and save again") } else { ("stays", "Save again") };
        let stands = |thread: i64| {
            format!("Thread {thread} {verb} in the first instructions of a changed function. {advice}.")
        };
        let listed = self.command("thread list").await?;
        let tops: Vec<(i64, u64)> = listed.lines().filter_map(top_of).collect();
        for &(thread, top) in &tops {
            if patch.redirects.iter().any(|redirect| redirect.hits(top)) {
                return Ok(Some(stands(thread)));
            }
        }
        if patch.held.is_empty() && patch.redirects.iter().all(|redirect| redirect.busy.is_empty()) {
            return Ok(None);
        }
        for (thread, frames) in self.all_frames(tops.iter().map(|(thread, _)| *thread)).await? {
            let is_busy = |frame| patch.redirects.iter().any(|redirect| redirect.busy.contains(frame));
            if frames.iter().any(is_busy) {
                return Ok(Some(stands(thread)));
            }
            let is_held =
                |frame: &u64| patch.held.iter().find(|held| held.from < *frame && *frame <= held.to);
            if let Some(held) = frames.iter().find_map(is_held) {
                return Ok(Some(format!("{}. Save again once it has returned, or restart.", held.message)));
            }
        }
        Ok(None)
    }

    /// Where each frame of each thread goes on. LLDB's list has the threads: lldb-dap 22 answers `threads` the first time
    /// with those of the beginning.
    async fn all_frames(&mut self, threads: impl Iterator<Item = i64>) -> Result<Vec<(i64, Vec<u64>)>> {
        let mut all = Vec::new();
        for thread in threads {
            let trace = self.ask("stackTrace", &json!({"threadId": thread})).await?;
            let frames = trace.get("stackFrames").and_then(Value::as_array).into_iter().flatten();
            let addresses =
                frames.filter_map(|frame| number(frame.get("instructionPointerReference")?.as_str()?));
            all.push((thread, addresses.collect()));
        }
        Ok(all)
    }
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
    fn the_top_of_a_thread_is_read_from_the_list() {
        let line = "* thread #1: tid = 4242, 0x0000555555558f3d app`main, name = 'app', stop reason = signal SIGSTOP";
        assert_eq!(top_of(line), Some((4242, 0x5555_5555_8f3d)));
        assert_eq!(top_of("Process 4242 stopped"), None);
    }
}
