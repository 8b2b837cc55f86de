//! Build profiles: optimised ones work or refuse and never corrupt; those without debug information are told which
//! line to change.

use midflight_tests::dap::Session;
use midflight_tests::program::{NEWER_MANGLING, Program};
use serde_json::json;

use super::{Live, MAIN, MANIFEST, STEPPING, number};

/// State that any mix of old and new code would put out of step.
const STATEFUL: &str = r#"
    use std::sync::Mutex;
    use std::collections::HashMap;
    trait Unit { fn worth(&self) -> u64; }
    struct Coin(u64);
    struct Note { value: u64 }
    impl Unit for Coin { fn worth(&self) -> u64 { self.0 * 1 } }
    impl Unit for Note { fn worth(&self) -> u64 { self.value * 10 } }
    struct Purse { units: Vec<Box<dyn Unit + Send>>, log: HashMap<u64, String> }
    static PURSE: Mutex<Option<Purse>> = Mutex::new(None);
    fn worth(purse: &Purse) -> u64 { purse.units.iter().map(|unit| unit.worth()).sum() }
    fn describe(purse: &Purse) -> String { format!("units {}", purse.units.len()) }
    fn step(tick: u64) -> String {
        let mut purse = PURSE.lock().unwrap();
        let purse = purse.get_or_insert_with(|| Purse { units: vec![Box::new(Coin(1)), Box::new(Note { value: 1 })], log: HashMap::new() });
        purse.log.insert(tick, describe(purse));
        format!("v1 worth {} {} logged {} tick {tick} .", worth(purse), describe(purse), purse.log.len())
    }
"#;

/// The manifest of a program that is built with this profile.
fn with(profile: &str) -> String {
    format!("{MANIFEST}\n[profile.dev]\n{profile}\n")
}

fn stateful(profile: &str) -> Live {
    Live::of(&with(profile), &format!("{STATEFUL}{STEPPING}"))
}

/// Saves what must either be swapped in, or be refused in words; says which.
#[track_caller]
fn swapped_or_refused(app: &mut Live, edits: &[(&str, &str)]) -> bool {
    app.edit(MAIN, edits);
    let answer = app.session.client.ok("midflight/reload", json!({}));
    if answer["applied"] == false {
        let message = answer["message"].as_str().unwrap_or_default();
        assert!(!message.is_empty() && !message.contains("fault of Midflight"), "{answer}");
        let back: Vec<(&str, &str)> = edits.iter().map(|(old, new)| (*new, *old)).collect();
        app.edit(MAIN, &back);
    }
    answer["applied"] == true
}

/// Edits of functions that an optimiser likes to inline, of trait methods and of the step itself.
#[track_caller]
fn never_corrupts(profile: &str, at_least: usize) {
    let mut app = stateful(profile);
    app.line("v1 worth 11 units 2 ");
    let (mut coin, mut note, mut word, mut swapped) = (1, 10, "units", 0);
    if swapped_or_refused(&mut app, &[("self.0 * 1", "self.0 * 2")]) {
        (coin, swapped) = (2, swapped + 1);
    }
    if swapped_or_refused(&mut app, &[("self.value * 10", "self.value * 30")]) {
        (note, swapped) = (30, swapped + 1);
    }
    if swapped_or_refused(&mut app, &[("\"units {}\"", "\"things {}\"")]) {
        (word, swapped) = ("things", swapped + 1);
    }
    let mut version = 1;
    if swapped_or_refused(&mut app, &[("\"v1 worth", "\"v2 worth")]) {
        (version, swapped) = (2, swapped + 1);
    }
    let line = app.line(&format!("v{version} worth {} {word} 2 ", coin + note));
    assert_eq!(number(&line, "logged"), number(&line, "tick") + 1, "{line}");
    assert!(swapped >= at_least, "only {swapped} of 4 were swapped in");
    app.end();
}

#[test]
fn opt_level_1_never_corrupts() {
    never_corrupts("opt-level = 1", 1);
}

#[test]
fn opt_level_2_never_corrupts() {
    never_corrupts("opt-level = 2", 1);
}

#[test]
fn opt_level_3_never_corrupts() {
    never_corrupts("opt-level = 3", 1);
}

/// What is private to a file and used by others is visible under names of its own in each build.
const SHARED: [(&str, &str); 2] = [
    (
        MAIN,
        r#"
        mod shared;
        #[inline(never)]
        fn step(tick: u64) -> String {
            let (count, more) = (shared::count(), shared::count());
            if tick == 3 { shared::prepare(); }
            let ready = shared::ready();
            format!("v1 count {count} {more} tick {tick} ready {ready} {:?} {} .", shared::table(), shared::word(tick))
        }
        "#,
    ),
    (
        "src/shared.rs",
        r#"
        use std::sync::atomic::{AtomicU64, Ordering};
        static COUNT: AtomicU64 = AtomicU64::new(0);
        pub fn count() -> u64 { COUNT.fetch_add(1, Ordering::Relaxed) }
        pub fn table() -> &'static [u64] { &[5, 6, 7] }
        #[inline(never)]
        pub fn word(tick: u64) -> String { format!("one {}", tick % 2) }
        struct Mark { pub at: AtomicU64 }
        static LAST: Mark = Mark { at: AtomicU64::new(0) };
        static mut READY: u32 = 0;
        #[inline(never)]
        pub fn prepare() { LAST.at.store(3, Ordering::Relaxed); unsafe { READY = 7 } }
        #[inline(never)]
        pub fn ready() -> u32 { unsafe { READY } }
        "#,
    ),
];

fn optimised(level: u32, main: &str) -> Live {
    Live::of(&with(&format!("opt-level = {level}")), &format!("{main}{STEPPING}"))
}

fn shared(level: u32) -> Live {
    let manifest = with(&format!("opt-level = {level}"));
    let [(main, text), other] = SHARED;
    let text = format!("{text}{STEPPING}");
    let files = [("Cargo.toml", manifest.as_str()), (main, text.as_str()), other];
    Live::launch(Program::files(&files), &json!({}))
}

#[track_caller]
fn is_counted_on(app: &mut Live, text: &str) {
    let line = app.line(text);
    assert_eq!(number(&line, "count"), 2 * number(&line, "tick"), "{line}");
}

#[test]
fn statics_that_an_optimiser_has_made_visible_go_on() {
    for level in 1..=3 {
        let mut app = shared(level);
        is_counted_on(&mut app, "ready 7 [5, 6, 7] one");
        app.edit("src/shared.rs", &[("one {}", "two {}")]);
        let answer = app.swap_saved();
        assert_eq!(answer["times"]["functions"], json!(["word"]), "the others are as they were");
        is_counted_on(&mut app, "ready 7 [5, 6, 7] two");
        app.edit("src/shared.rs", &[("5, 6, 7", "8, 9")]);
        app.swap_saved();
        is_counted_on(&mut app, "[8, 9] two");
        app.swap(&[("v1 count", "v2 count")]);
        is_counted_on(&mut app, "v2 count");
        app.end();
    }
}

/// The optimiser keeps a `bool` in place of the one number, which is 0 or 7, and has no use for the other, which is never read.
#[test]
fn a_static_that_an_optimiser_keeps_in_another_way_is_refused() {
    let mut app = shared(1);
    app.line("ready 7");
    for other in ["READY = 9", "READY = std::hint::black_box(7)"] {
        app.edit("src/shared.rs", &[("READY = 7", other)]);
        let message = app.refused();
        let names_it = message.contains("the static `app::shared::READY`") && message.contains("opt-level");
        assert!(names_it, "{message}");
        app.edit("src/shared.rs", &[(other, "READY = 7")]);
    }
    let print = ("tick % 2)", "tick % 2 + LAST.at.load(Ordering::Relaxed))");
    // The other way to write its type gives it another name.
    let hide = ("pub at: AtomicU64 }", "at: AtomicU64 }");
    for edits in [vec![print], vec![print, hide]] {
        app.edit("src/shared.rs", &edits);
        let message = app.refused();
        assert!(message.contains("the static `app::shared::LAST`"), "{message}");
        let back: Vec<_> = edits.iter().rev().map(|(old, new)| (*new, *old)).collect();
        app.edit("src/shared.rs", &back);
    }
    app.edit("src/shared.rs", &[("one {}", "two {}")]);
    app.swap_saved();
    is_counted_on(&mut app, "ready 7 [5, 6, 7] two");
    app.end();
}

/// Old code of `step` hands `weigh` one argument only, and takes nothing from `seven`: nobody has a use for it.
#[test]
fn what_an_optimiser_has_compiled_for_its_caller_is_not_called_by_an_old_one() {
    let main = r#"
    #[inline(never)]
    fn weigh(tick: u64, _by: u64) -> u64 { println!("weighs {tick}"); tick + 1 }
    #[inline(never)]
    fn seven() -> u64 { std::hint::black_box(7) }
    #[inline(never)]
    fn step(tick: u64) -> String {
        let mut sum = 0;
        loop {
            sum += weigh(tick, seven());
            let stay = std::path::Path::new("stay").exists();
            if !stay { return format!("v1 tick {tick} sum {sum} ."); }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
    "#;
    for level in 1..=3 {
        let mut app = optimised(level, main);
        app.line("v1");
        app.program.write("stay", "");
        app.line("weighs");
        // The call that runs on is not of the newest code then.
        app.swap(&[("v1 tick", "v2 tick")]);
        let edits =
            [("tick: u64, _by: u64", "tick: u64, by: u64"), ("weighs {tick}", "weighs {tick} by {by}")];
        app.edit(MAIN, &edits);
        let message = app.refused();
        let told = message.contains("`app::step`, which is running, calls `app::");
        assert!(told && message.contains("Save again once it has returned"), "{message}");
        std::fs::remove_file(app.program.path("stay")).expect("it was there");
        app.line("v1");
        app.swap_saved();
        assert!(app.line(" by ").ends_with("by 7"));
        app.end();
    }
}

/// A line above moves what the panics of `step`, which runs on, and of `weigh` name.
#[test]
fn what_only_moved_may_be_called_by_old_code() {
    let main = r#"
    #[inline(never)]
    fn word() -> &'static str { std::hint::black_box("one") }
    #[inline(never)]
    fn weigh(tick: u64) -> u64 { println!("weighs {tick} {}", word()); 700 / tick }
    #[inline(never)]
    fn step(tick: u64) -> String {
        loop {
            let sum = 900 / weigh(std::hint::black_box(tick + 1));
            let stay = std::path::Path::new("stay").exists();
            if !stay { return format!("v1 tick {tick} sum {sum} ."); }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
    "#;
    for level in 1..=3 {
        let mut app = optimised(level, main);
        app.line("v1");
        app.program.write("stay", "");
        app.line("weighs");
        app.swap(&[("{ std::hint::black_box(\"one\") }", "{\nstd::hint::black_box(\"two\") }")]);
        app.line("two");
        app.end();
    }
}

/// New code of `seen` knows of no number but 5, and the thread that runs on hands it 3.
#[test]
fn what_is_gone_and_runs_on_calls_no_code_that_was_compiled_without_it() {
    let main = r#"
    fn worker() {
        while !std::path::Path::new("stop").exists() {
            println!("worker sees {}", seen(3));
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
    #[inline(never)]
    fn seen(number: u64) -> u64 { std::hint::black_box(number) }
    #[inline(never)]
    fn step(tick: u64) -> String {
        if tick == 0 { std::thread::spawn(worker); }
        format!("v1 sees {} tick {tick} .", seen(5))
    }
    "#;
    for level in 1..=3 {
        let mut app = optimised(level, main);
        app.line("worker sees 3");
        let text = app.program.read(MAIN);
        let (start, end) = (text.find("fn worker").unwrap(), text.find("    #[inline(never)]").unwrap());
        let without = text.replace(&text[start..end], "").replace("std::thread::spawn(worker);", "");
        app.program.write(MAIN, &without);
        let message = app.refused();
        assert!(message.contains("calls `app::seen`"), "{message}");
        app.line("worker sees 3");
        app.end();
    }
}

/// The compiler makes one of them at these levels, as long as they do the same.
#[test]
fn functions_of_the_same_code_are_swapped_apart() {
    let main = r#"
    mod twins {
        #[inline(never)]
        pub fn left(tick: u64) -> String { format!("is {}", std::hint::black_box(tick) | 1) }
        #[inline(never)]
        pub fn right(tick: u64) -> String { format!("is {}", std::hint::black_box(tick) | 1) }
    }
    #[inline(never)]
    fn step(tick: u64) -> String {
        format!("v1 left {} right {} tick {tick} .", twins::left(100), twins::right(100))
    }
    "#;
    for level in 2..=3 {
        let mut app = optimised(level, main);
        app.line("left is 101 right is 101 ");
        let [left, right] = ["left", "right"].map(|name| format!("fn {name}(tick: u64) -> String {{ "));
        let [other_left, other_right] = [&left, &right].map(|start| format!("{start}let tick = tick | 8; "));
        app.swap(&[(&left, &other_left)]);
        app.line("left is 109 right is 101 ");
        app.swap(&[(&right, &other_right)]);
        app.line("left is 109 right is 109 ");
        app.swap(&[(&other_left, &left)]);
        app.line("left is 101 right is 109 ");
        app.swap(&[(&other_right, &right)]);
        app.line("left is 101 right is 101 ");
        app.end();
    }
}

/// Panics that a patch catches would be foreign to it: they are known by the address of a constant.
#[test]
fn what_is_linked_as_one_with_the_standard_library_is_refused() {
    for profile in ["lto = true\nopt-level = 1", "lto = \"fat\""] {
        let mut app = stateful(profile);
        app.line("v1 worth 11 units 2 ");
        app.edit(MAIN, &[("self.0 * 1", "self.0 * 2")]);
        let message = app.refused();
        assert!(message.contains("`lto = false`"), "{message}");
        app.line("v1 worth 11 units 2 ");
        app.end();
    }
}

#[test]
fn thin_lto_works_or_refuses() {
    never_corrupts("lto = \"thin\"", 0);
}

#[test]
fn panic_abort_works() {
    never_corrupts("panic = \"abort\"", 4);
}

#[test]
fn one_codegen_unit_works() {
    never_corrupts("codegen-units = 1", 4);
}

#[test]
fn v0_mangled_names_work() {
    let main = format!("{STATEFUL}{STEPPING}");
    let program = Program::files(&[("Cargo.toml", MANIFEST), (MAIN, &main), NEWER_MANGLING]);
    let mut app = Live::launch(program, &json!({}));
    app.line("v1 worth 11 units 2 ");
    app.swap(&[("self.0 * 1", "self.0 * 2"), ("\"units {}\"", "\"things {}\"")]);
    app.line("v1 worth 12 things 2 ");
    app.end();
}

/// A launch without enough debug information says which line of the profile to change; the program runs all the same.
#[track_caller]
fn says_what_to_change(profile: &str) {
    let manifest = with(profile);
    let program = Program::files(&[("Cargo.toml", &manifest), (MAIN, &format!("{STATEFUL}{STEPPING}"))]);
    let mut session = Session::launch(&program, &json!({}));
    session.configuration_done();
    session.client.output("v1 worth 11 units 2 ");
    program.replace(MAIN, "\"v1 worth", "\"v2 worth");
    let said = session.client.ok("midflight/reload", json!({}));
    assert_eq!(said["applied"], false, "{said}");
    let message = said["message"].as_str().unwrap_or_default();
    assert!(message.contains("`debug = true`") && message.contains("[profile.dev]"), "{message}");
    session.client.output("v1 worth 11 units 2 ");
    session.client.disconnect();
}

#[test]
fn debuginfo_0_is_refused_with_the_line_to_change() {
    says_what_to_change("debug = 0");
}

#[test]
fn debuginfo_1_is_refused_with_the_line_to_change() {
    says_what_to_change("debug = 1");
}

#[test]
fn a_member_without_debug_information_is_refused_and_what_runs_in_cargo_needs_none() {
    let macros =
        "[package]\nname = \"macros\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[lib]\nproc-macro = true\n";
    let library =
        |name: &str| format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
    let app = format!(
        "[workspace]\nmembers = [\"macros\", \"shared\", \"engine\"]\n\n{MANIFEST}\n[dependencies]\nengine = {{ path = \"engine\" }}\n\
         macros = {{ path = \"macros\" }}\n\n[profile.dev.package.engine]\ndebug = LEVEL\n"
    );
    let items = "fn step(tick: u64) -> String { macros::nothing!(); format!(\"v1 {} tick {tick} .\", engine::number()) }\n";
    for (level, lacks) in [("1", true), ("2", false)] {
        let program = Program::files(&[
            ("Cargo.toml", &app.replace("LEVEL", level)),
            (MAIN, &format!("{items}{STEPPING}")),
            ("engine/Cargo.toml", &library("engine")),
            ("engine/src/lib.rs", "pub fn number() -> u64 { 7 }\n"),
            ("shared/Cargo.toml", &library("shared")),
            ("shared/src/lib.rs", "pub fn nothing() -> String { String::new() }\n"),
            (
                "macros/Cargo.toml",
                &format!("{macros}\n[dependencies]\nshared = {{ path = \"../shared\" }}\n"),
            ),
            (
                "macros/src/lib.rs",
                "#[proc_macro] pub fn nothing(_: proc_macro::TokenStream) -> proc_macro::TokenStream { shared::nothing().parse().unwrap() }\n",
            ),
        ]);
        let mut app = Live::launch(program, &json!({}));
        app.line("v1 7 ");
        app.edit("engine/src/lib.rs", &[("7", "8")]);
        if lacks {
            let message = app.refused();
            assert!(message.contains("`engine` is built with `debug = 1`"), "{message}");
        } else {
            app.swap_saved();
            app.line("v1 8 ");
        }
        app.end();
    }
}
