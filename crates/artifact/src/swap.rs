//! The gate of an in-place swap: a patch against the program that it is to be loaded into.
//!
//! A function may be *redirected* only if whoever still calls its old entry passes what the new code
//! expects: the types that its signature reaches must be laid out as before. Where only closures changed
//! what they capture, the functions that handle them are *forked*: the patch calls its own, and code in
//! flight goes on with the old ones. Any other type that changed may be held by live data: refused.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::compare::{Difference, DifferenceKind, layout_message};
use crate::dwarf::Question;
use crate::{Artifact, Error, answer, parse};

/// How the compiler names the environment of a closure.
const CLOSURE: &str = "{closure_env#";
/// How it names the state of an async function or block, and of a coroutine.
const SUSPENDED: [&str; 2] = ["{async_", "{coroutine_"];

/// What the gate says of a patch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swap {
    /// Why it must not be loaded; empty if it may.
    pub refusals: Vec<Difference>,
    /// Functions that must not be redirected.
    pub forked: BTreeSet<String>,
}

/// Checks a patch that changes the given functions (linker names) of the program, or of an earlier patch.
pub fn check_swap(program: &Path, patch: &Path, functions: &BTreeSet<String>) -> Result<Swap, Error> {
    let new = read(patch, functions, &|_| true)?;
    let old = read(program, functions, &|name| new.types.contains_key(name))?;
    if old.signatures.is_empty() && !functions.is_empty() {
        return Err(Error::NoDebugInfo { path: program.into() });
    }
    let changed = changed_types(&old, &new);
    let mut swap = Swap::default();
    for (name, message) in changed.iter().filter(|(name, _)| !is_anonymous(name)) {
        let reach = old.types.get(*name).map(|layout| layout.reach.to_string()).unwrap_or_default();
        let item = (*name).to_owned();
        swap.refusals.push(Difference {
            kind: DifferenceKind::Layout,
            item,
            message: message.clone(),
            path: reach,
            fatal: true,
        });
    }
    for function in functions {
        let reached = reached(function, &old).into_iter().chain(reached(function, &new)).collect();
        swap.judge(function, &old, &new, &changed, &reached);
    }
    Ok(swap)
}

impl Swap {
    fn judge(
        &mut self,
        function: &str,
        old: &Artifact,
        new: &Artifact,
        changed: &BTreeMap<&str, String>,
        reached: &BTreeSet<String>,
    ) {
        if reached.iter().any(|name| SUSPENDED.iter().any(|mark| name.contains(mark))) {
            let item = readable(function);
            let message = format!(
                "`{item}` is async: a call of it that is suspended now would go on in the middle of the new code"
            );
            let kind = DifferenceKind::Suspended;
            self.refusals.push(Difference { kind, item, message, path: String::new(), fatal: true });
        }
        let (before, after) = (old.signatures.get(function), new.signatures.get(function));
        let same_call = match (before, after) {
            (Some(before), Some(after)) => types_of(before) == types_of(after),
            // Glue that the compiler makes has no signature to compare.
            _ => changed.is_empty(),
        };
        let touches = |name: &String| changed.keys().any(|changed| name.contains(changed));
        if !same_call || reached.iter().any(touches) {
            self.forked.insert(function.to_owned());
        }
    }
}

fn read(path: &Path, functions: &BTreeSet<String>, types: &dyn Fn(&str) -> bool) -> Result<Artifact, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.into(), source })?;
    let file = parse(path, &bytes)?;
    answer(path, &file, &Question { functions: &|name| functions.contains(name), types })
}

fn types_of(signature: &crate::Signature) -> (Vec<&str>, Option<&str>) {
    let parameters = signature.parameters.iter().map(|(_, type_name)| type_name.as_str()).collect();
    (parameters, signature.returns.as_deref())
}

/// Types of both builds that differ, with what differs. Closures are numbered within their function: where
/// their number changed, none of them can be told from the others.
fn changed_types<'a>(old: &'a Artifact, new: &Artifact) -> BTreeMap<&'a str, String> {
    let mut changed = BTreeMap::new();
    for (name, layout) in &old.types {
        if let Some(message) = new.types.get(name).and_then(|now| layout_message(name, layout, now)) {
            changed.insert(name.as_str(), message);
        }
    }
    let (before, after) = (closures(old), closures(new));
    for (parent, environments) in &before {
        if after.get(parent).is_some_and(|now| now.len() != environments.len()) {
            let message = format!("`{parent}` has another number of closures");
            changed.extend(environments.iter().map(|name| (*name, message.clone())));
        }
    }
    changed
}

/// The environments of each function's closures.
fn closures(artifact: &Artifact) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut closures: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for name in artifact.types.keys() {
        if let Some((parent, number)) = name.rsplit_once(CLOSURE)
            && number.ends_with('}')
            && !parent.contains('<')
        {
            closures.entry(parent).or_default().insert(name);
        }
    }
    closures
}

/// Types that nothing but the code that made them can name, and generic types over them.
fn is_anonymous(name: &str) -> bool {
    name.contains(CLOSURE) || SUSPENDED.iter().any(|mark| name.contains(mark))
}

/// The names of all types that a function's signature reaches.
fn reached(function: &str, artifact: &Artifact) -> BTreeSet<String> {
    let Some(signature) = artifact.signatures.get(function) else { return BTreeSet::new() };
    let (parameters, returns) = types_of(signature);
    let mut queue: Vec<&str> = parameters.into_iter().chain(returns).collect();
    let mut reached = BTreeSet::new();
    while let Some(name) = queue.pop() {
        if reached.insert(name.to_owned())
            && let Some(layout) = artifact.types.get(name)
        {
            queue.extend(layout.members.iter().map(|member| member.type_name.as_str()));
            queue.extend(layout.variants.iter().map(|variant| variant.type_name.as_str()));
            queue.extend(layout.parts.0.iter().map(String::as_str));
        }
    }
    reached
}

fn readable(function: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(function))
}
