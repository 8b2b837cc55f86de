//! What `midflight dap` adds to a session of lldb-dap: to each message, and by what it does itself.

mod program;

use std::process::Command;
use std::time::Instant;

use midflight_tests::dap::{Client, vs_code};
use midflight_tests::midflight_bin;
use remap::LineMap;
use serde_json::{Value, json};

use self::program::{Program, SPOTS};
use crate::at;
use crate::table::Table;

/// The debugger that `cargo xtask setup` installs.
const DEBUGGER: &str = "lldb-dap-19";

/// Sessions of each way: what one debugger takes and the next differs by more than the proxy adds.
const SESSIONS: usize = 3;

/// Requests of each kind in a session, direct and through the proxy in turns.
const ROUNDS: usize = 100;

/// Rounds before those: the debugger reads what it needs, and so does the proxy, in the background.
const FIRST_ROUNDS: usize = 50;

/// Stops whose snapshots are timed.
const STOPS: usize = 50;

/// Swaps with all breakpoints set.
const SWAPS: u32 = 100;

/// Restarts by either way.
const RESTARTS: usize = 7;

/// A session that stands at the breakpoint at the bottom of a deep stack.
struct Session {
    client: Client,
    program: Program,
    thread: Value,
}

pub(crate) fn measure(table: &mut Table) {
    let mut times: Times = Default::default();
    for _ in 1..SESSIONS {
        let mut sessions = one_of_each();
        rounds(&mut sessions, &mut times);
        for session in sessions {
            session.client.disconnect();
        }
    }
    let mut sessions = one_of_each();
    rounds(&mut sessions, &mut times);
    let [mut direct, copied, mut plain, mut proxied] = sessions;
    messages(&times, table);
    megabytes(&mut direct, &mut plain, table);
    copied.client.disconnect();
    plain.client.disconnect();
    snapshots(&mut proxied, table);
    swaps(&mut proxied, table);
    restarts(&mut proxied, table);
    direct.client.disconnect();
    proxied.client.disconnect();
    remapping(table);
}

/// The milliseconds of each kind of request, by each way.
type Times = [[Vec<f64>; 4]; 4];

/// Direct, through two copies, through the proxy without formatters, and with them.
fn one_of_each() -> [Session; 4] {
    [
        Session::direct(Program::new("direct"), Command::new(DEBUGGER)),
        Session::direct(Program::new("copied"), through_two_copies()),
        Session::proxied(Program::new("plain"), false),
        Session::proxied(Program::new("proxied"), true),
    ]
}

impl Session {
    fn direct(program: Program, debugger: Command) -> Self {
        program.build();
        let launch = json!({"program": program.binary(), "cwd": program.root()});
        Self::begin(debugger, program, &launch)
    }

    fn proxied(program: Program, formatters: bool) -> Self {
        let mut command = Command::new(midflight_bin());
        command.arg("dap");
        // However long it takes, all is read.
        let snapshot = json!({"timeMs": 5000, "items": 10_000});
        let midflight = json!({"reload": "manual", "snapshot": snapshot, "formatters": formatters});
        let launch = json!({"cwd": program.root(), "midflight": midflight});
        Self::begin(command, program, &launch)
    }

    fn begin(command: Command, program: Program, launch: &Value) -> Self {
        let mut client = Client::start(command);
        client.ok("initialize", vs_code());
        let launched = client.send("launch", launch.clone());
        client.event("initialized");
        let mut session = Self { client, program, thread: Value::Null };
        session.set_bottom();
        session.client.ok("configurationDone", json!({}));
        session.client.response(launched);
        session.stopped();
        session
    }

    fn set_bottom(&mut self) {
        let source = json!({"path": self.program.main()});
        let bottom = json!([{"line": Program::bottom()}]);
        self.client.ok("setBreakpoints", json!({"source": source, "breakpoints": bottom}));
    }

    fn stopped(&mut self) {
        self.thread = self.client.event("stopped")["threadId"].clone();
    }

    /// Milliseconds until the answer, and the answer.
    fn timed(&mut self, command: &str, arguments: Value) -> (f64, Value) {
        let asked = Instant::now();
        let body = self.client.ok(command, arguments);
        (milliseconds(asked), body)
    }

    /// One request of each kind; the milliseconds of each.
    fn round(&mut self, round: usize) -> [f64; 4] {
        let thread = json!({"threadId": self.thread, "startFrame": 0, "levels": 20});
        let (stack, body) = self.timed("stackTrace", thread);
        let (scopes, body) = self.timed("scopes", json!({"frameId": body["stackFrames"][0]["id"]}));
        let locals = body["scopes"][0]["variablesReference"].clone();
        let (variables, body) = self.timed("variables", json!({"variablesReference": locals}));
        assert!(body["variables"].as_array().is_some_and(|found| !found.is_empty()), "{body}");
        // Another set each time: the same one again would be answered without the debugger.
        let lines = (0..10).map(|spot| json!({"line": self.program.spot(spot * 2 + round % 2)}));
        let source = json!({"path": self.program.spots()});
        let points = json!({"source": source, "breakpoints": lines.collect::<Vec<_>>()});
        let (breakpoints, _) = self.timed("setBreakpoints", points);
        [stack, scopes, variables, breakpoints]
    }

    /// A megabyte of the program's memory, as text.
    fn megabyte(&mut self) -> f64 {
        let read = "`memory read --force --format x --size 8 --count 46000 &BLOB";
        let (took, body) = self.timed("evaluate", json!({"expression": read, "context": "repl"}));
        let size = body["result"].as_str().map_or(0, str::len);
        assert!(size > 1_000_000, "{size} bytes: {}", &body.to_string()[..200]);
        took
    }
}

/// Nothing can stand between an editor and a debugger for less: each message is copied by another process, unread.
fn through_two_copies() -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("cat | {DEBUGGER} | cat")]);
    command
}

/// Asks each in turn.
fn rounds(sessions: &mut [Session; 4], times: &mut Times) {
    for round in 0..FIRST_ROUNDS + ROUNDS {
        for (times, session) in times.iter_mut().zip(&mut *sessions) {
            for (times, took) in times.iter_mut().zip(session.round(round)) {
                times.extend((round >= FIRST_ROUNDS).then_some(took));
            }
        }
    }
}

/// What the proxy adds to each kind of message: where values are shown as the debugger shows them, as without it.
fn messages(times: &Times, table: &mut Table) {
    let [direct_times, copied_times, plain_times, proxied_times] = times;
    let count = direct_times[0].len();
    for (index, kind) in ["stackTrace", "scopes", "variables", "setBreakpoints"].into_iter().enumerate() {
        let of = |times: &[Vec<f64>; 4], share| at(times[index].clone(), share);
        let [half, most] = [50, 99].map(|share| of(direct_times, share));
        Table::seen("dap", &format!("{kind}: direct, median of {count}"), half);
        Table::seen("dap", &format!("{kind}: added by two `cat`s, median"), of(copied_times, 50) - half);
        table.measured("dap", &format!("{kind}: added, median"), of(plain_times, 50) - half, Some(0.05));
        table.measured(
            "dap",
            &format!("{kind}: added, 99th percentile"),
            of(plain_times, 99) - most,
            Some(0.5),
        );
    }
    let formatted = at(proxied_times[2].clone(), 50) - at(plain_times[2].clone(), 50);
    Table::seen("dap", "variables: for values as Rust shows them, median", formatted);
}

/// What it adds to a large body.
fn megabytes(direct: &mut Session, plain: &mut Session, table: &mut Table) {
    let [mut direct_times, mut proxied_times] = [Vec::new(), Vec::new()];
    for _ in 0..30 {
        direct_times.push(direct.megabyte());
        proxied_times.push(plain.megabyte());
    }
    let [direct, proxied] = [at(direct_times, 50), at(proxied_times, 50)];
    Table::seen("dap", "a body of 1 MB: direct, median of 30", direct);
    table.measured("dap", "a body of 1 MB: added, median", proxied - direct, Some(2.0));
}

/// How long the editor's first question waits for what is kept of 20 frames.
fn snapshots(session: &mut Session, table: &mut Table) {
    let mut times = Vec::new();
    for _ in 0..STOPS {
        session.client.ok("continue", json!({"threadId": session.thread}));
        session.stopped();
        let thread = json!({"threadId": session.thread, "startFrame": 0, "levels": 20});
        let (first, _) = session.timed("stackTrace", thread.clone());
        let (again, _) = session.timed("stackTrace", thread);
        let kept = session.client.events_so_far("midflight/scopeSnapshot");
        // How deep is limited, as it is by default; how long is not.
        let whole = kept.iter().filter(|kept| !kept["variables"]["name"].is_null()).count();
        assert!(whole >= 20, "{whole} frames of {}: {kept:?}", kept.len());
        times.push(first - again);
    }
    table.measured("dap", &format!("snapshot of 20 frames, median of {STOPS}"), at(times, 50), Some(50.0));
}

/// How long a swap waits until every breakpoint stands with its statement again.
fn swaps(session: &mut Session, table: &mut Table) {
    let spots = |session: &Session| (0..SPOTS).map(|spot| session.program.spot(spot)).collect::<Vec<_>>();
    let source = json!({"path": session.program.spots()});
    let points: Vec<Value> = spots(session).into_iter().map(|line| json!({"line": line})).collect();
    session.client.ok("setBreakpoints", json!({"source": source, "breakpoints": points}));
    session
        .client
        .ok("setBreakpoints", json!({"source": {"path": session.program.main()}, "breakpoints": []}));
    session.client.ok("continue", json!({"threadId": session.thread}));
    let mut times = Vec::new();
    for version in 1..=SWAPS {
        session.program.write_version(version);
        session.client.events_so_far("breakpoint");
        let answer = session.client.ok("midflight/reload", json!({}));
        assert_eq!(answer["applied"], true, "{answer}");
        // From the loading on: LLDB sets the traps when it learns that the patch is there. What older code had is taken
        // away after that.
        let parts = ["loadMs", "redirectMs", "breakpointsMs"];
        let parts = parts.map(|part| answer["times"]["pause"][part].as_f64().unwrap_or(f64::NAN));
        times.push(parts.iter().sum());
        let mut moved: Vec<u64> = Vec::new();
        for event in session.client.events_so_far("breakpoint") {
            assert_eq!(event["breakpoint"]["verified"], true, "{event}");
            moved.extend(event["breakpoint"]["line"].as_u64());
        }
        moved.sort_unstable();
        let expected: Vec<u64> = spots(session).into_iter().map(u64::from).collect();
        assert!(moved.is_empty() || moved == expected, "generation {version}: {moved:?}");
    }
    let what = format!("{SPOTS} breakpoints confirmed in a swap, 99th percentile of {SWAPS}");
    table.measured("dap", &what, at(times, 99), Some(42.0));
    session.client.ok("setBreakpoints", json!({"source": source, "breakpoints": []}));
}

/// The program started again inside of the session, and by another session.
fn restarts(session: &mut Session, table: &mut Table) {
    session.set_bottom();
    session.stopped();
    let (mut inside, mut another) = (Vec::new(), Vec::new());
    let program = Program::new("restarted");
    let mut other = Session::proxied(program, true);
    for _ in 0..RESTARTS {
        let asked = Instant::now();
        session.client.ok("restart", json!({}));
        session.stopped();
        inside.push(milliseconds(asked));
        let asked = Instant::now();
        other.client.disconnect();
        other = Session::proxied(other.program, true);
        another.push(milliseconds(asked));
    }
    other.client.disconnect();
    let (inside, another) = (at(inside, 50), at(another, 50));
    Table::seen("dap", &format!("restart → at the breakpoint, median of {RESTARTS}"), inside);
    Table::seen("dap", "stop and start by the editor → at the breakpoint", another);
    table.ratio("dap", "restart, of that", inside / another, 1.0);
}

/// Where 10,000 breakpoints of 50 files stand after an edit of each.
fn remapping(table: &mut Table) {
    let [old, new] = [0, 1].map(program::spots_text);
    let lines: Vec<u32> = (0..SPOTS).map(|spot| program::spot_line(&old, spot) - 1).collect();
    let mut times = Vec::new();
    for _ in 0..20 {
        let began = Instant::now();
        let mut found = 0;
        for _ in 0..50 {
            let map = LineMap::between(&old, &new);
            found += lines.iter().filter(|line| map.forward(**line).exact().is_some()).count();
        }
        times.push(milliseconds(began));
        assert_eq!(found, 50 * SPOTS);
    }
    table.measured("dap", "10,000 breakpoints of 50 files remapped", at(times, 50), Some(10.0));
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
