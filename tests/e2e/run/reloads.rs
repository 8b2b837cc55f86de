//! What a save and a key do.

use midflight_tests::dap::{descendants, wait_until_gone};
use midflight_tests::program::Program;
use midflight_tests::terminal::{Side, Terminal};
use rustix::process::Signal;

use super::{MAIN, app, cargo_run, number, run};

fn tick(line: &str) -> u64 {
    let words: Vec<&str> = line.split(' ').collect();
    words
        .iter()
        .position(|word| *word == "tick")
        .and_then(|at| words[at + 1].parse().ok())
        .unwrap_or_default()
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
    assert_eq!(terminal.ended().code(), Some(128 + Signal::TERM.as_raw()));
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
    assert_eq!(terminal.ended().code(), Some(128 + Signal::TERM.as_raw()));
    assert_eq!(terminal.modes().local_modes, modes.local_modes);
    wait_until_gone(&started);
}

#[test]
fn where_nothing_can_be_swapped_it_says_so_and_restarts() {
    let program = app();
    let manifest = program.read("Cargo.toml");
    program.write("Cargo.toml", &format!("{manifest}\n[profile.dev]\ndebug = 0\n"));
    let mut terminal = Terminal::start(run(&program, &["--", "cargo", "run", "--", "count"]));
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
fn with_the_engine_restart_every_save_starts_it_again() {
    let program = app();
    let command = ["--engine", "restart", "--", "cargo", "run", "--", "count"];
    let mut terminal = Terminal::start(run(&program, &command));
    assert!(terminal.line(Side::Output, "runs").contains("started again at every save"));
    let mut before = number(&terminal.line(Side::Output, "v1 tick 1 "));
    for version in 2..4 {
        program.replace(MAIN, &format!("v{} tick", version - 1), &format!("v{version} tick"));
        let line = terminal.line(Side::Output, "Restarted in");
        assert!(line.contains(&format!("generation {}", version - 1)), "{line}");
        let after = number(&terminal.line(Side::Output, &format!("v{version} tick 1 ")));
        assert_ne!(before, after);
        before = after;
    }
    program.replace(MAIN, "tick += 1;", "tick += \"\";");
    terminal.line(Side::Output, "The old program runs on");
    terminal.write("q");
    assert_eq!(terminal.ended().code(), Some(128 + Signal::TERM.as_raw()));
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
