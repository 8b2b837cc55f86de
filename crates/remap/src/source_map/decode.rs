//! From JSON to sorted mappings, refusing what the standard calls an error.

use super::json::{Json, Offset, Section};
use super::vlq::Quantities;
use super::{Mapping, Position, Source, SourceMap, Target};

/// Why a map is not valid. The tool that wrote the map is at fault.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not JSON, or a field of the wrong type.
    #[error("not a source map: {0}")]
    Json(#[from] serde_json::Error),
    /// Another version than 3, or none.
    #[error("`version` must be the number 3")]
    Version,
    /// A field that must be there is not.
    #[error("the field `{0}` is missing")]
    Missing(&'static str),
    /// An index map that also has mappings of its own.
    #[error("a map with `sections` can't have `{0}` of its own")]
    IndexWith(&'static str),
    /// Sections that are out of order, or that begin where another does.
    #[error("section {0} does not begin after the one before it")]
    SectionOrder(usize),
    /// An index map inside an index map.
    #[error("section {0} is itself an index map")]
    NestedSections(usize),
    /// An entry of `ignoreList` that names no source.
    #[error("`ignoreList` names source {0}, and there are {1}")]
    IgnoreList(u32, usize),
    /// A letter that is not Base64.
    #[error("`{0}` is not a Base64 digit")]
    Letter(char),
    /// A quantity that stops in its middle.
    #[error("a quantity ends with a continuation bit")]
    Unfinished,
    /// A quantity beyond 32 bits.
    #[error("a quantity does not fit into 32 bits")]
    TooLarge,
    /// A segment of another length than 1, 4 or 5.
    #[error("a segment has {0} fields; it must have 1, 4 or 5")]
    Fields(usize),
    /// A field that became negative, or grew out of 32 bits, by its relative value.
    #[error("a segment's {field} is {value}, which is out of bounds")]
    OutOfBounds {
        /// Which field.
        field: &'static str,
        /// Its absolute value.
        value: i64,
    },
    /// A range mapping for a mapping that is not there.
    #[error("`rangeMappings` names mapping {mapping} of line {line}, which has fewer")]
    RangeMapping {
        /// Generated line, from 0.
        line: usize,
        /// Mapping in that line, from 1.
        mapping: usize,
    },
}

pub(super) fn decode(text: &str) -> Result<SourceMap, Error> {
    let text = match text.strip_prefix(")]}'") {
        Some(rest) => rest.split_once('\n').map_or("", |(_, json)| json),
        None => text,
    };
    let json: Json<'_> = serde_json::from_str(text)?;
    match json.sections {
        Some(_) => index_map(json),
        None => regular_map(json),
    }
}

fn check_version(json: &Json<'_>) -> Result<(), Error> {
    if json.version == Some(3.0) { Ok(()) } else { Err(Error::Version) }
}

fn index_map(json: Json<'_>) -> Result<SourceMap, Error> {
    check_version(&json)?;
    if json.mappings.is_some() {
        return Err(Error::IndexWith("mappings"));
    }
    let sections = json.sections.unwrap_or_default();
    let starts: Vec<Position> = sections.iter().map(|section| start(&section.offset)).collect();
    let (mut sources, mut names, mut mappings) = (Vec::new(), Vec::new(), Vec::new());
    for (index, Section { map, .. }) in sections.into_iter().enumerate() {
        if index > 0 && starts[index] <= starts[index - 1] {
            return Err(Error::SectionOrder(index));
        }
        if map.sections.is_some() {
            return Err(Error::NestedSections(index));
        }
        let map = regular_map(map)?;
        let (first_source, first_name) = (count(&sources), count(&names));
        let end = starts.get(index + 1);
        let moved = map.mappings.into_iter().map(|mapping| Mapping {
            generated: shift(mapping.generated, starts[index]),
            target: mapping.target.map(|target| Target {
                source: target.source + first_source,
                name: target.name.map(|name| name + first_name),
                ..target
            }),
            ..mapping
        });
        mappings.extend(moved.filter(|mapping| end.is_none_or(|end| mapping.generated < *end)));
        sources.extend(map.sources);
        names.extend(map.names);
    }
    Ok(SourceMap::new(json.file, sources, names, mappings))
}

fn start(offset: &Offset) -> Position {
    Position { line: offset.line, column: offset.column }
}

/// A section's column counts on its first line only.
fn shift(position: Position, by: Position) -> Position {
    let column = if position.line == 0 { position.column.saturating_add(by.column) } else { position.column };
    Position { line: position.line.saturating_add(by.line), column }
}

fn count<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}

fn regular_map(json: Json<'_>) -> Result<SourceMap, Error> {
    check_version(&json)?;
    let mappings = json.mappings.ok_or(Error::Missing("mappings"))?;
    let paths = json.sources.ok_or(Error::Missing("sources"))?;
    let ignored = json.ignore_list.unwrap_or_default();
    if let Some(&index) = ignored.iter().find(|&&index| index as usize >= paths.len()) {
        return Err(Error::IgnoreList(index, paths.len()));
    }
    let mut contents = json.sources_content.unwrap_or_default().into_iter();
    let root = json.source_root.unwrap_or_default();
    let sources: Vec<Source> = (0..)
        .zip(paths)
        .map(|(index, path)| Source {
            path: path.map(|path| rooted(&root, path)),
            content: contents.next().flatten(),
            ignored: ignored.contains(&index),
        })
        .collect();
    let names = json.names.unwrap_or_default();
    let mut lines = Lines { sources: sources.len(), names: names.len(), ..Lines::default() };
    for (line, segments) in (0..).zip(mappings.split(';')) {
        lines.line(line, segments)?;
    }
    if let Some(ranges) = json.range_mappings {
        mark_ranges(&ranges, &mut lines)?;
    }
    Ok(SourceMap::new(json.file, sources, names, lines.mappings))
}

/// `sourceRoot` stands before every source that is not absolute by itself.
fn rooted(root: &str, path: String) -> String {
    let absolute = path.starts_with('/') || path.contains("://");
    match root {
        _ if absolute => path,
        "" => path,
        root if root.ends_with('/') => format!("{root}{path}"),
        root => format!("{root}/{path}"),
    }
}

/// The fields are relative to the segment before, the column to the one before on its line.
#[derive(Default)]
struct Lines {
    sources: usize,
    names: usize,
    source: i64,
    line: i64,
    column: i64,
    name: i64,
    mappings: Vec<Mapping>,
    /// Where in `mappings` each generated line begins.
    starts: Vec<usize>,
}

impl Lines {
    fn line(&mut self, line: u32, segments: &str) -> Result<(), Error> {
        self.starts.push(self.mappings.len());
        if segments.is_empty() {
            return Ok(());
        }
        let mut column = 0;
        for segment in segments.split(',') {
            let mut fields = [0; 5];
            let mut found = 0;
            let mut quantities = Quantities::new(segment);
            while let Some(value) = quantities.signed()? {
                *fields.get_mut(found).ok_or(Error::Fields(found + 1))? = value;
                found += 1;
            }
            if !matches!(found, 1 | 4 | 5) {
                return Err(Error::Fields(found));
            }
            column = advance(column, fields[0], "column", u32::MAX as usize)?;
            let target = if found == 1 { None } else { Some(self.target(&fields[1..found])?) };
            let generated = Position { line, column: absolute(column) };
            self.mappings.push(Mapping { generated, target, range: false });
        }
        Ok(())
    }

    fn target(&mut self, fields: &[i64]) -> Result<Target, Error> {
        self.source = advance(self.source, fields[0], "source index", self.sources)?;
        self.line = advance(self.line, fields[1], "original line", u32::MAX as usize)?;
        self.column = advance(self.column, fields[2], "original column", u32::MAX as usize)?;
        let name = match fields.get(3) {
            Some(&by) => {
                self.name = advance(self.name, by, "name index", self.names)?;
                Some(absolute(self.name))
            }
            None => None,
        };
        let position = Position { line: absolute(self.line), column: absolute(self.column) };
        Ok(Target { source: absolute(self.source), position, name })
    }
}

/// The absolute value after a relative step, if it is in `0..end`.
fn advance(value: i64, by: i64, field: &'static str, end: usize) -> Result<i64, Error> {
    let value = value + by;
    let inside = usize::try_from(value).is_ok_and(|value| value < end);
    if inside { Ok(value) } else { Err(Error::OutOfBounds { field, value }) }
}

/// `advance` has checked that it fits.
fn absolute(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// `rangeMappings`: per line the mappings that go on, each counted from the one before, the first from 1.
fn mark_ranges(ranges: &str, lines: &mut Lines) -> Result<(), Error> {
    for (line, group) in ranges.split(';').enumerate() {
        let (mut quantities, mut mapping) = (Quantities::new(group), 0_usize);
        while let Some(by) = quantities.unsigned()? {
            mapping += by as usize;
            let out_of_range = || Error::RangeMapping { line, mapping };
            let start = *lines.starts.get(line).ok_or_else(out_of_range)?;
            let end = lines.starts.get(line + 1).copied().unwrap_or(lines.mappings.len());
            if by == 0 || mapping > end - start {
                return Err(out_of_range());
            }
            lines.mappings[start + mapping - 1].range = true;
        }
        if !group.is_empty() && line >= lines.starts.len() {
            return Err(Error::RangeMapping { line, mapping });
        }
    }
    Ok(())
}
