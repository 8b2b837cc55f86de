//! What a process has at one moment: memory, threads, descriptors, mappings (Linux).

use std::collections::BTreeSet;
use std::fmt;
use std::fs;

/// What a process has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Resident memory in KiB, the patches' pages left out.
    pub memory_kib: u64,
    /// Resident pages of loaded patches, in KiB.
    pub patches_kib: u64,
    /// Loaded patches.
    pub patches: usize,
    /// Threads.
    pub threads: usize,
    /// Open file descriptors.
    pub descriptors: usize,
    /// Mappings, those of patches left out.
    pub mappings: usize,
}

impl Footprint {
    /// Of the process with this number; of one that is gone, nothing.
    pub fn of(process: u32) -> Self {
        let mut footprint = Self {
            threads: entries(process, "task"),
            descriptors: entries(process, "fd"),
            ..Self::default()
        };
        let smaps = fs::read_to_string(format!("/proc/{process}/smaps")).unwrap_or_default();
        let (mut patches, mut is_patch) = (BTreeSet::new(), false);
        for line in smaps.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.first() {
                Some(&"Rss:") => {
                    let kib = words.get(1).and_then(|kib| kib.parse().ok()).unwrap_or(0);
                    let sum = if is_patch { &mut footprint.patches_kib } else { &mut footprint.memory_kib };
                    *sum += kib;
                }
                // Each mapping begins with its addresses.
                Some(first) if first.contains('-') => {
                    is_patch = line.contains("/midflight/in-place/") && line.contains("/patch");
                    match line.split_once('/') {
                        Some((_, path)) if is_patch => _ = patches.insert(path),
                        _ => footprint.mappings += 1,
                    }
                }
                _ => {}
            }
        }
        footprint.patches = patches.len();
        footprint
    }
}

fn entries(process: u32, folder: &str) -> usize {
    fs::read_dir(format!("/proc/{process}/{folder}")).map_or(0, Iterator::count)
}

impl fmt::Display for Footprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { memory_kib, patches_kib, patches, threads, descriptors, mappings } = self;
        write!(
            f,
            "{memory_kib:>7} KiB, {threads:>3} threads, {descriptors:>3} descriptors, {mappings:>4} mappings, and {patches:>4} \
             patches of {patches_kib} KiB"
        )
    }
}
