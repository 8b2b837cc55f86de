//! `midflight run`: reloads in a plain terminal, without an editor.

use std::process::{Command, ExitStatus};

use midflight_tests::dap::{descendants, is_alive, wait_until_gone};
use midflight_tests::program::Program;
use midflight_tests::terminal::{Side, Terminal};
use rustix::process::{Pid, Signal, kill_process};

const MAIN: &str = "src/main.rs";

/// A program that does what its first argument says.
const APP: &str = r#"
use std::io::{BufRead, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

unsafe extern "C" {
    safe fn signal(number: i32, handler: usize) -> usize;
}

extern "C" fn interrupted(_: i32) {
    INTERRUPTED.store(true, Ordering::Relaxed);
}

struct State {
    tick: u64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("count") => count(&mut State { tick: 0 }),
        Some("exit") => std::process::exit(7),
        Some("crash") => crash(std::hint::black_box(std::ptr::null_mut())),
        Some("echo") => echo(),
        Some("deaf") => deaf(),
        Some("careful") => careful(),
        _ => surroundings(&arguments),
    }
}

fn count(state: &mut State) {
    loop {
        step(state);
        sleep(Duration::from_millis(50));
    }
}

fn step(state: &mut State) {
    state.tick += 1;
    println!("v1 tick {} of {}", state.tick, std::process::id());
}

fn crash(to: *mut u8) {
    println!("before the crash");
    // SAFETY: it is not.
    unsafe { to.write_volatile(1) }; // marker: crash
}

fn echo() {
    for line in std::io::stdin().lock().lines() {
        println!("read {}", line.unwrap());
    }
    println!("no more");
}

fn deaf() {
    signal(2, 1);
    println!("deaf {}", std::process::id());
    sleep(Duration::from_secs(600));
}

fn careful() {
    signal(2, interrupted as *const () as usize);
    println!("careful {}", std::process::id());
    while !INTERRUPTED.load(Ordering::Relaxed) {
        sleep(Duration::from_millis(5));
    }
    println!("tidied up");
    std::process::exit(3);
}

fn surroundings(arguments: &[String]) {
    let mut out = std::io::stdout();
    out.write_all(b"\x1b[32mgreen\x1b[0m \xff\xfe ").unwrap();
    let here = std::env::current_dir().unwrap();
    let manifest = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let terminals = [std::io::stdin().is_terminal(), out.is_terminal(), std::io::stderr().is_terminal()];
    print!("{arguments:?} {} {manifest} {terminals:?}", here.display());
    out.flush().unwrap();
}
"#;

fn app() -> Program {
    let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    Program::files(&[("Cargo.toml", manifest), (MAIN, APP)])
}

/// `midflight run …` in the program's folder.
fn run(program: &Program, arguments: &[&str]) -> Command {
    let mut command = program.command(midflight_tests::midflight_bin());
    command.arg("run").args(arguments).env("TERM", "xterm-256color").env_remove("NO_COLOR");
    command
}

fn cargo_run(program: &Program, mode: &str) -> Command {
    run(program, &["--", "cargo", "run", "--", mode])
}

/// The last number in a line: the program's process, as it prints it.
#[track_caller]
fn number(line: &str) -> u32 {
    let last = line.rsplit(' ').next().and_then(|word| word.parse().ok());
    last.unwrap_or_else(|| panic!("no number at the end of {line:?}"))
}

fn tick(line: &str) -> u64 {
    let words: Vec<&str> = line.split(' ').collect();
    words
        .iter()
        .position(|word| *word == "tick")
        .and_then(|at| words[at + 1].parse().ok())
        .unwrap_or_default()
}

fn send(process: u32, signal: Signal) {
    let process = Pid::from_raw(process.cast_signed()).expect("a process has a number");
    kill_process(process, signal).expect("the process is there");
}

/// What a shell would show of an ending.
fn code(status: ExitStatus) -> Option<i32> {
    status.code()
}

#[test]
fn saves_are_swapped_in_while_the_output_goes_on() {
    let program = app();
    let mut terminal = Terminal::start(cargo_run(&program, "count"));
    let began = terminal.line(Side::Output, "`target/debug/app` runs");
    assert!(began.contains("in-place"), "{began}");
    assert!(terminal.line(Side::Output, "keys: ").contains("R restart"));
    let before = terminal.line(Side::Output, "v1 tick 3");

    program.replace(MAIN, "v1 tick", "v2 tick");
    let swapped = terminal.line(Side::Output, "midflight:");
    assert!(swapped.contains("Swapped `step` in ") && swapped.contains("generation 1"), "{swapped}");
    let after = terminal.line(Side::Output, "v2 tick");
    assert_eq!(number(&before), number(&after), "the process is the same");
    assert!(tick(&after) > tick(&before), "and so is its state: {before} {after}");

    let saved = program.read(MAIN);
    let gained = saved.replace("    tick: u64,", "    extra: u64,\n    tick: u64,");
    program.write(MAIN, &gained.replace("State { tick: 0 }", "State { tick: 0, extra: 0 }"));
    let refused = terminal.line(Side::Output, "midflight:");
    assert!(refused.contains("Not reloaded") && refused.contains("extra"), "{refused}");
    assert!(refused.to_lowercase().contains("restart"), "it says what to do: {refused}");

    program.write(MAIN, &saved.replace("state.tick += 1", "state.tick += \"one\""));
    let error = terminal.line(Side::Output, "E0277");
    assert!(error.contains("\x1b["), "as Cargo shows it in a terminal: {error:?}");
    terminal.line(Side::Output, &format!("{MAIN}:{}", program.line_of(MAIN, "state.tick += \"one\"")));
    terminal.line(Side::Output, "The old code runs on");
    assert_eq!(number(&terminal.line(Side::Output, "v2 tick")), number(&after));

    program.write(MAIN, &saved.replace("v2 tick", "v3 tick"));
    assert_eq!(number(&terminal.line(Side::Output, "v3 tick")), number(&after));
    terminal.write("q");
    assert_eq!(code(terminal.ended()), Some(128 + Signal::TERM.as_raw()));
}

#[test]
fn keys_reload_and_restart_and_the_terminal_is_left_as_it_was() {
    let program = app();
    let mut terminal = Terminal::start(cargo_run(&program, "count"));
    let modes = terminal.modes();
    let first = number(&terminal.line(Side::Output, "v1 tick 1 "));
    assert_ne!(terminal.modes().local_modes, modes.local_modes, "keys come one by one");
    terminal.write("r");
    terminal.line(Side::Output, "Nothing differs from what runs");
    terminal.write("h");
    terminal.line(Side::Output, "R  build, end the program and start it anew");

    // What does not build ends nothing.
    program.replace(MAIN, "tick += 1;", "tick += \"\";");
    terminal.line(Side::Output, "The old code runs on");
    terminal.write("R");
    terminal.line(Side::Output, "Not restarted");
    assert_eq!(number(&terminal.line(Side::Output, "v1 tick")), first);

    program.replace(MAIN, "tick += \"\";", "tick += 1;");
    terminal.write("R");
    let second = number(&terminal.line(Side::Output, "v1 tick 1 "));
    assert_ne!(first, second);
    wait_until_gone(&[first]);
    program.replace(MAIN, "v1 tick", "v2 tick");
    assert_eq!(number(&terminal.line(Side::Output, "v2 tick")), second, "reloads go on");
    let started = descendants(terminal.id());
    terminal.write("q");
    assert_eq!(code(terminal.ended()), Some(128 + Signal::TERM.as_raw()));
    assert_eq!(terminal.modes().local_modes, modes.local_modes);
    wait_until_gone(&started);
}

#[test]
fn ctrl_c_is_the_program_s_own_and_ends_everything() {
    let program = app();
    let mut terminal = Terminal::start(cargo_run(&program, "careful"));
    terminal.line(Side::Output, "careful");
    let started = descendants(terminal.id());
    assert!(started.len() > 2, "the debugger and the program");
    terminal.write("\x03");
    terminal.line(Side::Output, "tidied up");
    assert_eq!(code(terminal.ended()), Some(3), "the program's own status");
    wait_until_gone(&started);
}

#[test]
fn a_program_that_does_not_listen_is_ended_by_the_second_ctrl_c() {
    let program = app();
    let mut terminal = Terminal::start(cargo_run(&program, "deaf"));
    let modes = terminal.modes();
    let id = number(&terminal.line(Side::Output, "deaf"));
    let started = descendants(terminal.id());
    terminal.write("\x03\x03");
    assert_eq!(code(terminal.ended()), Some(128 + Signal::KILL.as_raw()));
    assert!(!is_alive(id));
    wait_until_gone(&started);
    assert_eq!(terminal.modes().local_modes, modes.local_modes);
}

#[test]
fn ended_from_outside_it_leaves_nothing_running() {
    let program = app();
    for signal in [Signal::TERM, Signal::HUP, Signal::KILL] {
        let mut terminal = Terminal::piped(cargo_run(&program, "count"));
        terminal.line(Side::Output, "v1 tick 2");
        let started = descendants(terminal.id());
        send(terminal.id(), signal);
        let status = terminal.ended();
        if signal != Signal::KILL {
            assert_eq!(code(status), Some(128 + signal.as_raw()));
        }
        wait_until_gone(&started);
    }
}

#[test]
fn ended_while_it_builds_it_leaves_nothing_running() {
    let program = app();
    program.write("build.rs", "fn main() { std::thread::sleep(std::time::Duration::from_secs(600)); }");
    let mut terminal = Terminal::start(cargo_run(&program, "count"));
    terminal.line(Side::Output, "Compiling app");
    let started = descendants(terminal.id());
    terminal.write("\x03");
    assert_eq!(code(terminal.ended()), Some(128 + Signal::INT.as_raw()));
    wait_until_gone(&started);
}

#[test]
fn the_exit_status_is_the_program_s() {
    let program = app();
    let mut terminal = Terminal::piped(cargo_run(&program, "exit"));
    assert_eq!(code(terminal.ended()), Some(7));
}

#[test]
fn a_crash_shows_where() {
    let program = app();
    let mut terminal = Terminal::piped(cargo_run(&program, "crash"));
    terminal.line(Side::Errors, "the program got SIGSEGV");
    let line = program.line_of(MAIN, "marker: crash");
    let errors = |terminal: &Terminal| String::from_utf8_lossy(&terminal.written(Side::Errors)).into_owned();
    terminal.line(Side::Errors, &format!("app::crash ({MAIN}:{line})"));
    terminal.line(Side::Errors, "app::main (src/main.rs");
    assert_eq!(code(terminal.ended()), Some(128 + Signal::SEGV.as_raw()));
    assert_eq!(terminal.written(Side::Output), b"before the crash\n");
    assert!(!errors(&terminal).contains('\x1b'), "no colours where there is no terminal");
}

#[test]
fn the_program_s_output_is_passed_by_as_it_is() {
    let program = app();
    let command = ["--", "cargo", "run", "--quiet", "--bin=app", "-j1", "surroundings", "--bin", "é x"];
    let mut terminal = Terminal::piped(run(&program, &command));
    assert_eq!(code(terminal.ended()), Some(0));
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
    assert_eq!(code(terminal.ended()), Some(0));

    let mut terminal = Terminal::start(run(&program, &["--stdin", "--", "cargo", "run", "--", "echo"]));
    terminal.line(Side::Output, "runs");
    terminal.write("q\n\x04");
    terminal.line(Side::Output, "read q");
    terminal.line(Side::Output, "no more");
    assert_eq!(code(terminal.ended()), Some(0));
}

#[test]
fn where_nothing_can_be_swapped_it_says_so_and_restarts() {
    let program = app();
    let command = ["--engine", "restart", "--", "cargo", "run", "--", "count"];
    let mut terminal = Terminal::start(run(&program, &command));
    assert!(terminal.line(Side::Output, "runs").contains("R restarts"));
    let first = number(&terminal.line(Side::Output, "v1 tick 1 "));
    program.replace(MAIN, "v1 tick", "v2 tick");
    let refused = terminal.line(Side::Output, "Not reloaded");
    assert!(refused.contains("can't take up new code"), "{refused}");
    terminal.write("R");
    assert_ne!(number(&terminal.line(Side::Output, "v2 tick 1 ")), first);
    terminal.write("q");
    terminal.ended();
}

#[test]
fn a_program_with_a_reloadable_library_is_reloaded_its_own_way() {
    let program = Program::example("hot-world");
    let mut terminal = Terminal::start(run(&program, &["--", "cargo", "run"]));
    assert!(terminal.line(Side::Output, "runs").contains("hot-lib-reloader"));
    terminal.line(Side::Output, "Kepler");
    program.replace("world/src/lib.rs", "| energy", "| force");
    terminal.line(Side::Output, "| force");
    terminal.write("R");
    terminal.line(Side::Output, "runs");
    terminal.line(Side::Output, "| force");
    terminal.write("q");
    terminal.ended();
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
    assert_eq!(code(terminal.ended()), Some(0));
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
        assert_eq!(code(terminal.ended()), Some(0), "{arguments:?}");
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
