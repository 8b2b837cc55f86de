//! The crates of a Cargo workspace, from its manifests' texts.

use compat::{EngineKind, Program, Role};

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
    hot.map(|krate| HotLib {
        package: krate.package.to_string(),
        lib_name: krate.name.to_string(),
        root: krate.root.to_string(),
    })
    .collect()
}

/// The engine that the workspace is made for: the one whose crate it depends on, else the one that needs none.
pub fn detect_engine(program: &Program) -> EngineKind {
    let depends_on =
        |name: &str| program.crates().iter().any(|krate| krate.dependencies.iter().any(|d| &**d == name));
    if depends_on("hot-lib-reloader") {
        EngineKind::HotLibReloader
    } else if depends_on("subsecond") {
        EngineKind::Subsecond
    } else {
        EngineKind::InPlace
    }
}

/// Whether a file decides what the program is: which files belong into [`compat::Texts`].
pub fn is_source(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_cargo_config = matches!(name, "config" | "config.toml")
        && path.strip_suffix(name).is_some_and(|parent| parent == ".cargo/" || parent.ends_with("/.cargo/"));
    name.strip_suffix(".rs").is_some_and(|stem| !stem.is_empty())
        || matches!(name, "Cargo.toml" | "Cargo.lock" | "rust-toolchain" | "rust-toolchain.toml")
        || is_cargo_config
}
