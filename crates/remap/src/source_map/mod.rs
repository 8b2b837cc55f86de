//! Source maps as ECMA-426 defines them (3rd edition, with the range mappings proposal).
//!
//! Decoding is strict: what the standard calls an error is an [`Error`] with its reason, since a map that
//! is half understood sets breakpoints on wrong lines. Lines and columns count from 0; columns are UTF-16
//! code units in JavaScript, bytes in WebAssembly, as the generator counts them.

mod decode;
mod json;
mod lookup;
mod vlq;

pub use decode::Error;
pub use lookup::Original;

/// A position in generated or original text: line and column from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 0.
    pub line: u32,
    /// Column, from 0.
    pub column: u32,
}

/// One original file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its path or URL with `sourceRoot` before it; `None` where the map does not name it.
    pub path: Option<String>,
    /// Its text, where the map carries it.
    pub content: Option<String>,
    /// Whether debuggers should step over it (`ignoreList`).
    pub ignored: bool,
}

/// Where a mapping leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Target {
    source: u32,
    position: Position,
    name: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mapping {
    generated: Position,
    target: Option<Target>,
    /// A range mapping goes on, letter by letter, until the next mapping.
    range: bool,
}

/// A decoded map, indexed in both directions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceMap {
    /// The generated file's name, where the map gives it.
    pub file: Option<String>,
    sources: Vec<Source>,
    names: Vec<String>,
    /// By generated position.
    mappings: Vec<Mapping>,
    /// Indexes of `mappings` by source, then original position.
    reverse: Vec<u32>,
}

impl SourceMap {
    /// Decodes a map from its JSON text (a leading `)]}'` line is skipped, section 4 of the standard).
    pub fn parse(text: &str) -> Result<Self, Error> {
        decode::decode(text)
    }

    /// All original files, in the map's order.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    fn new(
        file: Option<String>,
        sources: Vec<Source>,
        names: Vec<String>,
        mut mappings: Vec<Mapping>,
    ) -> Self {
        mappings.sort_by_key(|mapping| mapping.generated);
        let mut reverse: Vec<u32> =
            (0..).zip(&mappings).filter(|(_, m)| m.target.is_some()).map(|(index, _)| index).collect();
        let key = |&index: &u32| {
            let mapping = mappings[index as usize];
            mapping.target.map(|target| (target.source, target.position, mapping.generated))
        };
        reverse.sort_by_key(key);
        Self { file, sources, names, mappings, reverse }
    }
}
