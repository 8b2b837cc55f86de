//! Several sessions of one program, and what they leave behind.

use std::path::{Path, PathBuf};

use midflight_tests::dap::Session;
use midflight_tests::program::Program;
use serde_json::json;

use super::{MAIN, TICKER, program};

#[track_caller]
fn running(program: &Program, says: &str) -> Session {
    let mut session = Session::launch(program, &json!({}));
    session.configuration_done();
    session.client.output(says);
    session
}

/// What sessions have below the target folder now.
fn session_folders(program: &Program) -> Vec<PathBuf> {
    let entries = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let records = entries(&program.path("target/midflight/in-place"));
    let all = records.iter().flat_map(|record| entries(record));
    let is_session = |path: &PathBuf| path.to_string_lossy().contains("/session-");
    all.filter(is_session).collect()
}

#[test]
fn two_sessions_of_one_program_swap_side_by_side() {
    let program = program(TICKER);
    let mut first = running(&program, "version 1");
    program.replace(MAIN, "version 1", "version 2");
    assert_eq!(first.client.event("midflight/generation")["generation"], 1);
    first.client.output("version 2");

    // It starts from what is on disk; what the first one has loaded stays as it is.
    let mut second = running(&program, "version 2, round 0");
    for version in 3..=5 {
        let (old, new) = (format!("version {}", version - 1), format!("version {version}"));
        program.replace(MAIN, &old, &new);
        assert_eq!(first.client.event("midflight/generation")["generation"], version - 1);
        assert_eq!(second.client.event("midflight/generation")["generation"], version - 2);
        first.client.output(&new);
        second.client.output(&new);
    }
    assert_eq!(session_folders(&program).len(), 2);
    first.client.disconnect();
    program.replace(MAIN, "version 5", "version 6");
    second.client.event("midflight/generation");
    second.client.output("version 6");
    second.client.disconnect();
    assert_eq!(session_folders(&program), Vec::<PathBuf>::new());
}

#[test]
fn what_a_killed_session_left_behind_goes_with_the_next_one() {
    let program = program(TICKER);
    let mut session = running(&program, "version 1");
    program.replace(MAIN, "version 1", "version 2");
    session.client.event("midflight/generation");
    drop(session);
    assert_eq!(session_folders(&program).len(), 1);

    let session = running(&program, "version 2, round 0");
    assert_eq!(session_folders(&program).len(), 1);
    session.client.disconnect();
    assert_eq!(session_folders(&program), Vec::<PathBuf>::new());
}
