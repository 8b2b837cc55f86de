//! Where Cargo would look, found out without running Cargo: that would run code of the workspace
//! (toolchain files, configured wrappers) before anybody trusts it, and takes longer than the question.

use std::env;
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
    let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
    let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
    let folders = root.ancestors().map(|folder| folder.join(".cargo")).chain(home);
    folders.into_iter().find_map(|folder| configured(&folder)).unwrap_or_else(|| root.join("target"))
}

/// `build.target-dir` of one `.cargo` folder. A relative path counts from where `.cargo` lies.
fn configured(folder: &Path) -> Option<PathBuf> {
    // Without the extension comes first: so does Cargo.
    let text =
        ["config", "config.toml"].iter().find_map(|name| fs::read_to_string(folder.join(name)).ok())?;
    let config: Table = text.parse().ok()?;
    let path = config.get("build")?.get("target-dir")?.as_str()?;
    Some(folder.parent().unwrap_or(folder).join(path))
}
