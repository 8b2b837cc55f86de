//! `midflight check`: two trees in, verdicts and an exit status out.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

fn midflight(arguments: &[&str], within: &Path) -> Output {
    let mut command = Command::new(midflight_tests::midflight_bin());
    command.args(arguments).current_dir(within).env("NO_COLOR", "1");
    command.output().expect("the command runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the command writes UTF-8")
}

/// The fixture's tree, and a copy of it with one edit.
fn edited(file: &str, from: &str, to: &str) -> (PathBuf, TempDir) {
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/check/world");
    let new = tempfile::tempdir().expect("a directory for the edited tree");
    copy(&old, new.path());
    let path = new.path().join(file);
    let before = fs::read_to_string(&path).expect("the fixture has the file");
    assert!(before.contains(from), "the fixture says {from:?}");
    fs::write(path, before.replace(from, to)).expect("the edit can be written");
    (old, new)
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("the fixture can be listed") {
        let entry = entry.expect("the fixture can be listed");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).expect("a directory can be made");
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a file can be copied");
        }
    }
}

fn check(old: &Path, new: &Path, more: &[&str]) -> (Option<i32>, String) {
    let (old, new) = (old.display().to_string(), new.display().to_string());
    let arguments = [&["check", "--old", &old, "--new", &new], more].concat();
    let output = midflight(&arguments, Path::new(env!("CARGO_MANIFEST_DIR")));
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

fn answer(old: &Path, new: &Path, engine: &str) -> (Option<i32>, Value) {
    let (status, said) = check(old, new, &["--engine", engine, "--format", "json"]);
    (status, serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}")))
}

#[test]
fn a_body_is_safe_and_the_answer_is_the_contract_s() {
    let (old, new) = edited("world/src/lib.rs", "state.tick += 1;", "/* 🦀 */ state.tick += 2;");
    let (status, answer) = answer(&old, new.path(), "hot-lib-reloader");
    assert_eq!(status, Some(0));
    assert_eq!(answer["version"], 1);
    assert_eq!(
        (&answer["engine"], &answer["verdict"], &answer["channel"]),
        (&"hot-lib-reloader".into(), &"safe".into(), &"hot-reload".into())
    );
    let changes = answer["changes"].as_array().expect("changes are a list");
    assert_eq!(changes.len(), 1);
    let change = &changes[0];
    assert_eq!(change["code"], "MF0101");
    assert_eq!(change["rule"], "function-body-changed");
    assert_eq!(
        (&change["item"], &change["kind"], &change["file"]),
        (&"world::step".into(), &"function".into(), &"world/src/lib.rs".into())
    );
    assert_eq!(
        change["range"],
        json!({"start": {"line": 12, "character": 7}, "end": {"line": 12, "character": 11}})
    );
    assert_eq!(change["baseline"]["range"], change["range"]);
    assert!(change["reachableFrom"].is_array() && answer["elapsedMs"].is_f64());
    let (total, reused) = (answer["units"]["total"].as_u64(), answer["units"]["reused"].as_u64());
    assert_eq!(total, reused.map(|reused| reused + 1));
}

#[test]
fn a_field_in_the_live_state_needs_a_restart() {
    let (old, new) = edited("world/src/lib.rs", "    pub tick", "    pub energy: f32,\n    pub tick");
    for engine in ["in-place", "hot-lib-reloader", "subsecond", "restart"] {
        let (status, answer) = answer(&old, new.path(), engine);
        assert_eq!(
            (status, &answer["verdict"], &answer["channel"]),
            (Some(1), &"restart".into(), &"build".into())
        );
        assert_eq!(answer["changes"][0]["code"], "MF0203", "under {engine}");
        assert_eq!(answer["changes"][0]["reachableFrom"], json!(["world::step"]));
        let dependent = &answer["changes"][0]["dependents"][0];
        assert_eq!((&dependent["item"], &dependent["path"]), (&"world::step".into(), &"step → State".into()));
    }
}

#[test]
fn the_engine_is_found_in_the_workspace_and_people_see_the_line() {
    let (old, new) = edited("world/src/lib.rs", "    pub tick", "    pub energy: f32,\n    pub tick");
    let (status, said) = check(&old, new.path(), &[]);
    assert_eq!(status, Some(1));
    expect_test::expect![[r#"
        restart[MF0203]: `State` gained the field `energy`: the running process still has values of the old layout; restart to apply
         --> world/src/lib.rs:8:9
          |
        8 |     pub energy: f32,
          |         ^^^^^^
          |
          = note: New code would read and write values that old code made, at offsets where other fields are. Live values are reached through world::step → State.
          = note: It reaches step → State.
          = help: restart the program to apply

        1 change under hot-lib-reloader (1 restart): a restart is needed
    "#]].assert_eq(&said);
}

/// The log, which the schema of OASIS accepts.
fn sarif(old: &Path, new: &Path) -> (Option<i32>, Value, String) {
    let (status, said) = check(old, new, &["--format", "sarif"]);
    let log: Value = serde_json::from_str(&said).expect("the log is JSON");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sarif/sarif-schema-2.1.0.json");
    let schema = fs::read_to_string(schema).expect("the schema of OASIS is there");
    // A bracket too many in the pattern for languages makes it no regular expression of ECMA-262.
    let schema = schema.replace("{2}]?$", "{2}?$");
    let schema: Value = serde_json::from_str(&schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let problems: Vec<_> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
    assert_eq!(problems, [""; 0], "{said}");
    (status, log, said)
}

#[test]
fn what_a_comment_allows_is_counted_and_changes_nothing_else() {
    let field = "    pub energy: f32,\n    pub tick";
    let (old, new) = edited("world/src/lib.rs", "    pub tick", field);
    let path = new.path().join("world/src/lib.rs");
    let allow = |comment: &str| {
        let text = fs::read_to_string(&path).expect("the file is there");
        let text: String = text.split_inclusive('\n').filter(|line| !line.contains("midflight:")).collect();
        let (before, after) = text.split_once("pub struct State").expect("the fixture has it");
        fs::write(&path, format!("{before}{comment}\npub struct State{after}")).expect("it can be written");
    };
    allow("// midflight: allow(MF0203): the state is made anew at every reload");
    let (status, said) = check(&old, new.path(), &[]);
    assert_eq!((status, said.trim_end()), (Some(0), "no changes but 1 allowed by a comment"));
    let (status, answer) = answer(&old, new.path(), "hot-lib-reloader");
    assert_eq!((status, &answer["channel"], &answer["changes"]), (Some(0), &json!("hot-reload"), &json!([])));
    assert_eq!(answer["allowed"][0]["code"], "MF0203");
    assert_eq!(answer["allowed"][0]["reason"], "the state is made anew at every reload");
    let (status, log, said) = sarif(&old, new.path());
    assert_eq!(status, Some(0), "{said}");
    let suppression = &log["runs"][0]["results"][0]["suppressions"][0];
    assert_eq!(
        *suppression,
        json!({"kind": "inSource", "justification": "the state is made anew at every reload"})
    );
    for comment in
        ["// midflight: allow(MF0203)", "// midflight: allow(MF0204): another rule", "// midflight: allow"]
    {
        allow(comment);
        let (status, said) = check(&old, new.path(), &[]);
        assert_eq!(status, Some(1), "{comment}: {said}");
    }
    // What stands for a reason is none, and whoever wrote the comment is told.
    for reason in ["", ":", ": ", ": say why here"] {
        allow(&format!("// midflight: allow(MF0203){reason}"));
        let (status, said) = check(&old, new.path(), &[]);
        assert_eq!(status, Some(1), "{reason}: {said}");
        assert!(said.contains("allows this without a reason"), "{reason}: {said}");
    }
}

#[test]
fn colours_are_for_terminals_unless_they_are_asked_for() {
    let (old, new) = edited("world/src/lib.rs", "state.tick += 1;", "state.tick += 2;");
    let (old, new) = (old.display().to_string(), new.path().display().to_string());
    let colours = |when: &[&str], no_color: bool| {
        let mut command = Command::new(midflight_tests::midflight_bin());
        command.args(["check", "--old", &old, "--new", &new]).args(when).env_remove("CLICOLOR_FORCE");
        command.env_remove("NO_COLOR");
        if no_color {
            command.env("NO_COLOR", "1");
        }
        text(&command.output().expect("the command runs").stdout).contains("\x1b[")
    };
    assert!(!colours(&[], false), "its output is no terminal");
    assert!(colours(&["--color", "always"], false));
    assert!(!colours(&["--color", "never"], false));
    assert!(!colours(&["--color", "auto"], true));
}

#[test]
fn sarif_is_valid_and_says_where_in_which_file() {
    let (old, new) = edited("world/src/lib.rs", "state.tick += 1;", "state.tick += 2;");
    fs::write(new.path().join("world/src/größe 2.rs"), "pub struct Neu;\npub static N: u8 = 1;\n")
        .expect("the file can be written");
    fs::write(new.path().join("Cargo.lock"), "version = 4\n").expect("the file can be written");
    let (status, log, said) = sarif(&old, new.path());
    assert_eq!(status, Some(1), "{said}");
    let run = &log["runs"][0];
    let results = run["results"].as_array().expect("results are a list");
    let body = results.iter().find(|result| result["ruleId"] == "MF0101").expect("the body changed");
    assert_eq!((&body["kind"], &body["level"]), (&"informational".into(), &"none".into()));
    let place = &body["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"], json!({"uri": "world/src/lib.rs", "uriBaseId": "%SRCROOT%"}));
    assert_eq!(
        place["region"],
        json!({"startLine": 13, "startColumn": 8, "endLine": 13, "endColumn": 12}),
        "lines and columns count from 1"
    );
    for result in results {
        let index = result["ruleIndex"].as_u64().and_then(|index| usize::try_from(index).ok());
        let rule = &run["tool"]["driver"]["rules"][index.expect("each result has a rule")];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["help"]["markdown"].as_str().is_some_and(|page| page.starts_with("# MF")), "{rule}");
    }
    assert!(said.contains("\"world/src/gr%C3%B6%C3%9Fe%202.rs\""), "a path is a URI there: {said}");
    assert!(results.iter().any(|result| result["level"] == "error"), "the lock file decides the build");
}

#[test]
fn sarif_tells_what_a_changed_layout_reaches_as_related_places() {
    let (old, new) = edited("world/src/lib.rs", "    pub tick", "    pub energy: f32,\n    pub tick");
    let (_, log, said) = sarif(&old, new.path());
    let related = &log["runs"][0]["results"][0]["relatedLocations"];
    let place = &related[0]["physicalLocation"];
    assert_eq!(related[0]["message"]["text"], "step → State", "{said}");
    assert_eq!(place["artifactLocation"]["uri"], "world/src/lib.rs");
    assert!(place["region"]["startLine"].as_u64().is_some_and(|line| line > 1), "{related}");
}

#[test]
fn github_shows_what_is_not_safe_at_its_line() {
    let (old, new) = edited("world/src/lib.rs", "    pub tick", "    pub energy: f32,\n    pub tick");
    let (status, said) = check(&old, new.path(), &["--format", "github"]);
    assert_eq!(status, Some(1));
    let start =
        "::error file=world/src/lib.rs,line=8,endLine=8,col=9,endColumn=15,title=MF0203 struct-field-added::";
    assert!(said.starts_with(start), "{said}");
    assert!(said.contains("%0ANew code would read"), "{said}");
    let (old, new) = edited("world/src/lib.rs", "state.tick += 1;", "state.tick += 2;");
    assert_eq!(check(&old, new.path(), &["--format", "github"]), (Some(0), String::new()));
}

#[test]
fn explain_prints_a_rule_s_page_and_lists_them() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["MF0203", "mf0203", "struct-field-added"] {
        let page = midflight(&["explain", name], here);
        assert_eq!(page.status.code(), Some(0));
        assert!(text(&page.stdout).starts_with("# MF0203: struct-field-added"), "{}", text(&page.stdout));
    }
    let list = midflight(&["explain"], here);
    assert!(text(&list.stdout).contains("MF0902  import-changed"), "{}", text(&list.stdout));
    let unknown = midflight(&["explain", "MF9999"], here);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("there is no rule `MF9999`"), "{}", text(&unknown.stderr));
}

#[test]
fn comments_and_formatting_are_no_change() {
    let (old, new) =
        edited("world/src/lib.rs", "state.tick += 1;", "// One more.\n    state.tick\n        += 1;");
    let (status, said) = check(&old, new.path(), &[]);
    assert_eq!((status, said.lines().next()), (Some(0), Some("no changes: 14 units as they were")));
}

#[test]
fn what_can_t_be_read_is_said_and_is_status_2() {
    let (old, new) = edited("world/src/lib.rs", "1;", "2;");
    let (status, said) = check(&old, &new.path().join("nowhere"), &[]);
    assert_eq!(status, Some(2));
    assert!(said.contains("is not a directory"), "{said}");
    let (status, said) = check(&old, new.path(), &["--engine", "magic"]);
    assert!(status == Some(2) && said.contains("`magic` is no engine"), "{said}");
    let nothing = midflight(&["check"], &old);
    assert_eq!(nothing.status.code(), Some(2));
}

#[test]
fn a_file_that_is_not_utf_8_is_left_out_and_said() {
    let (old, new) = edited("world/src/lib.rs", "1;", "1;");
    fs::write(new.path().join("world/src/latin.rs"), b"// caf\xe9\nfn f() {}\n")
        .expect("the file can be written");
    let (status, said) = check(&old, new.path(), &[]);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("left out") && said.contains("latin.rs"), "{said}");
}

#[test]
fn the_work_tree_is_compared_with_a_commit() {
    let (_, new) = edited("world/src/lib.rs", "1;", "1;");
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"];
        let output = Command::new("git").args(identity).args(arguments).current_dir(new.path()).output();
        let output = output.expect("git runs");
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "one"]);
    let file = new.path().join("world/src/lib.rs");
    let edited = fs::read_to_string(&file).expect("the file is there").replace("+= 1", "+= 2");
    fs::write(&file, edited).expect("the edit can be written");
    let output = midflight(&["check", "--since", "HEAD", "--format", "json"], &new.path().join("world"));
    let answer: Value = serde_json::from_slice(&output.stdout).expect("the answer is JSON");
    assert_eq!((output.status.code(), &answer["changes"][0]["code"]), (Some(0), &"MF0101".into()));
    let unknown = midflight(&["check", "--since", "no-such-thing"], new.path());
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("no-such-thing"), "{}", text(&unknown.stderr));
}
