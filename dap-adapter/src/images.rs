//! The images that an in-place session has code in: the program, then one patch a swap.
//!
//! The code of one file is spread over several of them: each function runs in the newest image that has
//! code for it. A patch names its source files below a label in place of the workspace root, so that a
//! breakpoint by file and line binds in one image only, and a frame tells which one it is in.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use compat::UnitId;

use crate::sources::Key;

/// One image.
#[derive(Debug)]
pub(crate) struct Image {
    /// The generation whose text its lines belong to.
    pub(crate) generation: u32,
    /// What stands for the workspace root in its debug information.
    pub(crate) root: PathBuf,
    /// Of a patch, the library as LLDB knows it.
    pub(crate) library: Option<PathBuf>,
    /// Of a patch, the items that it has code of, by file.
    pub(crate) items: HashMap<Key, HashSet<UnitId>>,
}

impl Image {
    /// The program, which runs whatever no patch has.
    pub(crate) fn of_program(generation: u32, root: PathBuf) -> Self {
        Self { generation, root, library: None, items: HashMap::new() }
    }

    /// Whether an item's code is in this patch.
    pub(crate) fn has_code_of(&self, key: &Key, item: &UnitId) -> bool {
        self.items.get(key).is_some_and(|items| items.contains(item))
    }
}
