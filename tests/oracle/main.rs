//! Predicted verdicts against what the compiler really builds, and against what a process really does.
//!
//! `oracle [library|in-place] [edits]`: one engine or both, with so many edits of each program at most.
//! `oracle veiled [edits]`: in place, with types that macros make, of which the rules know nothing.
//! `oracle sequences [count [seed]]`: so many times several edits after each other in one process, chosen by the seed.
//! `oracle optimised [edits]` and `oracle optimised-sequences [count [seed]]`: both of them, of what an optimiser has compiled.
//! Without the name of a part, all of them.

#![allow(clippy::print_stdout, reason = "a report is what this program is for")]

mod gate;
mod in_place;
mod library;
mod live;
mod report;
mod sequences;
mod truth;

use std::process::ExitCode;

use midflight_tests::edits::Edit;
use midflight_tests::parts::Parts;

fn main() -> ExitCode {
    let parts = Parts::of_this_program();
    let most = parts.number(0).unwrap_or(usize::MAX);
    let mut is_met = true;
    if parts.is_wanted("sequences") {
        is_met &= sequences::run(parts.number(0).unwrap_or(60), parts.number(1).unwrap_or(1));
    }
    if parts.is_wanted("library") {
        is_met &= library::run(most);
    }
    if parts.is_wanted("in-place") {
        is_met &= in_place::run(most);
    }
    if parts.is_wanted("veiled") {
        is_met &= in_place::run_veiled(most);
    }
    if parts.is_wanted("optimised") {
        is_met &= in_place::run_optimised(most);
    }
    if parts.is_wanted("optimised-sequences") {
        is_met &= sequences::run_optimised(parts.number(0).unwrap_or(20), parts.number(1).unwrap_or(1));
    }
    if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Keeps so many, evenly over all kinds.
fn thin(edits: &mut Vec<Edit>, most: usize) {
    let every = edits.len().div_ceil(most.max(1)).max(1);
    let mut index = 0;
    edits.retain(|_| {
        index += 1;
        (index - 1) % every == 0
    });
}

/// All processors take from one list; each makes itself a place to work in.
fn for_each<T: Sync, P, O: Send>(
    items: &[T],
    place: impl Fn() -> P + Sync,
    work: impl Fn(&mut P, usize, &T) -> O + Sync,
) -> Vec<O> {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let mut place = place();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { return };
                    let outcome = work(&mut place, index, item);
                    outcomes.lock().expect("no worker panics").push((index, outcome));
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().expect("no worker panics");
    outcomes.sort_by_key(|(index, _)| *index);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}
