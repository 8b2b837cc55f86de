//! The patch: a library with the planned code, all other names bound to the process.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use artifact::{Addresses, Image};
use object::write::{Object as Output, Relocation, SectionId, Symbol, SymbolId, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, Object, ObjectSection, ObjectSymbol, RelocationFlags,
    RelocationTarget, SectionFlags, SectionKind, SymbolFlags, SymbolKind, SymbolScope, elf,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::build::Build;
use crate::capture::LinkCall;
use crate::content::{Contents, Elf, Hash, function_of, is_stable, parse};
use crate::error::{Error, Result, io};
use crate::guise::{Guise, SLIDE};
use crate::jump::Redirect;
use crate::loader::dynamic_section;
use crate::plan::{Decision, Plan};
use crate::process::{Process, is_mangled};

/// What only patches have begins with this.
pub(crate) const OURS: &str = "midflight.";

/// Stands before the name of new code, whose old name goes on to mean its old entry.
pub(crate) const NEW: &str = "midflight.new.";

/// The path of the patch with its names, inside the patch.
const PATH: &str = "midflight.path";

/// A patch that is ready to be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// The library. It must be loaded where it was linked: with a bias of 0.
    pub library: PathBuf,
    /// The same with names and debug information, linked [`SLIDE`] below.
    pub described: PathBuf,
    /// Where its dynamic section is, by which the loader's [`crate::LinkMap`] of it is known.
    pub dynamic: u64,
    /// What makes the process, too, know it by that.
    pub guise: Guise,
    /// To be written once it is loaded, all or none.
    pub redirects: Vec<Redirect>,
    /// Those of the redirected functions that do the same as before, and whose locals have other names.
    pub restated: BTreeSet<String>,
    /// Functions that must not be running when it is loaded.
    pub held: Vec<Held>,
    /// The code that it takes the place of.
    pub replaced: Vec<Replaced>,
    /// What the user should know of it, in sentences.
    pub notes: Vec<String>,
    /// How long it took to make.
    pub took: Took,
    pub(crate) decision: Decision,
    /// Its debug information, as the gate has read it.
    pub(crate) judged: Option<Image>,
    /// Statics that it has its own of, in place of the process's.
    renewed: BTreeSet<String>,
    defined: FxHashMap<String, FxHashSet<Hash>>,
    /// What it has the addresses of.
    addresses: Addresses,
}

/// Code of a function of which a patch has newer code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// Its linker name.
    pub function: String,
    /// Where it is.
    pub code: Range<u64>,
    /// What has it: 0 for the program, 1 for the first patch.
    pub image: usize,
    /// Old code goes on to call it. Where that is not so, only calls of it that are in progress run on.
    pub is_called: bool,
}

impl Replaced {
    /// Whether a frame that goes on at this address is of a call of it.
    pub fn is_running(&self, address: u64) -> bool {
        runs_in(&self.code, address)
    }
}

/// Whether a frame that goes on at this address runs in such code. Where that begins, it is about to jump to newer code,
/// and behind its end it has called what does not return.
pub(crate) fn runs_in(code: &Range<u64>, address: u64) -> bool {
    code.start < address && address <= code.end
}

/// The parts of what making a patch took, over all rounds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Took {
    /// Reading the new objects and comparing them with the old ones.
    pub diff: Duration,
    /// Linking.
    pub link: Duration,
    /// Comparing layouts, vtables, statics and signatures.
    pub gate: Duration,
}

/// A function whose old code holds values of a layout that changed, for as long as it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its linker name.
    pub function: String,
    /// Old code of it.
    pub code: Range<u64>,
    /// Why it must not be running.
    pub message: String,
}

impl Held {
    /// Whether a frame that goes on at this address is of a call of it.
    pub fn is_running(&self, address: u64) -> bool {
        runs_in(&self.code, address)
    }
}

/// Links what was planned. The process is as it was until [`Process::apply`] says that the patch is in.
///
/// `label` is put in place of the start of the given root folder in the patch's debug information, letter
/// by letter, so that a debugger tells this generation's source files from those of the others.
pub(crate) fn link(
    new: &Build,
    plan: &Plan,
    process: &Process,
    folder: &Path,
    label: &Label,
) -> Result<Patch> {
    std::fs::create_dir_all(folder).map_err(io(folder))?;
    let objects: Vec<_> = new.objects.iter().chain(&plan.extra).collect();
    let (mut inputs, mut called) = (Vec::new(), FxHashSet::default());
    for (&index, sections) in &plan.sections {
        let path = folder.join(format!("part{index}.o"));
        let file = objects[index];
        let elf = parse(file)?;
        let contents = Contents::of(&elf, file, &new.constants);
        let (part, outside) = Part::of(&elf, contents, sections, plan, label).output()?;
        write(&path, &part)?;
        inputs.push(path);
        called.extend(outside);
    }
    let described = folder.join("patch.so");
    let prepare = |image: PathBuf, slide: u64| -> Result<Link> {
        let stub = image.with_extension("o");
        write(&stub, &names_of(process, plan, &called, slide, &described))?;
        Ok(Link { stub, base: process.room() - slide, is_described: slide > 0, image })
    };
    let code = prepare(folder.join("patch-code.so"), 0)?;
    let described = prepare(described.clone(), SLIDE)?;
    let run = |link: &Link| link.run(&new.call, &inputs, plan);
    let both = std::thread::scope(|scope| {
        let code = scope.spawn(|| run(&code));
        (run(&described), code.join())
    });
    both.0?;
    both.1.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    for input in inputs.into_iter().chain([code.stub, described.stub]) {
        std::fs::remove_file(&input).map_err(io(&input))?;
    }
    finish(plan, process, code.image, described.image)
}

fn write(path: &Path, object: &Output<'_>) -> Result<()> {
    std::fs::write(path, object.write()?).map_err(io(path))
}

fn output() -> Output<'static> {
    Output::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little)
}

fn symbol(name: &str, value: u64, section: SymbolSection, scope: SymbolScope) -> Symbol {
    Symbol {
        name: name.into(),
        value,
        size: 0,
        kind: if section == SymbolSection::Undefined { SymbolKind::Unknown } else { SymbolKind::Data },
        scope,
        weak: false,
        section,
        flags: SymbolFlags::None,
    }
}

/// An object without code that says where the process has what the patch calls, as seen from an image that lies so far
/// below. Libraries in other languages may call what is not mangled.
fn names_of(
    process: &Process,
    plan: &Plan,
    called: &FxHashSet<String>,
    slide: u64,
    described: &Path,
) -> Output<'static> {
    let mut object = output();
    let is_callable = |name: &str| called.contains(name) || (is_stable(name) && !is_mangled(name));
    for (name, entry) in process.names.iter().filter(|(name, _)| is_callable(name)) {
        // What is redirected is called through its old entry, by the patch too: a vtable or a pointer that the
        // patch makes then leads to the newest code for ever.
        let own = plan.defined.contains_key(name) && !plan.redirected.contains(name);
        if !own && !entry.ambiguous && !is_linkers(name) {
            let address = entry.address().wrapping_sub(slide);
            object.add_symbol(symbol(name, address, SymbolSection::Absolute, SymbolScope::Linkage));
        }
    }
    process.thread_locals.describe(&mut object);
    let section = object.add_section(Vec::new(), b".rodata.midflight".to_vec(), SectionKind::ReadOnlyData);
    let path = [described.as_os_str().as_encoded_bytes(), b"\0"].concat();
    object.append_section_data(section, &path, 1);
    object.add_symbol(symbol(PATH, 0, SymbolSection::Section(section), SymbolScope::Linkage));
    object
}

/// Names that every linked image has of its own.
fn is_linkers(name: &str) -> bool {
    const PREFIXES: [&str; 8] =
        ["_GLOBAL_OFFSET", "_DYNAMIC", "__bss", "__dso", "__TMC", "__init_array", "__fini_array", "DW.ref"];
    const NAMES: [&str; 12] = [
        "_end",
        "_edata",
        "_etext",
        "__ehdr_start",
        "__data_start",
        "data_start",
        "_init",
        "_fini",
        "_start",
        "main",
        "__GNU_EH_FRAME_HDR",
        "end",
    ];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || name.contains('@')
}

/// What the patch takes from one object.
struct Part<'a> {
    elf: &'a Elf<'a>,
    plan: &'a Plan,
    label: &'a Label,
    contents: Contents<'a>,
    kept: Vec<usize>,
    output: Output<'static>,
    sections: FxHashMap<usize, SectionId>,
    symbols: FxHashMap<usize, SymbolId>,
    outside: FxHashMap<String, SymbolId>,
    nowhere: Option<SymbolId>,
}

impl<'a> Part<'a> {
    fn of(
        elf: &'a Elf<'a>,
        contents: Contents<'a>,
        needed: &BTreeSet<usize>,
        plan: &'a Plan,
        label: &'a Label,
    ) -> Self {
        // LLDB finds no code by an address table that has dropped functions; without one it makes its own.
        let describes = |name: &str| name.starts_with(".debug_") && name != ".debug_aranges";
        let shared = |name: &str| describes(name) || name == ".eh_frame" || name.contains("DW.ref.");
        let kept = elf
            .sections()
            .filter(|section| needed.contains(&section.index().0) || section.name().is_ok_and(shared))
            .filter(|section| !matches!(section.kind(), SectionKind::Metadata))
            .map(|section| section.index().0)
            .collect();
        let (sections, symbols, outside) = (FxHashMap::default(), FxHashMap::default(), FxHashMap::default());
        Self { elf, plan, label, contents, kept, output: output(), sections, symbols, outside, nowhere: None }
    }

    /// The object, and the names that it has from elsewhere.
    fn output(mut self) -> Result<(Output<'static>, impl Iterator<Item = String>)> {
        for index in self.kept.clone() {
            self.add_section(index);
        }
        self.add_symbols();
        for index in self.kept.clone() {
            self.add_relocations(index)?;
        }
        Ok((self.output, self.outside.into_keys()))
    }

    fn add_section(&mut self, index: usize) {
        let Ok(section) = self.elf.section_by_index(object::SectionIndex(index)) else { return };
        let name = section.name_bytes().unwrap_or_default().to_vec();
        let id = self.output.add_section(Vec::new(), name, section.kind());
        if let SectionFlags::Elf { sh_type, sh_flags } = section.flags() {
            let sh_flags = elf::SectionFlags(sh_flags.0 & !elf::SHF_GROUP.0);
            self.output.section_mut(id).flags = SectionFlags::Elf { sh_type, sh_flags };
        }
        if section.kind().is_bss() {
            self.output.append_section_bss(id, section.size(), section.align());
        } else {
            let mut bytes = section.data().unwrap_or_default().to_vec();
            let is_strings = |name: &str| name.starts_with(".debug_") && name.contains("str");
            if section.name().is_ok_and(is_strings) {
                self.label.put(&mut bytes);
            }
            self.output.set_section_data(id, bytes, section.align());
        }
        self.sections.insert(index, id);
    }

    fn add_symbols(&mut self) {
        for read in self.elf.symbols() {
            let Some(&section) = read.section_index().and_then(|index| self.sections.get(&index.0)) else {
                continue;
            };
            let id = if read.kind() == SymbolKind::Section {
                self.output.section_symbol(section)
            } else {
                let name = read.name().unwrap_or_default();
                let public = is_stable(name) && self.plan.defined.contains_key(name);
                let new = if self.plan.redirected.contains(name) { NEW } else { "" };
                let scope = if public { SymbolScope::Dynamic } else { SymbolScope::Compilation };
                let kind = if read.kind() == SymbolKind::Text { SymbolKind::Text } else { SymbolKind::Data };
                let made_name = format!("{new}{name}");
                let mut made = symbol(&made_name, read.address(), SymbolSection::Section(section), scope);
                (made.size, made.kind) = (read.size(), kind);
                self.output.add_symbol(made)
            };
            self.symbols.insert(read.index().0, id);
        }
    }

    fn add_relocations(&mut self, index: usize) -> Result<()> {
        let Ok(section) = self.elf.section_by_index(object::SectionIndex(index)) else { return Ok(()) };
        let Some(&id) = self.sections.get(&index) else { return Ok(()) };
        let name = section.name().unwrap_or_default();
        let debug = name.starts_with(".debug_");
        // In lists of ranges a pair of zeros is the end, so that linkers write 1 there.
        let tombstone = i64::from(matches!(name, ".debug_ranges" | ".debug_loc"));
        // What describes code means the code itself.
        let is_description = debug || name.starts_with(".eh_frame") || name.starts_with(".gcc_except_table");
        for (offset, relocation) in section.relocations() {
            let RelocationTarget::Symbol(target) = relocation.target() else { continue };
            let entry = if is_description { None } else { self.entry(index, &relocation) };
            let (symbol, addend) = match self.symbols.get(&target.0) {
                _ if entry.is_some() => {
                    (self.outside_named(entry.unwrap_or_default(), false), relocation.addend())
                }
                Some(&symbol) => (symbol, relocation.addend()),
                // Debug information of code that is not in the patch: an address that debuggers pass over.
                None if debug => (self.nowhere(), tombstone),
                // An unwind entry of it, which linkers drop. Another object may have brought a function of this name.
                None if name == ".eh_frame" && self.defines(target) => (self.nowhere(), 0),
                None => (self.outside(target, is_description), relocation.addend()),
            };
            let RelocationFlags::Elf { r_type } = relocation.flags() else { continue };
            let flags = RelocationFlags::Elf { r_type };
            self.output.add_relocation(id, Relocation { offset, symbol, addend, flags })?;
        }
        Ok(())
    }

    fn defines(&self, symbol: object::SymbolIndex) -> bool {
        self.elf.symbol_by_index(symbol).is_ok_and(|symbol| symbol.section_index().is_some())
    }

    fn nowhere(&mut self) -> SymbolId {
        let output = &mut self.output;
        *self.nowhere.get_or_insert_with(|| {
            output.add_symbol(symbol("", 0, SymbolSection::Absolute, SymbolScope::Compilation))
        })
    }

    /// A name that the process, another part or a library has.
    fn outside(&mut self, target: object::SymbolIndex, is_description: bool) -> SymbolId {
        let read = self.elf.symbol_by_index(target).ok();
        let own = read.as_ref().and_then(|read| read.name().ok()).filter(|name| is_stable(name));
        let section = read.as_ref().and_then(ObjectSymbol::section_index);
        let by_section = section.and_then(|section| self.contents.name(section));
        let name = own.or(by_section).unwrap_or("midflight.dropped").to_owned();
        // What only dropped unwind entries name must not be missed; what code names must be there.
        self.outside_named(name, own.is_none() && is_description)
    }

    fn outside_named(&mut self, name: String, weak: bool) -> SymbolId {
        let output = &mut self.output;
        let id = *self.outside.entry(name).or_insert_with_key(|name| {
            let mut made = symbol(name, 0, SymbolSection::Undefined, SymbolScope::Unknown);
            made.weak = true;
            output.add_symbol(made)
        });
        output.symbol_mut(id).weak &= weak;
        id
    }

    /// The redirected function whose beginning a relocation leads to, from outside of it.
    fn entry(&self, from: usize, relocation: &object::Relocation) -> Option<String> {
        let RelocationTarget::Symbol(target) = relocation.target() else { return None };
        let read = self.elf.symbol_by_index(target).ok()?;
        let section = read.section_index().filter(|section| section.0 != from)?;
        let own = read.name().ok().filter(|name| self.plan.redirected.contains(*name));
        if let Some(name) = own {
            return Some(name.to_owned());
        }
        // A local function may be meant by its section; any other offset is a label inside of it.
        let begins = matches!(
            (relocation.kind(), relocation.addend()),
            (object::RelocationKind::Absolute, 0)
                | (object::RelocationKind::Relative | object::RelocationKind::PltRelative, -4)
        );
        let section = self.elf.section_by_index(section).ok()?;
        let name = function_of(section.name().ok()?)?;
        (begins && read.kind() == SymbolKind::Section && self.plan.redirected.contains(name))
            .then(|| name.to_owned())
    }
}

/// One call of the linker.
struct Link {
    stub: PathBuf,
    base: u64,
    is_described: bool,
    image: PathBuf,
}

impl Link {
    fn run(&self, call: &LinkCall, inputs: &[PathBuf], plan: &Plan) -> Result<()> {
        let mut command = Command::new(&call.linker);
        command.current_dir(&call.folder).args(["-no-pie", "-nostartfiles", "-fuse-ld=lld"]);
        command.args(call.toolchain_linker().map(|folder| {
            let mut argument = OsString::from("-B");
            argument.push(folder);
            argument
        }));
        command.arg(format!("-Wl,--image-base={:#x}", self.base)).args([
            "-Wl,-z,nocopyreloc",
            "-Wl,-z,now",
            "-Wl,--eh-frame-hdr",
            "-Wl,--no-rosegment",
            "-Wl,--allow-multiple-definition",
            "-Wl,--gc-sections",
            "-Wl,-e,0",
        ]);
        command.arg(format!("-Wl,-u,{PATH}"));
        command.args((!self.is_described).then_some("-Wl,--strip-all"));
        command.args(plan.redirected.iter().map(|function| format!("-Wl,-u,{NEW}{function}")));
        command.args(inputs).arg(&self.stub).args(carried(call)).arg("-o").arg(&self.image);
        let output = command.output().map_err(io(Path::new(&call.linker)))?;
        if output.status.success() {
            return Ok(());
        }
        Err(Error::Link { output: String::from_utf8_lossy(&output.stderr).into_owned() })
    }
}

/// The arguments of the program's own link that say where code comes from, in their order.
fn carried(call: &LinkCall) -> Vec<&OsString> {
    const WITH_VALUE: [&str; 3] = ["-L", "-l", "-B"];
    let mut carried = Vec::new();
    let mut value_follows = false;
    for argument in &call.arguments {
        let text = argument.to_str().unwrap_or_default();
        let library = Path::new(argument).extension().is_some_and(|end| end == "a" || end == "so");
        let flag = ["-m64", "-Wl,-Bstatic", "-Wl,-Bdynamic"].contains(&text)
            || WITH_VALUE.iter().any(|flag| text.starts_with(flag));
        if value_follows || library || flag {
            carried.push(argument);
        }
        value_follows = WITH_VALUE.contains(&text);
    }
    carried
}

/// Makes the images loadable, and reads where the functions came to lie.
fn finish(plan: &Plan, process: &Process, library: PathBuf, described: PathBuf) -> Result<Patch> {
    let code = loadable(process, &library)?;
    let bytes = loadable(process, &described)?;
    let linked = Elf::parse(&*bytes).map_err(|source| Error::Object { path: described.clone(), source })?;
    let mut redirects = Vec::new();
    let mut path_at = None;
    for found in linked.symbols().filter(object::ObjectSymbol::is_definition) {
        let Ok(name) = found.name() else { continue };
        let address = found.address().wrapping_add(SLIDE);
        if name == PATH {
            path_at = Some(address);
        }
        let Some(name) = name.strip_prefix(NEW) else { continue };
        if let (true, Some(entry)) = (plan.redirected.contains(name), process.names.get(name)) {
            for place in &entry.places {
                let redirect = process.first_bytes(place).and_then(|before| {
                    Redirect::new(name, place.address, address, before, process.busy(place))
                });
                redirects.push(redirect.ok_or(Error::OutOfReach)?);
            }
        }
    }
    let dynamic = Elf::parse(&*code).ok().and_then(|code| dynamic_section(&code));
    let guise = path_at.and_then(|path_at| Guise::of(&code, &bytes, path_at));
    let (dynamic, mut guise) = dynamic.zip(guise).ok_or_else(|| Error::Link {
        output: "the linker laid two equal patches out in two ways".to_owned(),
    })?;
    guise.memory = process.memory();
    let (held, notes, replaced) = (Vec::new(), Vec::new(), process.replaced_by(plan));
    let (decision, renewed, defined) = (Decision::default(), plan.renewed.clone(), plan.defined.clone());
    let (took, judged) = (Took::default(), None);
    Ok(Patch {
        library,
        described,
        dynamic,
        guise,
        redirects,
        restated: plan.restated.clone(),
        held,
        replaced,
        notes,
        took,
        decision,
        judged,
        renewed,
        defined,
        addresses: plan.addresses.clone(),
    })
}

/// The loader takes shared objects only; linked at a fixed address, it is loaded there.
fn loadable(process: &Process, image: &Path) -> Result<Vec<u8>> {
    let mut bytes = std::fs::read(image).map_err(io(image))?;
    if !process.thread_locals.strike_out(&mut bytes) {
        return Err(Error::ThreadLocal { what: "something in a library".to_owned() });
    }
    bytes[16..18].copy_from_slice(&elf::ET_DYN.0.to_le_bytes());
    std::fs::write(image, &bytes).map_err(io(image))?;
    Ok(bytes)
}

/// What stands for a root folder in a generation's debug information. It has the same length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    root: String,
    label: String,
}

impl Label {
    /// The label of a generation for the sources below a root folder: `/~~~~~3` for `/work/it`. `None` where
    /// the folder's name is too short for one.
    pub fn new(root: &str, generation: u32) -> Option<Self> {
        let number = base_36(generation);
        let fill = root.len().checked_sub("/".len() + number.len()).filter(|fill| *fill > 0)?;
        Some(Self { root: root.to_owned(), label: format!("/{}{number}", "~".repeat(fill)) })
    }

    /// The path that debuggers see for the root folder.
    pub fn path(&self) -> &str {
        &self.label
    }

    /// Replaces the root where a string of a string section begins with it.
    fn put(&self, strings: &mut [u8]) {
        let root = self.root.as_bytes();
        for string in strings.split_mut(|byte| *byte == 0) {
            let inside = string.get(root.len()).is_none_or(|&next| next == b'/');
            if inside && string.starts_with(root) {
                string[..root.len()].copy_from_slice(self.label.as_bytes());
            }
        }
    }
}

/// As short as a file name may have it on systems that know no capitals.
fn base_36(mut number: u32) -> String {
    let mut digits = Vec::new();
    while number > 0 || digits.is_empty() {
        digits.extend(char::from_digit(number % 36, 36));
        number /= 36;
    }
    digits.into_iter().rev().collect()
}

impl Process {
    /// The newest code of what is planned to be replaced.
    fn replaced_by(&self, plan: &Plan) -> Vec<Replaced> {
        let mut replaced = Vec::new();
        for function in plan.changed.union(&plan.redirected) {
            let Some(entry) = self.names.get(function).filter(|entry| entry.function) else { continue };
            // A fork is called by code that knows it alone.
            let is_called = entry.fork.is_some() || !plan.redirected.contains(function);
            let newest = entry.code().filter(|(image, _)| *image == entry.newest);
            replaced.extend(newest.map(|(image, code)| Replaced {
                function: function.clone(),
                code,
                image,
                is_called,
            }));
        }
        replaced
    }

    /// Notes that a patch is loaded and its redirects are written.
    pub fn apply(&mut self, patch: &Patch) -> Result<()> {
        // Only new code knows the new ones; what comes next knows no others.
        for name in patch.renewed.iter().filter(|name| patch.defined.contains_key(*name)) {
            self.names.remove(name);
        }
        self.add(&patch.library, &patch.described, SLIDE, &patch.defined)?;
        if let Some(image) = &patch.judged {
            self.keep(image.clone());
        }
        let newest = self.patches();
        let new = |name: &String| self.names.get(name).filter(|entry| entry.image == newest);
        let is_static = |name: &String| is_mangled(name) && new(name).is_some_and(|entry| !entry.function);
        if patch.defined.keys().any(is_static) || patch.addresses.all().any(|name| new(name).is_some()) {
            self.first_to_keep.insert(newest);
        }
        self.addresses.add(&patch.addresses);
        for redirect in &patch.redirects {
            self.jumps.insert(redirect.from, redirect.jump);
            if let (Some(entry), Some(contents)) =
                (self.names.get_mut(&redirect.function), patch.defined.get(&redirect.function))
            {
                entry.contents.clone_from(contents);
                (entry.fork, entry.newest) = (None, newest);
            }
        }
        self.fork(patch, newest);
        Ok(())
    }

    fn fork(&mut self, patch: &Patch, newest: usize) {
        let is_redirected = |name: &String| patch.redirects.iter().any(|redirect| redirect.function == *name);
        self.forks.retain(|fork| !fork.iter().all(is_redirected));
        let Decision { forked, boundaries } = &patch.decision;
        for name in forked.keys() {
            if let (Some(entry), Some(contents)) = (self.names.get_mut(name), patch.defined.get(name)) {
                (entry.fork, entry.newest) = (Some(contents.clone()), newest);
            }
        }
        if !forked.is_empty() {
            self.forks.push(forked.keys().chain(boundaries).cloned().collect());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_as_long_as_the_folder_and_tell_generations_apart() {
        let label = |root: &str, generation| Label::new(root, generation).map(|label| label.label);
        assert_eq!(label("/work/it", 3).as_deref(), Some("/~~~~~~3"));
        assert_eq!(label("/app", 1295).as_deref(), Some("/~zz"));
        assert_eq!(label("/app", 1296), None);
        assert_eq!(label("/app", 35).as_deref(), Some("/~~z"));
        assert_eq!(label("/a", 1), None);
    }
}
