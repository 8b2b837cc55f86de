//! The official suite of the standard (<https://github.com/tc39/source-map-tests>), all of it.

use std::path::{Path, PathBuf};

use remap::{Position, SourceMap, SourceMapError};
use serde_json::Value;

fn suite() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/ecma-426")
}

fn load(path: &Path) -> Result<SourceMap, SourceMapError> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    SourceMap::parse(&text)
}

fn position(action: &Value, line: &str, column: &str) -> Position {
    let number = |name: &str| u32::try_from(action[name].as_u64().expect("a number")).expect("32 bits");
    Position { line: number(line), column: number(column) }
}

/// Follows a position through a chain of maps.
fn follow(maps: &[SourceMap], mut at: Position) -> Option<remap::Original<'_>> {
    let mut original = None;
    for map in maps {
        original = map.original(at);
        at = original?.position;
    }
    original
}

fn check(resources: &Path, test: &Value, action: &Value) {
    let kind = action["actionType"].as_str().expect("a kind");
    let mut maps =
        vec![load(&resources.join(test["sourceMapFile"].as_str().expect("a file"))).expect("valid")];
    if kind == "checkIgnoreList" {
        let ignored: Vec<_> =
            maps[0].sources().iter().filter(|source| source.ignored).map(|source| &source.path).collect();
        let present = action["present"].as_array().expect("a list");
        assert_eq!(serde_json::json!(ignored), Value::Array(present.clone()), "{test}");
        return;
    }
    for step in action["intermediateMaps"].as_array().into_iter().flatten() {
        maps.push(load(&resources.join(step.as_str().expect("a file"))).expect("valid"));
    }
    let original = follow(&maps, position(action, "generatedLine", "generatedColumn"));
    let path = original.and_then(|original| original.path);
    assert_eq!(path, action["originalSource"].as_str(), "{test}\n{action}");
    if path.is_some() {
        let place = original.map(|original| original.position);
        assert_eq!(place, Some(position(action, "originalLine", "originalColumn")), "{action}");
        if let Some(name) = action.get("mappedName") {
            assert_eq!(original.and_then(|original| original.name), name.as_str(), "{action}");
        }
    }
}

fn run(list: &str, resources: &Path) -> (usize, usize) {
    let text = std::fs::read_to_string(suite().join(list)).expect("the suite");
    let list: Value = serde_json::from_str(&text).expect("JSON");
    let (mut tests, mut checks) = (0, 0);
    for test in list["tests"].as_array().expect("a list") {
        tests += 1;
        let map = load(&resources.join(test["sourceMapFile"].as_str().expect("a file")));
        let valid = test["sourceMapIsValid"].as_bool().expect("a bool");
        assert_eq!(map.is_ok(), valid, "{}: {:?}", test["name"], map.err().map(|error| error.to_string()));
        for action in test["testActions"].as_array().into_iter().flatten() {
            checks += 1;
            check(resources, test, action);
        }
    }
    (tests, checks)
}

#[test]
fn every_case_of_the_standard() {
    let (tests, checks) = run("source-map-spec-tests.json", &suite().join("resources"));
    assert_eq!(tests, 99);
    assert!(checks > 90, "{checks} mapping checks ran");
}

#[test]
fn every_case_of_the_range_mappings_proposal() {
    let resources = suite().join("resources/proposals/range-mappings");
    let (tests, checks) = run("range-mappings-proposal-tests.json", &resources);
    assert_eq!(tests, 13);
    assert!(checks > 10, "{checks} mapping checks ran");
}
