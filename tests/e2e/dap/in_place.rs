//! Edit and continue: functions of an unmodified Cargo program are swapped while it runs.

use midflight_tests::dap::{Session, Stop};
use midflight_tests::program::Program;
use serde_json::json;

use super::{scope, value};

const MAIN: &str = "src/main.rs";

#[track_caller]
fn stopped_in_plain(program: &Program) -> (Session, Stop, u32) {
    let mut session = Session::launch(program, &json!({"snapshot": {"timeMs": 5000}}));
    let line = program.line_of(MAIN, "breakpoint: play");
    session.set_breakpoints(program, MAIN, &[line]);
    session.configuration_done();
    let stop = session.stopped();
    assert_eq!(stop.line(), line);
    (session, stop, line)
}

#[test]
fn a_breakpoint_follows_its_statement_into_the_patch() {
    let program = Program::example("plain");
    let (mut session, mut stop, line) = stopped_in_plain(&program);
    for generation in 1..=3 {
        // Stopped inside the very function: its frame finishes the old code, the next call runs the new.
        let (old, new) = (10_u32.pow(generation - 1), 10_u32.pow(generation));
        let above = "/// Deals three cards";
        let text = program.read(MAIN).replace(above, &format!("// 1\n// 2\n// 3\n// 4\n// 5\n{above}"));
        let (old, new) = (format!("player.score += {old};"), format!("player.score += {new};"));
        program.write(MAIN, &text.replace(&old, &new));
        let applied = session.client.event("midflight/generation");
        assert_eq!(applied["generation"], generation);
        session.resume(&stop);
        stop = session.stopped();
        assert_eq!(stop.line(), line + 5 * generation);
        assert_eq!(stop.function(), "plain::play");
        assert_eq!(stop.event["hitBreakpointIds"], json!([1]), "the breakpoint is still the user's");
        assert_eq!(stop.frames[0]["source"]["path"], json!(program.path(MAIN)));
        let before = scope(&mut session, &stop, &format!("Before reload (generation {})", generation - 1));
        assert!(!value(&before, "best").is_empty());
    }
    session.client.disconnect();
}

#[test]
fn the_frame_that_runs_old_code_says_so_and_shows_its_text() {
    let program = Program::example("plain");
    let (mut session, stop, line) = stopped_in_plain(&program);
    program.replace(MAIN, "player.score += 1;", "player.score += 10;");
    session.client.event("midflight/generation");
    let trace = session.client.ok("stackTrace", json!({"threadId": stop.event["threadId"]}));
    let frame = &trace["stackFrames"][0];
    assert_eq!(frame["name"], "plain::play (generation 0)");
    assert_eq!(frame["line"], line);
    let reference = frame["source"]["sourceReference"].clone();
    let source = session.client.ok("source", json!({"sourceReference": reference}));
    assert!(source["content"].as_str().is_some_and(|text| text.contains("player.score += 1;")));
    session.client.disconnect();
}

#[test]
fn a_layout_that_live_data_has_is_refused_and_can_be_undone() {
    let program = Program::example("plain");
    let (mut session, stop, _) = stopped_in_plain(&program);
    let saved = program.read(MAIN);
    let edited = saved
        .replace("    score: u32,\n", "    score: u32,\n    extra: u64,\n")
        .replace("score: 0,", "score: 0, extra: 1,")
        .replace("Player { name, score, hand }", "Player { name, score, hand, .. }");
    program.write(MAIN, &edited);
    let refused = session.client.event("midflight/refused");
    assert_eq!(refused["verdict"], "restart");
    assert!(refused["message"].as_str().is_some_and(|message| message.contains("`extra`")), "{refused}");
    session.resume(&stop);
    let stop = session.stopped();
    program.write(MAIN, &saved.replace("player.score += 1;", "player.score += 2;"));
    assert_eq!(session.client.event("midflight/generation")["generation"], 1);
    session.resume(&stop);
    assert_eq!(session.stopped().function(), "plain::play");
    session.client.disconnect();
}

/// Everything that a swap must leave alone, and everything that must take the new code.
const EVERYTHING: &str = r#"
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock};
use std::time::Duration;

static COUNT: AtomicU64 = AtomicU64::new(100);
static mut RAW: [u64; 4] = [1, 2, 3, 4];
static ONCE: OnceLock<u64> = OnceLock::new();
static LAZY: LazyLock<Mutex<Vec<u64>>> = LazyLock::new(|| Mutex::new(vec![7]));
static GO_ON: AtomicBool = AtomicBool::new(true);
static WORK: AtomicU64 = AtomicU64::new(0);

thread_local! { static LOCAL: Cell<u64> = const { Cell::new(5) }; }

trait Shape { fn area(&self) -> u64; fn name(&self) -> String { String::from("shape v1") } }
struct Disc(u64);
impl Shape for Disc { fn area(&self) -> u64 { self.0 * 3 } }
impl Drop for Disc { fn drop(&mut self) { COUNT.fetch_add(dropped(), Ordering::SeqCst); } }

struct State { tick: u64, seen: HashMap<u64, String>, shapes: Vec<Box<dyn Shape>>, add: Box<dyn Fn(u64) -> u64 + Send> }

#[inline(never)]
fn dropped() -> u64 { 1 }

fn touch_local() -> u64 { LOCAL.with(|local| { local.set(local.get() + 1); local.get() }) }

fn largest<T: PartialOrd + Copy>(items: &[T]) -> Option<T> {
    let mut best = *items.first()?;
    for &item in items { if item > best { best = item; } }
    Some(best)
}

fn adder(by: u64) -> Box<dyn Fn(u64) -> u64 + Send> { Box::new(move |n| n + by) }

fn panics(tick: u64) -> u64 {
    if tick > 0 { panic!("on purpose v1"); }
    tick
}

#[inline(never)]
fn work(seed: u64) -> u64 { (0..50).map(|n| n ^ seed).filter(|n| n % 3 == 0).sum::<u64>() & 1 }

fn step(state: &mut State) -> String {
    state.tick += 1;
    COUNT.fetch_add(1, Ordering::SeqCst);
    unsafe { RAW[1] += 1; }
    LAZY.lock().unwrap().push(state.tick);
    state.seen.insert(state.tick, format!("seen {}", state.tick));
    state.shapes.push(Box::new(Disc(state.tick)));
    if state.shapes.len() > 3 { state.shapes.remove(0); }
    let caught = std::panic::catch_unwind(|| panics(1)).is_err();
    let areas: u64 = state.shapes.iter().map(|shape| shape.area()).sum();
    let name = state.shapes[0].name();
    format!(
        "v1 tick {} count {} raw {} once {} lazy {} local {} areas {areas} {name} caught {caught} add {} seen {} largest {:?}",
        state.tick, COUNT.load(Ordering::SeqCst), unsafe { RAW[1] }, ONCE.get().unwrap(), LAZY.lock().unwrap().len(),
        touch_local(), (state.add)(1), state.seen.len(), largest(&[3, 9, 4]),
    )
}

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    ONCE.set(42).unwrap();
    let threads: Vec<_> = (0..4).map(|seed| std::thread::spawn(move || {
        while GO_ON.load(Ordering::Relaxed) { WORK.fetch_add(1 + work(seed), Ordering::Relaxed); }
    })).collect();
    let mut state = State { tick: 0, seen: HashMap::new(), shapes: Vec::new(), add: adder(10) };
    while state.tick < 100_000 {
        let line = step(&mut state);
        println!("{line} worked {}", WORK.load(Ordering::Relaxed) > 0);
        std::thread::sleep(Duration::from_millis(20));
    }
    GO_ON.store(false, Ordering::Relaxed);
    for thread in threads { thread.join().unwrap(); }
}
"#;

fn everything() -> Program {
    let manifest = "[package]\nname = \"everything\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    Program::files(&[("Cargo.toml", manifest), (MAIN, EVERYTHING)])
}

/// The number behind a word in a line of the program's output.
fn number(line: &str, word: &str) -> u64 {
    let mut words = line.split_whitespace();
    words.find(|other| *other == word);
    words.next().and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no `{word}` in {line}"))
}

/// The next line of output with this text.
fn line(session: &mut Session, text: &str) -> String {
    let output = session.client.output(text);
    let line = output.lines().rfind(|line| line.contains(text));
    line.unwrap_or_else(|| panic!("no `{text}` in {output}")).to_owned()
}

#[test]
fn statics_threads_closures_panics_and_the_heap_live_through_swaps() {
    let program = everything();
    let mut session = Session::launch(&program, &json!({}));
    session.configuration_done();
    let mut before = line(&mut session, "worked true");
    for version in 2..=6 {
        let mut text = program.read(MAIN);
        for place in ["\"v{} tick", "shape v{}", "on purpose v{}"] {
            let (old, new) = (version - 1, version);
            text =
                text.replace(&place.replace("{}", &old.to_string()), &place.replace("{}", &new.to_string()));
        }
        if version == 3 {
            // Captures one more variable, in a closure that is stored: the stored one goes on as it was.
            let more = "let more = by * 2;\n    Box::new(move |n| n + by + more)";
            text = text.replace("Box::new(move |n| n + by)", more);
        }
        program.write(MAIN, &text);
        let generation = session.client.event("midflight/generation");
        assert_eq!(generation["generation"], version - 1, "{generation}");
        let after = line(&mut session, &format!("v{version} tick"));
        for (word, least) in [("tick", 1), ("count", 1), ("raw", 1), ("lazy", 1), ("local", 1)] {
            assert!(number(&after, word) >= number(&before, word) + least, "{word}\n{before}\n{after}");
        }
        assert_eq!(number(&after, "raw"), number(&after, "tick") + 2, "{after}");
        assert_eq!(number(&after, "lazy"), number(&after, "tick") + 1, "{after}");
        assert_eq!(number(&after, "seen"), number(&after, "tick"), "{after}");
        assert_eq!(number(&after, "local"), number(&after, "tick") + 5, "{after}");
        assert_eq!(number(&after, "once"), 42, "{after}");
        assert_eq!(number(&after, "add"), 11, "{after}");
        assert!(after.contains(&format!("shape v{version} caught true")), "{after}");
        assert!(after.contains("largest Some(9)") && after.contains("worked true"), "{after}");
        before = after;
    }
    session.client.disconnect();
}

#[test]
fn the_next_session_starts_from_what_was_saved_last() {
    let program = everything();
    let mut session = Session::launch(&program, &json!({}));
    session.configuration_done();
    line(&mut session, "v1 tick");
    program.replace(MAIN, "\"v1 tick", "\"v2 tick");
    session.client.event("midflight/generation");
    line(&mut session, "v2 tick");
    session.client.disconnect();

    let mut session = Session::launch(&program, &json!({}));
    session.configuration_done();
    let first = line(&mut session, "tick 1 ");
    assert!(first.starts_with("v2"), "{first}");
    program.replace(MAIN, "\"v2 tick", "\"v3 tick");
    assert_eq!(session.client.event("midflight/generation")["generation"], 1);
    line(&mut session, "v3 tick");
    session.client.disconnect();
}

#[test]
fn short_functions_and_all_copies_of_an_inline_one_are_swapped() {
    let manifest = "[package]\nname = \"copies\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    let module = "pub fn twice() -> u32 { super::shared() + super::shared() }\n";
    let main = r#"
mod left;
mod right;
#[inline]
pub fn shared() -> u32 { 1 }
fn nothing() {}
fn main() {
    for tick in 0..100_000 {
        nothing();
        println!("tick {tick} {} {} {}", shared(), left::twice(), right::twice());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
"#;
    let files = [("Cargo.toml", manifest), (MAIN, main), ("src/left.rs", module), ("src/right.rs", module)];
    let program = Program::files(&files);
    let mut session = Session::launch(&program, &json!({}));
    session.configuration_done();
    line(&mut session, " 1 2 2");
    program.replace(MAIN, "-> u32 { 1 }", "-> u32 { 5 }");
    session.client.event("midflight/generation");
    line(&mut session, " 5 10 10");
    program.replace(MAIN, "fn nothing() {}", "fn nothing() { println!(\"something\"); }");
    session.client.event("midflight/generation");
    line(&mut session, "something");
    session.client.disconnect();
}
