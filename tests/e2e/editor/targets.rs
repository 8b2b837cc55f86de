//! Any target is started, and its functions are swapped: examples, tests, tests inside of the code.

use midflight_tests::dap::Session;
use midflight_tests::program::Program;
use serde_json::json;

/// Calls the library over and over until it says that it is enough.
const CALLS: &str = "for round in 0..2_000 {
        println!(\"{}\", targets::step(round));
        std::thread::sleep(std::time::Duration::from_millis(50));
    }";

const LIBRARY: &str = "src/lib.rs";

#[track_caller]
fn program() -> Program {
    let manifest = "[package]\nname = \"targets\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    let library = "pub fn step(round: u32) -> String {\n    format!(\"version 1, round {round}\")\n}\n\n\
                   #[cfg(test)]\nmod tests {\n    #[test]\n    fn inside() {\n        use crate as targets;\n        CALLS\n    }\n}\n";
    let main = format!("fn main() {{\n    {CALLS}\n}}\n");
    let test = format!("#[test]\nfn slow() {{\n    {CALLS}\n}}\n\n#[test]\nfn other() {{}}\n");
    Program::files(&[
        ("Cargo.toml", manifest),
        (LIBRARY, &library.replace("CALLS", CALLS)),
        ("src/main.rs", "fn main() {}\n"),
        ("examples/loops.rs", &main),
        ("tests/it.rs", &test),
    ])
}

/// The target runs, and the library's function in it is swapped.
#[track_caller]
fn swaps(cargo: &[&str], arguments: &[&str]) {
    let program = program();
    let mut session = Session::new(&program);
    let launch = json!({"cwd": program.root(), "args": arguments, "midflight": {"cargo": cargo}});
    session.begin(launch);
    session.configuration_done();
    session.client.output("version 1");
    program.replace(LIBRARY, "version 1", "version 2");
    let generation = session.client.event("midflight/generation");
    assert_eq!(generation["functions"], json!(["step"]));
    session.client.output("version 2");
    session.client.disconnect();
}

#[test]
fn an_example() {
    swaps(&["build", "--example", "loops"], &[]);
}

#[test]
fn one_test_function_of_a_test_target() {
    // The binary is built along with it, and is not what is meant.
    swaps(&["test", "--no-run", "--test", "it"], &["slow", "--exact", "--nocapture"]);
}

#[test]
fn a_test_inside_of_the_library() {
    swaps(&["test", "--no-run", "--lib"], &["tests::inside", "--exact", "--nocapture"]);
}

#[test]
fn several_test_targets_need_a_choice() {
    let program = program();
    let mut session = Session::new(&program);
    let launch = json!({"cwd": program.root(), "midflight": {"cargo": ["build", "--tests"]}});
    let said = session.client.refused("launch", launch);
    assert!(said.contains("3 programs") && said.contains(r#"["build", "--test", "it"]"#), "{said}");
    session.client.disconnect();
}
