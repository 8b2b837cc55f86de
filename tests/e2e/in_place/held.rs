//! Functions that hold values of a layout that changes, for as long as they run.

use midflight_tests::dap::Stop;
use serde_json::{Value, json};

use super::{Live, MAIN, MANIFEST, STEPPING};

const TMP: &str = r#"
    struct Tmp { a: u64 }
    fn make(n: u64) -> Tmp { Tmp { a: n } }
    fn show(tmp: &Tmp) -> u64 { tmp.a }
"#;

const GROWN: [(&str, &str); 3] = [
    ("struct Tmp { a: u64 }", "struct Tmp { a: u64, b: u64 }"),
    ("Tmp { a: n }", "Tmp { a: n, b: 2 }"),
    ("{ tmp.a }", "{ tmp.a * 10 + tmp.b }"),
];

#[test]
fn a_call_that_runs_on_with_an_old_value_is_named_and_once_it_has_returned_the_edit_goes_in() {
    let step = r#"
    fn step(tick: u64) -> String {
        let tmp = make(7);
        if tick == 3 {
            println!("holds one");
            while !std::path::Path::new("go").exists() { std::thread::sleep(std::time::Duration::from_millis(5)); }
        }
        format!("v1 {} tick {tick} .", show(&tmp))
    }
    "#;
    let mut app = Live::of(MANIFEST, &format!("{TMP}{step}{STEPPING}"));
    app.line("holds one");
    app.edit(MAIN, &GROWN);
    let message = app.refused();
    assert!(
        message.starts_with("`app::Tmp` gained the field `b: u64`, and `app::step` is running"),
        "{message}"
    );
    let event = app.session.client.event("midflight/refused");
    assert_eq!((&event["message"], &event["verdict"]), (&message.as_str().into(), &"restart".into()));
    app.program.write("go", "");
    app.line("v1 7 tick 3 .");
    app.swap_saved();
    app.line("v1 72 ");
    app.end();
}

#[test]
fn a_call_that_runs_on_in_a_patch_is_named_too() {
    let step = r#"
    fn step(tick: u64) -> String {
        let tmp = make(7);
        let stay = std::path::Path::new("stay");
        if stay.exists() { println!("holds one"); }
        while stay.exists() { std::thread::sleep(std::time::Duration::from_millis(5)); }
        format!("v1 {} tick {tick} .", show(&tmp))
    }
    "#;
    let mut app = Live::of(MANIFEST, &format!("{TMP}{step}{STEPPING}"));
    app.line("v1 7 ");
    app.swap(&[("v1 {}", "v2 {}")]);
    app.line("v2 7 ");
    app.program.write("stay", "");
    app.line("holds one");
    app.edit(MAIN, &GROWN);
    let message = app.refused();
    assert!(message.contains("and `app::step` is running"), "{message}");
    std::fs::remove_file(app.program.path("stay")).expect("it was there");
    app.line("v2 7 ");
    app.swap_saved();
    app.line("v2 72 ");
    app.end();
}

#[test]
fn a_call_that_returns_in_a_moment_is_waited_for() {
    let main = r#"
    fn step() -> u64 { let tmp = make(7); std::thread::sleep(std::time::Duration::from_millis(8)); show(&tmp) }
    fn main() { loop { println!("v1 {} .", step()); std::thread::sleep(std::time::Duration::from_millis(8)); } }
    "#;
    let mut app = Live::of(MANIFEST, &format!("{TMP}{main}"));
    app.line("v1 7 ");
    app.swap(&GROWN);
    app.line("v1 72 ");
    app.end();
}

/// The patch is loaded by a thread that is not in the middle of what loading does itself.
#[test]
fn a_program_that_takes_and_gives_back_memory_all_the_time_is_swapped() {
    let main = r#"
    fn step(tick: u64) -> String { format!("v1 {tick} .") }
    fn main() {
        let mut kept = std::collections::VecDeque::new();
        for tick in 0_u64.. {
            let size = 100 + (tick * 7919 % 190_000) as usize;
            let mut block: Vec<u64> = Vec::with_capacity(size / 8);
            block.push(tick);
            kept.push_back(block);
            if kept.len() > 50 {
                assert_eq!(kept.pop_front().unwrap(), [tick - 50]);
            }
            if tick % 2_000 == 0 { println!("{}", step(tick)); }
        }
    }
    "#;
    let mut app = Live::of(MANIFEST, main);
    app.line("v1 ");
    for version in 1..21 {
        app.swap(&[(&format!("\"v{version} "), &format!("\"v{} ", version + 1))]);
        app.line(&format!("v{} ", version + 1));
    }
    app.end();
}

/// What is called like a part of loading may wait for long. The step out of it is taken back.
#[test]
fn a_function_of_c_that_does_not_return_in_time_is_named_and_is_no_stop_of_the_user_s() {
    let main = r#"
    extern "C" { fn sleep(seconds: u32) -> u32; }
    #[no_mangle]
    extern "C" fn waits_to_free() { unsafe { sleep(4); } }
    fn step(tick: u64) -> String {
        if tick == 3 { println!("waits"); waits_to_free(); println!("has waited"); }
        format!("v1 {tick} .")
    }
    "#;
    let mut app = Live::of(MANIFEST, &format!("{main}{STEPPING}"));
    app.line("waits");
    app.edit(MAIN, &[("\"v1", "\"v2")]);
    let message = app.refused();
    assert!(message.contains("stays in `waits_to_free`, in the middle of which"), "{message}");
    app.line("has waited");
    app.line("v1 5 .");
    app.swap_saved();
    app.line("v2 ");
    app.end();
}

/// Where the user has stopped it, the program is not moved.
#[test]
fn a_program_that_is_paused_in_the_middle_of_taking_memory_is_let_go_on_first() {
    let main = r#"
    fn step(tick: u64) -> String { format!("v1 {tick} .") }
    fn main() {
        for tick in 0_u64.. {
            drop(std::hint::black_box(Vec::<u8>::with_capacity(150_000)));
            if tick % 2_000 == 0 { println!("{}", step(tick)); }
        }
    }
    "#;
    let mut app = Live::of(MANIFEST, main);
    app.line("v1 ");
    app.edit(MAIN, &[("\"v1", "\"v2")]);
    let mut stop = pause(&mut app);
    let is_taking = |frame: &Value| frame["name"].as_str().is_some_and(|name| name.ends_with("malloc"));
    while !stop.frames.iter().any(is_taking) {
        // lldb-dap loses a pause that comes before it has told that the process goes on.
        app.session.client.events_so_far("continued");
        app.session.resume(&stop);
        app.session.client.event("continued");
        stop = pause(&mut app);
    }
    let message = app.refused();
    assert!(
        message.contains(" stands in `") && message.contains("Let it go on, and save again"),
        "{message}"
    );
    app.session.resume(&stop);
    app.line("v1 ");
    app.swap_saved();
    app.line("v2 ");
    app.end();
}

#[track_caller]
fn pause(app: &mut Live) -> Stop {
    app.session.client.ok("pause", json!({"threadId": 0}));
    app.session.stopped()
}
