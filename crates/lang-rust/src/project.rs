//! The crates of a Cargo workspace, from its manifests' texts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use compat::{Crate, EngineKind, FileUnits, Manifest, Program, Role};

/// A library that is reloaded while the program runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HotLib {
    /// Its package, for `cargo build --package`.
    pub package: String,
    /// Its library's name: `lib<lib_name>.so`.
    pub lib_name: String,
    /// The package's directory relative to the workspace root; empty for the root itself.
    pub root: String,
}

/// The libraries that are reloaded while the program runs.
pub fn hot_libs(program: &Program) -> Vec<HotLib> {
    let hot = program.crates().iter().filter(|krate| krate.role == Role::Hot);
    let lib = |krate: &Crate| HotLib {
        package: krate.package.to_string(),
        lib_name: krate.name.to_string(),
        root: krate.root.to_string(),
    };
    hot.map(lib).collect()
}

/// The engine that the workspace is made for: the one whose crate it depends on, else the one that needs none.
pub fn detect_engine(program: &Program) -> EngineKind {
    let depends_on = |name: &str| program.crates().iter().any(|krate| depends(krate, name));
    if depends_on(HOT_LIB_RELOADER) {
        EngineKind::HotLibReloader
    } else if SUBSECOND.iter().any(|name| depends_on(name)) {
        EngineKind::Subsecond
    } else {
        EngineKind::InPlace
    }
}

const HOT_LIB_RELOADER: &str = "hot-lib-reloader";
const SUBSECOND: [&str; 4] =
    ["subsecond", "dioxus-devtools", "bevy_simple_subsecond_system", "cargo-hot-protocol"];

fn depends(krate: &Crate, package: &str) -> bool {
    krate.dependencies.iter().any(|dependency| &**dependency == package)
}

/// Whether a file decides what the program is: which files belong into [`compat::Texts`].
pub fn is_source(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_cargo_config = matches!(name, "config" | "config.toml")
        && path.strip_suffix(name).is_some_and(|parent| parent == ".cargo/" || parent.ends_with("/.cargo/"));
    is_rust(name)
        || matches!(name, "Cargo.toml" | "Cargo.lock" | "rust-toolchain" | "rust-toolchain.toml")
        || is_cargo_config
}

/// Whether a file is Rust text, by its name.
pub(crate) fn is_rust(path: &str) -> bool {
    path.rsplit('/').next().and_then(|name| name.strip_suffix(".rs")).is_some_and(|stem| !stem.is_empty())
}

/// The module path of files that are built for tests and benchmarks only: no part of any running program.
pub(crate) const NOT_IN_PROGRAM: &str = "-";

/// Packages by the directory of their manifest.
#[derive(Debug, Default)]
pub(crate) struct Packages(BTreeMap<String, Manifest>);

impl Packages {
    /// The packages among manifests.
    pub(crate) fn of<'a>(manifests: impl Iterator<Item = (&'a Arc<str>, &'a Manifest)>) -> Self {
        let named = manifests.filter(|(_, manifest)| manifest.package.is_some());
        Self(named.map(|(path, manifest)| (directory(path).to_owned(), manifest.clone())).collect())
    }

    /// The path of the module that a file is: `world::physics` for `world/src/physics.rs`.
    pub(crate) fn module_path(&self, file: &str) -> String {
        let mut root = directory(file);
        let manifest = loop {
            match self.0.get(root) {
                Some(manifest) => break Some(manifest),
                None if root.is_empty() => break None,
                None => root = directory(root),
            }
        };
        let inside = file.strip_prefix(root).unwrap_or(file).trim_start_matches('/');
        match manifest {
            Some(manifest) => module_path(manifest, inside),
            None => modules("crate", inside.strip_prefix("src/").unwrap_or(inside)),
        }
    }
}

fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// A package's name as code spells it.
fn in_code(name: &str) -> String {
    name.replace('-', "_")
}

fn lib_name(manifest: &Manifest) -> String {
    let name = manifest.lib_name.as_deref().or(manifest.package.as_deref()).unwrap_or("crate");
    in_code(name)
}

fn module_path(manifest: &Manifest, inside: &str) -> String {
    if inside.starts_with("tests/") || inside.starts_with("benches/") {
        return NOT_IN_PROGRAM.to_owned();
    }
    let package = in_code(manifest.package.as_deref().unwrap_or("crate"));
    if let Some((name, _)) = manifest.binaries.iter().find(|(_, path)| &**path == inside) {
        return in_code(name);
    }
    let lib_root = manifest.lib_path.as_deref().unwrap_or("src/lib.rs");
    if inside == lib_root {
        return lib_name(manifest);
    }
    if let Some(rest) = inside.strip_prefix("src/bin/") {
        // `src/bin/tool.rs` and `src/bin/tool/main.rs` are crates of their own.
        let (name, rest) = rest.split_once('/').unwrap_or((rest.trim_end_matches(".rs"), "main.rs"));
        return modules(&in_code(name), rest);
    }
    let sources = directory(lib_root);
    let below = if sources.is_empty() {
        Some(inside)
    } else {
        inside.strip_prefix(sources).map(|rest| rest.trim_start_matches('/'))
    };
    match below {
        Some("main.rs") => package,
        Some(rest) => modules(&lib_name(manifest), rest),
        None => modules(&package, inside),
    }
}

fn modules(root: &str, file: &str) -> String {
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    let stem = stem.strip_suffix("/mod").unwrap_or(stem);
    if matches!(stem, "lib" | "main" | "mod") {
        return root.to_owned();
    }
    format!("{root}::{}", stem.replace('/', "::"))
}

/// The crates of a program: from its manifests, and from what its sources say is reloaded.
pub(crate) fn crates(files: &BTreeMap<Arc<str>, Arc<FileUnits>>) -> Vec<Crate> {
    let named: BTreeSet<&str> =
        files.values().flat_map(|file| file.hot_modules.iter().map(|name| &**name)).collect();
    let mut crates: Vec<_> = files
        .iter()
        .filter_map(|(path, file)| {
            let manifest = file.manifest.as_deref()?;
            let package = manifest.package.as_deref().filter(|_| !is_foreign(path, files))?;
            Some(krate(directory(path), package, manifest, files))
        })
        .collect();
    let reloads = crates.iter().any(|krate| depends(krate, HOT_LIB_RELOADER));
    let is_named = crates.iter().any(|krate| named.contains(&*krate.name));
    for krate in &mut crates {
        // An attribute with a computed name can't be read: every library that can be loaded may then be meant.
        let is_hot = if is_named { named.contains(&*krate.name) } else { reloads && krate.loadable };
        if is_hot {
            krate.role = Role::Hot;
        }
    }
    share(&mut crates);
    crates
}

/// Whether a manifest belongs to a workspace of its own below the root, as examples and test programs do.
fn is_foreign(manifest: &str, files: &BTreeMap<Arc<str>, Arc<FileUnits>>) -> bool {
    let mut root = directory(manifest);
    while !root.is_empty() {
        let around =
            files.get(format!("{root}/Cargo.toml").as_str()).and_then(|file| file.manifest.as_deref());
        if around.is_some_and(|manifest| manifest.is_workspace) {
            return true;
        }
        root = directory(root);
    }
    false
}

fn krate(
    root: &str,
    package: &str,
    manifest: &Manifest,
    files: &BTreeMap<Arc<str>, Arc<FileUnits>>,
) -> Crate {
    let has = |path: &str| {
        let full = if root.is_empty() { path.to_owned() } else { format!("{root}/{path}") };
        files.contains_key(full.as_str())
    };
    let is_type = |wanted: &str| manifest.crate_types.iter().any(|crate_type| &**crate_type == wanted);
    Crate {
        name: lib_name(manifest).into(),
        package: package.into(),
        root: root.into(),
        role: if is_type("proc-macro") || manifest.is_procedural { Role::Compiler } else { Role::Executable },
        dependencies: manifest.dependencies.iter().cloned().collect(),
        loadable: is_type("dylib") || is_type("cdylib"),
        executable: has("src/main.rs") || !manifest.binaries.is_empty(),
    }
}

/// Marks what is linked into a reloaded library.
fn share(crates: &mut [Crate]) {
    let mut todo: Vec<_> = crates.iter().filter(|krate| krate.role == Role::Hot).cloned().collect();
    while let Some(around) = todo.pop() {
        for krate in crates.iter_mut() {
            if krate.role == Role::Executable && depends(&around, &krate.package) {
                krate.role = Role::Shared;
                todo.push(krate.clone());
            }
        }
    }
}
