//! Several edits after each other in one process: what an edit forked, the next ones must not mix up.

use fastrand::Rng;
use midflight_tests::driven::{Driven, PROGRAMS, Run};
use midflight_tests::edits;
use tempfile::TempDir;

use crate::for_each;
use crate::live::Bench;
use crate::truth::{Reference, stranger};

/// So many edits are tried in one process.
const EDITS: usize = 4;

/// Where one worker builds and runs.
struct Place {
    folder: TempDir,
    bench: Bench,
}

/// Whether nothing was seen that none of the programs shows by itself.
pub(crate) fn run(count: usize, seed: usize) -> bool {
    let mut is_right = true;
    for driven in PROGRAMS {
        let place = || Place {
            folder: tempfile::tempdir().expect("a temporary folder"),
            bench: Bench::newer(driven),
        };
        let seeds: Vec<u64> = (0..count).map(|index| (seed * 100_000 + index) as u64).collect();
        let outcomes = for_each(&seeds, place, |place, _, seed| sequence(place, &driven, *seed));
        let swaps: usize = outcomes.iter().map(|(swaps, _)| swaps).sum();
        println!("{}: {count} sequences, {swaps} swaps", driven.name);
        for wrong in outcomes.into_iter().filter_map(|(_, wrong)| wrong) {
            println!("WRONG: {wrong}");
            is_right = false;
        }
    }
    is_right
}

/// How many edits went in, and what was wrong then.
fn sequence(place: &mut Place, driven: &Driven, seed: u64) -> (usize, Option<String>) {
    let mut random = Rng::with_seed(seed);
    let (folder, bench) = (place.folder.path(), &mut place.bench);
    let (mut left, mut names) = (EDITS, Vec::new());
    let (models, run) = bench.reload_each(|model| {
        while left > 0 {
            left -= 1;
            let edit = random.choice(edits::all(model))?;
            if driven.build(folder, &edit.after).is_some() {
                names.push(edit.name);
                return Some(edit.after);
            }
        }
        None
    });
    let built = models.iter().filter_map(|model| Reference::of(folder, driven, model));
    let runs: Vec<Run> = built.map(|built| built.run).collect();
    let (new, olds) = runs.split_last().expect("the oracle's programs compile");
    let wrong = stranger(&run, &olds.iter().collect::<Vec<_>>(), new);
    let wrong = wrong.map(|seen| format!("{} {seed}: {}: {seen}", driven.name, names.join(", ")));
    (models.len() - 1, wrong)
}
