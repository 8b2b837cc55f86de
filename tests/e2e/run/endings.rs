//! How it ends, and that nothing is left.

use midflight_tests::dap::{descendants, is_alive, wait_until_gone};
use midflight_tests::terminal::{Side, Terminal};
use rustix::process::Signal;

use super::{MAIN, app, cargo_run, number, send};

#[test]
fn ctrl_c_is_the_program_s_own_and_ends_everything() {
    let program = app();
    let mut terminal = Terminal::start(cargo_run(&program, "careful"));
    terminal.line(Side::Output, "careful");
    let started = descendants(terminal.id());
    assert!(started.len() > 2, "the debugger and the program");
    terminal.write("\x03");
    terminal.line(Side::Output, "tidied up");
    assert_eq!(terminal.ended().code(), Some(3), "the program's own status");
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
    assert_eq!(terminal.ended().code(), Some(128 + Signal::KILL.as_raw()));
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
            assert_eq!(status.code(), Some(128 + signal.as_raw()));
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
    assert_eq!(terminal.ended().code(), Some(128 + Signal::INT.as_raw()));
    wait_until_gone(&started);
}

#[test]
fn the_exit_status_is_the_program_s() {
    let program = app();
    let mut terminal = Terminal::piped(cargo_run(&program, "exit"));
    assert_eq!(terminal.ended().code(), Some(7));
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
    assert_eq!(terminal.ended().code(), Some(128 + Signal::SEGV.as_raw()));
    assert_eq!(terminal.written(Side::Output), b"before the crash\n");
    assert!(!errors(&terminal).contains('\x1b'), "no colours where there is no terminal");
}
