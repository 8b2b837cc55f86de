//! The images that an in-place session has code in: the program, then one patch a swap.
//!
//! The code of one file is spread over several of them: each function runs in the newest image that has
//! code for it. A patch names its source files below a label in place of the workspace root, so that a
//! breakpoint by file and line binds in one image only, and a frame tells which one it is in.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use artifact::CodeLines;

/// One image.
#[derive(Debug)]
pub(crate) struct Image {
    /// The generation whose text its lines belong to.
    pub(crate) generation: u32,
    /// What stands for the workspace root in its debug information.
    pub(crate) root: PathBuf,
    /// The lines that have code, by file below the workspace root.
    lines: Vec<(String, BTreeSet<u32>)>,
}

impl Image {
    /// An image with the lines that it has code for.
    pub(crate) fn new(generation: u32, root: PathBuf, lines: CodeLines) -> Self {
        let inside = lines.into_iter().filter_map(|(path, lines)| {
            let relative = PathBuf::from(path).strip_prefix(&root).ok()?.to_str()?.to_owned();
            Some((relative, lines))
        });
        let lines = inside.collect();
        Self { generation, root, lines }
    }

    /// Whether some of these lines of a file have code.
    pub(crate) fn has_code(&self, key: &str, mut lines: RangeInclusive<u32>) -> bool {
        let of_file = self.lines.iter().find(|(file, _)| file == key);
        of_file.is_some_and(|(_, known)| lines.any(|line| known.contains(&line)))
    }
}
