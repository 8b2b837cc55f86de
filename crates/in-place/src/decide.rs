//! Redirect or fork: how the changed functions of a patch get in, and whether they may.
//!
//! A function that is handed values of a changed type is forked: the patch calls a copy of its own, and code in flight
//! goes on with the old one. Whoever leads to a forked function is forked too if it is handed such values itself; else
//! it is a boundary, and redirected: from its next call on the new code runs, with values that it makes itself.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use artifact::{
    ChangedTypes, Code, Difference, Image, Passes, changed_types, coroutines, demangled, differences, handed,
    holders, kept, passes,
};
use rustc_hash::FxHashMap;

use crate::build::Build;
use crate::closures::maker;
use crate::error::{Error, Result};
use crate::jump::{JUMP, called};
use crate::link::{Held, Patch};
use crate::local_statics;
use crate::namesakes::are_one;
use crate::plan::{Decision, Plan, callers};
use crate::process::Process;
use crate::record::Compilation;

/// What the gate says of a linked patch.
pub(crate) enum Judged {
    /// It must not be loaded.
    Refused(Vec<Difference>),
    /// More functions are forked than the patch was made for.
    Decided(Decision),
    /// It may be loaded as it is.
    Settled {
        /// Functions that must not be running.
        held: Vec<Held>,
        /// What the user should know.
        notes: Vec<String>,
        /// The patch's debug information.
        image: Image,
    },
}

pub(crate) fn judge(
    new: &Build,
    process: &Process,
    plan: &Plan,
    patch: &Patch,
    decision: &Decision,
) -> Result<Judged> {
    let image = Image::read(&patch.described)?;
    let mut gate =
        Gate { process, plan, new: image, olds: BTreeMap::new(), changed: ChangedTypes::default() };
    let refusals = gate.compare()?;
    if !refusals.is_empty() {
        return Ok(Judged::Refused(refusals));
    }
    let more = gate.propagate(new, decision)?;
    if more != *decision {
        return Ok(Judged::Decided(more));
    }
    let mut refusals = Vec::new();
    let all: Vec<Image> = gate.olds.values().cloned().collect();
    for (index, old) in &gate.olds {
        let here = gate.of_image(&plan.redirected, *index);
        refusals.extend(kept(old, &all, &here, &process.addresses, &gate.changed)?);
    }
    if !refusals.is_empty() {
        return Ok(Judged::Refused(refusals));
    }
    let mut held = gate.held()?;
    if new.compilation > Compilation::Plain {
        if let Some(what) = gate.left_out() {
            return Err(Error::Altered { what });
        }
        let (running, called): (Vec<_>, Vec<_>) =
            gate.compiled_together(patch).into_iter().partition(|(_, is_called)| !is_called);
        if !called.is_empty() {
            let refused = called.into_iter().map(|(together, _)| Difference::of_code(together.message));
            return Ok(Judged::Refused(refused.collect()));
        }
        held.extend(running.into_iter().map(|(together, _)| together));
    }
    Ok(Judged::Settled { held, notes: gate.notes(decision)?, image: gate.new })
}

struct Gate<'a> {
    process: &'a Process,
    plan: &'a Plan,
    new: Image,
    /// The images that have old code of changed functions, and the program.
    olds: BTreeMap<usize, Image>,
    changed: ChangedTypes,
}

impl Gate<'_> {
    /// What changed since each image was built, and what may not be loaded whatever is decided.
    fn compare(&mut self) -> Result<Vec<Difference>> {
        let entries = self.plan.changed.iter().filter_map(|name| self.process.names.get(name));
        // What patches brought has values too: of the types and statics that they were the first to have.
        let images = entries.flat_map(|entry| [entry.image, entry.newest]).chain([0]);
        let images: BTreeSet<usize> = images.chain(self.process.first_to_keep.iter().copied()).collect();
        let mut refusals = Vec::new();
        for index in images {
            let old = self.process.image(index)?;
            let changed = self.of_image(&self.plan.changed, index);
            let code = Code {
                changed: &changed,
                same_steps: &self.plan.same_steps,
                renumbered: &self.plan.renumbered,
                renewed: &self.plan.renewed,
            };
            self.changed.types.extend(changed_types(&old, &self.new, &code)?);
            refusals.extend(differences(&old, &self.new, &code)?);
            self.olds.insert(index, old);
        }
        Ok(refusals)
    }

    fn of_image(&self, functions: &BTreeSet<String>, image: usize) -> BTreeSet<String> {
        let here = |name: &&String| self.process.names.get(*name).is_some_and(|entry| entry.is_of(image));
        functions.iter().filter(here).cloned().collect()
    }

    /// From the changed functions that are handed changed types up to those that are not.
    fn propagate(&mut self, new: &Build, known: &Decision) -> Result<Decision> {
        loop {
            let decision = self.propagate_once(new, known)?;
            if decision.forked.is_empty() || !self.add_by_pointer(&decision)? {
                return Ok(decision);
            }
        }
    }

    /// What forked functions are handed that pointers lead to. Says whether there is more than was known.
    fn add_by_pointer(&mut self, decision: &Decision) -> Result<bool> {
        let is_pointed_at = |name: &&String| {
            [&self.process.addresses, &self.plan.addresses]
                .iter()
                .any(|taken| taken.functions.contains(*name))
        };
        let forked: BTreeSet<String> = decision.forked.keys().filter(is_pointed_at).cloned().collect();
        let mut found = handed(&self.new, &forked, &self.changed)?;
        for (index, old) in &self.olds {
            found.extend(handed(old, &self.of_image(&forked, *index), &self.changed)?);
        }
        let known = self.changed.by_pointer.len();
        self.changed.by_pointer.extend(found);
        Ok(self.changed.by_pointer.len() > known)
    }

    fn propagate_once(&mut self, new: &Build, known: &Decision) -> Result<Decision> {
        let mut decision = known.clone();
        let mut queue: BTreeSet<String> = BTreeSet::new();
        for (function, passes) in self.passes(&self.plan.changed.clone())? {
            let is_forked = match passes {
                Passes::Yes(path) => Some(path),
                // Glue that the compiler makes has no signature: it may be handed anything that changed.
                Passes::Unknown if !self.changed.is_empty() => Some(demangled(&function)),
                Passes::Unknown | Passes::No => None,
            };
            if let Some(path) = is_forked {
                decision.forked.insert(function.clone(), path);
                queue.insert(function);
            }
        }
        queue.extend(known.forked.keys().cloned());
        let callers = if queue.is_empty() { FxHashMap::default() } else { callers(new)? };
        let mut seen = queue.clone();
        while !queue.is_empty() {
            let leading = queue.iter().filter_map(|name| callers.get(name)).flatten();
            let found: BTreeSet<String> =
                leading.filter(|name| seen.insert((*name).clone())).cloned().collect();
            queue.clear();
            for (function, passes) in self.passes(&found)? {
                match passes {
                    Passes::No => {
                        decision.boundaries.insert(function);
                    }
                    Passes::Yes(path) => {
                        decision.forked.insert(function.clone(), path);
                        queue.insert(function);
                    }
                    Passes::Unknown => {
                        decision.forked.insert(function.clone(), demangled(&function));
                        queue.insert(function);
                    }
                }
            }
            // What only the new build has is copied with whoever calls it.
            queue.extend(found.into_iter().filter(|name| !self.process.names.contains_key(name)));
        }
        Ok(decision)
    }

    fn passes(&mut self, functions: &BTreeSet<String>) -> Result<BTreeMap<String, Passes>> {
        let images: BTreeSet<usize> = functions
            .iter()
            .filter_map(|name| self.process.names.get(name))
            .map(|entry| entry.image)
            .collect();
        let mut all = BTreeMap::new();
        for index in images {
            let old = match self.olds.get(&index) {
                Some(old) => old.clone(),
                None => self.process.image(index)?,
            };
            let here =
                |name: &&String| self.process.names.get(*name).is_some_and(|entry| entry.image == index);
            let here = functions.iter().filter(here).cloned().collect();
            all.extend(passes(&old, &self.new, &here, &self.changed)?);
            self.olds.insert(index, old);
        }
        Ok(all)
    }

    /// Redirected functions with old values of their own: they hold them for as long as they run.
    fn held(&self) -> Result<Vec<Held>> {
        let Some((_, change)) = self.changed.named().next() else { return Ok(Vec::new()) };
        let mut held = Vec::new();
        for (index, old) in &self.olds {
            let here = self.of_image(&self.plan.redirected, *index);
            for function in holders(old, &here, &self.changed)?.into_keys() {
                let Some(entry) = self.process.names.get(&function) else { continue };
                let message =
                    format!("{change}, and `{}` is running with a value of it", demangled(&function));
                held.extend(entry.code().map(|(_, code)| Held {
                    function: function.clone(),
                    code,
                    message: message.clone(),
                }));
            }
        }
        Ok(held)
    }

    /// A static that the process was built with, and does not have: an optimiser leaves out what is never read, or is what
    /// it was at first.
    fn left_out(&self) -> Option<String> {
        let known = || self.olds.values().flat_map(Image::statics);
        let is_known =
            |name: &&String| known().any(|other| are_one(name, other) && !self.process.has_static(other));
        self.plan.fresh.iter().find(is_known).map(|name| demangled(name))
    }

    /// Old code that calls new code by the entry of a changed function, and that is compiled anew with it, or is gone: an
    /// optimiser may have left out arguments that the old code did not use or the new one does not need, or whatever else is
    /// no business of anybody but the two. Each with whether it is called by old code, and not only in progress.
    fn compiled_together(&self, patch: &Patch) -> Vec<(Held, bool)> {
        // What does the same steps takes the same arguments, whatever lines its panics name.
        let is_new =
            |name: &&String| self.plan.changed.contains(*name) && !self.plan.same_steps.contains(*name);
        let entries: FxHashMap<u64, &String> = self
            .plan
            .redirected
            .iter()
            .filter(is_new)
            .filter_map(|name| Some((name, self.process.names.get(name)?)))
            .flat_map(|(name, entry)| entry.places.iter().map(move |place| (place.address, name)))
            .collect();
        let leads_to =
            |code: &Range<u64>| called(self.process.read(code.start, code.end - code.start), code.start);
        // Of functions with the same code all but one jump to that one.
        let entered = |target: u64| {
            let by_jump = || leads_to(&(target..target + JUMP)).find_map(|target| entries.get(&target));
            entries.get(&target).or_else(by_jump).copied()
        };
        let calls = |code: &Range<u64>| leads_to(code).find_map(entered);
        let entry = |name| self.process.names.get(name).filter(|entry| entry.function);
        let old = self.plan.changed.iter().chain(&self.plan.gone);
        let all = old.filter_map(|name| Some((name, entry(name)?)));
        let all = all.flat_map(|(name, entry)| entry.code().map(move |(_, code)| (name, code)));
        let together = all.filter_map(|(function, code)| {
            let (old_one, new_one) = (demangled(function), demangled(calls(&code)?));
            let is_pointed_at =
                self.plan.gone.contains(function) && self.process.addresses.functions.contains(function);
            let is_called =
                is_pointed_at || patch.replaced.iter().any(|old| old.is_called && old.code == code);
            let why = match (is_pointed_at, is_called) {
                (true, _) => "is gone, and may be held by live data",
                (_, true) => "old code goes on to call",
                _ => "is running",
            };
            let message = format!(
                "`{old_one}`, which {why}, calls `{new_one}`, and an optimised build has compiled one for the other"
            );
            Some((Held { function: function.clone(), code, message }, is_called))
        });
        together.collect()
    }

    /// What goes on in old code, and for how long.
    fn notes(&self, decision: &Decision) -> Result<Vec<String>> {
        let changed: BTreeSet<String> =
            decision.forked.keys().filter(|name| self.plan.changed.contains(*name)).cloned().collect();
        let mut futures = BTreeSet::new();
        for (index, old) in &self.olds {
            futures.extend(coroutines(old, &self.of_image(&changed, *index))?);
        }
        // The rest takes futures and is none.
        let in_flight: BTreeSet<String> = futures.iter().filter_map(|name| maker(name)).collect();
        let held =
            changed.iter().filter(|name| !futures.contains(*name) && !self.plan.defined.contains_key(*name));
        let in_flight = in_flight
            .iter()
            .map(|name| format!("Futures of `{name}` that are in flight finish its old code."));
        let held =
            held.map(|name| format!("Whoever holds `{}` now goes on calling its old code.", demangled(name)));
        Ok(in_flight.chain(held).chain(local_statics::notes(&self.plan.renewed)).collect())
    }
}
