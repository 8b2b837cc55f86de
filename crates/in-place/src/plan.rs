//! Which functions changed, and what the patch must bring along.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use artifact::Addresses;
use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget, SectionIndex, SectionKind};
use rustc_hash::{FxHashMap, FxHashSet};
use typed_arena::Arena;

use crate::archives::Archives;
use crate::build::{Build, ObjectFile};
use crate::closures::Closures;
use crate::content::{Contents, Elf, Hash, function_of, is_stable, parse, parse_all};
use crate::error::{Error, Result};
use crate::jump::JUMP;
use crate::local_statics::renewed;
use crate::pointers;
use crate::process::{Entry, Process};
use crate::promoted::altered;
use crate::record::Compilation;

/// How changed code gets in, as far as it has been decided.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    /// Functions that must not be redirected, since what they are called with is laid out in another way than before;
    /// each with the path to that. The patch calls its own.
    pub(crate) forked: BTreeMap<String, String>,
    /// Functions that are redirected although their own code is the same: they call forked ones.
    pub(crate) boundaries: BTreeSet<String>,
}

/// What goes into a patch.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Functions whose old entries will lead to the new code.
    pub(crate) redirected: BTreeSet<String>,
    /// Functions whose content differs from what the process runs.
    pub(crate) changed: BTreeSet<String>,
    /// Of these, those that do the same steps with other constants.
    pub(crate) same_steps: BTreeSet<String>,
    /// Of an optimised build: functions that it does not have, and of which calls may be in progress.
    pub(crate) gone: BTreeSet<String>,
    /// Functions that do the same by another text, and are redirected for the names that debuggers have from it.
    pub(crate) restated: BTreeSet<String>,
    /// Closures that may be others than those of the same name in the process.
    pub(crate) renumbered: BTreeSet<String>,
    /// Statics inside functions that the patch has its own of.
    pub(crate) renewed: BTreeSet<String>,
    /// Statics of the build that the process does not have, and that may be written.
    pub(crate) fresh: BTreeSet<String>,
    /// Per object of the new build, the sections that the patch needs.
    pub(crate) sections: BTreeMap<usize, BTreeSet<usize>>,
    /// Why functions that should be redirected can't be, or data not be forked. The former only matters if they are not
    /// forked in the end.
    pub(crate) obstacles: Vec<Error>,
    /// Objects of libraries that the patch needs as well: they follow those of the build.
    pub(crate) extra: Vec<Arc<ObjectFile>>,
    /// All names that the patch defines, with their content.
    pub(crate) defined: FxHashMap<String, FxHashSet<Hash>>,
    /// What it has the addresses of.
    pub(crate) addresses: Addresses,
}

impl Plan {
    /// Whether nothing is entered that does something else than before.
    pub(crate) fn does_the_same(&self) -> bool {
        self.redirected.is_subset(&self.restated) && self.obstacles.is_empty()
    }
}

/// Compares a new build with what the process runs. `edited` tells functions whose text changed by their linker names.
pub(crate) fn plan(
    new: &Build,
    process: &Process,
    edited: &dyn Fn(&str) -> bool,
    decision: &Decision,
) -> Result<Plan> {
    let parsed = parse_all(&new.objects)?;
    let all_contents = Contents::of_all(&parsed, &new.objects, &new.constants);
    let extra = Extra::default();
    let mut search = Search::new(&parsed, &all_contents, process, decision);
    search.plan.renewed = renewed(&parsed, &all_contents, process);
    let affected = search.leading_to_renewed();
    search.plan.changed = changed(&all_contents, process, &affected, edited);
    let mut closures = Closures::default();
    for (object, contents) in all_contents.iter().enumerate() {
        for (section, name) in contents.functions() {
            let Some(entry) = process.names.get(name).filter(|entry| entry.function) else { continue };
            let differs = search.plan.changed.contains(name);
            if differs {
                let steps = contents.steps(section);
                closures.changed(name, steps);
                if entry.contents.contains(&steps) {
                    search.plan.same_steps.insert(name.to_owned());
                }
            }
            if decision.forked.contains_key(name) {
                continue;
            }
            let is_needed = differs || decision.boundaries.contains(name);
            if !is_needed && !edited(name) {
                continue;
            }
            match obstacle(name, entry) {
                Some(error) if is_needed => search.plan.obstacles.push(error),
                Some(_) => continue,
                None => drop(search.plan.redirected.insert(name.to_owned())),
            }
            if !is_needed {
                search.plan.restated.insert(name.to_owned());
            }
            search.need(object, section);
        }
    }
    let state = search.forked_state().map(|what| Error::State { what });
    search.plan.obstacles.extend(state);
    let present: FxHashSet<&str> =
        all_contents.iter().flat_map(Contents::functions).map(|(_, name)| name).collect();
    if new.compilation > Compilation::Plain {
        search.plan.gone = gone(process, &present);
    }
    search.plan.renumbered = closures.renumbered(process, present.into_iter());
    search.run(&extra, process.archives(new)?, &new.constants)?;
    Ok(search.plan)
}

/// The functions that are to run other code than the newest that runs, be it their own or that of a fork which they call.
/// `affected`: those whose statics begin anew. Those that are `edited` and have to do with a fork go with it.
fn changed(
    all_contents: &[Contents<'_>],
    process: &Process,
    affected: &FxHashSet<String>,
    edited: &dyn Fn(&str) -> bool,
) -> BTreeSet<String> {
    let goes_with_a_fork = |name: &str| process.forks.iter().any(|fork| fork.contains(name)) && edited(name);
    let (mut changed, mut present) = (BTreeSet::new(), FxHashSet::default());
    for contents in all_contents {
        for (section, name) in contents.functions() {
            let Some(entry) = process.names.get(name).filter(|entry| entry.function) else { continue };
            present.insert(name);
            let differs = !entry.runs(&contents.section(section)) || affected.contains(name);
            if differs || goes_with_a_fork(name) {
                changed.insert(name.to_owned());
            }
        }
    }
    let forks: Vec<_> = process.forks.iter().filter(|fork| !fork.is_disjoint(&changed)).collect();
    let forks = forks.into_iter().flatten().filter(|name| present.contains(name.as_str()));
    changed.extend(forks.cloned());
    changed
}

/// The program's own functions that the new build does not have.
fn gone(process: &Process, present: &FxHashSet<&str>) -> BTreeSet<String> {
    let own = process.names.iter().filter(|(_, entry)| entry.function && !entry.contents.is_empty());
    own.map(|(name, _)| name).filter(|name| !present.contains(name.as_str())).cloned().collect()
}

/// Why a function can't be redirected.
fn obstacle(name: &str, entry: &Entry) -> Option<Error> {
    let function = artifact::demangled(name);
    if entry.ambiguous {
        return Some(Error::Ambiguous { function });
    }
    if entry.merged {
        return Some(Error::Merged { function });
    }
    (entry.room() < JUMP).then(|| Error::TooShort { function, size: entry.room() })
}

/// For each function of a build the functions that lead to it, by calls, constants and vtables.
pub(crate) fn callers(new: &Build) -> Result<FxHashMap<String, BTreeSet<String>>> {
    let parsed = parse_all(&new.objects)?;
    let all_contents = Contents::of_all(&parsed, &new.objects, &new.constants);
    let (process, decision) = (Process::default(), Decision::default());
    let search = Search::new(&parsed, &all_contents, &process, &decision);
    let mut callers: FxHashMap<String, BTreeSet<String>> = FxHashMap::default();
    for (elf, contents) in parsed.iter().zip(&all_contents) {
        for (section, name) in contents.names() {
            for called in search.called(elf, contents, section) {
                callers.entry(called.to_owned()).or_default().insert(name.to_owned());
            }
        }
    }
    Ok(callers)
}

/// Objects of libraries, for as long as a plan is made.
#[derive(Default)]
struct Extra<'a> {
    files: Arena<Arc<ObjectFile>>,
    parsed: Arena<Elf<'a>>,
}

/// From the changed functions to what they need and the process does not have.
struct Search<'a> {
    objects: Vec<&'a Elf<'a>>,
    /// So many of them are the build's; the others are of libraries, which never change.
    built: usize,
    contents: Vec<Contents<'a>>,
    process: &'a Process,
    /// Where each name is defined in the new build.
    definitions: FxHashMap<&'a str, (usize, SectionIndex)>,
    decision: &'a Decision,
    queue: Vec<(usize, SectionIndex)>,
    plan: Plan,
}

impl<'a> Search<'a> {
    fn new(
        objects: &'a [Elf<'a>],
        contents: &[Contents<'a>],
        process: &'a Process,
        decision: &'a Decision,
    ) -> Self {
        let (queue, plan, definitions) = (Vec::new(), Plan::default(), FxHashMap::default());
        let mut search = Self {
            objects: Vec::new(),
            built: objects.len(),
            contents: Vec::new(),
            process,
            definitions,
            decision,
            queue,
            plan,
        };
        for (elf, contents) in objects.iter().zip(contents) {
            search.add(elf, *contents);
        }
        search
    }

    fn add(&mut self, elf: &'a Elf<'a>, contents: Contents<'a>) {
        for (name, section) in contents.definitions() {
            self.definitions.entry(name).or_insert((self.objects.len(), section));
        }
        self.objects.push(elf);
        self.contents.push(contents);
    }

    /// The names that a section's code leads to, by constants too.
    fn called(&self, elf: &Elf<'a>, contents: &Contents<'a>, section: SectionIndex) -> Vec<&'a str> {
        let (mut names, mut queue, mut seen) = (Vec::new(), vec![section], FxHashSet::default());
        while let Some(section) = queue.pop() {
            let Ok(read) = elf.section_by_index(section) else { continue };
            for (_, relocation) in read.relocations() {
                let RelocationTarget::Symbol(symbol) = relocation.target() else { continue };
                let Ok(symbol) = elf.symbol_by_index(symbol) else { continue };
                let own = symbol.name().ok().filter(|name| is_stable(name));
                let by_section = symbol.section_index().and_then(|section| contents.name(section));
                let known = own.and_then(|name| Some(*self.definitions.get_key_value(name)?.0));
                if let Some(name) = known.or(by_section) {
                    names.push(name);
                } else if let Some(section) = symbol.section_index().filter(|section| seen.insert(*section)) {
                    queue.push(section);
                }
            }
        }
        names
    }

    /// The functions whose statics begin anew.
    fn leading_to_renewed(&self) -> FxHashSet<String> {
        let renewed = &self.plan.renewed;
        let mut found = FxHashSet::default();
        for (elf, contents) in self.objects.iter().zip(&self.contents).filter(|_| !renewed.is_empty()) {
            let leads =
                |section| self.called(elf, contents, section).iter().any(|name| renewed.contains(*name));
            let functions = contents.functions().filter(|(section, _)| leads(*section));
            found.extend(functions.map(|(_, name)| name.to_owned()));
        }
        found
    }

    /// A static that would be forked since it begins with a pointer to a forked function, and that the program may have
    /// written since.
    fn forked_state(&self) -> Option<String> {
        let mut statics = self.decision.forked.keys().filter(|name| {
            let definition = self.definitions.get(name.as_str());
            let section = definition
                .and_then(|(object, section)| self.objects[*object].section_by_index(*section).ok());
            self.process.names.contains_key(*name)
                && section.is_some_and(|section| section.kind() == SectionKind::Data)
        });
        statics.next().map(|name| artifact::demangled(name))
    }

    fn need(&mut self, object: usize, section: SectionIndex) {
        if self.plan.sections.entry(object).or_default().insert(section.0) {
            self.queue.push((object, section));
        }
    }

    fn run(
        &mut self,
        extra: &'a Extra<'a>,
        archives: &Archives,
        constants: &'a FxHashMap<String, Hash>,
    ) -> Result<()> {
        while let Some((object, section)) = self.queue.pop() {
            let elf = self.objects[object];
            let Ok(read) = elf.section_by_index(section) else { continue };
            self.name(object, section);
            self.exception_table(object, &read);
            pointers::add(&mut self.plan.addresses, elf, &self.contents[object], &read);
            for (_, relocation) in read.relocations() {
                let RelocationTarget::Symbol(symbol) = relocation.target() else { continue };
                if object < self.built
                    && let Some(what) = self.altered(object, symbol)
                {
                    return Err(Error::Altered { what });
                }
                if !is_thread_local(relocation.flags()) {
                    self.follow(object, symbol);
                    if let Some(name) = self.missing(object, symbol)
                        && let Some(file) = archives.member(name)?
                    {
                        let file = extra.files.alloc(Arc::new(file));
                        self.plan.extra.push(Arc::clone(file));
                        let elf = extra.parsed.alloc(parse(file)?);
                        self.add(elf, Contents::of(elf, file, constants));
                        self.follow(object, symbol);
                    }
                } else if let Some(what) = self.unknown_thread_local(object, symbol) {
                    return Err(Error::ThreadLocal { what });
                }
            }
        }
        Ok(())
    }

    fn follow(&mut self, object: usize, symbol: object::SymbolIndex) {
        let Ok(symbol) = self.objects[object].symbol_by_index(symbol) else { return };
        let name = symbol.name().unwrap_or_default();
        let owner = symbol.section_index().and_then(|section| self.owner(object, section));
        let name = if is_stable(name) { Some(name) } else { owner };
        match (name, symbol.section_index()) {
            // What the process has stays the process's: unchanged code, and every static.
            (Some(name), _) if self.is_the_processes(name) => {}
            (Some(name), _) => {
                if let Some(&(object, section)) = self.definitions.get(name) {
                    self.need(object, section);
                }
            }
            (None, Some(section)) => self.need(object, section),
            (None, None) => {}
        }
    }

    /// The name of a symbol that neither the process nor an object has.
    fn missing(&self, object: usize, symbol: object::SymbolIndex) -> Option<&'a str> {
        let symbol = self.objects[object].symbol_by_index(symbol).ok()?;
        let name = symbol.name().ok().filter(|name| is_stable(name))?;
        let is_known = self.definitions.contains_key(name) || self.process.names.contains_key(name);
        (symbol.is_undefined() && !is_known).then_some(name)
    }

    /// The thread local that is meant, as people write it, unless the process has it.
    fn unknown_thread_local(&self, object: usize, symbol: object::SymbolIndex) -> Option<String> {
        let symbol = self.objects[object].symbol_by_index(symbol).ok()?;
        let own = symbol.name().ok().filter(|name| is_stable(name));
        let name = own.or_else(|| self.owner(object, symbol.section_index()?)).unwrap_or_default();
        let readable = artifact::demangled(name);
        let what = readable.split("::{{").next().unwrap_or_default();
        (!self.process.thread_locals.has(name)).then(|| format!("`{what}`"))
    }

    /// The static that is meant, if the old or the new code keeps it in another way than it is written.
    fn altered(&self, object: usize, symbol: object::SymbolIndex) -> Option<String> {
        let symbol = self.objects[object].symbol_by_index(symbol).ok()?;
        let own = symbol.name().ok().filter(|name| is_stable(name));
        let name = own.or_else(|| self.owner(object, symbol.section_index()?))?;
        let whole = altered(name);
        let is_written = || {
            let (object, section) = self.definitions.get(name)?;
            Some(may_change(self.objects[*object].section_by_index(*section).ok()?.kind()))
        };
        let is_altered = match whole {
            Some(_) => is_written().unwrap_or(true),
            None => self.process.altered.contains(name),
        };
        is_altered.then(|| artifact::demangled(whole.unwrap_or(name)))
    }

    /// Whether the process's own is meant. Where it has several of a name, the patch brings one along, if
    /// it is code: rustc makes a copy of some functions in each object that calls them. What was forked has its old code
    /// there, which must not meet what new code hands it.
    fn is_the_processes(&self, name: &str) -> bool {
        let Some(entry) = self.process.names.get(name) else { return false };
        let is_copied = entry.ambiguous && entry.function && self.definitions.contains_key(name);
        let is_forked = entry.fork.is_some() || self.decision.forked.contains_key(name);
        !is_copied && !is_forked && !self.plan.renewed.contains(name)
    }

    /// The name that stands for a section: that of what it defines. A jump table's section is called like its function.
    fn owner(&self, object: usize, section: SectionIndex) -> Option<&'a str> {
        self.contents[object].name(section)
    }

    fn name(&mut self, object: usize, section: SectionIndex) {
        let symbols = self.objects[object].symbols().filter(|s| s.section_index() == Some(section));
        let content = self.contents[object].both(section);
        let is_written =
            self.objects[object].section_by_index(section).is_ok_and(|section| may_change(section.kind()));
        for name in symbols.filter_map(|symbol| symbol.name().ok()).filter(|name| is_stable(name)) {
            if is_written && object < self.built && !self.process.names.contains_key(name) {
                self.plan.fresh.insert(name.to_owned());
            }
            self.plan.defined.entry(name.to_owned()).or_default().extend(content);
        }
    }

    /// A function's landing pads, which only the unwind information names.
    fn exception_table(&mut self, object: usize, code: &impl ObjectSection<'a>) {
        let Some(function) = code.name().ok().and_then(function_of) else { return };
        let table = format!(".gcc_except_table.{function}");
        if let Some(section) = self.objects[object].section_by_name(&table) {
            let index = section.index();
            self.need(object, index);
        }
    }
}

/// Whether what is in such a section may be written.
fn may_change(kind: SectionKind) -> bool {
    use SectionKind::{Data, Tls, UninitializedData, UninitializedTls};
    matches!(kind, Data | UninitializedData | Tls | UninitializedTls)
}

fn is_thread_local(flags: object::RelocationFlags) -> bool {
    use object::elf;
    let object::RelocationFlags::Elf { r_type } = flags else { return false };
    [
        elf::R_X86_64_TLSGD,
        elf::R_X86_64_TLSLD,
        elf::R_X86_64_DTPOFF32,
        elf::R_X86_64_DTPOFF64,
        elf::R_X86_64_GOTTPOFF,
        elf::R_X86_64_TPOFF32,
        elf::R_X86_64_TPOFF64,
        elf::R_X86_64_GOTPC32_TLSDESC,
    ]
    .contains(&r_type)
}
