//! Which processors serve, and which compile and debug.

use std::fs;

use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The processors in two halves: one for the server and its load, one for the compiler and the debugger, as
/// on a machine that has some to spare. Without it all share all.
#[derive(Debug)]
pub(crate) struct Cores(Option<[CpuSet; 2]>);

impl Cores {
    /// Everybody shares all processors.
    pub(crate) fn shared() -> Self {
        Self(None)
    }

    /// Two halves; this program, and what it starts from now on, is on the second.
    pub(crate) fn split() -> Self {
        let all = sched_getaffinity(None).expect("the system says where this runs");
        let numbers: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|&number| all.is_set(number)).collect();
        let (first, second) = numbers.split_at(numbers.len().div_ceil(2));
        let set = |numbers: &[usize]| {
            let mut set = CpuSet::new();
            for &number in numbers {
                set.set(number);
            }
            set
        };
        if second.is_empty() {
            return Self(None);
        }
        let halves = [set(first), set(second)];
        place(None, &halves[1]);
        Self(Some(halves))
    }

    /// Whether the compiler takes nothing from the server.
    pub(crate) fn are_split(&self) -> bool {
        self.0.is_some()
    }

    /// What this starts is on the first half.
    pub(crate) fn serving<T>(&self, start: impl FnOnce() -> T) -> T {
        let Some([first, second]) = &self.0 else { return start() };
        place(None, first);
        let started = start();
        place(None, second);
        started
    }

    /// A process that runs goes to the first half, with all its threads.
    pub(crate) fn serve(&self, process: u32) {
        let Some([first, _]) = &self.0 else { return };
        for entry in fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten() {
            let thread = entry.file_name().to_str().and_then(|number| number.parse().ok());
            if let Some(thread) = thread.and_then(Pid::from_raw) {
                place(Some(thread), first);
            }
        }
    }
}

fn place(thread: Option<Pid>, set: &CpuSet) {
    sched_setaffinity(thread, set).expect("a process of one's own may be placed");
}
