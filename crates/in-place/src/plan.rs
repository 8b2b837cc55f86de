//! Which functions changed, and what the patch must bring along.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget, SectionIndex, SectionKind};

use crate::build::Build;
use crate::content::{Contents, Elf, Hash, is_stable, parse_all};
use crate::error::{Error, Result};
use crate::jump::JUMP;
use crate::process::Process;

/// What goes into a patch.
#[derive(Debug, Default, Clone)]
pub struct Plan {
    /// Changed functions whose old entries will lead to the new code.
    pub redirected: BTreeSet<String>,
    /// Changed functions that only the patch itself calls; code in flight goes on with the old ones.
    pub forked: BTreeSet<String>,
    /// Per object of the new build, the sections that the patch needs.
    pub(crate) sections: BTreeMap<usize, BTreeSet<usize>>,
    /// All names that the patch defines, with their content.
    pub(crate) defined: HashMap<String, HashSet<Hash>>,
}

impl Plan {
    /// Whether nothing that runs has changed (the lines may have).
    pub fn is_empty(&self) -> bool {
        self.redirected.is_empty()
    }

    /// The names of the changed functions that the given image of the process holds.
    pub fn changed_in(&self, process: &Process, image: usize) -> BTreeSet<String> {
        let here = |name: &&String| process.names.get(*name).is_some_and(|entry| entry.image == image);
        self.redirected.union(&self.forked).filter(here).cloned().collect()
    }
}

/// Compares a new build with what the process runs. `forked` names functions that must not be redirected,
/// since what they are called with is laid out in another way than before.
pub fn plan(new: &Build, process: &Process, forked: &BTreeSet<String>) -> Result<Plan> {
    let parsed = parse_all(new)?;
    let all_contents: Vec<_> = parsed.iter().map(Contents::of).collect();
    let mut search = Search::new(&parsed, &all_contents, process, forked);
    for (object, (elf, contents)) in parsed.iter().zip(&all_contents).enumerate() {
        for (&section, &name) in &contents.names {
            let is_code = elf.section_by_index(section).is_ok_and(|s| s.kind() == SectionKind::Text);
            let known = process.names.get(name).filter(|entry| entry.function);
            let (true, Some(entry)) = (is_code, known) else { continue };
            if entry.contents.contains(&contents.section(section)) {
                continue;
            }
            if forked.contains(name) {
                search.plan.forked.insert(name.to_owned());
                continue;
            }
            if entry.ambiguous {
                return Err(Error::Ambiguous { function: name.to_owned() });
            }
            if entry.merged {
                return Err(Error::Merged { function: name.to_owned() });
            }
            if entry.room() < JUMP {
                return Err(Error::TooShort { function: name.to_owned(), size: entry.room() });
            }
            search.plan.redirected.insert(name.to_owned());
            search.need(object, section);
        }
    }
    search.run()?;
    Ok(search.plan)
}

/// From the changed functions to what they need and the process does not have.
struct Search<'a> {
    objects: &'a [Elf<'a>],
    contents: &'a [Contents<'a>],
    process: &'a Process,
    /// Where each name is defined in the new build.
    definitions: HashMap<&'a str, (usize, SectionIndex)>,
    /// Names that the process has, but whose code would call a forked function's old version.
    stale: HashSet<&'a str>,
    queue: Vec<(usize, SectionIndex)>,
    plan: Plan,
}

impl<'a> Search<'a> {
    fn new(
        objects: &'a [Elf<'a>],
        contents: &'a [Contents<'a>],
        process: &'a Process,
        forked: &'a BTreeSet<String>,
    ) -> Self {
        let mut definitions = HashMap::new();
        for (object, elf) in objects.iter().enumerate() {
            for symbol in elf.symbols().filter(object::ObjectSymbol::is_definition) {
                if let (Some(section), Ok(name)) = (symbol.section_index(), symbol.name())
                    && is_stable(name)
                {
                    definitions.entry(name).or_insert((object, section));
                }
            }
        }
        let (stale, queue, plan) = (HashSet::new(), Vec::new(), Plan::default());
        let mut search = Self { objects, contents, process, definitions, stale, queue, plan };
        search.stale = search.callers_of(forked);
        search
    }

    /// The given functions, and all from which they can be reached.
    fn callers_of(&self, forked: &'a BTreeSet<String>) -> HashSet<&'a str> {
        let mut stale: HashSet<&str> = forked.iter().map(String::as_str).collect();
        if stale.is_empty() {
            return stale;
        }
        let mut callers: HashMap<&str, Vec<&'a str>> = HashMap::new();
        for (elf, contents) in self.objects.iter().zip(self.contents) {
            for (&section, &name) in &contents.names {
                for called in self.called(elf, contents, section) {
                    callers.entry(called).or_default().push(name);
                }
            }
        }
        let mut queue: Vec<&str> = stale.iter().copied().collect();
        while let Some(name) = queue.pop() {
            let found = callers.get(name).into_iter().flatten().copied();
            queue.extend(found.filter(|caller| stale.insert(caller)).collect::<Vec<_>>());
        }
        stale
    }

    /// The names that a section's code leads to, by constants too.
    fn called(&self, elf: &Elf<'a>, contents: &Contents<'a>, section: SectionIndex) -> Vec<&'a str> {
        let (mut names, mut queue, mut seen) = (Vec::new(), vec![section], HashSet::new());
        while let Some(section) = queue.pop() {
            let Ok(read) = elf.section_by_index(section) else { continue };
            for (_, relocation) in read.relocations() {
                let RelocationTarget::Symbol(symbol) = relocation.target() else { continue };
                let Ok(symbol) = elf.symbol_by_index(symbol) else { continue };
                let own = symbol.name().ok().filter(|name| is_stable(name));
                let by_section = symbol.section_index().and_then(|section| contents.names.get(&section));
                let known = own.and_then(|name| Some(*self.definitions.get_key_value(name)?.0));
                if let Some(name) = known.or(by_section.copied()) {
                    names.push(name);
                } else if let Some(section) = symbol.section_index().filter(|section| seen.insert(*section)) {
                    queue.push(section);
                }
            }
        }
        names
    }

    fn need(&mut self, object: usize, section: SectionIndex) {
        if self.plan.sections.entry(object).or_default().insert(section.0) {
            self.queue.push((object, section));
        }
    }

    fn run(&mut self) -> Result<()> {
        while let Some((object, section)) = self.queue.pop() {
            let elf = &self.objects[object];
            let Ok(read) = elf.section_by_index(section) else { continue };
            self.name(object, section);
            self.exception_table(object, &read);
            for (_, relocation) in read.relocations() {
                if is_thread_local(relocation.flags()) {
                    let function = self.label(object, section);
                    return Err(Error::ThreadLocal { function });
                }
                if let RelocationTarget::Symbol(symbol) = relocation.target() {
                    self.follow(object, symbol);
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

    /// Whether the process's own is meant. Where it has several of a name, the patch brings one along, if
    /// it is code: rustc makes a copy of some functions in each object that calls them.
    fn is_the_processes(&self, name: &str) -> bool {
        let Some(entry) = self.process.names.get(name) else { return false };
        let is_copied = entry.ambiguous && entry.function && self.definitions.contains_key(name);
        !is_copied && !self.stale.contains(name)
    }

    /// The name that stands for a section.
    fn owner(&self, object: usize, section: SectionIndex) -> Option<&'a str> {
        let elf = &self.objects[object];
        let section_name = elf.section_by_index(section).ok()?;
        let name = section_name.name().ok()?;
        // `.text.NAME`, `.data.NAME`, `.bss.NAME`, `.rodata.NAME`: one section a symbol.
        let (_, rest) = name.strip_prefix('.')?.split_once('.')?;
        let (known, _) = self.definitions.get_key_value(rest)?;
        is_stable(rest).then_some(*known)
    }

    fn name(&mut self, object: usize, section: SectionIndex) {
        let symbols = self.objects[object].symbols().filter(|s| s.section_index() == Some(section));
        let content = self.contents[object].section(section);
        for name in symbols.filter_map(|symbol| symbol.name().ok()).filter(|name| is_stable(name)) {
            self.plan.defined.entry(name.to_owned()).or_default().insert(content);
        }
    }

    fn label(&self, object: usize, section: SectionIndex) -> String {
        self.owner(object, section).unwrap_or("a changed function").to_owned()
    }

    /// A function's landing pads, which only the unwind information names.
    fn exception_table(&mut self, object: usize, code: &impl ObjectSection<'a>) {
        let Some(function) = code.name().ok().and_then(|name| name.strip_prefix(".text.")) else { return };
        let table = format!(".gcc_except_table.{function}");
        if let Some(section) = self.objects[object].section_by_name(&table) {
            let index = section.index();
            self.need(object, index);
        }
    }
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
