//! Which library an address lies in, and which generation that library is.
//!
//! Frames carry no module with lldb-dap, but an instruction pointer; the `modules` request tells where each
//! library begins. A reloadable library is recognised by its content: its file is one that was built here.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::time::SystemTime;

use lang_rust::HotLib;
use serde_json::Value;

use crate::session::patch_time;

/// The libraries that the process has mapped.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    mapped: Vec<Module>,
    /// What is reloaded.
    hot: Vec<HotLib>,
    /// The generation of what is not.
    launched: u32,
    /// The content of each library that was built here, and the generations that have it.
    contents: HashMap<String, BTreeSet<u32>>,
    /// Patches that somebody else built, and their generations.
    patches: HashMap<String, u32>,
    /// The content of the files; a file's name is never used twice in a process.
    known: HashMap<String, String>,
}

/// One library or the executable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Module {
    base: u64,
    /// The file.
    pub(crate) path: String,
}

/// A reloadable library that is mapped now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hot {
    /// Which one.
    pub(crate) library: HotLib,
    /// The file it was loaded from.
    pub(crate) path: String,
    /// The hash of that file.
    pub(crate) sha256: String,
}

impl Modules {
    /// The libraries of a process that was launched with this generation; some are reloaded.
    pub(crate) fn new(hot: Vec<HotLib>, launched: u32) -> Self {
        Self { hot, launched, ..Self::default() }
    }

    /// A library with this content belongs to this generation.
    pub(crate) fn built(&mut self, sha256: String, generation: u32) {
        self.contents.entry(sha256).or_default().insert(generation);
    }

    /// What was built for a generation never ran; another one gets its number.
    pub(crate) fn forget(&mut self, generation: u32) {
        for generations in self.contents.values_mut() {
            generations.remove(&generation);
        }
    }

    /// Takes over the response to `modules`.
    pub(crate) fn update(&mut self, body: &Value) {
        let modules = body.get("modules").and_then(Value::as_array);
        self.mapped = modules.into_iter().flatten().filter_map(Module::read).collect();
        self.mapped.sort_by_key(|module| module.base);
    }

    /// The patches that are mapped and belong to no generation yet, and when they were built, oldest first.
    pub(crate) fn new_patches(&self) -> Vec<(String, SystemTime)> {
        let new = self.mapped.iter().filter(|module| !self.patches.contains_key(&module.path));
        let new = new.filter_map(|module| Some((module.path.clone(), patch_time(&module.path)?)));
        let mut new: Vec<_> = new.collect();
        new.sort_by_key(|(_, built)| *built);
        new
    }

    /// A patch is of this generation.
    pub(crate) fn patch(&mut self, path: &str, generation: u32) {
        self.patches.insert(path.to_owned(), generation);
    }

    /// The generation of the program or a patch.
    pub(crate) fn generation_of_file(&self, path: &str) -> u32 {
        self.patches.get(path).copied().unwrap_or(self.launched)
    }

    /// The library that an instruction lies in.
    pub(crate) fn at(&self, address: u64) -> Option<&Module> {
        let after = self.mapped.partition_point(|module| module.base <= address);
        self.mapped.get(after.checked_sub(1)?)
    }

    /// The generation of the code at an address, when this one is the newest.
    pub(crate) fn generation_at(&mut self, address: u64, newest: u32) -> Option<u32> {
        let module = self.at(address)?.clone();
        if self.library_of(&module).is_none() {
            return Some(self.generation_of_file(&module.path));
        }
        let sha256 = self.content_of(&module.path)?;
        self.generation_of(&sha256, newest)
    }

    /// The reloadable libraries that are mapped.
    pub(crate) fn hot(&mut self) -> Vec<Hot> {
        let mapped = self.mapped.clone();
        let hot = mapped.into_iter().filter_map(|module| {
            let library = self.library_of(&module)?.clone();
            let sha256 = self.content_of(&module.path).unwrap_or_default();
            Some(Hot { library, path: module.path, sha256 })
        });
        hot.collect()
    }

    /// The file of the reloadable library that an address lies in.
    pub(crate) fn hot_at(&self, address: u64) -> Option<String> {
        let module = self.at(address).filter(|module| self.library_of(module).is_some())?;
        let extent = artifact::extent(Path::new(&module.path)).ok()?;
        (address - module.base < extent).then(|| module.path.clone())
    }

    /// The generation of a library, when this one is the newest; none when it was built by somebody else. What did not
    /// change from one to the next is of both, and so of the newer.
    pub(crate) fn generation_of(&self, sha256: &str, newest: u32) -> Option<u32> {
        self.contents.get(sha256)?.range(..=newest).next_back().copied()
    }

    fn library_of(&self, module: &Module) -> Option<&HotLib> {
        let name = Path::new(&module.path).file_name()?.to_str()?;
        let is_library = [".so", ".dylib", ".dll"].iter().any(|extension| name.ends_with(extension));
        self.hot.iter().find(|library| has_word(name, &library.lib_name)).filter(|_| is_library)
    }

    fn content_of(&mut self, path: &str) -> Option<String> {
        if let Some(known) = self.known.get(path) {
            return Some(known.clone());
        }
        let sha256 = baseline::sha256(&std::fs::read(path).ok()?);
        self.known.insert(path.to_owned(), sha256.clone());
        Some(sha256)
    }
}

/// Whether a file's name has that of a library in it, and not of one whose name only begins or ends like it: the
/// program chooses what it calls its copies.
fn has_word(file: &str, library: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    file.match_indices(library).any(|(at, _)| {
        let (before, after) = (&file[..at], &file[at + library.len()..]);
        (before == "lib" || !before.ends_with(is_part)) && !after.starts_with(is_part)
    })
}

impl Module {
    fn read(module: &Value) -> Option<Self> {
        let range = module.get("addressRange")?.as_str()?;
        let path = module.get("path")?.as_str()?.to_owned();
        Some(Self { base: number(range.split(['-', ' ']).next()?)?, path })
    }
}

/// An address as adapters write it: decimal, or hexadecimal with `0x`.
pub(crate) fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn library(name: &str) -> HotLib {
        HotLib { package: name.into(), lib_name: name.into(), root: name.into() }
    }

    #[test]
    fn an_address_lies_in_the_library_that_begins_below_it() {
        let mut modules = Modules::new(vec![library("world")], 0);
        modules.update(&json!({"modules": [
            {"path": "/t/libworld-hot-1.so", "addressRange": "0x3000"},
            {"path": "/t/app", "addressRange": "4096"},
            {"path": "/t/world", "addressRange": "0x2000"},
            {"path": "[vdso]"},
        ]}));
        assert_eq!(modules.at(0xfff), None);
        assert_eq!(modules.at(0x1fff).map(|module| module.path.as_str()), Some("/t/app"));
        assert_eq!(modules.generation_at(0x1fff, 0), Some(0));
        assert_eq!(modules.generation_at(0x3001, 0), None, "nobody knows who built it");
        let hot: Vec<String> = modules.hot().into_iter().map(|hot| hot.path).collect();
        assert_eq!(hot, ["/t/libworld-hot-1.so"], "an executable of the same name is not reloaded");
    }

    #[test]
    fn a_library_is_not_taken_for_one_whose_name_begins_like_it() {
        let mut modules = Modules::new(vec![library("world"), library("world_view")], 0);
        let files = ["/t/libworld_view-hot-1.so", "/t/libworld-hot-1.so", "/t/copy_of_world.so"];
        let files = files.map(|path| json!({"path": path, "addressRange": "0x1000"}));
        modules.update(&json!({"modules": files}));
        let found: Vec<String> = modules.hot().into_iter().map(|hot| hot.library.lib_name).collect();
        assert_eq!(found, ["world_view", "world"]);
    }

    #[test]
    fn a_content_is_of_the_newest_generation_that_has_it_and_runs() {
        let mut modules = Modules::new(vec![library("world")], 0);
        for (content, generation) in [("a", 0), ("a", 1), ("b", 2), ("a", 3)] {
            modules.built(content.to_owned(), generation);
        }
        assert_eq!([0, 1, 2, 3].map(|newest| modules.generation_of("a", newest)), [0, 1, 1, 3].map(Some));
        modules.forget(3);
        assert_eq!(modules.generation_of("a", 3), Some(1));
        assert_eq!(modules.generation_of("b", 1), None, "it is not there yet");
    }
}
