//! `midflight map` on maps of the official suite, through the real command.

use std::path::Path;
use std::process::{Command, Output};

fn map(file: &str, arguments: &[&str]) -> Output {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ecma-426/resources");
    Command::new(midflight_tests::midflight_bin())
        .args(["map", file])
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the command runs")
}

#[track_caller]
fn check(file: &str, arguments: &[&str], status: i32, expected: &str) {
    let output = map(file, arguments);
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(said.contains(expected), "`{expected}` in `{said}`");
}

#[test]
fn explains_both_directions() {
    let file = "basic-mapping.js.map";
    check(
        file,
        &["--generated", "1:9"],
        0,
        r#"{"column":9,"line":1,"name":"foo","source":"basic-mapping-original.js"}"#,
    );
    let original = ["--original", "basic-mapping-original.js:1:9"];
    check(file, &original, 0, r#"{"generated":[{"column":9,"line":1}]}"#);
}

#[test]
fn says_null_where_nothing_is_mapped() {
    let nothing = r#"{"column":null,"line":null,"name":null,"source":null}"#;
    check("basic-mapping.js.map", &["--generated", "900:0"], 0, nothing);
    let original = ["--original", "basic-mapping-original.js:900:0"];
    check("basic-mapping.js.map", &original, 0, r#"{"generated":[]}"#);
}

#[test]
fn validates() {
    check("basic-mapping.js.map", &["--validate"], 0, "valid");
    check("version-too-high.js.map", &["--validate"], 1, "invalid: `version` must be the number 3");
}

#[test]
fn bad_input_is_an_error_with_its_reason() {
    check("no-such.map", &["--validate"], 2, "can't read");
    check("version-too-high.js.map", &["--generated", "1:0"], 2, "not a valid source map");
    check("basic-mapping.js.map", &["--original", "other.js:1:0"], 2, "it has: basic-mapping-original.js");
    check("basic-mapping.js.map", &["--generated", "0:0"], 2, "the line from 1");
    check("basic-mapping.js.map", &[], 2, "nothing to explain");
}
