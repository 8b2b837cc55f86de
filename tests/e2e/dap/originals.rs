//! Programs of which a part is generated: the debugger knows the Rust that was built, people write the rules that it
//! was made from, and a source map relates the two.

use midflight_tests::dap::{Session, Stop};
use midflight_tests::generator::generate;
use midflight_tests::program::{Program, line_of};
use serde_json::{Value, json};

const RULES: &str = "rules.txt";
const GENERATED: &str = "src/rules.rs";

const TEXT: &str = "# How points are counted.\ndouble: let twice = value * 2 ; twice\n\nbonus: let more = value + 7 ; more\n";

const MAIN: &str = "mod rules;

fn main() {
    let mut total = 0;
    for round in 0..10_000 {
        total = rules::bonus(rules::double(round)) + total % 3;
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    println!(\"{total}\");
}
";

const MANIFEST: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n";

fn program() -> Program {
    let program = Program::files(&[("Cargo.toml", MANIFEST), ("src/main.rs", MAIN), (RULES, TEXT)]);
    write_rules(&program, TEXT, "//# sourceMappingURL=rules.rs.map\n");
    program
}

/// Saves rules and what is generated from them, as a build script would.
fn write_rules(program: &Program, rules: &str, comment: &str) {
    let generated = generate(rules, "../rules.txt");
    program.write(RULES, rules);
    program.write("src/rules.rs.map", &generated.map.to_string());
    program.write(GENERATED, &(generated.text + comment));
}

/// A session that stands in the rule.
#[track_caller]
fn stopped_in(program: &Program, maps: &Value, rule: &str) -> (Session, Stop) {
    let mut session = Session::launch(program, &json!({"sourceMaps": maps}));
    let line = program.line_of(RULES, rule);
    session.set_breakpoints(program, RULES, &[line]);
    session.configuration_done();
    let stop = session.stopped();
    check(program, &stop, rule);
    (session, stop)
}

#[track_caller]
fn check(program: &Program, stop: &Stop, rule: &str) {
    let frame = &stop.frames[0];
    let seen = (stop.line(), frame["source"]["path"].as_str());
    let expected = program.path(RULES).to_string_lossy().into_owned();
    assert_eq!(seen, (program.line_of(RULES, rule), Some(expected.as_str())), "{frame}");
    assert!(stop.function().ends_with(rule), "{frame}");
}

#[test]
fn breakpoints_and_frames_are_those_of_the_rules() {
    let program = program();
    let (mut session, stop) = stopped_in(&program, &json!(["src/*.map"]), "bonus");
    assert_eq!(stop.event["hitBreakpointIds"], json!([1]));
    session.client.event_where("breakpoint", |body| {
        body["breakpoint"]["id"] == 1
            && body["breakpoint"]["verified"] == true
            && body["breakpoint"]["source"]["path"] == json!(program.path(RULES))
    });
    let caller = &stop.frames[1];
    assert_eq!(
        caller["source"]["path"],
        json!(program.path("src/main.rs")),
        "what is not generated is itself"
    );
    // A rule without a breakpoint, and one of what was generated itself.
    let double = program.line_of(RULES, "double");
    let twice = program.line_of(GENERATED, "value * 2");
    let points = session.set_breakpoints(&program, GENERATED, &[twice]);
    assert_eq!((&points[0]["verified"], &points[0]["line"]), (&json!(true), &json!(twice)));
    session.resume(&stop);
    let stop = session.stopped();
    assert_eq!(stop.line(), double, "a stop in what was generated shows the rule");
    let points = session.set_breakpoints(&program, RULES, &[program.line_of(RULES, "# How")]);
    assert_eq!(points[0]["verified"], false, "{points:?}");
    session.client.disconnect();
}

#[test]
fn a_statement_of_a_rule_has_a_breakpoint_by_its_column() {
    let program = program();
    let text = TEXT.replace("; more", "; more * 3");
    write_rules(&program, &text, "//# sourceMappingURL=rules.rs.map\n");
    let mut session = Session::launch(&program, &json!({"sourceMaps": ["src/*.map"]}));
    let line = line_of(&text, "bonus");
    let rule = text.lines().nth(line as usize - 1).expect("the rule");
    let columns = ["let more", "more * 3"].map(|statement| rule.find(statement).expect("a statement") + 1);
    let points = columns.map(|column| json!({"line": line, "column": column}));
    let source = json!({"path": program.path(RULES)});
    session.client.ok("setBreakpoints", json!({"source": source, "breakpoints": points}));
    session.configuration_done();
    for (id, column) in (1..).zip(columns) {
        let stop = session.stopped();
        check(&program, &stop, "bonus");
        let seen = (&stop.event["hitBreakpointIds"], &stop.frames[0]["column"]);
        assert_eq!(seen, (&json!([id]), &json!(column)), "{:?}", stop.frames[0]);
        session.resume(&stop);
    }
    session.client.disconnect();
}

#[test]
fn rules_that_are_edited_are_swapped_and_keep_their_breakpoints() {
    let program = program();
    let (mut session, stop) = stopped_in(&program, &json!(["src/*.map"]), "bonus");
    let edited = TEXT.replace("# How", "# Of the game:\n# how").replace("value + 7", "value + 70");
    write_rules(&program, &edited, "//# sourceMappingURL=rules.rs.map\n");
    session.client.event("midflight/generation");
    session.resume(&stop);
    let line = line_of(&edited, "bonus");
    let stop = session.stopped();
    let stop = session.run_until(stop, |stop| stop.line() == line);
    check(&program, &stop, "bonus");
    session.client.disconnect();
}

#[test]
fn a_map_may_be_inline_and_found_by_a_frame_and_its_sources_ignored() {
    let program = program();
    let mut map = generate(TEXT, "../rules.txt").map;
    map["ignoreList"] = json!([0]);
    let encoded = map.to_string().bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02x}"));
    let text = generate(TEXT, "../rules.txt").text;
    program.write(GENERATED, &format!("{text}//# sourceMappingURL=data:application/json,{encoded}\n"));
    let mut session = Session::launch(&program, &json!({"sourceMaps": []}));
    session.set_breakpoints(&program, GENERATED, &[program.line_of(GENERATED, "value + 7")]);
    session.configuration_done();
    let event = session.client.event("stopped");
    session.stop(event.clone());
    session.client.event_where("invalidated", |body| body["areas"] == json!(["stacks"]));
    let stop = session.stop(event);
    check(&program, &stop, "bonus");
    assert_eq!(stop.frames[0]["source"]["presentationHint"], "deemphasize");
    session.client.disconnect();
}

#[test]
fn a_map_that_is_wrong_is_named_and_the_session_goes_on() {
    let program = program();
    program.write("src/rules.rs.map", "{\"version\": 3}");
    let mut session = Session::launch(&program, &json!({"sourceMaps": ["src/*.map"]}));
    session.set_breakpoints(&program, RULES, &[2]);
    session.configuration_done();
    let said = session.client.output("source map can't be used");
    assert!(said.contains("rules.rs.map") && said.contains("missing"), "{said}");
    session.client.disconnect();
}

#[test]
fn a_map_of_ten_megabytes_is_read_beside_everything_else() {
    let program = program();
    let mut map = generate(TEXT, "../rules.txt").map;
    let mappings = map["mappings"].as_str().expect("a text").to_owned();
    map["mappings"] = json!(mappings + ";" + &"AAAA,IAAI;".repeat(1_200_000));
    program.write("src/rules.rs.map", &map.to_string());
    let mut session = Session::launch(&program, &json!({"sourceMaps": ["src/*.map"]}));
    let line = program.line_of(RULES, "bonus");
    let points = session.set_breakpoints(&program, RULES, &[line]);
    assert_eq!(points[0]["message"], "Its source map is being read.");
    // Whatever else is asked is answered meanwhile; the program begins when its breakpoints are set.
    session.client.ok("threads", json!({}));
    session.configuration_done();
    let stop = session.stopped();
    check(&program, &stop, "bonus");
    session.client.disconnect();
}

#[test]
fn what_lies_outside_the_workspace_is_read_when_a_frame_names_it() {
    let program = Program::files(&[
        ("Cargo.toml", &format!("{MANIFEST}\n[dependencies]\nrules = {{ path = \"../rules\" }}\n")),
        ("src/main.rs", &MAIN.replace("mod rules;\n", "")),
    ]);
    let outside = program.outside().canonicalize().expect("it is there").join("rules");
    let generated = generate(TEXT, "../rules.txt");
    std::fs::create_dir_all(outside.join("src")).expect("a folder");
    let manifest = MANIFEST.replace("\"app\"", "\"rules\"");
    let text = generated.text + "//# sourceMappingURL=lib.rs.map\n";
    for (file, text) in [("Cargo.toml", &*manifest), (RULES, TEXT), ("src/lib.rs", &text)] {
        std::fs::write(outside.join(file), text).expect("a file");
    }
    std::fs::write(outside.join("src/lib.rs.map"), generated.map.to_string()).expect("a file");
    // Built as if it lay elsewhere.
    let flag = format!("--remap-path-prefix={}=/srv/rules", outside.display());
    program.write(".cargo/config.toml", &format!("[build]\nrustflags = [{flag:?}]\n"));

    let rewrites = json!([{"local": outside, "remote": "/srv/rules"}]);
    let midflight = json!({"engine": "none", "sourceMaps": ["src/*.map"], "pathRewrites": rewrites});
    let mut session = Session::launch(&program, &midflight);
    let rules = outside.join(RULES);
    let line = line_of(TEXT, "bonus");
    let asked = json!({"source": {"path": rules}, "breakpoints": [{"line": line}]});
    let body = session.client.ok("setBreakpoints", asked);
    assert_eq!(body["breakpoints"][0]["verified"], false, "nothing was read that leads there");
    session.client.ok("setFunctionBreakpoints", json!({"breakpoints": [{"name": "rules::bonus"}]}));
    session.configuration_done();
    let stop = session.stopped();
    session.client.event_where("breakpoint", |body| {
        body["breakpoint"]["verified"] == true && body["breakpoint"]["source"]["path"] == json!(rules)
    });
    let stop = session.stop(stop.event);
    assert_eq!(
        (&stop.frames[0]["source"]["path"], stop.line()),
        (&json!(rules), line),
        "{:?}",
        stop.frames[0]
    );
    session.client.disconnect();
}
