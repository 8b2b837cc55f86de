//! What a program that starts with the new code does, and what of its layouts differs for live data.

use std::collections::BTreeMap;
use std::path::Path;

use artifact::Artifact;
use midflight_tests::driven::{Driven, Run};
use quote::ToTokens;
use syn::Item;

/// How many steps are compared.
pub(crate) const STEPS: usize = 4;

/// What a program is said to have done that exited by itself.
const ENDED: &str = "ended";

/// A program that was built and run by itself.
pub(crate) struct Reference {
    pub(crate) artifact: Artifact,
    pub(crate) run: Run,
}

/// The first thing seen that neither an old nor the new program shows at this step, if there is one.
pub(crate) fn stranger(run: &Run, olds: &[&Run], new: &Run) -> Option<String> {
    let all = || olds.iter().copied().chain([new]);
    for (step, line) in run.lines.iter().enumerate() {
        let known = all().filter_map(|run| run.lines.get(step));
        let known: Vec<Vec<&str>> = known.map(|line| parts(line)).collect();
        for (index, part) in parts(line).into_iter().enumerate() {
            let expected: Vec<&str> = known.iter().filter_map(|parts| parts.get(index).copied()).collect();
            if !expected.contains(&part) {
                return Some(format!("step {step}: {part} instead of {}", expected.join(" or ")));
            }
        }
    }
    let over = run.over.as_ref()?;
    let ends_so = |other: &Run| other.over.is_some() && other.lines.len() == run.lines.len();
    // A panic of the new code's own comes later where calls and futures in flight finish the old code first. A crash
    // is told by the debugger, in other words.
    let ends_later = over == ENDED && new.over.is_some() && new.lines.len() < run.lines.len();
    let is_expected = ends_later || all().any(ends_so);
    (!is_expected).then(|| format!("after {} steps: {over}", run.lines.len()))
}

fn parts(line: &str) -> Vec<&str> {
    line.split(" | ").collect()
}

impl Reference {
    /// Builds and runs it in a folder; `None` where it does not compile.
    pub(crate) fn of(folder: &Path, driven: &Driven, model: &str) -> Option<Self> {
        let binary = driven.build(folder, model)?;
        let artifact = Artifact::read(&binary).expect("rustc's own output reads");
        Some(Self { artifact, run: Run::alone(&binary, STEPS) })
    }

    /// Why live data of the old program would be read wrongly by the new code, if it would.
    pub(crate) fn harm(&self, new: &Self, models: [&str; 2]) -> Option<String> {
        if let Some(name) = retyped_static(models) {
            return Some(format!("the static `{name}` was retyped"));
        }
        let differences = artifact::compare(&self.artifact, &new.artifact);
        let mut named = differences.iter().filter(|difference| {
            difference.fatal
                && !["{closure", "{async", "{coroutine"].iter().any(|mark| difference.item.contains(mark))
        });
        named.next().map(|difference| format!("{} {}", difference.message, difference.path))
    }
}

/// A static that both versions have, with another type.
fn retyped_static(models: [&str; 2]) -> Option<String> {
    let [old, new] = models.map(statics);
    let name = old.iter().find(|(name, old)| new.get(*name).is_some_and(|new| new != *old));
    name.map(|(name, _)| name.clone())
}

fn statics(model: &str) -> BTreeMap<String, String> {
    let items = syn::parse_file(model).map(|file| file.items).unwrap_or_default();
    let statics = items.into_iter().filter_map(|item| match item {
        Item::Static(item) => Some((item.ident.to_string(), item.ty.to_token_stream().to_string())),
        _ => None,
    });
    statics.collect()
}
