//! Several edits after each other in one process: what an edit forked, the next ones must not mix up. The rules see nothing
//! of the types, so that all that can go in does. The first one that does is of a type; of the others many have a function call
//! what another does.

use std::collections::HashMap;

use fastrand::Rng;
use midflight_tests::driven::{Driven, EVERY_PROGRAM, Run};
use midflight_tests::edits::{self, Edit};
use tempfile::TempDir;

use crate::for_each;
use crate::live::{Bench, NEWER, Setting, is_right_optimised};
use crate::truth::{Reference, stranger};

/// So many edits are tried in one process. Some are refused.
const EDITS: usize = 8;

/// Where one worker builds and runs.
struct Place {
    folder: TempDir,
    bench: Bench,
}

/// Whether nothing was seen that none of the programs shows by itself.
pub(crate) fn run(count: usize, seed: usize) -> bool {
    ["", NEWER].map(|config| run_all(config, count, seed)).into_iter().all(|is_right| is_right)
}

/// The same of what an optimiser has compiled.
pub(crate) fn run_optimised(count: usize, seed: usize) -> bool {
    is_right_optimised(|_, config| run_all(config, count, seed))
}

fn run_all(config: &'static str, count: usize, seed: usize) -> bool {
    let mut is_right = true;
    for driven in EVERY_PROGRAM {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let first =
            Reference::of(folder.path(), &driven, driven.model).expect("the oracle's programs compile");
        let place = || Place {
            folder: tempfile::tempdir().expect("a temporary folder"),
            bench: Bench::new(driven, Setting { dress: edits::veiled, config }),
        };
        let seeds: Vec<u64> = (0..count).map(|index| (seed * 100_000 + index) as u64).collect();
        let outcomes = for_each(&seeds, place, |place, _, seed| sequence(place, &driven, &first.run, *seed));
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
fn sequence(place: &mut Place, driven: &Driven, first: &Run, seed: u64) -> (usize, Option<String>) {
    let mut random = Rng::with_seed(seed);
    let (folder, bench) = (place.folder.path(), &mut place.bench);
    let (mut left, mut names) = (EDITS, Vec::new());
    let mut alone = HashMap::from([(driven.model.to_owned(), first.clone())]);
    let (models, run) = bench.reload_each(|model| {
        while left > 0 {
            left -= 1;
            let mut edits = edits::all(model);
            if model == driven.model {
                edits.retain(is_of_a_type);
            } else if edits.iter().any(borrows) && random.bool() {
                edits.retain(borrows);
            }
            let edit = random.choice(edits)?;
            if let Some(built) = Reference::of(folder, driven, &edit.after) {
                names.push(edit.name);
                alone.insert(edit.after.clone(), built.run);
                return Some(edit.after);
            }
        }
        None
    });
    let runs: Vec<&Run> = models.iter().filter_map(|model| alone.get(model)).collect();
    let (new, olds) = runs.split_last().expect("the first model is among them");
    let wrong = stranger(&run, olds, new);
    let wrong = wrong.map(|seen| format!("{} {seed}: {}: {seen}", driven.name, names.join(", ")));
    (models.len() - 1, wrong)
}

/// Whether a function then does what another does.
fn borrows(edit: &Edit) -> bool {
    edit.name.contains("the body of")
}

fn is_of_a_type(edit: &Edit) -> bool {
    edit.name.contains("field") || edit.name.contains("variant")
}
