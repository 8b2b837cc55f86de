//! Statics inside functions that begin anew, since their first value was edited.
//!
//! A static keeps its place and its value, whatever is swapped in. One inside a function is a part of that function's
//! code, though, and macros make them: a call site of `tracing` says in statics which fields the code around it records,
//! and is named by its place among its like. Code that is handed the statics of other code's call site would mix them up.

use std::collections::BTreeSet;

use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget, SectionIndex, SectionKind};
use rustc_hash::FxHashSet;

use crate::content::{Contents, Elf, is_stable};
use crate::process::Process;

/// What the names of statics that macros make begin with.
const OF_A_MACRO: &str = "__";

/// Where statics lie; thread locals lie elsewhere.
const DATA: [SectionKind; 4] = [
    SectionKind::Data,
    SectionKind::ReadOnlyData,
    SectionKind::ReadOnlyDataWithRel,
    SectionKind::UninitializedData,
];

/// A static of the new build that the process has too.
struct Known<'a> {
    elf: &'a Elf<'a>,
    contents: &'a Contents<'a>,
    section: SectionIndex,
    name: &'a str,
}

/// The statics of functions that the process has with another first value, or that lead to one: the patch has its own.
pub(crate) fn renewed(objects: &[Elf<'_>], contents: &[Contents<'_>], process: &Process) -> BTreeSet<String> {
    let all = objects.iter().zip(contents).flat_map(|(elf, contents)| statics(elf, contents, process));
    let (changed, same): (Vec<_>, Vec<_>) = all.partition(|known| known.differs(process));
    if changed.is_empty() {
        return BTreeSet::new();
    }
    let functions: FxHashSet<String> =
        contents.iter().flat_map(Contents::functions).map(|(_, name)| without_arguments(name)).collect();
    let is_local = |known: &Known<'_>| is_within(&artifact::demangled(known.name), &functions);
    let mut renewed: BTreeSet<String> =
        changed.iter().filter(|known| is_local(known)).map(|known| known.name.to_owned()).collect();
    let mut rest = same;
    loop {
        let (found, others): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|known| known.leads_to(&renewed) && is_local(known));
        if found.is_empty() {
            return renewed;
        }
        renewed.extend(found.iter().map(|known| known.name.to_owned()));
        rest = others;
    }
}

/// What the user should know: which statics of their own begin anew.
pub(crate) fn notes(renewed: &BTreeSet<String>) -> Vec<String> {
    let is_own = |name: &String| !name.split("::").any(|segment| segment.starts_with(OF_A_MACRO));
    let names = renewed.iter().map(|name| artifact::demangled(name)).filter(is_own);
    names.map(|name| format!("`{name}` begins anew with the value that it was edited to.")).collect()
}

/// The statics of an object that the process has.
fn statics<'a>(
    elf: &'a Elf<'a>,
    contents: &'a Contents<'a>,
    process: &'a Process,
) -> impl Iterator<Item = Known<'a>> {
    let is_data = |section: SectionIndex| {
        elf.section_by_index(section).is_ok_and(|section| DATA.contains(&section.kind()))
    };
    let is_known = |name: &str| process.names.get(name).is_some_and(|entry| !entry.function);
    let named = contents.names().filter(move |(section, name)| is_known(name) && is_data(*section));
    named.map(move |(section, name)| Known { elf, contents, section, name })
}

impl Known<'_> {
    fn differs(&self, process: &Process) -> bool {
        let entry = process.names.get(self.name);
        entry.is_some_and(|entry| !entry.runs(&self.contents.section(self.section)))
    }

    /// Whether a pointer in it does.
    fn leads_to(&self, names: &BTreeSet<String>) -> bool {
        let Ok(section) = self.elf.section_by_index(self.section) else { return false };
        let name = |relocation: &object::Relocation| {
            let RelocationTarget::Symbol(symbol) = relocation.target() else { return None };
            let symbol = self.elf.symbol_by_index(symbol).ok()?;
            let own = symbol.name().ok().filter(|name| is_stable(name));
            own.or_else(|| self.contents.name(symbol.section_index()?))
        };
        section
            .relocations()
            .any(|(_, relocation)| name(&relocation).is_some_and(|name| names.contains(name)))
    }
}

/// Whether a path leads through a function.
fn is_within(path: &str, functions: &FxHashSet<String>) -> bool {
    let mut rest = path;
    while let Some((outer, _)) = rest.rsplit_once("::") {
        if outer.ends_with("{{closure}}") || functions.contains(outer) {
            return true;
        }
        rest = outer;
    }
    false
}

/// A function as the path of what is inside of it names it.
fn without_arguments(function: &str) -> String {
    let name = artifact::demangled(function);
    match name.rsplit_once("::<") {
        Some((path, arguments)) if arguments.ends_with('>') => path.to_owned(),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_inside_of_a_function_is_told_from_what_is_in_a_module() {
        let functions = ["app::step", "<app::A as app::T>::go"].map(str::to_owned).into_iter().collect();
        let is_within = |path: &str| is_within(path, &functions);
        assert!(is_within("app::step::__CALLSITE"));
        assert!(is_within("app::step::__CALLSITE::META"));
        assert!(is_within("<app::A as app::T>::go::N"));
        assert!(is_within("app::other::{{closure}}::N"));
        assert!(!is_within("app::world::N"));
    }

    #[test]
    fn what_macros_make_is_not_told_of() {
        let names =
            ["_ZN3app4step10__CALLSITE4META17h0123456789abcdefE", "_ZN3app4step1N17h0123456789abcdefE"];
        let renewed = names.map(str::to_owned).into_iter().collect();
        assert_eq!(notes(&renewed), ["`app::step::N` begins anew with the value that it was edited to."]);
    }
}
