//! Go under Delve and Python under debugpy: the debugger can't swap code, everything else of a session stays.

use std::ffi::OsString;

use midflight_tests::dap::{Session, Stop, is_alive, wait_until_gone};
use midflight_tests::program::Program;
use midflight_tests::tools;
use serde_json::{Value, json};

use super::{scope, value};

/// A language, by a program in it that counts for ever.
pub(super) struct Language {
    pub(super) file: &'static str,
    files: &'static [(&'static str, &'static str)],
    /// The value that the program is stopped with at first, and what it is after `EDIT`.
    edit: (&'static str, &'static str),
    mistake: (&'static str, &'static str),
    pub(super) adapter: fn() -> Vec<OsString>,
    pub(super) launch: fn(&Program) -> Value,
}

pub(super) const GO: Language = Language {
    file: "main.go",
    files: &[
        ("go.mod", "module counter\n\ngo 1.21\n"),
        (
            "main.go",
            "package main\n\nimport \"time\"\n\ntype counter struct{ total int }\n\n\
             func (c *counter) step(by int) int {\n\tdoubled := by * 2\n\tc.total += doubled // breakpoint: step\n\
             \treturn c.total\n}\n\nfunc main() {\n\tc := &counter{}\n\tfor {\n\t\tc.step(21)\n\
             \t\ttime.Sleep(10 * time.Millisecond)\n\t}\n}\n",
        ),
    ],
    edit: ("doubled := by * 2", "doubled := by * 3"),
    mistake: ("doubled := by * 3", "doubled := bi * 3"),
    adapter: || vec![tools::delve().into()],
    launch: |program| json!({"request": "launch", "mode": "debug", "program": ".", "cwd": program.root()}),
};

pub(super) const PYTHON: Language = Language {
    file: "counter.py",
    files: &[(
        "counter.py",
        "import time\n\n\nclass Counter:\n    total = 0\n\n    def step(self, by):\n        doubled = by * 2\n        \
         self.total += doubled  # breakpoint: step\n        return self.total\n\n\ncounter = Counter()\n\
         while True:\n    counter.step(21)\n    time.sleep(0.01)\n",
    )],
    edit: ("doubled = by * 2", "doubled = by * 3"),
    mistake: ("doubled = by * 3", "doubled = by *"),
    adapter: || ["env", &pythonpath(), "python3", "-m", "debugpy.adapter"].map(OsString::from).to_vec(),
    launch: |program| {
        json!({
            "request": "launch", "program": program.path("counter.py"), "cwd": program.root(),
            "console": "internalConsole", "justMyCode": true,
        })
    },
};

fn pythonpath() -> String {
    format!("PYTHONPATH={}", tools::debugpy().display())
}

impl Language {
    #[track_caller]
    pub(super) fn program(&self) -> Program {
        Program::files(self.files)
    }

    /// A session that stands at the breakpoint, and its process.
    #[track_caller]
    fn stopped(&self, program: &Program) -> (Session, Stop, u32) {
        self.stopped_with(program, json!({"snapshot": {"timeMs": 5000}}))
    }

    /// The same with these settings.
    #[track_caller]
    fn stopped_with(&self, program: &Program, midflight: Value) -> (Session, Stop, u32) {
        let adapter = (self.adapter)();
        let adapter = adapter.iter().map(|word| word.to_str().expect("a plain path"));
        let arguments: Vec<&str> = std::iter::once("--").chain(adapter).collect();
        let mut session = Session::with(program, &arguments);
        let mut launch = (self.launch)(program);
        launch["midflight"] = midflight;
        let launched = session.client.send("launch", launch);
        session.client.event("initialized");
        session.set_breakpoints(program, self.file, &[program.line_of(self.file, "breakpoint: step")]);
        session.configuration_done();
        assert_eq!(session.client.response(launched)["success"], true);
        let stop = session.stopped();
        let process = process(&mut session);
        (session, stop, process)
    }
}

#[track_caller]
fn process(session: &mut Session) -> u32 {
    let event = session.client.event("process");
    event["systemProcessId"].as_u64().and_then(|id| u32::try_from(id).ok()).expect("a process id")
}

/// Breakpoints, values of before and the session itself outlive a restart; a mistake does not end the program.
#[track_caller]
fn outlives_a_restart(language: &Language) {
    let program = language.program();
    let file = language.file;
    let (mut session, stop, old) = language.stopped(&program);
    assert_eq!(value(&scope(&mut session, &stop, "Locals"), "doubled"), "42");

    program.replace(file, language.edit.0, language.edit.1);
    program.insert_above(file, language.edit.1, "\n\n\n");
    let stale = session.stop(stop.event.clone());
    assert!(stale.function().ends_with("(generation 0)"), "{}", stale.function());
    session.client.ok("restart", json!({}));
    assert_eq!(session.client.event("midflight/generation")["generation"], 1);
    assert!(!is_alive(old), "the old process is gone when the new one runs");
    let stop = session.stopped();
    assert_eq!(
        stop.line(),
        program.line_of(file, "breakpoint: step"),
        "the breakpoint is with its statement"
    );
    let new = process(&mut session);
    assert_ne!(new, old);
    assert_eq!(value(&scope(&mut session, &stop, "Locals"), "doubled"), "63");
    let before = scope(&mut session, &stop, "Before reload (generation 0)");
    assert!(value(&before, "doubled").contains("42"), "{before:?}");
    let frame = &stop.frames[0]["id"];
    let was = session
        .client
        .ok("evaluate", json!({"expression": "$before.doubled", "frameId": frame, "context": "watch"}));
    assert_eq!(was["result"], "42");

    program.replace(file, language.mistake.0, language.mistake.1);
    let message = session.client.refused("restart", json!({}));
    assert!(message.contains(file) && message.contains("The old program runs on"), "{message}");
    assert!(is_alive(new));
    session.resume(&stop);
    session.stopped();
    assert!(session.client.events_so_far("terminated").is_empty(), "the editor never sees an end");
    session.client.disconnect();
    wait_until_gone(&[old, new]);
    let left: Vec<String> = std::fs::read_dir(program.root())
        .expect("the folder is there")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("__debug_bin") || name == "target")
        .collect();
    assert!(left.is_empty(), "left in the user's folder: {left:?}");
}

#[test]
fn a_go_program_is_started_again_in_its_session() {
    outlives_a_restart(&GO);
}

#[test]
fn a_python_program_is_started_again_in_its_session() {
    outlives_a_restart(&PYTHON);
}

#[test]
fn breakpoints_on_instructions_end_with_the_process() {
    let program = GO.program();
    let (mut session, stop, _) = GO.stopped(&program);
    let address = stop.frames[0]["instructionPointerReference"].clone();
    // Delve has one breakpoint at an address.
    session.set_breakpoints(&program, GO.file, &[]);
    let points = json!({"breakpoints": [{"instructionReference": address}]});
    let set = session.client.ok("setInstructionBreakpoints", points)["breakpoints"][0].clone();
    assert_eq!(set["verified"], true, "{set}");
    for _ in 0..2 {
        session.client.ok("continue", json!({"threadId": stop.thread}));
        let again = session.stopped();
        assert_eq!(again.event["hitBreakpointIds"], json!([set["id"]]), "{}", again.event);
        assert_eq!(again.frames[0]["instructionPointerReference"], address);
    }
    // Another process, and maybe another program, has something else there.
    session.client.ok("restart", json!({}));
    let told = session.client.event_where("breakpoint", |body| body["breakpoint"]["id"] == set["id"]);
    assert_eq!((&told["reason"], &told["breakpoint"]["verified"]), (&json!("changed"), &json!(false)));
    assert!(told["breakpoint"]["message"].is_string(), "{told}");
    session.client.disconnect();
}

#[test]
fn with_the_restart_engine_a_save_starts_a_python_program_again() {
    let program = PYTHON.program();
    let (mut session, _, old) = PYTHON.stopped(&program);
    let arguments = json!({"arguments": {
        "program": program.path("counter.py"), "cwd": program.root(), "console": "internalConsole",
        "midflight": {"engine": "restart"},
    }});
    session.client.ok("restart", arguments);
    assert_eq!(session.client.event("midflight/generation")["generation"], 1);
    session.stopped();
    program.insert_above("counter.py", "doubled = by * 2", "# one\n");
    assert_eq!(session.client.event("midflight/generation")["generation"], 2);
    let stop = session.stopped();
    assert_eq!(stop.line(), program.line_of("counter.py", "breakpoint: step"));
    session.client.disconnect();
    wait_until_gone(&[old]);
}

#[test]
fn values_are_set_back_though_the_adapter_does_not_say_which_breakpoint_it_is() {
    let program = PYTHON.program();
    let midflight = json!({"restoreValues": true, "snapshot": {"timeMs": 5000}});
    let (mut session, stop, _) = PYTHON.stopped_with(&program, midflight);
    assert!(stop.event.get("hitBreakpointIds").is_none(), "{}", stop.event);
    program.replace(PYTHON.file, PYTHON.edit.0, PYTHON.edit.1);
    program.insert_above(PYTHON.file, "class Counter", "# one\n\n");
    session.client.ok("restart", json!({}));
    let stop = session.stopped();
    assert_eq!(stop.line(), program.line_of(PYTHON.file, "breakpoint: step"));
    assert_eq!(value(&scope(&mut session, &stop, "Locals"), "doubled"), "42", "the edit makes it 63");
    session.client.output("`doubled` was set back to 42 (it was 63)");
    session.client.disconnect();
}
