//! Whatever breaks in the middle of a swap: the old code runs on, or there is a clear message and a clean end. Never
//! half a swap, an orphan, or a file that nobody needs.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use midflight_tests::dap::{Session, descendants, wait_until_gone};
use midflight_tests::program::Program;
use serde_json::json;

const MAIN: &str = "src/main.rs";

/// Two functions that are always changed together: a line that mixes their versions is half a swap.
const PAIR: &str = r#"
use std::time::Duration;

fn first() -> u32 {
    let version = 1;
    version
}

fn second() -> u32 {
    let version = 1;
    version
}

fn main() {
    std::fs::write("pid", std::process::id().to_string() + "\n").unwrap();
    std::thread::spawn(|| loop {
        if std::path::Path::new("end").exists() {
            std::process::exit(3);
        }
        if std::path::Path::new("crash").exists() {
            unsafe { std::ptr::without_provenance_mut::<u8>(8).write_volatile(1) };
        }
        std::thread::sleep(Duration::from_millis(5));
    });
    for _ in 0..2_000 {
        println!("first {} second {}.", first(), second());
        std::thread::sleep(Duration::from_millis(50));
    }
}
"#;

fn pair(files: &[(&str, &str)]) -> Program {
    let manifest = "[package]\nname = \"pair\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    let program = Program::files(&[("Cargo.toml", manifest), (MAIN, PAIR)]);
    for (file, text) in files {
        program.write(file, text);
    }
    program
}

/// A session that runs version 1, over an adapter that does harm at the request.
#[track_caller]
fn running(program: &Program, fault: &[&str]) -> Session {
    let faulty = program.outside().join("lldb-dap-faulty");
    let mut session = if fault.is_empty() {
        Session::new(program)
    } else {
        symlink(env!("CARGO_BIN_EXE_faulty"), &faulty).expect("the folder is new");
        let name = faulty.to_str().expect("a plain path");
        Session::with(program, &[&["--", name], fault].concat())
    };
    session.begin(json!({"cwd": program.root(), "midflight": {}}));
    session.configuration_done();
    session.client.output("first 1 second 1.");
    session
}

/// Saves both functions at once.
#[track_caller]
fn save(program: &Program, version: u32) {
    let text = program.read(MAIN);
    let old = text.lines().find_map(|line| line.trim().strip_prefix("let version = ")).expect("a version");
    let (old, new) = (format!("let version = {old}"), format!("let version = {version};"));
    program.write(MAIN, &text.replace(&old, &new));
}

/// What is left in the folder of the captured build that belongs to no live session.
fn stray(program: &Program) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![program.path("target/midflight/in-place")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with("session-") || name.starts_with("patch-") || name == "link.json.new" {
                found.push(path);
            } else if path.is_dir() {
                folders.push(path);
            }
        }
    }
    found
}

/// Everything that the session has started.
fn started(session: &Session) -> Vec<u32> {
    descendants(session.client.id().expect("the proxy runs"))
}

/// The session ends as it should, and nothing is left of it.
#[track_caller]
fn ends_cleanly(program: &Program, session: Session) {
    let started = started(&session);
    session.client.disconnect();
    wait_until_gone(&started);
    assert_eq!(stray(program), Vec::<PathBuf>::new());
}

/// The next save brings version 3 in, whole.
#[track_caller]
fn swaps_again(program: &Program, session: &mut Session) {
    save(program, 3);
    session.client.event("midflight/generation");
    session.client.output("first 3 second 3.");
    assert_never_half(session);
}

/// No line of the program mixed two versions.
#[track_caller]
fn assert_never_half(session: &mut Session) {
    for output in session.client.events_so_far("output") {
        let text = output["output"].as_str().unwrap_or_default();
        for line in text.lines().filter(|line| line.starts_with("first ") && line.ends_with('.')) {
            let words: Vec<&str> = line.trim_end_matches('.').split(' ').collect();
            assert_eq!(words[1], words[3], "half a swap: {line}");
        }
    }
}

/// A linker that runs a script before it links a patch. It runs where rustc ran.
fn pair_linked_by(script: &str) -> Program {
    let program = pair(&[]);
    let script = format!("#!/bin/sh\ncase \"$*\" in *--image-base*)\n{script}\nesac\nexec cc \"$@\"\n");
    program.write("linker.sh", &script);
    let linker = program.path("linker.sh");
    fs::set_permissions(&linker, fs::Permissions::from_mode(0o755)).expect("it was just written");
    program.write(
        ".cargo/config.toml",
        &format!("[target.x86_64-unknown-linux-gnu]\nlinker = {:?}\n", linker.display().to_string()),
    );
    program
}

/// The program does as told, between its patch's linking and its being stopped for it: it looks for a file of this
/// name, and then is no more or stands in a debugger.
fn pair_told_to(end: &str) -> Program {
    pair_linked_by(&format!(
        "touch {end}\nread pid < pid\n\
         while [ -e /proc/$pid ] && ! grep -q '^State:.[tZ]' /proc/$pid/status; do sleep 0.01; done;;"
    ))
}

#[test]
fn a_linker_that_fails_leaves_the_old_code() {
    let program = pair_linked_by("if [ -e break-it ]; then echo out of order >&2; exit 1; fi;;");
    let mut session = running(&program, &[]);
    program.write("break-it", "");
    save(&program, 2);
    let said = session.client.output("Not reloaded");
    assert!(said.contains("does not link") && said.contains("out of order"), "{said}");
    assert!(said.contains("The old code runs on."), "{said}");
    session.client.output("first 1 second 1.");
    assert_eq!(stray(&program).len(), 1, "only the live session's own folder");
    fs::remove_file(program.path("break-it")).expect("it was just written");
    swaps_again(&program, &mut session);
    ends_cleanly(&program, session);
}

/// A file system that is full once it is filled; unmounted in the end.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where this machine doesn't let us mount.
    fn at(folder: &Path) -> Option<Self> {
        fs::create_dir_all(folder).expect("the target folder can be made");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=64m", "midflight"]).arg(folder).status();
        mount.is_ok_and(|status| status.success()).then(|| Self(folder.to_owned()))
    }

    fn fill(&self) {
        let block = vec![1_u8; 1 << 16];
        let mut file = fs::File::create(self.0.join("filler")).expect("there is room for a name");
        while std::io::Write::write_all(&mut file, &block).is_ok() {}
    }

    fn empty(&self) {
        fs::remove_file(self.0.join("filler")).expect("it was filled");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_leaves_the_old_code() {
    let program = pair(&[]);
    let Some(disk) = SmallDisk::at(&program.path("target/midflight/in-place")) else {
        eprintln!("skipped: mounting a small file system needs root");
        return;
    };
    let mut session = running(&program, &[]);
    disk.fill();
    save(&program, 2);
    let said = session.client.output("Not reloaded");
    assert!(said.contains("The old code runs on."), "{said}");
    let reason = session.client.output("No space left on device");
    assert!(reason.contains("midflight"), "{reason}");
    session.client.output("first 1 second 1.");
    disk.empty();
    swaps_again(&program, &mut session);
    ends_cleanly(&program, session);
}

#[test]
fn a_program_that_ends_during_the_swap_ends_the_session() {
    let program = pair_told_to("end");
    let mut session = running(&program, &[]);
    save(&program, 2);
    session.client.event("terminated");
    assert_never_half(&mut session);
    ends_cleanly(&program, session);
}

#[test]
fn a_program_that_is_killed_during_the_swap_ends_the_session() {
    let program = pair(&[]);
    let mut session = running(&program, &["kill-program", "process load", "1"]);
    save(&program, 2);
    session.client.event("terminated");
    ends_cleanly(&program, session);
}

#[test]
fn a_program_that_crashes_during_the_swap_is_shown_as_crashed() {
    let program = pair_told_to("crash");
    let mut session = running(&program, &[]);
    save(&program, 2);
    let stop = session.stopped();
    let reason = stop.event["description"].as_str().unwrap_or_default();
    assert!(reason.contains("SIGSEGV"), "{}", stop.event);
    assert_never_half(&mut session);
    ends_cleanly(&program, session);
}

#[test]
fn an_adapter_that_is_killed_during_the_swap_ends_the_session_with_a_message() {
    let program = pair(&[]);
    let mut session = running(&program, &["kill-adapter", "process load", "1"]);
    let started = started(&session);
    save(&program, 2);
    session.client.output("The session is over");
    session.client.event("terminated");
    wait_until_gone(&started);
    ends_cleanly(&program, session);
}

#[test]
fn a_proxy_that_is_killed_during_the_swap_takes_everything_along() {
    let program = pair(&[]);
    let mut session = running(&program, &["kill-midflight", "process load", "1"]);
    let started = started(&session);
    save(&program, 2);
    session.client.wait_for_end();
    wait_until_gone(&started);
    // Nobody was left to tidy up: the next session does.
    assert_eq!(stray(&program).len(), 1);
    drop(session);
    save(&program, 1);
    let session = running(&program, &[]);
    ends_cleanly(&program, session);
}

#[test]
fn a_redirect_that_can_not_be_written_takes_back_those_before_it() {
    let program = pair(&[]);
    let mut session = running(&program, &["refuse", "memory write", "2"]);
    save(&program, 2);
    let said = session.client.output("Not reloaded");
    assert!(said.contains("the fault of the test") && said.contains("The old code runs on."), "{said}");
    session.client.output("first 1 second 1.");
    swaps_again(&program, &mut session);
    ends_cleanly(&program, session);
}

#[test]
fn breakpoints_in_a_patch_that_is_not_loaded_after_all_are_where_they_were() {
    let program = pair(&[]);
    let mut session = running(&program, &["refuse", "memory write", "2"]);
    let point = json!({"line": program.line_of(MAIN, "fn second") + 2, "condition": "1 == 2"});
    let points = json!({"source": {"path": program.path(MAIN)}, "breakpoints": [point]});
    let set = session.client.ok("setBreakpoints", points)["breakpoints"][0].clone();
    assert_eq!(set["verified"], true, "{set}");
    save(&program, 2);
    let said = session.client.output("Not reloaded");
    assert!(said.contains("the fault of the test"), "{said}");
    let list = session.client.printed("breakpoint list");
    assert!(list.contains("main.rs") && !list.contains("patch.so"), "{list}");
    let known = session.client.printed("target modules list");
    assert!(!known.contains("patch.so"), "{known}");
    swaps_again(&program, &mut session);
    let list = session.client.printed("breakpoint list");
    assert_eq!(list.matches("patch.so, locations = 1, resolved = 1").count(), 1, "{list}");
    let told = session.client.events_so_far("breakpoint");
    assert!(told.iter().all(|event| event["breakpoint"]["verified"] == true), "{told:?}");
    ends_cleanly(&program, session);
}

/// Takes all of the address space below the program.
const TAKES_THE_PLACE: &str = r#"
fn take() {
    unsafe extern "C" {
        fn mmap(at: usize, length: usize, access: i32, flags: i32, file: i32, offset: i64) -> isize;
    }
    const PRIVATE_ANONYMOUS_NO_RESERVE_FIXED_NO_REPLACE: i32 = 0x2 | 0x20 | 0x4000 | 0x10_0000;
    const CHUNK: usize = 1 << 24;
    let here = take as fn() as usize / CHUNK * CHUNK;
    for number in 1..200 {
        unsafe { mmap(here - number * CHUNK, CHUNK, 0, PRIVATE_ANONYMOUS_NO_RESERVE_FIXED_NO_REPLACE, -1, 0) };
    }
}
"#;

#[test]
fn a_place_that_is_taken_leaves_the_old_code() {
    let main = PAIR.replace("fn main() {", &format!("{TAKES_THE_PLACE}\nfn main() {{\n    take();"));
    let program = pair(&[(MAIN, &main)]);
    let mut session = running(&program, &[]);
    save(&program, 2);
    let said = session.client.output("Not reloaded");
    assert!(said.contains("taken in the process") && said.contains("The old code runs on."), "{said}");
    session.client.output("first 1 second 1.");
    assert_never_half(&mut session);
    ends_cleanly(&program, session);
}
