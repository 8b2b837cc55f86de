//! Which lines an image has code for.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gimli::Reader;
use object::{Object, ObjectSegment};

use crate::dwarf::{Slice, load};
use crate::{Error, parse};

/// The lines (from 0) that have code in an image, by source file as the debug information names it.
pub type CodeLines = BTreeMap<String, BTreeSet<u32>>;

/// Reads the line tables of a program or library. Code that the linker dropped does not count.
pub fn code_lines(path: &Path) -> Result<CodeLines, Error> {
    let bytes = std::fs::read(path).map_err(|source| Error::Io { path: path.into(), source })?;
    let file = parse(path, &bytes)?;
    read(&file).map_err(|source| Error::Dwarf { path: path.into(), source })
}

fn read(file: &object::File<'_>) -> gimli::Result<CodeLines> {
    let dwarf = load(file)?;
    // What was dropped is left at address 0, below everything that is there.
    let lowest = file.segments().map(|segment| segment.address()).min().unwrap_or(0).max(1);
    let mut lines = CodeLines::new();
    let mut headers = dwarf.units();
    while let Some(header) = headers.next()? {
        let unit = dwarf.unit(header)?;
        let Some(program) = unit.line_program.clone() else { continue };
        let unit = unit.unit_ref(&dwarf);
        let mut names = BTreeMap::new();
        let mut rows = program.rows();
        while let Some((header, row)) = rows.next_row()? {
            let Some(line) = row.line().filter(|_| row.is_stmt() && row.address() >= lowest) else {
                continue;
            };
            let index = row.file_index();
            let name = match names.entry(index) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(name(&unit, header, index)?),
            };
            let Some(name) = name.clone() else { continue };
            lines.entry(name).or_default().insert(u32::try_from(line.get() - 1).unwrap_or(u32::MAX));
        }
    }
    Ok(lines)
}

/// A file of a line table with its folder and the folder that the compiler ran in.
fn name(
    unit: &gimli::UnitRef<'_, Slice>,
    header: &gimli::LineProgramHeader<Slice>,
    index: u64,
) -> gimli::Result<Option<String>> {
    let Some(file) = header.file(index) else { return Ok(None) };
    let mut path = std::path::PathBuf::new();
    if let Some(folder) = &unit.comp_dir {
        path.push(&*folder.to_string_lossy()?);
    }
    if let Some(folder) = file.directory(header) {
        path.push(&*unit.attr_string(folder)?.to_string_lossy()?);
    }
    path.push(&*unit.attr_string(file.path_name())?.to_string_lossy()?);
    Ok(Some(path.to_string_lossy().into_owned()))
}
