//! Both directions of maps that real compilers make, compared with the npm package `@jridgewell/trace-mapping`.

use std::io::Write as _;
use std::process::{Command, Stdio};

use midflight_tests::generator::generate;
use midflight_tests::program::repository;
use remap::{Position, SourceMap};
use serde_json::{Value, json};

/// So many files of the extension are compiled by `tsc`, esbuild and swc.
const SOURCES: usize = 4;

/// What the oracle says of all maps.
fn answers() -> Vec<Value> {
    let folder = repository().join("vscode-extension/src");
    let mut sources = serde_json::Map::new();
    for entry in std::fs::read_dir(&folder).expect("the extension").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().extension().is_some_and(|extension| extension == "ts") && sources.len() < SOURCES {
            sources.insert(name, json!(std::fs::read_to_string(entry.path()).expect("TypeScript")));
        }
    }
    assert_eq!(sources.len(), SOURCES);
    let rules = (0..200).map(|rule| format!("rule{rule}: let a = value * {rule} ; a + {rule}\n"));
    let rust = generate(&rules.collect::<String>(), "../rules.txt").map;
    let input = json!({"sources": sources, "maps": {"Rust by hand": rust.to_string()}});
    let script = repository().join("tests/source-maps/oracle.mjs");
    let mut node = Command::new("node");
    let mut node =
        node.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("node starts");
    let mut stdin = node.stdin.take().expect("it was asked for");
    stdin.write_all(input.to_string().as_bytes()).expect("node reads");
    drop(stdin);
    let output = node.wait_with_output().expect("node ends");
    assert!(output.status.success(), "the npm packages are there after `cargo xtask setup`");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn number(value: &Value) -> u32 {
    u32::try_from(value.as_u64().expect("a number")).expect("32 bits")
}

fn position(line: &Value, column: &Value) -> Position {
    Position { line: number(line), column: number(column) }
}

#[test]
fn every_position_is_where_trace_mapping_finds_it() {
    let (mut forward, mut back) = (0, 0);
    for answer in answers() {
        let name = &answer["name"];
        let map = SourceMap::parse(answer["map"].as_str().expect("a map")).expect("valid");
        for expected in answer["forward"].as_array().into_iter().flatten() {
            let original = map.original(position(&expected[0], &expected[1]));
            let found = json!([
                original.and_then(|original| original.path),
                original.map(|original| original.position.line),
                original.map(|original| original.position.column),
                original.and_then(|original| original.name),
            ]);
            let wanted = json!([expected[2], expected[3], expected[4], expected[5]]);
            assert_eq!(found, wanted, "{name}: generated {expected}");
            forward += 1;
        }
        for expected in answer["back"].as_array().into_iter().flatten() {
            let path = expected[0].as_str();
            let source = map.sources().iter().position(|source| source.path.as_deref() == path);
            let mut found = map.generated(source.expect("a source"), position(&expected[1], &expected[2]));
            found.sort_unstable();
            let places = expected[3].as_array().into_iter().flatten();
            let mut wanted: Vec<Position> = places.map(|place| position(&place[0], &place[1])).collect();
            wanted.sort_unstable();
            wanted.dedup();
            assert_eq!(found, wanted, "{name}: original {expected}");
            back += 1;
        }
    }
    assert!(forward > 10_000 && back > 5_000, "{forward} forward, {back} back");
}
