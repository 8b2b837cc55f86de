//! From a new build to a patch that may be loaded, or to the reasons why none may.

use std::collections::BTreeSet;
use std::path::Path;

use artifact::{Difference, check_swap};

use crate::build::Build;
use crate::error::Result;
use crate::link::{Label, Patch, link};
use crate::plan::{Plan, plan};
use crate::process::Process;

/// What a new build comes to.
#[derive(Debug, Clone)]
pub enum Prepared {
    /// The code that runs is the same; at most its lines moved.
    Unchanged,
    /// Loading it could corrupt the process.
    Refused(Vec<Difference>),
    /// May be loaded.
    Ready(Patch),
}

/// Plans, links and checks. Nothing is loaded, and the folder holds nothing but the patch.
pub fn prepare(new: &Build, process: &Process, folder: &Path, label: Option<&Label>) -> Result<Prepared> {
    let mut forked = BTreeSet::new();
    loop {
        let plan = plan(new, process, &forked)?;
        if plan.is_empty() {
            // What changed is called by nothing that could be redirected: live data holds it.
            return Ok(if forked.is_empty() { Prepared::Unchanged } else { refused(&forked) });
        }
        let patch = link(new, &plan, process, folder, label)?;
        let (refusals, more) = judge(&plan, process, &patch)?;
        if !refusals.is_empty() {
            return Ok(Prepared::Refused(refusals));
        }
        if more.is_subset(&forked) {
            return Ok(Prepared::Ready(patch));
        }
        forked.extend(more);
    }
}

/// Each function is checked against the image that its old entry is in.
fn judge(plan: &Plan, process: &Process, patch: &Patch) -> Result<(Vec<Difference>, BTreeSet<String>)> {
    let (mut refusals, mut forked) = (Vec::new(), BTreeSet::new());
    for (index, image) in process.images().iter().enumerate() {
        let functions = plan.changed_in(process, index);
        if !functions.is_empty() {
            let swap = check_swap(image, &patch.library, &functions)?;
            refusals.extend(swap.refusals);
            forked.extend(swap.forked);
        }
    }
    Ok((refusals, forked))
}

fn refused(forked: &BTreeSet<String>) -> Prepared {
    let refusals = forked.iter().map(|function| Difference::held(function)).collect();
    Prepared::Refused(refusals)
}
