//! Closures are numbered within the function that makes them, and the numbers say nothing: one that is added before the
//! others renames them all.

use std::collections::{BTreeSet, HashMap};

use crate::content::Hash;
use crate::process::Process;

/// The closures of a new build, by the functions that make them.
#[derive(Default)]
pub(crate) struct Closures {
    present: HashMap<String, BTreeSet<String>>,
    changed: HashMap<String, Vec<(String, Hash)>>,
}

impl Closures {
    /// A function of the new build.
    pub(crate) fn note(&mut self, name: &str) {
        if let Some(maker) = maker(name) {
            self.present.entry(maker).or_default().insert(name.to_owned());
        }
    }

    /// One whose content is not what the process runs, and the steps that it does.
    pub(crate) fn changed(&mut self, name: &str, steps: Hash) {
        if let Some(maker) = maker(name) {
            self.changed.entry(maker).or_default().push((name.to_owned(), steps));
        }
    }

    /// Changed closures that may be others than those of the same name in the process: they do now what another one
    /// did, or there are more or fewer of them.
    pub(crate) fn renumbered(self, process: &Process) -> BTreeSet<String> {
        let mut renumbered = BTreeSet::new();
        if self.changed.is_empty() {
            return renumbered;
        }
        let mut before: HashMap<String, BTreeSet<String>> = HashMap::new();
        for name in process.names.keys() {
            if let Some(maker) = maker(name).filter(|maker| self.changed.contains_key(maker)) {
                before.entry(maker).or_default().insert(name.clone());
            }
        }
        let does = |name: &str, steps: &Hash| {
            process.names.get(name).is_some_and(|entry| entry.contents.contains(steps))
        };
        for (maker, group) in &self.changed {
            let is_same_set = before.get(maker) == self.present.get(maker);
            for (name, steps) in group.iter().filter(|(name, steps)| !does(name, steps)) {
                let other = group.iter().find(|(other, _)| does(other, steps)).map(|(other, _)| other);
                if !is_same_set || other.is_some() {
                    renumbered.extend(other.into_iter().chain([name]).cloned());
                }
            }
        }
        renumbered
    }
}

/// The function around a closure, if the symbol is one.
fn maker(name: &str) -> Option<String> {
    if !name.contains("closure") && !name.starts_with("_RNC") {
        return None;
    }
    let readable = artifact::demangled(name);
    let (maker, closure) = readable.rsplit_once("::{")?;
    closure.contains("closure").then(|| maker.to_owned())
}
