//! Breakpoints in code that was swapped in: of every kind, and set again while they are there.

use midflight_tests::dap::Stop;
use serde_json::{Value, json};

use super::{Live, MAIN, MANIFEST};
use crate::dap::{scope, value};

const STEPS: &str = r#"
fn step(tick: u64) -> String {
    let twice = tick * 2; // twice
    let third = tick + 3; // third
    format!("v1 {twice} {third}") // last
}
"#;

/// Sets these breakpoints on the lines with these marks; what was answered.
#[track_caller]
fn set(live: &mut Live, points: &[(&str, Value)]) -> Vec<Value> {
    let place = |(mark, point): &(&str, Value)| {
        let mut point = point.clone();
        point["line"] = json!(live.program.line_of(MAIN, mark));
        point
    };
    let points: Vec<Value> = points.iter().map(place).collect();
    let source = json!({"path": live.program.path(MAIN)});
    let body = live.session.client.ok("setBreakpoints", json!({"source": source, "breakpoints": points}));
    let set = body["breakpoints"].as_array().cloned().unwrap_or_default();
    for (point, answer) in points.iter().zip(&set) {
        assert_eq!((&answer["verified"], &answer["line"]), (&json!(true), &point["line"]), "{answer}");
    }
    set
}

#[track_caller]
fn tick(live: &mut Live, stop: &Stop) -> u64 {
    let locals = scope(&mut live.session, stop, "Locals");
    value(&locals, "tick").parse().expect("a number")
}

#[test]
fn conditions_hit_counts_and_logpoints_go_on_in_new_code() {
    let mut live = Live::stepping(STEPS);
    let condition = json!({"condition": "tick % 50 == 49"});
    let points = [("// twice", condition), ("// third", json!({"hitCondition": "400"}))];
    let ids: Vec<Value> = set(&mut live, &points).iter().map(|point| point["id"].clone()).collect();
    live.swap(&[("fn step(", "// moved\nfn step("), ("\"v1", "\"v2")]);
    assert!(live.session.client.printed("breakpoint list").contains("patch.so"), "they are in the new code");
    // Both come: each at its own line, and never before it is due.
    let (mut first, mut counted) = (0, false);
    while first < 2 || !counted {
        let stop = live.session.stopped();
        let (place, at) = (stop.line(), tick(&mut live, &stop));
        if stop.event["hitBreakpointIds"] == json!([ids[0]]) {
            // Where the building takes long, it is hit before the swap: in the old code, which has a line less.
            let is_old = stop.function().ends_with("(generation 0)");
            assert!(!is_old || first == 0, "old code is never entered again");
            let expected = live.program.line_of(MAIN, "// twice") - u32::from(is_old);
            assert_eq!((place, at % 50), (expected, 49));
            first += u32::from(!is_old);
        } else {
            assert_eq!(stop.event["hitBreakpointIds"], json!([ids[1]]));
            assert_eq!(place, live.program.line_of(MAIN, "// third"));
            // What was hit before the swap counts.
            assert!((399..402).contains(&at), "hit 400 times at {at}");
            counted = true;
            set(&mut live, &points[..1]);
        }
        live.session.resume(&stop);
    }
    // What a logpoint prints is the adapter's to make: the whole file is then its own.
    let logged =
        [("// twice", json!({"condition": "false"})), ("// last", json!({"logMessage": "at {twice}"}))];
    set(&mut live, &logged);
    live.session.client.output("at ");
    live.swap(&[("\"v2", "\"v3")]);
    live.line("v3");
    live.session.client.events_so_far("output");
    live.session.client.output("at ");
    set(&mut live, &[]);
    let left = live.session.client.printed("breakpoint list");
    assert!(!left.contains("main.rs"), "{left}");
    live.end();
}

#[test]
fn code_whose_breakpoints_are_hit_all_the_time_is_swapped() {
    let mut live = Live::stepping(STEPS);
    let never = json!({"condition": "false"});
    let logged = json!({"logMessage": "at {twice}"});
    for round in 0..20 {
        // Those of a file with a logpoint are lldb-dap's; others are found in the patch before it is loaded.
        let is_logged = round % 2 == 0;
        let last = if is_logged { &logged } else { &never };
        set(&mut live, &[("// twice", never.clone()), ("// last", last.clone())]);
        if is_logged {
            live.session.client.output("at ");
        } else {
            live.session.client.events_so_far("output");
            live.line(&format!("v{}", round + 1));
        }
        live.swap(&[(&format!("\"v{}", round + 1), &format!("\"v{}", round + 2))]);
        live.line(&format!("v{}", round + 2));
        if is_logged {
            live.session.client.events_so_far("output");
            live.session.client.output("at ");
        }
    }
    live.end();
}

#[test]
fn breakpoints_set_in_new_code_keep_those_that_stay() {
    let mut live = Live::stepping(STEPS);
    live.swap(&[("\"v1", "\"v2")]);
    live.line("v2");
    let never = json!({"condition": "tick == 1"});
    let [first, second] = ["// twice", "// last"].map(|mark| (mark, never.clone()));
    let one = set(&mut live, std::slice::from_ref(&first));
    let listed_one = live.session.client.printed("breakpoint list");
    let both = set(&mut live, &[first.clone(), second.clone()]);
    assert_eq!(one[0]["id"], both[0]["id"]);
    assert_ne!(both[0]["id"], both[1]["id"]);
    let listed_both = live.session.client.printed("breakpoint list");
    let number = |list: &str| {
        let mut first = list.lines().filter(|row| row.contains("patch.so, locations"));
        first.next().and_then(|row| row.split_once(':')).map(|(number, _)| number.to_owned())
    };
    assert_eq!(number(&listed_one), number(&listed_both), "the first one is the same: {listed_both}");
    set(&mut live, &[second]);
    assert_eq!(live.session.client.printed("breakpoint list").matches("patch.so, locations").count(), 1);
    let printed = live.session.client.events_so_far("output");
    assert!(printed.iter().all(|event| !event["output"].as_str().unwrap_or_default().contains("verified")));
    live.end();
}

/// LLDB holds the process for each condition, and has it call `mmap` for the first value of each.
#[test]
fn breakpoints_are_set_while_conditions_are_looked_at() {
    let main = "fn main() {\n    for tick in 0.. {\n        println!(\"{}\", step(tick));\n        std::thread::sleep(std::time::Duration::from_millis(1));\n    }\n}\n";
    let mut live = Live::of(MANIFEST, &format!("{STEPS}{main}"));
    live.line("v1");
    for round in 0..30 {
        let never = json!({"condition": format!("tick == 4000000000 + {round}")});
        let points = ["// twice", "// third", "// last"].map(|mark| (mark, never.clone()));
        set(&mut live, &points[..=round % 3]);
        live.line("v1");
    }
    live.end();
}

/// `run` never returns; `round` does once its file is there.
const LOOPS: &str = r#"
fn round(n: u64) {
    while !std::path::Path::new(&format!("go{n}")).exists() {
        std::thread::sleep(std::time::Duration::from_millis(5)); // waits
    }
    println!("v1 round {n}.");
}
fn run() {
    for n in 0.. {
        round(n);
        std::hint::black_box(n); // counts
        println!("v1 run {n}.");
    }
}
fn main() { run() }
"#;

/// Where LLDB has breakpoints of lines of the program itself, in place of a patch.
fn in_the_program(live: &mut Live) -> bool {
    let path = live.program.path(MAIN);
    live.session.client.printed("breakpoint list").contains(path.to_str().expect("UTF-8"))
}

#[test]
fn a_loop_that_goes_on_with_the_old_code_has_its_breakpoints() {
    let mut live = Live::of(MANIFEST, LOOPS);
    let counts = set(&mut live, &[("// counts", json!({}))]).remove(0);
    for n in 0..5 {
        live.program.write(&format!("go{n}"), "");
    }
    let mut stop = live.session.stopped();
    let old_line = stop.line();
    for (old, new) in [("v1 run", "v2 run"), ("v2 run", "v3 run")] {
        let answer = live.swap(&[("fn run(", "// moved\nfn run("), (old, new)]);
        let message = answer["message"].as_str().unwrap_or_default();
        assert_eq!(message.contains("A call of `run` is in progress"), old == "v1 run", "{message}");
        live.session.resume(&stop);
        stop = live.session.stopped();
        assert_eq!(stop.event["hitBreakpointIds"], json!([counts["id"]]));
        assert_eq!((stop.function(), stop.line()), ("app::run (generation 0)", old_line));
    }
    // Set anew, and taken away, it is so in the old code too.
    set(&mut live, &[("// waits", json!({})), ("// counts", json!({}))]);
    live.session.resume(&stop);
    let stop = live.session.stopped();
    assert_eq!((stop.function(), stop.line()), ("app::run (generation 0)", old_line));
    set(&mut live, &[]);
    assert!(!in_the_program(&mut live));
    live.session.resume(&stop);
    live.line("v1 run 4.");
    live.end();
}

#[test]
fn once_the_old_calls_have_returned_breakpoints_are_in_new_code_only() {
    let mut live = Live::of(MANIFEST, LOOPS);
    let waits = set(&mut live, &[("// waits", json!({}))]).remove(0);
    let stop = live.session.stopped();
    live.swap(&[("fn round(", "// moved\nfn round("), ("v1 round", "v2 round")]);
    live.session.resume(&stop);
    let stop = live.session.stopped();
    assert_eq!(stop.event["hitBreakpointIds"], json!([waits["id"]]));
    assert_eq!(stop.function(), "app::round (generation 0)");
    assert!(in_the_program(&mut live));
    live.program.write("go0", "");
    live.session.resume(&stop);
    let stop = live.session.stopped();
    assert!(live.line("round 0.").starts_with("v1"), "the old call finished");
    assert_eq!((stop.function(), stop.line()), ("app::round", live.program.line_of(MAIN, "// waits")));
    live.swap(&[("v2 round", "v3 round")]);
    assert!(!in_the_program(&mut live), "nothing runs the program's own code of it");
    live.program.write("go1", "");
    live.session.resume(&stop);
    let stop = live.session.stopped();
    assert!(live.line("round 1.").starts_with("v2"), "the call of the first patch's code finished");
    assert_eq!((stop.function(), stop.line()), ("app::round", live.program.line_of(MAIN, "// waits")));
    live.end();
}
