//! Programs on subsecond: what started them builds patch libraries, which the program loads and never unloads. The session
//! follows.

use std::process::Stdio;
use std::time::SystemTime;

use midflight_tests::dap::{Session, Stop};
use midflight_tests::program::{Killed, Program};
use serde_json::{Value, json};

use super::{scope, value};

/// What is told to the program over a socket by `dx` stands in a file here; what a jump table does, one pointer does.
const MAIN: &str = r#"
mod step;

use std::ffi::{CString, c_char, c_int, c_void};
use std::time::Duration;

unsafe extern "C" {
    fn dlopen(file: *const c_char, mode: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
}

fn main() {
    let mut step: extern "C" fn(u64) -> u64 = step::step;
    let (mut total, mut loaded) = (0, String::new());
    loop {
        let patch = std::fs::read_to_string("patch").unwrap_or_default();
        if patch != loaded {
            let file = CString::new(patch.as_str()).unwrap();
            let library = unsafe { dlopen(file.as_ptr(), 2) };
            step = unsafe { std::mem::transmute(dlsym(library, c"step".as_ptr())) };
            loaded = patch;
        }
        total = step(total);
        total = step::unpatched(total);
        std::thread::sleep(Duration::from_millis(10));
    }
}
"#;

const STEP: &str = "#[unsafe(no_mangle)]
pub extern \"C\" fn step(total: u64) -> u64 {
    let more = 1;
    total + more // breakpoint: step
}

#[unsafe(no_mangle)]
pub extern \"C\" fn unpatched(total: u64) -> u64 {
    let less = 1;
    total - less // breakpoint: unpatched
}
";

const FILE: &str = "src/step.rs";

/// A program that runs outside of the session.
struct Running {
    program: Program,
    process: Killed,
}

impl Running {
    #[track_caller]
    fn start() -> Self {
        let program = Program::files(&[
            ("Cargo.toml", "[package]\nname = \"counter\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
            ("src/main.rs", MAIN),
            (FILE, STEP),
        ]);
        program.build();
        let mut command = program.command(program.path("target/debug/counter"));
        let process = command.stdout(Stdio::null()).spawn().expect("the program starts");
        Self { program, process: Killed(process) }
    }

    /// Attached, with a breakpoint in each function, stopped in the first; and what the editor knows them by.
    #[track_caller]
    fn attach(&self) -> (Session, Stop, Vec<Value>) {
        let program = &self.program;
        let mut session = Session::with(program, &["--", "lldb-dap-19"]);
        let midflight = json!({"engine": "subsecond", "snapshot": {"timeMs": 5000}});
        let arguments = json!({"pid": self.process.0.id(), "cwd": program.root(), "midflight": midflight});
        let attach = session.client.send("attach", arguments);
        session.client.event("initialized");
        let lines = ["breakpoint: step", "breakpoint: unpatched"].map(|marker| program.line_of(FILE, marker));
        let points = session.set_breakpoints(program, FILE, &lines);
        session.configuration_done();
        assert_eq!(session.client.response(attach)["success"], true);
        let stop = session.stopped();
        (session, stop, points.into_iter().map(|point| point["id"].clone()).collect())
    }

    /// What `dx` does after a save: builds what is on disk, and tells the program.
    #[track_caller]
    fn patch(&self) {
        let began = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a time");
        let library = self.program.path(&format!("target/debug/libcounter-patch-{}.so", began.as_millis()));
        let mut rustc = self.program.command("rustc");
        rustc.args(["--edition=2024", "--crate-type=cdylib", "-g", FILE, "-o"]).arg(&library);
        assert!(rustc.status().expect("rustc runs").success());
        self.program.write("patch", &library.to_string_lossy());
    }
}

/// The next stops are at the two breakpoints in turn, on their statements, and nowhere else.
#[track_caller]
fn both_are_hit(program: &Program, session: &mut Session, mut stop: Stop, ids: &[Value], more: &str) -> Stop {
    for round in 0..6 {
        session.resume(&stop);
        stop = session.stopped();
        let hit = ids.iter().position(|id| stop.event["hitBreakpointIds"] == json!([id]));
        let (marker, function) = [("breakpoint: step", "step"), ("breakpoint: unpatched", "unpatched")]
            [hit.unwrap_or_else(|| panic!("{round}: {} {:?}", stop.event, stop.frames[0]))];
        assert_eq!((stop.line(), stop.function()), (program.line_of(FILE, marker), function), "{round}");
        if function == "step" {
            assert_eq!(value(&scope(session, &stop, "Locals"), "more"), more);
        }
    }
    stop
}

#[test]
fn each_patch_is_a_generation_and_breakpoints_are_on_their_statements_in_it() {
    let running = Running::start();
    let program = &running.program;
    let (mut session, mut stop, ids) = running.attach();
    assert_eq!(session.client.event("midflight/session")["engine"], "subsecond");
    for generation in 1..=3 {
        // Lines of other statements come to stand where these were; the old places stay in the process.
        program.insert_above(FILE, "let more", "    let other = 1;\n    let _ = other + total;\n");
        let (old, new) = (format!("more = {generation};"), format!("more = {};", generation + 1));
        program.replace(FILE, &old, &new);
        running.patch();
        let event = session.run_until_generation(&stop, generation);
        assert_eq!(event["changes"][0]["item"], "counter::step::step", "{event}");
        stop = session.stopped();
        stop = both_are_hit(program, &mut session, stop, &ids, &(generation + 1).to_string());
        for id in &ids {
            let marker = if *id == ids[0] { "breakpoint: step" } else { "breakpoint: unpatched" };
            let told = session.client.event_where("breakpoint", |body| body["breakpoint"]["id"] == *id);
            assert_eq!(
                told["breakpoint"]["line"],
                program.line_of(FILE, marker),
                "the newest, not the oldest"
            );
        }
    }
    let timeline = session.client.ok("midflight/timeline", json!({}));
    assert_eq!(timeline["generations"].as_array().map(Vec::len), Some(4));
    session.client.disconnect();
}

#[test]
fn a_text_that_was_saved_after_the_build_began_is_not_taken_for_the_patchs() {
    let running = Running::start();
    let program = &running.program;
    let (mut session, stop, ids) = running.attach();
    program.insert_above(FILE, "let more", "    // one\n");
    // The session has seen it when it answers.
    let answer = session.client.ok("midflight/reload", json!({}));
    assert_eq!(answer["applied"], false);
    assert!(answer["message"].as_str().is_some_and(|message| message.contains("`dx`")), "{answer}");
    running.patch();
    program.write(FILE, &format!("// two\n// three\n{}", program.read(FILE)));
    session.run_until_generation(&stop, 1);
    let stop = session.stopped();
    both_are_hit(program, &mut session, stop, &ids, "1");
    session.client.disconnect();
}

#[test]
fn a_patch_that_must_not_be_loaded_is_named_and_one_that_was_there_before_is_known() {
    let running = Running::start();
    let program = &running.program;
    program.insert_above(FILE, "let more", "    // one\n");
    running.patch();
    let deadline = std::time::Instant::now() + midflight_tests::dap::PATIENCE;
    let maps = format!("/proc/{}/maps", running.process.0.id());
    while !std::fs::read_to_string(&maps).expect("it runs").contains("-patch-") {
        assert!(std::time::Instant::now() < deadline, "the patch is not loaded");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let (mut session, stop, ids) = running.attach();
    assert_eq!(session.client.event("midflight/generation")["generation"], 1);
    let stop = both_are_hit(program, &mut session, stop, &ids, "1");
    program.replace(FILE, "fn unpatched(total: u64) -> u64", "fn unpatched(total: u64, _: u8) -> u64");
    running.patch();
    session.run_until_generation(&stop, 2);
    session.client.output("a patch that it should not have");
    session.client.disconnect();
}
