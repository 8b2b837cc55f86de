//! What must be refused, with the path by which live data is reached; the session goes on, and an undo is all right.

use midflight_tests::program::Program;
use serde_json::json;

use super::{Live, MAIN, MANIFEST, STEPPING};

const REACHED: &str = r#"
    use std::sync::Mutex;
    #[derive(Clone, Copy, Debug, PartialEq)] enum Mood { Calm, Busy(u32) }
    #[derive(Clone, Debug)] struct Inner { low: u32, high: u32 }
    #[derive(Clone, Debug)] struct Outer { inner: Inner, mood: Mood }
    struct World { outers: Vec<Outer> }
    trait Part { fn size(&self) -> u64; fn weight(&self) -> u64 { 1 } }
    struct Bolt;
    impl Part for Bolt { fn size(&self) -> u64 { 2 } }
    static WORLD: Mutex<World> = Mutex::new(World { outers: Vec::new() });
    static PARTS: Mutex<Vec<Box<dyn Part + Send>>> = Mutex::new(Vec::new());
    static LIMIT: u32 = 7;
    fn fresh() -> Outer { Outer { inner: Inner { low: 1, high: 2 }, mood: Mood::Busy(3) } }
    fn step(tick: u64) -> String {
        let mut world = WORLD.lock().unwrap();
        let mut parts = PARTS.lock().unwrap();
        if tick == 0 { world.outers.push(fresh()); parts.push(Box::new(Bolt)); }
        let outer = &world.outers[0];
        assert_ne!(outer.mood, Mood::Calm);
        format!("v1 {} {} {:?} {} {} {}.", outer.inner.low, outer.inner.high, outer.mood, parts[0].size(), parts[0].weight(), LIMIT)
    }
"#;

fn reached() -> Live {
    let mut app = Live::stepping(REACHED);
    app.line("v1 1 2 Busy(3) 2 1 7.");
    app
}

#[test]
fn a_field_added() {
    let mut app = reached();
    app.refuses(
        &[("high: u32 }", "high: u32, extra: u64 }"), ("high: 2 }", "high: 2, extra: 9 }")],
        &["extra", "WORLD"],
    );
    app.end();
}

#[test]
fn a_field_removed() {
    let mut app = reached();
    app.refuses(&[("high: u32 }", "}"), ("high: 2 }", "}"), ("outer.inner.high", "0")], &["high", "WORLD"]);
    app.end();
}

#[test]
fn a_field_retyped() {
    let mut app = reached();
    // Of the same size and place.
    app.refuses(&[("high: u32 }", "high: i32 }")], &["high", "WORLD"]);
    app.end();
}

#[test]
fn fields_that_change_places() {
    let mut app = reached();
    app.refuses(&[("low: u32, high: u32", "high: u32, low: u32")], &["Inner", "WORLD"]);
    app.end();
}

#[test]
fn a_field_added_to_what_a_parameter_points_to() {
    let main = r#"
        struct State { tick: u64 }
        fn advance(state: &mut State) { state.tick += 1; }
        fn main() {
            let mut state = State { tick: 0 };
            while state.tick < 60_000 { advance(&mut state); println!("v1 {}.", state.tick > 0); std::thread::sleep(std::time::Duration::from_millis(10)); }
        }
    "#;
    let mut app = Live::of(MANIFEST, main);
    app.line("v1 true.");
    app.edit(
        MAIN,
        &[
            ("tick: u64 }", "tick: u64, extra: u64 }"),
            ("tick: 0 }", "tick: 0, extra: 1 }"),
            ("state.tick += 1;", "state.tick += state.extra;"),
        ],
    );
    let message = app.refused();
    assert!(message.contains("extra") && message.contains("State"), "{message}");
    app.line("v1 true.");
    app.end();
}

#[test]
fn an_enums_variants_changed() {
    let mut app = reached();
    app.refuses(&[("enum Mood { Calm,", "enum Mood { Calm, Sad(u64),")], &["Mood", "WORLD"]);
    app.refuses(&[("enum Mood { Calm, Busy(u32) }", "enum Mood { Busy(u32), Calm }")], &["Mood", "WORLD"]);
    app.refuses(&[("Busy(u32) }", "Busy(i32) }")], &["Mood", "WORLD"]);
    app.end();
}

#[test]
fn a_trait_method_added_with_live_objects() {
    let mut app = reached();
    app.refuses(
        &[
            (
                "fn weight(&self) -> u64 { 1 } }",
                "fn weight(&self) -> u64 { 1 } fn depth(&self) -> u64 { 3 } }",
            ),
            ("parts[0].weight()", "parts[0].depth()"),
        ],
        &["Part", "PARTS"],
    );
    app.end();
}

#[test]
fn trait_methods_reordered_with_live_objects() {
    let mut app = reached();
    app.refuses(
        &[(
            "fn size(&self) -> u64; fn weight(&self) -> u64 { 1 }",
            "fn weight(&self) -> u64 { 1 } fn size(&self) -> u64;",
        )],
        &["Part", "PARTS"],
    );
    app.end();
}

#[test]
fn a_static_retyped() {
    let mut app = reached();
    app.refuses(&[("static LIMIT: u32 = 7", "static LIMIT: u64 = 7")], &["LIMIT"]);
    app.refuses(
        &[
            ("static WORLD: Mutex<World>", "static WORLD: std::sync::RwLock<World>"),
            ("Mutex::new(World {", "std::sync::RwLock::new(World {"),
            ("WORLD.lock()", "WORLD.write()"),
        ],
        &["WORLD"],
    );
    app.end();
}

#[test]
fn a_static_that_a_patch_brought_is_retyped() {
    let mut app = Live::stepping(
        r#"
        use std::sync::Mutex;
        macro_rules! keeps { ($type:ty) => { static KEPT: Mutex<Vec<$type>> = Mutex::new(Vec::new()); }; }
        fn step(tick: u64) -> String { format!("v1 tick {tick} .") }
        "#,
    );
    app.line("v1 tick");
    app.swap(&[
        ("fn step", "keeps!(u64);\n        fn step"),
        ("{ format!(\"v1 tick {tick} .\")", "{ KEPT.lock().unwrap().push(7); format!(\"v1 kept {:?} tick {tick} .\", KEPT.lock().unwrap().first())"),
    ]);
    app.line("v1 kept Some(7) ");
    // The rules don't look into macros.
    let words = ["the static `app::KEPT` was", "and is now"];
    app.refuses(&[("keeps!(u64)", "keeps!([u64; 3])"), ("push(7)", "push([8; 3])")], &words);
    app.line("v1 kept Some(7) ");
    app.end();
}

#[test]
fn a_type_that_a_patch_brought_changes_where_its_values_live() {
    let mut app = Live::stepping(
        r#"
        use std::sync::Mutex;
        macro_rules! made { ($($field:ident),*) => { #[derive(Debug, Default, Clone)] struct Made { $($field: u64),* } }; }
        fn step(tick: u64) -> String { format!("v1 tick {tick} .") }
        "#,
    );
    app.line("v1 tick");
    app.swap(&[
        ("fn step", "made!(a);\n        static MADE: Mutex<Option<Made>> = Mutex::new(None);\n        fn step"),
        ("{ format!(\"v1 tick {tick} .\")", "{ let made = MADE.lock().unwrap().get_or_insert_default().clone(); format!(\"v1 {made:?} tick {tick} .\")"),
    ]);
    app.line("v1 Made { a: 0 } ");
    app.refuses(&[("made!(a)", "made!(a, b, c)")], &["`app::Made`", "static `app::MADE`"]);
    app.line("v1 Made { a: 0 } ");
    app.end();
}

fn configured() -> Program {
    let manifest = format!("{MANIFEST}\n[features]\nextra = []\n");
    let items =
        "fn step(_: u64) -> String { format!(\"v1 {} {}.\", env!(\"SCRIPT\"), cfg!(feature = \"extra\")) }";
    Program::files(&[
        ("Cargo.toml", &manifest),
        ("build.rs", "fn main() { println!(\"cargo:rustc-env=SCRIPT=one\"); }\n"),
        (MAIN, &format!("{items}{STEPPING}")),
    ])
}

/// A save of this file is refused with these words; taken back, edits go in as before.
#[track_caller]
fn configuration_is_refused(file: &str, old: &str, new: &str, words: &[&str]) {
    let mut app = Live::launch(configured(), &json!({}));
    app.line("v1 one false.");
    let path = app.program.path(file);
    let saved = path.exists().then(|| app.program.read(file));
    match &saved {
        Some(_) => app.program.replace(file, old, new),
        None => app.program.write(file, new),
    }
    let message = app.refused();
    for word in words {
        assert!(message.contains(word), "no {word:?} in: {message}");
    }
    app.printed.clear();
    app.line("v1 one false.");
    match saved {
        Some(text) => app.program.write(file, &text),
        None => std::fs::remove_file(&path).expect("it was written"),
    }
    app.swap(&[("\"v1 {}", "\"v2 {}")]);
    app.line("v2 one false.");
    app.end();
}

#[test]
fn the_manifest_changed() {
    configuration_is_refused(
        "Cargo.toml",
        "[features]",
        "[profile.dev]\nopt-level = 1\n\n[features]",
        &["Cargo.toml"],
    );
}

/// The text can't tell whether anybody asks for the feature; the build can.
#[test]
fn features_changed() {
    configuration_is_refused(
        "Cargo.toml",
        "extra = []",
        "extra = []\ndefault = [\"extra\"]",
        &["is built with the features [default, extra]"],
    );
}

#[test]
fn the_build_script_changed() {
    configuration_is_refused("build.rs", "SCRIPT=one", "SCRIPT=two", &["build.rs"]);
}

#[test]
fn the_toolchain_changed() {
    configuration_is_refused(
        "rust-toolchain.toml",
        "",
        "[toolchain]\nchannel = \"1.95.0\"\n",
        &["rust-toolchain.toml"],
    );
}

#[test]
fn the_configuration_of_cargo_changed() {
    configuration_is_refused(
        ".cargo/config.toml",
        "",
        "[build]\nrustflags = [\"-Copt-level=1\"]\n",
        &[".cargo/config.toml"],
    );
}

#[test]
fn a_field_added_to_what_a_thread_local_holds() {
    let mut app = Live::stepping(
        r#"
        use std::cell::RefCell;
        struct State { count: u64 }
        thread_local! { static STATE: RefCell<State> = RefCell::new(State { count: 0 }); }
        fn step(_: u64) -> String {
            STATE.with_borrow_mut(|state| { state.count += 1; format!("v1 counting {}.", state.count > 0) })
        }
        "#,
    );
    app.line("v1 counting true.");
    app.refuses(
        &[
            ("struct State { count: u64 }", "struct State { extra: u64, count: u64 }"),
            ("{ count: 0 }", "{ extra: 1, count: 0 }"),
        ],
        &["extra", "STATE"],
    );
    app.end();
}

#[test]
fn a_thread_local_that_the_program_does_not_have() {
    let mut app = Live::stepping(
        r#"
        use std::cell::Cell;
        thread_local! { static KNOWN: Cell<u64> = const { Cell::new(1) }; }
        fn shown() -> u64 { KNOWN.get() }
        fn step(_: u64) -> String { format!("v1 shown {}.", shown()) }
        "#,
    );
    app.line("v1 shown 1.");
    app.refuses(
        &[
            (
                "fn shown()",
                "thread_local! { static FRESH: Cell<u64> = const { Cell::new(2) }; }\n        fn shown()",
            ),
            ("{ KNOWN.get() }", "{ KNOWN.get() + FRESH.get() }"),
        ],
        &["`app::FRESH` is a thread local", "restart"],
    );
    app.end();
}

#[test]
fn a_thread_that_is_stopped_where_the_jump_would_be_written() {
    let mut app = Live::stepping(
        r#"
        fn other() -> u64 { 5 }
        #[inline(never)]
        fn short() -> u64 {
            other() // stop
        }
        fn step(_: u64) -> String { format!("v1 short {}.", short()) }
        "#,
    );
    app.line("v1 short 5.");
    // Behind one byte that saves a register comes the call.
    let line = app.program.line_of(MAIN, "// stop");
    app.session.set_breakpoints(&app.program, MAIN, &[line]);
    let stop = app.session.stopped();
    assert_eq!(stop.function(), "app::short");
    app.edit(MAIN, &[("other() // stop", "other() * 2 // stop")]);
    let message = app.refused();
    assert!(message.contains("first instructions") && message.contains("Step once"), "{message}");
    app.session.client.ok("next", json!({"threadId": stop.event["threadId"]}));
    let stop = app.session.stopped();
    app.swap_saved();
    app.session.set_breakpoints(&app.program, MAIN, &[]);
    app.session.resume(&stop);
    app.line("v1 short 10.");
    app.end();
}

#[test]
fn a_thread_that_stays_where_the_jump_would_be_written() {
    // Optimised, `through` saves one register and calls: that call returns into its first five bytes.
    let manifest = format!("{MANIFEST}\n[profile.dev]\nopt-level = 2\n");
    let items = r#"
        use std::hint::black_box;
        #[inline(never)]
        fn through(f: fn()) -> u64 { f(); 1 }
        #[inline(never)]
        fn wait() {
            println!("inside");
            while !std::path::Path::new("go").exists() { std::thread::sleep(std::time::Duration::from_millis(5)); }
        }
        #[inline(never)]
        fn step(tick: u64) -> String {
            if tick == 0 { std::thread::spawn(|| println!("through {}.", black_box(through)(black_box(wait)))); }
            format!("v1 tick {tick} .")
        }
    "#;
    let mut app = Live::of(&manifest, &format!("{items}{STEPPING}"));
    app.line("inside");
    app.edit(MAIN, &[("f(); 1 }", "f(); 7 }")]);
    let message = app.refused();
    assert!(message.contains("stays in the first instructions"), "{message}");
    // The program runs on as if nothing had been.
    app.line("v1 tick");
    app.program.write("go", "");
    app.line("through 1.");
    app.swap_saved();
    app.end();
}

#[test]
fn a_field_added_to_what_a_running_function_holds() {
    let main = r#"
        struct State { tick: u64 }
        fn advance(state: &mut State) { state.tick += 1; }
        fn run() {
            let mut state = State { tick: 0 };
            while state.tick < 60_000 { advance(&mut state); println!("v1 {}.", state.tick > 0); std::thread::sleep(std::time::Duration::from_millis(10)); }
        }
        fn main() { run(); }
    "#;
    let mut app = Live::of(MANIFEST, main);
    app.line("v1 true.");
    app.edit(
        MAIN,
        &[
            ("tick: u64 }", "tick: u64, extra: u64 }"),
            ("tick: 0 }", "tick: 0, extra: 1 }"),
            ("state.tick += 1;", "state.tick += state.extra;"),
        ],
    );
    let message = app.refused();
    assert!(message.contains("extra") && message.contains("State") && message.contains("run"), "{message}");
    app.line("v1 true.");
    app.end();
}

#[test]
fn a_field_added_to_what_a_running_loop_makes_anew() {
    let main = r#"
        struct Tmp { n: u64 }
        fn make(n: u64) -> Tmp { Tmp { n } }
        fn twice(tmp: &Tmp) -> u64 { tmp.n * 2 }
        fn run() {
            for n in 0..60_000 { let tmp = make(n); println!("v1 {}.", twice(&tmp) >= n); std::thread::sleep(std::time::Duration::from_millis(10)); }
        }
        fn main() { run(); }
    "#;
    let mut app = Live::of(MANIFEST, main);
    app.line("v1 true.");
    app.edit(
        MAIN,
        &[
            ("struct Tmp { n: u64 }", "struct Tmp { extra: u64, n: u64 }"),
            ("Tmp { n } }", "Tmp { extra: 1, n } }"),
            ("tmp.n * 2", "tmp.n * 2 * tmp.extra"),
        ],
    );
    let message = app.refused();
    assert!(message.contains("extra") && message.contains("app::run"), "{message}");
    app.printed.clear();
    app.line("v1 true.");
    app.end();
}

#[test]
fn a_type_that_lives_in_a_running_call_only_is_never_mixed() {
    let mut app = Live::stepping(
        r#"
        struct Tmp { n: u64 }
        fn make(n: u64) -> Tmp { Tmp { n } }
        fn shown(tmp: &Tmp) -> u64 { tmp.n * 2 }
        fn step(tick: u64) -> String {
            let tmp = make(5);
            if tick == 0 {
                println!("holds one");
                while !std::path::Path::new("go").exists() { std::thread::sleep(std::time::Duration::from_millis(5)); }
            }
            format!("v1 tick {tick} shown {} .", shown(&tmp))
        }
        "#,
    );
    app.line("holds one");
    let edits = [
        ("struct Tmp { n: u64 }", "struct Tmp { extra: [u64; 4], n: u64 }"),
        ("Tmp { n } }", "Tmp { extra: [100; 4], n } }"),
        ("tmp.n * 2", "tmp.n * 2 + tmp.extra[3]"),
    ];
    app.edit(MAIN, &edits);
    let answer = app.session.client.ok("midflight/reload", json!({}));
    let message = answer["message"].as_str().unwrap_or_default();
    assert!(answer["applied"] == true || message.contains("`app::step` is running"), "{answer}");
    app.program.write("go", "");
    app.line("tick 0 shown 10 .");
    // Once no call holds an old one, it goes in at the latest.
    if answer["applied"] == false {
        app.swap_saved();
    }
    app.line("shown 110 .");
    app.end();
}

#[test]
fn a_future_that_only_main_makes_whatever_else_is_edited() {
    let main = r#"
        use std::future::Future;
        use std::task::{Context, Poll, Waker};
        async fn beat(n: u64) -> u64 {
            let before = [n; 2];
            std::future::ready(()).await;
            before[0] * 10 + before[1]
        }
        fn run<F: Future<Output = u64>>(future: F) -> u64 {
            match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(done) => done,
                Poll::Pending => 0,
            }
        }
        #[inline(never)] fn shown(n: u64) -> String { let one = n; format!("v1 {one}.") }
        fn main() {
            loop {
                println!("{}", shown(run(beat(1))));
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
        }
    "#;
    let mut app = Live::of(MANIFEST, main);
    app.line("v1 11.");
    let future = [("[n; 2]", "[n * 3; 9]"), ("before[1]", "before[8]")];
    app.refuses(&future, &["would never run", "main"]);
    // The compiler makes the same of this one: it gets in for its names, and nothing new is run by it.
    let renamed = [("let one = n; format!(\"v1 {one}.\")", "let two = n; format!(\"v1 {two}.\")")];
    app.refuses(&[future.as_slice(), &renamed].concat(), &["would never run", "main"]);
    app.end();
}
