//! `midflight diff`: two builds in, what differs for a running process and an exit status out.

use std::path::{Path, PathBuf};
use std::process::Command;

use midflight_tests::program::Program;
use serde_json::Value;
use tempfile::TempDir;

const APP: &str = include_str!("../fixtures/diff/app.rs");

const LIBRARY: &str = include_str!("../fixtures/diff/library.rs");

/// A folder with builds in it.
struct Builds(TempDir);

impl Builds {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    #[track_caller]
    fn build(&self, name: &str, source: &str, options: &[&str]) -> PathBuf {
        let (file, built) = (self.0.path().join(format!("{name}.rs")), self.0.path().join(name));
        std::fs::write(&file, source).expect("the folder is ours");
        let mut rustc = Command::new("rustc");
        rustc.args(["--crate-name", "app", "--edition", "2024", "-Awarnings", "-g"]).args(options);
        let output = rustc.arg("-o").args([&built, &file]).output().expect("rustc runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        built
    }
}

/// The exit status, and what was said.
fn diff(old: &Path, new: &Path, more: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(midflight_tests::midflight_bin());
    let output = command.arg("diff").args([old, new]).args(more).env("NO_COLOR", "1").output();
    let output = output.expect("the command runs");
    (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[track_caller]
fn json(old: &Path, new: &Path) -> (Option<i32>, Value) {
    let (status, said) = diff(old, new, &["--format", "json"]);
    (status, serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}")))
}

/// What is said of each edit of a source, built with these options.
struct Edits<'a> {
    builds: Builds,
    source: &'a str,
    options: &'a [&'a str],
    old: PathBuf,
}

impl<'a> Edits<'a> {
    fn of(source: &'a str, options: &'a [&'a str]) -> Self {
        let builds = Builds::new();
        let old = builds.build("old", source, options);
        Self { builds, source, options, old }
    }

    #[track_caller]
    fn report(&self, edits: &[(&str, &str)]) -> (Option<i32>, Value) {
        let mut edited = self.source.to_owned();
        for (from, to) in edits {
            assert!(edited.contains(from), "{from} is in the source");
            edited = edited.replace(from, to);
        }
        json(&self.old, &self.builds.build("new", &edited, self.options))
    }

    /// The change of this item.
    #[track_caller]
    fn change(&self, edits: &[(&str, &str)], verdict: &str, kind: &str, item: &str) -> Value {
        let (status, report) = self.report(edits);
        assert_eq!(report["verdict"], verdict, "{report:#}");
        assert_eq!(status, Some(i32::from(verdict == "restart")), "{report:#}");
        let changes = report["changes"].as_array().expect("changes are a list");
        let change = changes.iter().find(|change| change["kind"] == kind && change["item"] == item);
        let change = change.unwrap_or_else(|| panic!("no {kind} of {item} in {report:#}"));
        assert_eq!(change["verdict"], verdict, "{report:#}");
        change.clone()
    }
}

#[track_caller]
fn says(change: &Value, field: &str, text: &str) {
    assert!(
        change[field].as_str().is_some_and(|said| said.contains(text)),
        "{text} in {field} of {change:#}"
    );
}

#[test]
fn equal_builds_have_no_differences_wherever_they_were_made() {
    let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    let [here, elsewhere] = [(); 2].map(|()| {
        let program = Program::files(&[("Cargo.toml", manifest), ("src/main.rs", APP)]);
        program.build();
        program
    });
    let (status, said) = diff(&here.path("target/debug/app"), &elsewhere.path("target/debug/app"), &[]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.starts_with("no differences: "), "{said}");
    let (status, report) = json(&here.path("target/debug/app"), &here.path("target/debug/app"));
    assert_eq!((status, &report["version"]), (Some(0), &1.into()));
    assert_eq!((&report["verdict"], &report["channel"]), (&"safe".into(), &"hot-reload".into()));
    assert_eq!(report["changes"], serde_json::json!([]));
    let compared = &report["compared"];
    assert!(
        ["types", "functions", "statics", "vtables"].iter().all(|kind| compared[kind].as_u64() > Some(0))
    );
}

#[test]
fn a_body_is_no_difference_and_neither_is_the_order_of_items() {
    let edits = Edits::of(APP, &[]);
    let place = "pub struct Place { pub x: f32, pub y: f32 }\n";
    for edit in [
        vec![("u32::from(*level as u8)", "7 * u32::from(*level as u8)")],
        vec![(place, ""), ("fn main() {", "pub struct Place { pub x: f32, pub y: f32 }\nfn main() {")],
    ] {
        let (status, report) = edits.report(&edit);
        assert_eq!((status, &report["changes"]), (Some(0), &serde_json::json!([])), "{edit:?}");
    }
}

#[test]
fn layouts_are_compared_down_to_their_leaves() {
    let edits = Edits::of(APP, &[]);
    let nested = [("pub y: f32 }", "pub y: u32 }"), ("y: 1.0", "y: 1")];
    let change = edits.change(&nested, "restart", "layout", "app::Place");
    says(&change, "message", "the field `y` of `app::Place` was f32 and is now u32");
    says(&change, "path", "static `app::BODIES` → ");
    let change = edits.change(&nested, "restart", "layout", "app::Body");
    assert_eq!(change["because"], "app::Place", "what holds it by value changed with it: {change:#}");
    let leaf = |change: &Value, which: &str| -> Vec<Value> {
        let leaves = change[which]["leaves"].as_array().cloned().unwrap_or_default();
        leaves.into_iter().filter(|leaf| leaf["field"] == "place.y").collect()
    };
    let (before, after) = (leaf(&change, "before"), leaf(&change, "after"));
    assert_eq!(
        before,
        [serde_json::json!({"offset": before[0]["offset"], "field": "place.y", "type": "f32"})]
    );
    assert_eq!((&after[0]["type"], &after[0]["offset"]), (&"u32".into(), &before[0]["offset"]));

    let added =
        [("pub mass: f32 }", "pub mass: f32, pub heat: f64 }"), ("mass: 1.0 }", "mass: 1.0, heat: 0.0 }")];
    let change = edits.change(&added, "restart", "layout", "app::Body");
    says(&change, "message", "gained the field `heat: f64`");
    assert_eq!((&change["before"]["size"], &change["after"]["size"]), (&12.into(), &24.into()));

    let change = edits.change(
        &[("pub a: u64 }", "pub a: i64 }"), ("a: also", "a: also as i64")],
        "restart",
        "layout",
        "app::Local",
    );
    says(&change, "message", "the field `a` of `app::Local` was u64 and is now i64");
}

#[test]
fn enums_are_compared_by_variant_payload_and_discriminant() {
    let edits = Edits::of(APP, &[]);
    let change = edits.change(
        &[("Mood { Calm,", "Mood { Calm, Asleep,"), ("Mood::Calm =>", "_ =>")],
        "restart",
        "layout",
        "app::Mood",
    );
    says(&change, "message", "`app::Mood` gained the variant `Asleep`");
    says(&change, "path", "`app::feel(mood: &app::Mood)`");
    let change = edits.change(&[("level: u32", "level: f32")], "restart", "layout", "app::Mood");
    says(&change, "message", "the field `level` of `app::Mood::Angry` was u32 and is now f32");
    let change = edits.change(
        &[(
            "{ Calm, Angry { level: u32 }, Named(Box<u8>) }",
            "{ Angry { level: u32 }, Calm, Named(Box<u8>) }",
        )],
        "restart",
        "layout",
        "app::Mood",
    );
    says(&change, "message", "was told by");
}

#[test]
fn closures_and_suspended_functions_are_finished_by_their_old_code() {
    let edits = Edits::of(APP, &[]);
    let change = edits.change(
        &[("one + by", "one + by + also as u32")],
        "deferred",
        "closure",
        "app::main::{closure_env#0}",
    );
    says(&change, "message", "gained the field");
    says(&change, "message", "also");
    let kept = [("    pause().await;\n    by", "    let kept = by + 1;\n    pause().await;\n    by + kept")];
    let change = edits.change(&kept, "deferred", "coroutine", "app::work::{async_fn_env#0}");
    says(&change, "message", "kept");
    says(&change, "why", "old code");
}

#[test]
fn vtables_are_compared_slot_by_slot() {
    let edits = Edits::of(APP, &[]);
    let area = "    fn area(&self) -> f64;\n";
    let swapped = [
        (area, ""),
        ("String::from(\"shape\") }\n", "String::from(\"shape\") }\n    fn area(&self) -> f64;\n"),
    ];
    let table = "<app::Disc as app::Shape>";
    let change = edits.change(&swapped, "restart", "vtable", table);
    says(
        &change,
        "message",
        "slot 3 of the vtable of `<app::Disc as app::Shape>` led to `<app::Disc as app::Shape>::area`",
    );
    says(&change, "message", "now leads to `app::Shape::name`");
    let added = [
        (area, "    fn area(&self) -> f64;\n    fn edge(&self) -> f64 { 1.0 }\n"),
        ("shape.area()", "shape.area() + shape.edge()"),
    ];
    let (_, report) = edits.report(&added);
    assert_eq!(report["changes"].as_array().map(Vec::len), Some(1), "it is told once: {report:#}");
    says(&edits.change(&added, "restart", "vtable", table), "message", "now leads to `app::Shape::edge`");
    let change = edits.change(
        &[
            ("radius: f64", "radius: u64"),
            ("{ self.radius }", "{ self.radius as f64 }"),
            ("radius: 1.0", "radius: 1"),
        ],
        "restart",
        "layout",
        "app::Disc",
    );
    says(&change, "message", "`radius`");
}

#[test]
fn statics_are_compared_by_name_and_type() {
    let edits = Edits::of(APP, &[]);
    let change = edits.change(&[("[u16; 3]", "[u32; 3]")], "restart", "static", "app::TOTAL");
    says(&change, "message", "Mutex<[u16; 3]>");
    says(&change, "message", "Mutex<[u32; 3]>");
    let change = edits.change(
        &[("Cell<u32>", "Cell<i32>")],
        "restart",
        "static",
        "app::LOCAL::{{constant}}::{{closure}}::__RUST_STD_INTERNAL_VAL",
    );
    says(&change, "message", "Cell<i32>");
    let change = edits.change(
        &[("static TOTAL", "static SUM"), ("TOTAL.lock", "SUM.lock")],
        "safe",
        "static",
        "app::TOTAL",
    );
    says(&change, "message", "is gone");
    says(
        &edits.change(
            &[("static TOTAL", "static SUM"), ("TOTAL.lock", "SUM.lock")],
            "safe",
            "static",
            "app::SUM",
        ),
        "message",
        "is new",
    );
}

#[test]
fn the_functions_that_a_library_exports_are_its_boundary() {
    let edits = Edits::of(LIBRARY, &["--crate-type", "dylib", "-Cprefer-dynamic"]);
    let change = edits.change(
        &[("by: u64)", "by: u32)"), ("+= by +", "+= u64::from(by) +")],
        "restart",
        "signature",
        "step",
    );
    says(&change, "message", "was `fn(&mut app::State, u64)` and is now `fn(&mut app::State, u32)`");
    let line = "#[unsafe(no_mangle)] pub fn reset(state: &mut State) { state.tick = 0; }";
    says(&edits.change(&[(line, "")], "restart", "export", "reset"), "message", "no longer exported");
    let more = format!("{line}\n#[unsafe(no_mangle)] pub fn twice(state: &mut State) {{ state.tick *= 2; }}");
    says(&edits.change(&[(line, &more)], "safe", "export", "twice"), "message", "is exported now");
    let change = edits.change(
        &[("pub tick: u64", "pub tick: i64"), ("+= by + u64::from", "+= by as i64 + i64::from")],
        "restart",
        "layout",
        "app::State",
    );
    says(&change, "path", "(state: &mut app::State)`");
    let change = edits.change(&[("a: u8", "a: u16")], "safe", "layout", "app::Inner");
    says(&change, "why", "No value of it outlives a call");
}

#[test]
fn a_private_function_s_callers_are_compiled_with_it() {
    let edits = Edits::of(APP, &[]);
    let change = edits.change(
        &[
            ("fn feel(mood: &Mood)", "fn feel(mood: &Mood, _: u8)"),
            (".map(feel)", ".map(|mood| feel(mood, 1))"),
        ],
        "safe",
        "signature",
        "app::feel",
    );
    says(&change, "message", "was `fn(&app::Mood) -> u32` and is now `fn(&app::Mood, u8) -> u32`");
}

#[test]
fn people_read_the_change_its_bytes_and_what_holds_it() {
    let edits = Edits::of(APP, &[]);
    let new = edits.builds.build(
        "new",
        &APP.replace("pub y: f32 }", "pub y: u32 }").replace("y: 1.0", "y: 1"),
        &[],
    );
    let (status, said) = diff(&edits.old, &new, &["--item", "app::Place"]);
    assert_eq!(status, Some(1));
    assert!(
        said.starts_with("restart[layout]: the field `y` of `app::Place` was f32 and is now u32\n"),
        "{said}"
    );
    for part in [
        "8 bytes as before:",
        "-    4  y: f32",
        "+    4  y: u32",
        "app::Body",
        "reached through static `app::BODIES`",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert!(said.trim_end().ends_with("a restart is needed"), "{said}");
    let (status, said) = diff(&edits.old, &new, &["--item", "app::Mood"]);
    assert!(status == Some(0) && said.starts_with("no differences"), "{said}");
}

#[test]
fn what_can_t_be_read_is_said_with_what_to_do() {
    let builds = Builds::new();
    let good = builds.build("good", "fn main() {}", &[]);
    for level in ["-Cdebuginfo=0", "-Cdebuginfo=1"] {
        let bare = builds.build("bare", "fn main() { println!(\"{}\", 1); }", &[level]);
        let (status, said) = diff(&good, &bare, &[]);
        assert!(
            status == Some(2) && said.contains("set `debug = true` in the Cargo profile"),
            "{level}: {said}"
        );
    }
    let refused = |path: &Path, text: &str| {
        let (status, said) = diff(&good, path, &[]);
        assert!(status == Some(2) && said.contains(text), "{said}");
    };
    refused(&good.with_extension("rs"), "is no program or library that can be read");
    refused(&good.with_file_name("nowhere"), "No such file");
    refused(&builds.build("one.o", "fn main() {}", &["--emit=obj"]), "is not linked yet");
    let text = std::fs::read(&good).expect("it was built");
    let cut = good.with_file_name("cut");
    std::fs::write(&cut, &text[..text.len() / 2]).expect("the folder is ours");
    refused(&cut, "cut");
    let usage =
        Command::new(midflight_tests::midflight_bin()).args(["diff", "one"]).output().expect("it runs");
    assert_eq!(usage.status.code(), Some(2));
}
