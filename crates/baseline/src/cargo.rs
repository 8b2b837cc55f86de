//! Where Cargo would look, found out without running Cargo: that would run code of the workspace
//! (toolchain files, configured wrappers) before anybody trusts it, and takes longer than the question.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// The root of the Cargo workspace at or above `path`, which may be a file or a folder.
///
/// The nearest manifest decides: by a `[workspace]` of its own, by `package.workspace`, or by the next
/// `[workspace]` above that does not exclude it. A package in no workspace is its own root.
pub fn find_root(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let package = path.ancestors().find(|folder| folder.join("Cargo.toml").is_file())?;
    let manifest = read_manifest(package);
    if manifest.contains_key("workspace") {
        return Some(package.to_owned());
    }
    let named = manifest.get("package").and_then(|package| package.get("workspace")).and_then(Value::as_str);
    if let Some(named) = named {
        return fs::canonicalize(package.join(named)).ok();
    }
    let workspace = package.ancestors().skip(1).find(|folder| {
        let manifest = read_manifest(folder);
        manifest.get("workspace").is_some_and(|workspace| !excludes(workspace, folder, package))
    });
    Some(workspace.unwrap_or(package).to_owned())
}

/// A manifest that is being typed does not parse; whether it names a workspace can be seen all the same.
fn read_manifest(folder: &Path) -> Table {
    let text = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    text.parse().unwrap_or_else(|_| {
        let named = text.lines().any(|line| line.trim() == "[workspace]");
        let workspace = named.then(|| ("workspace".to_owned(), Value::Table(Table::new())));
        workspace.into_iter().collect()
    })
}

/// As Cargo decides it: excluded, and not a member by its plain path.
fn excludes(workspace: &Value, root: &Path, package: &Path) -> bool {
    let lists = |key: &str| {
        let paths = workspace.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        paths.iter().filter_map(Value::as_str).any(|path| package.starts_with(root.join(path)))
    };
    lists("exclude") && !lists("members")
}

/// The target folder that Cargo would use in `root`: the environment, then the nearest configuration,
/// then `target`.
pub fn target_dir(root: &Path) -> PathBuf {
    let from_environment = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"]
        .into_iter()
        .find_map(|name| env::var_os(name).filter(|value| !value.is_empty()));
    if let Some(folder) = from_environment {
        return root.join(folder);
    }
    let named = configurations(root).find_map(|(folder, configuration)| {
        let path = configuration.get("build")?.get("target-dir")?.as_str()?;
        Some(base(&folder).join(path))
    });
    named.unwrap_or_else(|| std::path::absolute(root).unwrap_or_else(|_| root.to_owned()).join("target"))
}

/// What the configuration puts into the environment of programs that Cargo runs from `folder`: `[env]`. What is
/// there already stays, unless it is forced.
pub fn environment(folder: &Path) -> BTreeMap<String, OsString> {
    let mut found = BTreeMap::new();
    for (folder, configuration) in configurations(folder) {
        for (name, entry) in configuration.get("env").and_then(Value::as_table).into_iter().flatten() {
            let is = |key: &str| entry.get(key).and_then(Value::as_bool).unwrap_or(false);
            let Some(value) = entry.get("value").unwrap_or(entry).as_str() else { continue };
            if env::var_os(name).is_none() || is("force") {
                let value = if is("relative") { base(&folder).join(value).into() } else { value.into() };
                // The nearest decides.
                found.entry(name.clone()).or_insert(value);
            }
        }
    }
    found
}

/// The configurations that count in `folder`, the nearest first, each with the `.cargo` folder that it lies in.
fn configurations(folder: &Path) -> impl Iterator<Item = (PathBuf, Table)> {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let folders: Vec<PathBuf> = folder.ancestors().map(|folder| folder.join(".cargo")).chain(home).collect();
    folders.into_iter().filter_map(|folder| {
        // Without the extension comes first: so does Cargo.
        let mut texts = ["config", "config.toml"].iter().map(|name| fs::read_to_string(folder.join(name)));
        let configuration = texts.find_map(Result::ok)?.parse().ok()?;
        Some((folder, configuration))
    })
}

/// Where relative paths of a configuration count from: where `.cargo` lies.
fn base(folder: &Path) -> &Path {
    folder.parent().unwrap_or(folder)
}
