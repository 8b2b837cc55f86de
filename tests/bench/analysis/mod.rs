//! What the analysis costs: the real language server in workspaces of published crates.

mod incremental;
mod sources;
mod typing;
mod yardstick;

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use midflight_tests::lsp::LspClient;
use serde_json::json;

use self::sources::Sources;
use crate::at;
use crate::table::Table;

/// Lines of the workspaces; the bars are set for the third.
const SIZES: [usize; 4] = [250_000, 500_000, 1_000_000, 2_000_000];
const JUDGED: usize = 1_000_000;

/// Long enough for the server to make ready what it needs when somebody types, and to give memory back.
const REST: Duration = Duration::from_secs(3);

/// Per-keystroke medians may differ by this factor between the smallest and the largest workspace.
const FLAT: f64 = 1.5;

/// Measures workspaces of these sizes; all of them where none is named.
pub(crate) fn measure(sizes: &[&str], table: &mut Table) {
    let sources = Sources::fetched();
    let named: Vec<usize> = sizes.iter().filter_map(|size| size.parse().ok()).collect();
    let sizes = if named.is_empty() { SIZES.to_vec() } else { named };
    let medians: Vec<f64> = sizes.iter().map(|lines| workspace(&sources, *lines, table)).collect();
    let growth = medians.last().unwrap_or(&f64::NAN) / medians[0];
    let bar = format!("≤ {FLAT}");
    table.judged(
        "all",
        "a keystroke's median, 2 M lines : 0.25 M lines",
        &format!("{growth:.2}"),
        &bar,
        growth <= FLAT,
    );
}

/// Measures a workspace of so many lines; the median of a keystroke inside a function.
fn workspace(sources: &Sources, lines: usize, table: &mut Table) -> f64 {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let copied = sources.copy(folder.path(), lines);
    let name = format!("{:.2} M", u32::try_from(copied.lines).map_or(f64::NAN, f64::from) / 1e6);
    Table::told(
        &name,
        "published crates, and lines in them",
        &format!("{}, {}", copied.crates.len(), copied.lines),
    );
    let is_judged = lines == JUDGED;
    if is_judged {
        copied.list();
    }
    let mut session = Session::open(folder.path(), &copied.core);
    let bar = |bar: f64| is_judged.then_some(bar);
    table.measured(
        &name,
        "diagnostics of the file that is open",
        session.first_shown,
        bar(session.scanned.round()),
    );
    table.measured(&name, "first scan", session.scanned, bar(6000.0));
    thread::sleep(REST);
    let inside = typing::inside_a_function(&mut session, &copied.edited);
    table.measured(&name, "keystroke inside a function to diagnostics, median", at(inside.clone(), 50), None);
    table.measured(
        &name,
        "keystroke inside a function to diagnostics, p99",
        at(inside.clone(), 99),
        bar(10.0),
    );
    table.measured(
        &name,
        "keystroke inside a function to diagnostics, slowest",
        at(inside.clone(), 100),
        None,
    );
    let layout = typing::in_a_type(&mut session, &copied.core);
    table.measured(&name, "keystroke in a type with 1,000 dependents, median", at(layout.clone(), 50), None);
    table.measured(
        &name,
        "keystroke in a type with 1,000 dependents, p99",
        at(layout.clone(), 99),
        bar(30.0),
    );
    table.measured(&name, "keystroke in a type with 1,000 dependents, slowest", at(layout, 100), None);
    thread::sleep(REST);
    for (what, key, most) in [("memory at rest", "VmRSS", 300.0), ("memory at its peak", "VmHWM", 450.0)] {
        let megabytes = session.memory(key);
        let measured = format!("{megabytes:.0} MB");
        if is_judged {
            table.judged(&name, what, &measured, &format!("≤ {most} MB"), megabytes <= most);
        } else {
            Table::told(&name, what, &measured);
        }
    }
    drop(session);
    if is_judged {
        incremental::measure(folder.path(), &copied.edited, &name, table);
        yardstick::measure(folder.path(), &copied.edited, &name);
    }
    at(inside, 50)
}

/// A server on a workspace.
pub(crate) struct Session {
    client: LspClient,
    version: i32,
    /// Milliseconds from the start of the server until it showed what it says of the file that was open.
    first_shown: f64,
    /// The same until it had read the workspace.
    scanned: f64,
}

impl Session {
    /// The file is open in the editor, and a type in it was changed.
    fn open(folder: &Path, file: &Path) -> Self {
        let text = std::fs::read_to_string(file).expect("it was written");
        let started = Instant::now();
        let capabilities = json!({"textDocument": {"publishDiagnostics": {"versionSupport": true, "relatedInformation": true}}});
        let (mut client, _) = LspClient::open(folder, &capabilities);
        client.open_document(file, &text.replace("[u8; 1]", "[u8; 2]"));
        client.diagnostics(file, |diagnostics| !diagnostics.is_empty());
        let first_shown = milliseconds(started);
        client.status("git");
        let scanned = milliseconds(started);
        client.close_document(file);
        Self { client, version: 1, first_shown, scanned }
    }

    /// Megabytes, by a key of `/proc/PID/status`; nothing where there is none.
    fn memory(&self, key: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.client.process_id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':')).unwrap_or("");
        line.trim().trim_end_matches(" kB").parse::<f64>().map_or(f64::NAN, |kilobytes| kilobytes / 1024.0)
    }
}

pub(crate) fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
