use std::fs;

use baseline::{environment, find_root, target_dir};

use crate::write;

#[test]
fn the_workspace_above_a_member_is_the_root() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\nexclude = [\"examples\"]\n");
    write(folder.path(), "crates/a/Cargo.toml", "[package]\nname = \"a\"\n");
    write(folder.path(), "crates/a/src/lib.rs", "");
    write(folder.path(), "examples/b/Cargo.toml", "[package]\nname = \"b\"\n");
    let root = Some(folder.path().to_owned());
    assert_eq!(find_root(&folder.path().join("crates/a/src/lib.rs")), root);
    assert_eq!(find_root(folder.path()), root);
    assert_eq!(find_root(&folder.path().join("examples/b")), Some(folder.path().join("examples/b")));
}

#[test]
fn a_package_may_name_its_workspace() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "root/Cargo.toml", "[workspace]\n");
    write(folder.path(), "a/Cargo.toml", "[package]\nname = \"a\"\nworkspace = \"../root\"\n");
    let root = fs::canonicalize(folder.path().join("root")).unwrap();
    assert_eq!(find_root(&folder.path().join("a")), Some(root));
}

#[test]
fn a_manifest_that_is_being_typed_still_counts() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "Cargo.toml", "[workspace]\nmembers = [\"a\"\n");
    write(folder.path(), "a/Cargo.toml", "[package]\nname = \"a\"\n");
    assert_eq!(find_root(&folder.path().join("a")), Some(folder.path().to_owned()));
}

#[test]
fn a_folder_without_cargo_has_no_root() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(find_root(folder.path()), None);
}

#[test]
fn the_nearest_configuration_names_the_target_folder() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), ".cargo/config.toml", "[build]\ntarget-dir = \"out\"\n");
    write(folder.path(), "inner/Cargo.toml", "");
    // The tests themselves may run with a target folder from the environment, which goes first.
    if std::env::var_os("CARGO_TARGET_DIR").is_none() {
        assert_eq!(target_dir(&folder.path().join("inner")), folder.path().join("out"));
    }
}

#[test]
fn the_nearest_configuration_decides_what_a_program_finds_in_its_environment() {
    let folder = tempfile::tempdir().unwrap();
    let (outer, inner) = (".cargo/config.toml", "inner/.cargo/config.toml");
    write(
        folder.path(),
        outer,
        "[env]\nMF_A = \"outer\"\nMF_B = { value = \"data\", relative = true }\nPATH = \"gone\"\n",
    );
    write(folder.path(), inner, "[env]\nMF_A = \"inner\"\nHOME = { value = \"forced\", force = true }\n");
    let found = environment(&folder.path().join("inner"));
    assert_eq!(found.get("MF_A"), Some(&"inner".into()));
    assert_eq!(found.get("MF_B"), Some(&folder.path().join("data").into()));
    assert_eq!(found.get("HOME"), Some(&"forced".into()));
    assert_eq!(found.get("PATH"), None, "what is there already stays");
}
