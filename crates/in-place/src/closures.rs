//! Closures are numbered within the function that makes them, and the numbers say nothing: one that is added before the
//! others renames them all.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::content::Hash;
use crate::process::Process;

/// The changed closures of a new build, by the functions that make them.
#[derive(Default)]
pub(crate) struct Closures {
    changed: FxHashMap<String, Vec<(String, Hash)>>,
}

impl Closures {
    /// One whose content is not what the process runs, and the steps that it does.
    pub(crate) fn changed(&mut self, name: &str, steps: Hash) {
        if let Some(maker) = maker(name) {
            self.changed.entry(maker).or_default().push((name.to_owned(), steps));
        }
    }

    /// Changed closures that may be others than those of the same name in the process: they do now what another one
    /// did, or there are more or fewer of them. `present`: the functions of the new build.
    pub(crate) fn renumbered<'a>(
        self,
        process: &Process,
        present: impl Iterator<Item = &'a str>,
    ) -> BTreeSet<String> {
        let mut renumbered = BTreeSet::new();
        if self.changed.is_empty() {
            return renumbered;
        }
        let present = self.by_maker(present);
        let before = self.by_maker(process.names.keys().map(String::as_str));
        let does = |name: &str, steps: &Hash| {
            process.names.get(name).is_some_and(|entry| entry.contents.contains(steps))
        };
        for (maker, group) in &self.changed {
            let is_same_set = before.get(maker) == present.get(maker);
            for (name, steps) in group.iter().filter(|(name, steps)| !does(name, steps)) {
                let other = group.iter().find(|(other, _)| does(other, steps)).map(|(other, _)| other);
                if !is_same_set || other.is_some() {
                    renumbered.extend(other.into_iter().chain([name]).cloned());
                }
            }
        }
        renumbered
    }

    /// The closures of the functions that have changed ones.
    fn by_maker<'a>(&self, names: impl Iterator<Item = &'a str>) -> FxHashMap<String, BTreeSet<&'a str>> {
        let mut closures: FxHashMap<String, BTreeSet<&str>> = FxHashMap::default();
        for name in names {
            if let Some(maker) = maker(name).filter(|maker| self.changed.contains_key(maker)) {
                closures.entry(maker).or_default().insert(name);
            }
        }
        closures
    }
}

/// The function around a closure or a future, if the symbol is one.
pub(crate) fn maker(name: &str) -> Option<String> {
    if !name.contains("closure") && !name.starts_with("_RNC") {
        return None;
    }
    let readable = artifact::demangled(name);
    let (maker, closure) = readable.rsplit_once("::{")?;
    closure.contains("closure").then(|| maker.to_owned())
}
