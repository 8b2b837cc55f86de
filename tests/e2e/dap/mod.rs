//! Debug sessions through the real `midflight dap`, over the real lldb-dap, of real programs.

mod breakpoints;
mod children;
mod codelldb;
mod configurations;
mod faults;
mod hang_ups;
mod languages;
mod libraries;
mod originals;
mod patches;
mod paths;
mod races;
mod refusals;
mod reloads;
mod restarts;
mod transparent;
mod values;
mod watchers;
mod wire;

use midflight_tests::dap::{Session, Stop};
use midflight_tests::program::Program;
use serde_json::json;

/// The reloadable library of the example.
const LIBRARY: &str = "world/src/lib.rs";

/// A session of the hot-reloadable example, stopped at the marker in its library for the first time.
#[track_caller]
fn stopped_at(program: &Program, marker: &str) -> (Session, Stop) {
    // However busy the machine is, snapshots are whole.
    let mut session = Session::launch(program, &json!({"snapshot": {"timeMs": 5000}}));
    session.set_breakpoints(program, LIBRARY, &[program.line_of(LIBRARY, marker)]);
    session.configuration_done();
    let stop = session.stopped();
    (session, stop)
}

/// The variables of one of a frame's scopes.
#[track_caller]
pub(crate) fn scope(session: &mut Session, stop: &Stop, name: &str) -> Vec<(String, String)> {
    let scopes = session.scopes(&stop.frames[0]);
    let names: Vec<String> = scopes.iter().map(|(name, _)| name.clone()).collect();
    let scope = scopes.into_iter().find(|(other, _)| other == name);
    scope.unwrap_or_else(|| panic!("no scope {name} among {names:?}")).1
}

/// The value of a variable.
#[track_caller]
pub(crate) fn value<'a>(variables: &'a [(String, String)], name: &str) -> &'a str {
    let variable = variables.iter().find(|(other, _)| other == name);
    variable.map_or_else(|| panic!("no variable {name} among {variables:?}"), |(_, value)| value)
}
