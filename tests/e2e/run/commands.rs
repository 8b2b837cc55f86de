//! What is run, and what the program has of its terminal.

use midflight_tests::program::Program;
use midflight_tests::terminal::{Side, Terminal};

use super::{MAIN, app, cargo_run, run};

#[test]
fn the_program_s_output_is_passed_by_as_it_is() {
    let program = app();
    let command = ["--", "cargo", "run", "--quiet", "--bin=app", "-j1", "surroundings", "--bin", "é x"];
    let mut terminal = Terminal::piped(run(&program, &command));
    assert_eq!(terminal.ended().code(), Some(0));
    let (root, mut expected) = (program.root().display(), b"\x1b[32mgreen\x1b[0m \xff\xfe ".to_vec());
    let rest = format!("[\"surroundings\", \"--bin\", \"é x\"] {root} {root} [false, false, false]");
    expected.extend(rest.as_bytes());
    assert_eq!(terminal.written(Side::Output), expected);

    let mut terminal = Terminal::start(cargo_run(&program, "surroundings"));
    terminal.ended();
    let shown = terminal.written(Side::Output);
    let shown = String::from_utf8_lossy(&shown);
    assert!(shown.contains("\x1b[32mgreen\x1b[0m"), "{shown}");
    assert!(shown.contains("[false, true, true]"), "the keys are ours, the rest is the program's: {shown}");
}

#[test]
fn the_program_reads_what_is_no_terminal_and_with_an_option_what_is() {
    let program = app();
    let mut terminal = Terminal::piped(cargo_run(&program, "echo"));
    terminal.write("r\nsecond\n");
    terminal.line(Side::Output, "read second");
    terminal.close_input();
    terminal.line(Side::Output, "no more");
    assert_eq!(terminal.ended().code(), Some(0));

    let mut terminal = Terminal::start(run(&program, &["--stdin", "--", "cargo", "run", "--", "echo"]));
    terminal.line(Side::Output, "runs");
    terminal.write("q\n\x04");
    terminal.line(Side::Output, "read q");
    terminal.line(Side::Output, "no more");
    assert_eq!(terminal.ended().code(), Some(0));
}

#[test]
fn the_package_may_be_elsewhere() {
    let program = app();
    let elsewhere = program.outside().join("elsewhere");
    std::fs::create_dir(&elsewhere).expect("the folder is new");
    let mut command =
        run(&program, &["--", "cargo", "run", "--manifest-path", "../program/Cargo.toml", "where"]);
    command.current_dir(&elsewhere);
    let mut terminal = Terminal::piped(command);
    assert_eq!(terminal.ended().code(), Some(0));
    let shown = String::from_utf8_lossy(&terminal.written(Side::Output)).into_owned();
    let expected = format!("[\"where\"] {} {}", elsewhere.display(), program.root().display());
    assert!(shown.contains(&expected), "{shown}");
}

#[test]
fn the_options_of_cargo_run_choose_the_program() {
    let package = |name: &str, more: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{more}")
    };
    let says = |what: &str| format!("fn main() {{ print!(\"{what} {{}}\", cfg!(debug_assertions)); }}");
    let example = "fn main() { print!(\"example {} {:?}\", one::loud(), std::env::args().nth(1)); }";
    let greeting =
        "fn main() { print!(\"a {} {:?}\", cfg!(debug_assertions), std::env::var(\"GREETING\").ok()); }";
    let program = Program::files(&[
        ("Cargo.toml", "[workspace]\nmembers = [\"one\", \"two\"]\nresolver = \"3\"\n"),
        ("one/Cargo.toml", &package("one", "[features]\nloud = []\n")),
        ("one/src/lib.rs", "pub fn loud() -> bool { cfg!(feature = \"loud\") }"),
        ("one/examples/show.rs", example),
        ("two/Cargo.toml", &package("two", "default-run = \"b\"\n")),
        (".cargo/config.toml", "[env]\nGREETING = \"hello\"\n"),
        ("two/src/bin/a.rs", greeting),
        ("two/src/bin/b.rs", &says("b")),
    ]);
    let says = |folder: &str, arguments: &[&str]| {
        let mut command = run(&program, &[&["--", "cargo", "run"], arguments].concat());
        command.current_dir(program.path(folder));
        let mut terminal = Terminal::piped(command);
        assert_eq!(terminal.ended().code(), Some(0), "{arguments:?}");
        String::from_utf8_lossy(&terminal.written(Side::Output)).into_owned()
    };
    assert_eq!(says("", &[]), "b true", "the default of the only package that has programs");
    assert_eq!(says("", &["--bin=a", "--release"]), "a false Some(\"hello\")");
    assert_eq!(says("two", &["--target-dir", "elsewhere"]), "b true");
    assert!(program.path("two/elsewhere/debug/b").is_file());
    assert_eq!(says("", &["-p", "one", "--example", "show", "-F", "loud", "x"]), "example true Some(\"x\")");
    assert_eq!(says("one", &["-qr", "--example", "show"]), "example false None");
}

#[test]
fn what_can_t_be_run_is_refused_with_what_to_do() {
    let program = app();
    let refused = |arguments: &[&str], status: i32| {
        let output = run(&program, arguments).output().expect("the command runs");
        assert_eq!(output.status.code(), Some(status), "{arguments:?}");
        assert!(output.stdout.is_empty());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let said = refused(&["--", "./target/debug/app"], 2);
    assert!(said.contains("`./target/debug/app`, not `cargo run`"), "{said}");
    assert!(refused(&["cargo", "test"], 2).contains("midflight run -- cargo run --bin app"));
    assert!(refused(&[], 2).contains("cargo run"));

    program.write("src/bin/other.rs", "fn main() {}");
    let said = refused(&["cargo", "run"], 2);
    assert!(said.contains("2 programs to run: app, other") && said.contains("--bin app"), "{said}");
    assert!(refused(&["cargo", "run", "--frob"], 2).contains("2 programs"));
    let said = refused(&["cargo", "run", "-p", "nobody"], 101);
    assert!(said.contains("package ID specification `nobody` did not match any packages"), "{said}");
    let said = refused(&["cargo", "run", "--bin", "app", "--frob"], 101);
    assert!(said.contains("unexpected argument '--frob'"), "Cargo says it best: {said}");

    program.replace(MAIN, "fn main() {", "fn main() { let x: u8 = \"\";");
    let said = refused(&["cargo", "run", "--bin", "app"], 101);
    assert!(said.contains("error[E0308]: mismatched types") && said.contains("--> src/main.rs"), "{said}");
    assert!(said.contains("midflight: The program does not build"), "{said}");
}
