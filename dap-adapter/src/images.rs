//! The images that an in-place session has code in: the program, then one patch a swap.
//!
//! The code of one file is spread over several of them: each function runs in the newest image that has
//! code for it. A patch names its source files below a label in place of the workspace root, so that a
//! breakpoint by file and line binds in one image only, and a frame tells which one it is in.
//!
//! What a patch takes the place of may run on: calls that are in progress finish it, and old code goes on to call
//! what had to be forked.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use compat::UnitId;
use in_place::Replaced;

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
    /// Code that newer patches have taken the place of, and that runs on.
    outlived: Vec<Replaced>,
}

impl Image {
    /// The program, which runs whatever no patch has.
    pub(crate) fn of_program(generation: u32, root: PathBuf) -> Self {
        Self { generation, root, library: None, items: HashMap::new(), outlived: Vec::new() }
    }

    /// A patch.
    pub(crate) fn of_patch(
        generation: u32,
        root: PathBuf,
        library: PathBuf,
        items: HashMap<Key, HashSet<UnitId>>,
    ) -> Self {
        Self { generation, root, library: Some(library), items, outlived: Vec::new() }
    }

    /// Whether some of its code runs on although there is newer code.
    pub(crate) fn is_outlived(&self) -> bool {
        !self.outlived.is_empty()
    }

    /// Code of it was replaced. The frames of all threads go on at these addresses; where that is not known, all of it
    /// may run on.
    pub(crate) fn outlive(&mut self, replaced: impl Iterator<Item = Replaced>, frames: Option<&[u64]>) {
        self.outlived.extend(replaced);
        let Some(frames) = frames else { return };
        self.outlived.retain(|code| code.is_called || frames.iter().any(|address| code.is_running(*address)));
    }

    /// Whether an item's code is in this patch.
    pub(crate) fn has_code_of(&self, key: &Key, item: &UnitId) -> bool {
        self.items.get(key).is_some_and(|items| items.contains(item))
    }
}
