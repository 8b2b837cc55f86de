//! The gate on libraries that rustc really built: each test compiles two versions of one source.

use std::path::Path;
use std::process::Command;

use artifact::{Artifact, DifferenceKind, Error, compare};

const WORLD: &str = r#"
use std::collections::HashMap;

pub trait Shape { fn area(&self) -> f64; fn name(&self) -> String { String::from("shape") } }
pub struct Disc { pub radius: f64, pub label: u32 }
impl Shape for Disc { fn area(&self) -> f64 { self.radius * self.radius } }
pub struct Hidden { pub a: u8 }
#[derive(Clone)] pub struct Body { pub x: f64, pub y: f64, pub mass: f32 }
pub enum Mood { Calm, Angry { level: u32 }, Fleeing(Box<Body>) }
pub struct World { pub bodies: Vec<Body>, pub moods: HashMap<u64, Mood>, pub shapes: Vec<Box<dyn Shape>> }
pub struct State { pub tick: u64, pub world: World }

#[unsafe(no_mangle)] pub fn step(state: &mut State, by: u64) -> usize {
    let hidden = Hidden { a: 1 };
    state.world.shapes.push(Box::new(Disc { radius: 1.0, label: 7 }));
    state.tick += by + u64::from(hidden.a);
    state.world.shapes.iter().map(|shape| shape.name().len()).sum()
}
#[unsafe(no_mangle)] pub fn reset(state: &mut State) { state.tick = 0; }
"#;

fn build(folder: &Path, name: &str, source: &str, debug_info: u8) -> Result<Artifact, Error> {
    let (file, library) = (folder.join(format!("{name}.rs")), folder.join(format!("lib{name}.so")));
    std::fs::write(&file, source).expect("the folder is ours");
    let status = Command::new("rustc")
        .args(["--crate-name", "world", "--crate-type", "dylib", "--edition", "2024", "-Awarnings"])
        .arg(format!("-Cdebuginfo={debug_info}"))
        .arg("-o")
        .args([&library, &file])
        .status()
        .expect("rustc runs");
    assert!(status.success(), "{name} compiles");
    Artifact::read(&library)
}

/// What the gate says of replacing `from` by `to` everywhere: `(fatal, item, message, path)`.
#[track_caller]
fn edit(from: &str, to: &str) -> Vec<(bool, DifferenceKind, String, String, String)> {
    assert!(WORLD.contains(from), "{from} is in the source");
    let folder = tempfile::tempdir().expect("a folder");
    let old = build(folder.path(), "old", WORLD, 2).expect("readable");
    let new = build(folder.path(), "new", &WORLD.replace(from, to), 2).expect("readable");
    compare(&old, &new)
        .into_iter()
        .map(|found| (found.fatal, found.kind, found.item, found.message, found.path))
        .collect()
}

#[track_caller]
fn passes(from: &str, to: &str) {
    let found = edit(from, to);
    assert!(found.iter().all(|(fatal, ..)| !fatal), "{found:#?}");
}

/// Refused for `item`, with a message and a path that contain the given words.
#[track_caller]
fn refused(from: &str, to: &str, item: &str, message: &str, path: &str) {
    let found = edit(from, to);
    let hit = found.iter().find(|(fatal, _, name, text, way)| {
        *fatal && name == item && text.contains(message) && way.contains(path)
    });
    assert!(hit.is_some(), "{item}: {message}, {path} in {found:#?}");
}

#[test]
fn a_body_edit_passes() {
    passes("state.tick += by", "state.tick += 3 * by");
}

#[test]
fn a_body_that_captures_more_passes() {
    passes("shape.name().len()", "shape.name().len() + by as usize");
}

#[test]
fn a_field_in_nested_state_is_refused_with_its_path() {
    refused(
        "pub y: f64,",
        "pub y: f64, pub energy: f64,",
        "world::Body",
        "gained the field `energy: f64`",
        "World.bodies",
    );
}

#[test]
fn a_retyped_field_of_the_same_size_is_refused() {
    refused("pub mass: f32", "pub mass: u32", "world::Body", "`mass`", "world::State.world");
}

#[test]
fn a_payload_of_the_same_size_is_refused() {
    refused("level: u32", "level: f32", "world::Mood::Angry", "`level`", "moods");
}

#[test]
fn an_added_variant_is_refused() {
    refused("Calm,", "Calm, Asleep,", "world::Mood", "variants", "moods");
}

#[test]
fn a_type_behind_a_trait_object_is_reached() {
    refused("pub label: u32", "pub label: u64", "world::Disc", "`label`", "dyn world::Shape");
}

#[test]
fn a_reordered_trait_method_is_refused() {
    refused(
        "fn area(&self) -> f64; fn name(&self) -> String { String::from(\"shape\") } }",
        "fn name(&self) -> String { String::from(\"shape\") } fn area(&self) -> f64; }",
        "<world::Disc as world::Shape>",
        "`<world::Disc as world::Shape>::area` it now has `world::Shape::name`",
        "",
    );
}

#[test]
fn an_edited_trait_method_passes() {
    passes("self.radius * self.radius", "self.radius * 3.0");
}

#[test]
fn a_renamed_field_at_the_same_place_passes() {
    passes("mass", "weight");
}

#[test]
fn a_type_that_no_live_value_has_may_change() {
    passes("Hidden { a: 1 }", "Hidden { a: u8::try_from(by).unwrap_or(9) }");
    let folder = tempfile::tempdir().expect("a folder");
    let wider =
        WORLD.replace("pub a: u8", "pub a: u32").replace("u64::from(hidden.a)", "u64::from(hidden.a) * 2");
    let old = build(folder.path(), "old", WORLD, 2).expect("readable");
    let new = build(folder.path(), "new", &wider, 2).expect("readable");
    assert_eq!(compare(&old, &new), []);
}

#[test]
fn a_boundary_signature_is_refused() {
    refused("by: u64", "by: u64, slowly: bool", "step", "took", "");
}

#[test]
fn a_removed_boundary_function_is_refused() {
    let line = "#[unsafe(no_mangle)] pub fn reset(state: &mut State) { state.tick = 0; }";
    refused(line, "", "reset", "no longer exported", "");
}

#[test]
fn a_build_without_debug_information_says_which_line_to_change() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = build(folder.path(), "bare", WORLD, 0).expect_err("nothing to check by");
    assert!(error.to_string().contains("debug = true"), "{error}");
}

#[test]
fn what_is_no_library_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("libworld.so");
    std::fs::write(&path, "not ELF").expect("the folder is ours");
    assert!(matches!(Artifact::read(&path), Err(Error::Object { .. })));
    assert!(matches!(Artifact::read(&folder.path().join("none")), Err(Error::Io { .. })));
}
