//! Units: the smallest things that are recompiled and compared.
//!
//! A file is a row of *chunks*: one top-level item (or one member of an `impl` or a module) each. A unit's ranges
//! count from its chunk, so that an edit above moves a chunk and leaves its units untouched and shared. That is
//! what keeps the cost of a keystroke the cost of the item under the cursor.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

/// A hash of something with its formatting, comments and lint attributes taken out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u64);

impl Fingerprint {
    /// The fingerprint of anything that hashes.
    pub fn of(value: impl Hash) -> Self {
        // The default hasher's keys are fixed, so fingerprints agree between programs parsed at different times.
        let mut hasher = std::hash::DefaultHasher::new();
        value.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// A name as it is written, hashed: enough to ask "does this mention that?" at eight bytes each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(u64);

impl Name {
    /// The name of one identifier.
    pub fn new(identifier: &str) -> Self {
        Self(Fingerprint::of(identifier).0)
    }

    /// The name of an identifier that a body gives to a macro, which may make anything of it.
    pub fn given_to_a_macro(identifier: &str) -> Self {
        Self::new(&format!("{identifier}!"))
    }
}

/// What a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnitKind {
    /// A free function.
    Function,
    /// A function of an `impl`.
    Method,
    /// A struct.
    Struct,
    /// A union.
    Union,
    /// An enum.
    Enum,
    /// A type alias.
    TypeAlias,
    /// A trait or trait alias.
    Trait,
    /// An `impl` of a type's own functions.
    InherentImpl,
    /// An `impl` of a trait.
    TraitImpl,
    /// An associated type of an `impl`.
    AssociatedType,
    /// A static.
    Static,
    /// A static of a `thread_local!`.
    ThreadLocal,
    /// A constant, associated ones too.
    Const,
    /// One name brought in by a `use` or `extern crate`.
    Import,
    /// A module: its declaration and attributes.
    Module,
    /// An attribute of the module itself: `#![…]`.
    ModuleAttribute,
    /// A macro definition.
    Macro,
    /// An item-like macro call.
    MacroCall,
    /// A block of foreign items.
    ExternBlock,
    /// A file that decides how everything is built: `Cargo.toml`, `Cargo.lock`, `build.rs`, the toolchain.
    BuildFile,
    /// Text that could not be parsed and has no last good tree, or an item that no rule knows.
    Opaque,
}

impl UnitKind {
    /// The kind as it is called in messages and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Method => "method",
            Self::Struct => "struct",
            Self::Union => "union",
            Self::Enum => "enum",
            Self::TypeAlias => "type alias",
            Self::Trait => "trait",
            Self::InherentImpl | Self::TraitImpl => "impl",
            Self::AssociatedType => "associated type",
            Self::Static => "static",
            Self::ThreadLocal => "thread local",
            Self::Const => "const",
            Self::Import => "import",
            Self::Module => "module",
            Self::ModuleAttribute => "module attribute",
            Self::Macro => "macro",
            Self::MacroCall => "macro call",
            Self::ExternBlock => "extern block",
            Self::BuildFile => "build file",
            Self::Opaque => "item",
        }
    }

    /// Functions and methods: what is called.
    pub fn is_function(self) -> bool {
        matches!(self, Self::Function | Self::Method)
    }

    /// Types that values in memory can have.
    pub fn is_type(self) -> bool {
        matches!(self, Self::Struct | Self::Union | Self::Enum | Self::TypeAlias)
    }
}

impl fmt::Display for UnitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a unit is called: survives every edit around it. Units with equal ids (an item twice under different
/// `cfg`s, two `impl` blocks of a type) are told apart when they are compared, first by content, then by order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId {
    /// The item's path, such as `app::world::State` or `app::<World as Drop>::drop`.
    pub path: Arc<str>,
    /// What it is.
    pub kind: UnitKind,
}

impl UnitId {
    /// The path without the name: where the item is declared.
    pub fn parent(&self) -> &str {
        self.path.strip_suffix(self.name()).unwrap_or_default()
    }

    /// The last segment of the path: the name that the user wrote.
    pub fn name(&self) -> &str {
        let path = &*self.path;
        let mut depth = 0_u32;
        let bytes = path.as_bytes();
        for at in (0..bytes.len()).rev() {
            match bytes[at] {
                b'>' | b')' | b']' if at == 0 || bytes[at - 1] != b'-' => depth += 1,
                b'<' | b'(' | b'[' => depth = depth.saturating_sub(1),
                b':' if depth == 0 => return &path[at + 1..],
                _ => {}
            }
        }
        path
    }
}

/// A property of a unit that a rule may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Flag {
    /// Can be called by name from outside the library it is built into: `no_mangle`, `export_name`.
    Boundary = 1 << 0,
    /// Visible outside its crate as far as its own `pub` says.
    Public = 1 << 1,
    /// An `async fn`, or a function that contains async blocks.
    Async = 1 << 2,
    /// A `const fn`.
    Const = 1 << 3,
    /// Runs once per process: `main`, constructors.
    RunsOnce = 1 << 4,
    /// Generic over types or constants (not only lifetimes).
    Generic = 1 << 5,
    /// The text under it does not parse: the last good tree stands in.
    Stale = 1 << 6,
    /// Declared inside a function.
    Local = 1 << 7,
    /// Only built for tests.
    Test = 1 << 8,
    /// A mutable static, or a static whose value is made at first use.
    Lazy = 1 << 9,
    /// A comment says that its values live on: `midflight: state`.
    State = 1 << 10,
    /// A comment says that its values live within calls only: `midflight: transient`.
    Transient = 1 << 11,
    /// A closure that it makes captures something.
    Captures = 1 << 12,
    /// Never returns, since nothing leaves a loop of its.
    Endless = 1 << 13,
}

/// A set of [`Flag`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u16);

impl Flags {
    /// Whether the flag is set.
    pub fn has(self, flag: Flag) -> bool {
        self.0 & flag as u16 != 0
    }

    /// Sets the flag where `on`.
    pub fn set(&mut self, flag: Flag, on: bool) {
        if on {
            self.0 |= flag as u16;
        } else {
            self.0 &= !(flag as u16);
        }
    }

    /// These flags and one more where `on`.
    #[must_use]
    pub fn with(mut self, flag: Flag, on: bool) -> Self {
        self.set(flag, on);
        self
    }
}

/// What the attributes and the head of an item say, split by what a change of it does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// `pub`, `pub(crate)`, ….
    pub visibility: Fingerprint,
    /// The derived traits, sorted.
    pub derives: Box<[Box<str>]>,
    /// `repr(…)`.
    pub repr: Fingerprint,
    /// `cfg(…)` and `cfg_attr(…)`.
    pub cfg: Fingerprint,
    /// The exported symbol name of a boundary function; `static`s can have one too.
    pub export: Option<Box<str>>,
    /// How code is generated: `inline`, `cold`, `target_feature`, ….
    pub codegen: Fingerprint,
    /// A function's `extern "…"`.
    pub abi: Fingerprint,
    /// Everything else: attribute macros, `path`, ….
    pub other: Fingerprint,
}

/// A part of a type or trait: a field, a variant, a trait item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name (`0`, `1`, … in tuple structs).
    pub name: Box<str>,
    /// The whole member, from its chunk's start.
    pub range: Range<u32>,
    /// The name alone, from its chunk's start.
    pub name_range: Range<u32>,
    /// A field's type, a variant's payload, a trait item's signature.
    pub signature: Fingerprint,
    /// A variant's discriminant, a trait item's default; [`Fingerprint::default`] where there is none.
    pub body: Fingerprint,
    /// What a trait item's default makes that can outlive the call: closures that capture, futures.
    pub environments: Fingerprint,
    /// Visibility.
    pub visibility: Fingerprint,
    /// Attributes that matter.
    pub attributes: Fingerprint,
    /// The names in its signature.
    pub mentions: Box<[Name]>,
}

/// The smallest thing that is recompiled and compared.
#[derive(Clone, Debug)]
pub struct Unit {
    /// What it is called.
    pub id: UnitId,
    /// The whole item, from its chunk's start.
    pub range: Range<u32>,
    /// The item's name, from its chunk's start.
    pub name_range: Range<u32>,
    /// What a caller or user of the item relies on: parameter and return types, a static's type, an impl's head.
    pub signature: Fingerprint,
    /// Generic parameters of types and constants, without bounds.
    pub generics: Fingerprint,
    /// Of a function: bounds, where clauses, `unsafe`: what callers must keep to, and no symbol or layout shows.
    pub bounds: Fingerprint,
    /// Of a function: the lifetimes that its signature names.
    pub lifetimes: Fingerprint,
    /// What it does or starts with: a body, an initial value, a path of an import.
    pub body: Fingerprint,
    /// What a value of it looks like in memory: fields, variants, vtable slots.
    pub layout: Fingerprint,
    /// The closures that its body makes, in order, with what they capture; the default where it makes none.
    pub environments: Fingerprint,
    /// Of these, what each captures that captures something and can outlive the call, sorted.
    pub stored: Box<[Fingerprint]>,
    /// Its parts, for types and traits.
    pub members: Box<[Member]>,
    /// Its attributes; none where nothing but lints and documentation is there.
    pub attributes: Option<Box<Attributes>>,
    /// The names in its signature, for functions and statics; in its target, for aliases; the name that an import brings.
    pub mentions: Box<[Name]>,
    /// Functions and constants that its body uses other than by calling them.
    pub values: Box<[Name]>,
    /// The name that an import gives another one to. Else all that its body or initial value names or calls, sorted: `step`, and `World::new` where a type stands before the name.
    pub uses: Box<[Name]>,
    /// Of these, what stands outside of its loops.
    pub once: Box<[Name]>,
    /// What it names that decides how a future or a stored closure of its looks, beyond types: what it calls, and what
    /// stands in lengths and generic arguments. Empty where it makes none.
    pub scope: Box<[Name]>,
    /// What a rule may ask for.
    pub flags: Flags,
}

impl Unit {
    /// Whether anything that matters differs.
    pub fn same_as(&self, other: &Self) -> bool {
        self.signature == other.signature
            && self.generics == other.generics
            && self.bounds == other.bounds
            && self.lifetimes == other.lifetimes
            && self.body == other.body
            && self.layout == other.layout
            && self.environments == other.environments
            && self.attributes == other.attributes
    }

    /// What others call it: of an import the name that it brings.
    pub(crate) fn called(&self) -> &str {
        let name = self.id.name();
        name.strip_prefix("use ").unwrap_or(name)
    }

    /// An import under another name: what mentions that name, mentions what is imported.
    pub(crate) fn is_renaming(&self) -> bool {
        self.id.kind == UnitKind::Import && !self.uses.is_empty()
    }

    /// All names that its types mention, its members' included.
    pub fn type_mentions(&self) -> impl Iterator<Item = Name> + '_ {
        self.mentions.iter().chain(self.members.iter().flat_map(|member| member.mentions.iter())).copied()
    }
}

/// One top-level item, or one member of an `impl` or an inline module, with the units made from it.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// Where it starts in the file.
    pub start: u32,
    /// How long it is.
    pub len: u32,
    /// A hash of its text and of what it is part of: an equal key means equal units.
    pub key: Fingerprint,
    /// The units, shared with every program whose text agrees here.
    pub units: Arc<[Unit]>,
    /// The text does not parse; the units are the last good ones.
    pub stale: bool,
}

/// A piece of text that does not parse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseProblem {
    /// Bytes in the file.
    pub range: Range<usize>,
    /// The parser's words.
    pub message: String,
    /// The item whose last good tree stands in, if it is known.
    pub item: Option<Arc<str>>,
    /// Of the text that does not parse, so that text that never parsed is not a change.
    pub fingerprint: Fingerprint,
}

/// What a build manifest says, as far as units and rules need it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The package's name; none for a virtual workspace.
    pub package: Option<Box<str>>,
    /// The library's name in code.
    pub lib_name: Option<Box<str>>,
    /// The library's root file, relative to the manifest.
    pub lib_path: Option<Box<str>>,
    /// The library's crate types as written.
    pub crate_types: Box<[Box<str>]>,
    /// It is a procedural macro: it runs in the compiler.
    pub is_procedural: bool,
    /// It is the root of a workspace.
    pub is_workspace: bool,
    /// The binaries' names and root files, relative to the manifest, where they are written out.
    pub binaries: Box<[(Box<str>, Box<str>)]>,
    /// The names of the packages that it depends on (after renaming: the package's own name).
    pub dependencies: Box<[Box<str>]>,
}

/// The units of one file. Immutable and shared.
#[derive(Clone, Debug, Default)]
pub struct FileUnits {
    /// The chunks, by their place in the text.
    pub chunks: Vec<Chunk>,
    /// The path of the module that the file is, such as `world::physics`; empty for build files.
    pub module: Arc<str>,
    /// What does not parse.
    pub problems: Vec<ParseProblem>,
    /// The libraries that `hot_module(dylib = "…")` attributes name.
    pub hot_modules: Vec<Box<str>>,
    /// The manifest's facts, where the file is one.
    pub manifest: Option<Box<Manifest>>,
    /// Length of the text in bytes: every range lies below.
    pub len: u32,
}

impl FileUnits {
    /// All units with their places in the file.
    pub fn units(&self) -> impl Iterator<Item = Placed<'_>> {
        self.chunks
            .iter()
            .flat_map(|chunk| chunk.units.iter().map(move |unit| Placed { unit, start: chunk.start }))
    }

    /// The innermost unit around a byte of the text.
    pub fn unit_at(&self, offset: usize) -> Option<Placed<'_>> {
        self.units()
            .filter(|placed| placed.range().contains(&offset))
            .min_by_key(|placed| placed.range().len())
    }

    /// How many units there are.
    pub fn unit_count(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.units.len()).sum()
    }
}

/// A unit at its place in a file.
#[derive(Clone, Copy, Debug)]
pub struct Placed<'a> {
    /// The unit.
    pub unit: &'a Unit,
    /// Where its chunk starts.
    pub start: u32,
}

impl Placed<'_> {
    /// Bytes in the file: the whole item.
    pub fn range(&self) -> Range<usize> {
        self.place(&self.unit.range)
    }

    /// Bytes in the file: the item's name.
    pub fn name_range(&self) -> Range<usize> {
        self.place(&self.unit.name_range)
    }

    /// Bytes in the file for a range that counts from the chunk.
    pub fn place(&self, range: &Range<u32>) -> Range<usize> {
        (self.start + range.start) as usize..(self.start + range.end) as usize
    }
}
