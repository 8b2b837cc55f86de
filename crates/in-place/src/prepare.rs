//! From a new build to a patch that may be loaded, or to the reasons why none may.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use artifact::Difference;

use crate::build::Build;
use crate::decide::{Judged, judge};
use crate::error::{Error, Result};
use crate::link::{Label, Patch, Took, link};
use crate::namesakes::{Renamed, renamed};
use crate::plan::{Decision, plan};
use crate::process::Process;
use crate::record::Compilation;

/// Forks bring in more code, which may show more changed types: it settles after a round or two.
const ROUNDS: u32 = 8;

/// What a new build comes to.
#[derive(Debug, Clone)]
pub enum Prepared {
    /// The code that runs is the same; at most its lines moved.
    Unchanged,
    /// Loading it could corrupt the process, or nothing would ever run it.
    Refused(Vec<Difference>),
    /// May be loaded.
    Ready(Box<Patch>),
}

/// Plans, links and checks. Nothing is loaded, and the folder holds nothing but the patch.
///
/// Functions that are `edited`, by their linker names, are in it even where the compiler has made the same of them:
/// debuggers have the names of their locals from it.
pub fn prepare(
    new: &Build,
    process: &Process,
    edited: &dyn Fn(&str) -> bool,
    folder: &Path,
    label: &Label,
) -> Result<Prepared> {
    match prepare_patch(new, process, edited, folder, label) {
        Err(error) if error.is_of_the_change() => {
            Ok(Prepared::Refused(vec![Difference::of_code(error.to_string())]))
        }
        prepared => prepared,
    }
}

fn prepare_patch(
    new: &Build,
    process: &Process,
    edited: &dyn Fn(&str) -> bool,
    folder: &Path,
    label: &Label,
) -> Result<Prepared> {
    if new.compilation == Compilation::AsOne {
        return Err(Error::LinkedAsOne);
    }
    let (mut decision, mut took) = (Decision::default(), Took::default());
    let Renamed { build, unclear } = timed(&mut took.diff, || renamed(new, process))?;
    let new = &*build;
    for _ in 0..ROUNDS {
        let mut plan = timed(&mut took.diff, || plan(new, process, edited, &decision))?;
        if plan.does_the_same() {
            if !decision.forked.is_empty() {
                // What changed is called by nothing that could be redirected: live data holds it.
                return Ok(held(&decision.forked));
            }
            if plan.restated.is_empty() {
                return Ok(Prepared::Unchanged);
            }
        }
        let mut patch = timed(&mut took.link, || link(new, &plan, process, folder, label))?;
        match timed(&mut took.gate, || judge(new, process, &plan, &patch, &decision))? {
            Judged::Refused(differences) => return Ok(Prepared::Refused(differences)),
            Judged::Settled { held, notes, image } => {
                if let Some(obstacle) = plan.obstacles.pop() {
                    return Err(obstacle);
                }
                if let Some(name) = plan.fresh.iter().find(|name| unclear.contains(*name)) {
                    return Err(Error::Namesake { what: artifact::demangled(name) });
                }
                (patch.held, patch.notes, patch.decision) = (held, notes, decision);
                (patch.took, patch.judged) = (took, Some(image));
                return Ok(Prepared::Ready(Box::new(patch)));
            }
            Judged::Decided(more) => decision = more,
        }
    }
    Ok(held(&decision.forked))
}

fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = work();
    *total += began.elapsed();
    done
}

fn held(forked: &BTreeMap<String, String>) -> Prepared {
    Prepared::Refused(forked.iter().map(|(function, path)| Difference::held(function, path)).collect())
}
