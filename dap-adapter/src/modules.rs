//! Which library an address lies in, and which generation that library is.
//!
//! Frames carry no module with lldb-dap, but an instruction pointer; the `modules` request tells where each
//! library begins. A reloadable library is recognised by its content: its file is one that was built here.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

/// The libraries that the process has mapped.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    mapped: Vec<Module>,
    /// What is reloaded: the names of the libraries.
    hot: Vec<String>,
    /// The generation of what is not.
    launched: u32,
    /// The content of each library that was built here, and the generation it belongs to.
    contents: HashMap<String, u32>,
    /// What the files were found to be; a file's name is never used twice in a process.
    known: HashMap<String, Option<u32>>,
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
    /// The library's name.
    pub(crate) library: String,
    /// The file it was loaded from.
    pub(crate) path: String,
    /// Its generation; none when it was built by somebody else.
    pub(crate) generation: Option<u32>,
}

impl Modules {
    /// The libraries of a process that was launched with this generation; some are reloaded.
    pub(crate) fn new(hot: Vec<String>, launched: u32) -> Self {
        Self { hot, launched, ..Self::default() }
    }

    /// A library with this content belongs to this generation.
    pub(crate) fn built(&mut self, sha256: String, generation: u32) {
        self.contents.insert(sha256, generation);
        self.known.retain(|_, generation| generation.is_some());
    }

    /// Takes over the response to `modules`.
    pub(crate) fn update(&mut self, body: &Value) {
        let modules = body.get("modules").and_then(Value::as_array);
        self.mapped = modules.into_iter().flatten().filter_map(Module::read).collect();
        self.mapped.sort_by_key(|module| module.base);
    }

    /// The library that an instruction lies in.
    pub(crate) fn at(&self, address: u64) -> Option<&Module> {
        let after = self.mapped.partition_point(|module| module.base <= address);
        self.mapped.get(after.checked_sub(1)?)
    }

    /// The generation of the code at an address.
    pub(crate) fn generation_at(&mut self, address: u64) -> Option<u32> {
        let module = self.at(address)?.clone();
        if self.library_of(&module).is_some() {
            self.generation_of(&module.path)
        } else {
            Some(self.launched)
        }
    }

    /// The reloadable libraries that are mapped.
    pub(crate) fn hot(&mut self) -> Vec<Hot> {
        let mapped = self.mapped.clone();
        let hot = mapped.into_iter().filter_map(|module| {
            let library = self.library_of(&module)?.to_owned();
            let generation = self.generation_of(&module.path);
            Some(Hot { library, path: module.path, generation })
        });
        hot.collect()
    }

    fn library_of(&self, module: &Module) -> Option<&str> {
        let name = Path::new(&module.path).file_name()?.to_str()?;
        let is_library = [".so", ".dylib", ".dll"].iter().any(|extension| name.ends_with(extension));
        let library = self.hot.iter().find(|library| name.contains(library.as_str()));
        library.filter(|_| is_library).map(String::as_str)
    }

    fn generation_of(&mut self, path: &str) -> Option<u32> {
        if let Some(known) = self.known.get(path) {
            return *known;
        }
        let content = std::fs::read(path).ok()?;
        let generation = self.contents.get(&baseline::sha256(&content)).copied();
        self.known.insert(path.to_owned(), generation);
        generation
    }
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

    #[test]
    fn an_address_lies_in_the_library_that_begins_below_it() {
        let mut modules = Modules::new(vec!["world".into()], 0);
        modules.update(&json!({"modules": [
            {"path": "/t/libworld-hot-1.so", "addressRange": "0x3000"},
            {"path": "/t/app", "addressRange": "4096"},
            {"path": "/t/world", "addressRange": "0x2000"},
            {"path": "[vdso]"},
        ]}));
        assert_eq!(modules.at(0xfff), None);
        assert_eq!(modules.at(0x1fff).map(|module| module.path.as_str()), Some("/t/app"));
        assert_eq!(modules.generation_at(0x1fff), Some(0));
        assert_eq!(modules.generation_at(0x3001), None, "nobody knows who built it");
        let hot: Vec<String> = modules.hot().into_iter().map(|hot| hot.path).collect();
        assert_eq!(hot, ["/t/libworld-hot-1.so"], "an executable of the same name is not reloaded");
    }
}
