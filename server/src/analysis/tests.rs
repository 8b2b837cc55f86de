//! The open files come first: what is sure of them is told before anything else is read.

use std::path::Path;
use std::sync::Arc;

use baseline::{NewGeneration, SessionStart, Store, read_tree};
use compat::Verdict;

use super::{Analysis, OpenText, Outcome, Snapshot};
use crate::session::{ClientFeatures, Settings, workspace::Pending};
use crate::uri;

const MAIN: &str =
    "static STATE: State = State { x: 1 };\nstruct State { x: u8 }\nfn main() { step() }\nfn step() {}\n";

/// A workspace whose live session runs what is on disk; a document is open and edited.
fn snapshot(root: &Path, text: &str) -> Snapshot {
    let path = root.join("src/main.rs");
    let document =
        OpenText { uri: uri::from_path(&path).expect("a path"), path, version: 1, text: Arc::from(text) };
    Snapshot {
        revision: 1,
        documents: vec![document],
        pending: Pending::default(),
        settings: Arc::new(Settings::default()),
        features: ClientFeatures::default(),
    }
}

fn codes(outcome: &Outcome) -> Vec<&str> {
    outcome.files.values().flat_map(|file| &file.findings).map(|finding| finding.code).collect()
}

#[test]
fn the_first_look_tells_what_is_sure_of_the_open_files_and_reads_no_other() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = std::fs::canonicalize(folder.path()).expect("it is there");
    std::fs::create_dir(root.join("src")).expect("it can be made");
    std::fs::write(root.join("Cargo.toml"), "[package]\nname = \"app\"\n").expect("it can be written");
    std::fs::write(root.join("src/main.rs"), MAIN).expect("it can be written");
    std::fs::write(root.join("src/other.rs"), "fn other() { one() }\n").expect("it can be written");
    let start = SessionStart {
        root: root.clone(),
        engine: "in-place".to_owned(),
        program: "app".to_owned(),
        adapter: "lldb-dap".to_owned(),
    };
    let store = Store::open(&root.join("target")).expect("a store");
    let mut session = store.begin(&start).expect("a session");
    let tree = read_tree(&root, &lang_rust::is_source).expect("it can be read");
    session.commit(&tree.texts, &NewGeneration::default()).expect("it can be written");
    // What changed on disk meanwhile is seen by the scan, and by nothing that comes before it.
    std::fs::write(root.join("src/other.rs"), "fn other() { two() }\n").expect("it can be written");

    let edited = MAIN.replace("x: u8 }", "x: u8, y: u8 }").replace("fn step() {}", "fn step() { two() }");
    let look = Analysis::first_look(root.clone(), &snapshot(&root, &edited));
    assert_eq!(codes(&look), ["MF0203"], "what is safe by this file alone may not be");
    let finding = look.files.values().flat_map(|file| &file.findings).next().expect("a finding");
    assert_eq!(finding.verdict, Verdict::Restart);

    let all = Analysis::new(root.clone()).run(&snapshot(&root, &edited), &|_, _| {});
    let mut found = codes(&all);
    found.sort_unstable();
    assert_eq!(found, ["MF0101", "MF0101", "MF0203"]);
}
