//! What ARCHITECTURE.md promises of the crates, checked on their manifests and sources.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the repository").to_owned()
}

/// Each crate's folder, from the root manifest's own list of paths.
fn crates() -> BTreeMap<&'static str, PathBuf> {
    let names = ["compat", "lang-rust", "baseline", "remap", "artifact", "in-place", "midflight"];
    let inner = names.into_iter().map(|name| (name, repository().join("crates").join(name)));
    let outer = ["server", "dap-adapter"].into_iter().map(|name| (name, repository().join(name)));
    inner.chain(outer).collect()
}

/// The names under `[dependencies]`.
fn dependencies(folder: &Path) -> BTreeSet<String> {
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
    let manifest: toml::Table = manifest.parse().expect("a manifest is TOML");
    let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
    dependencies.into_iter().flat_map(toml::Table::keys).cloned().collect()
}

#[test]
fn only_the_server_names_lsp_and_only_the_adapter_names_dap() {
    for (name, folder) in crates() {
        let dependencies = dependencies(&folder);
        for (protocol, owner) in [("tower-lsp", "server"), ("lsp-types", "server"), ("dap", "dap-adapter")] {
            assert!(name == owner || !dependencies.contains(protocol), "{name} depends on {protocol}");
        }
    }
}

#[test]
fn dependencies_point_one_way() {
    let order = [
        vec!["compat", "remap", "artifact"],
        vec!["lang-rust", "in-place"],
        vec!["baseline"],
        vec!["server", "dap-adapter"],
        vec!["midflight"],
    ];
    let level = |name: &str| order.iter().position(|names| names.contains(&name));
    for (name, folder) in crates() {
        for dependency in dependencies(&folder) {
            if let Some(below) = level(&dependency) {
                assert!(Some(below) < level(name), "{name} depends on {dependency}");
            }
        }
    }
}

#[test]
fn the_core_does_no_io() {
    for name in ["compat", "lang-rust", "remap"] {
        for file in sources(&crates()[name].join("src")) {
            let text = std::fs::read_to_string(&file).expect("a source");
            for forbidden in ["std::fs", "std::net", "std::process", "std::env", "tokio::"] {
                assert!(!text.contains(forbidden), "{} uses {forbidden}", file.display());
            }
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a source folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
