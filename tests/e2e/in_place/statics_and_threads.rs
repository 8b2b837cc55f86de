//! What lives through a swap: statics, thread locals, the heap, and threads that are busy.

use super::{Live, MAIN, MANIFEST, STEPPING, number};

/// Everything that a swap must leave alone, and everything that must take the new code.
const EVERYTHING: &str = r#"
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock};

static COUNT: AtomicU64 = AtomicU64::new(100);
static mut RAW: [u64; 4] = [1, 2, 3, 4];
static ONCE: OnceLock<u64> = OnceLock::new();
static LAZY: LazyLock<Mutex<Vec<u64>>> = LazyLock::new(|| Mutex::new(vec![7]));
static HEAP: Mutex<Option<HashMap<u64, String>>> = Mutex::new(None);

thread_local! {
    static LOCAL: Cell<u64> = const { Cell::new(5) };
    static LAZY_LOCAL: Cell<Vec<u64>> = Cell::new(Vec::new());
}

fn touch_local() -> u64 { LOCAL.with(|local| { local.set(local.get() + 1); local.get() }) }

fn touch_lazy_local() -> usize { LAZY_LOCAL.with(|local| { let mut items = local.take(); items.push(1); let len = items.len(); local.set(items); len }) }

fn step(tick: u64) -> String {
    COUNT.fetch_add(1, Ordering::SeqCst);
    unsafe { RAW[1] += 1; }
    LAZY.lock().unwrap().push(tick);
    ONCE.get_or_init(|| tick + 42);
    let mut heap = HEAP.lock().unwrap();
    let map = heap.get_or_insert_default();
    map.insert(tick, format!("seen {tick}"));
    format!(
        "v1 tick {tick} count {} raw {} once {} lazy {} local {} lazy_local {} heap {} same {} .",
        COUNT.load(Ordering::SeqCst), unsafe { RAW[1] }, ONCE.get().unwrap(), LAZY.lock().unwrap().len(),
        touch_local(), touch_lazy_local(), map.len(), map.iter().all(|(tick, seen)| *seen == format!("seen {tick}")),
    )
}
"#;

#[test]
fn statics_thread_locals_and_the_heap_keep_their_values() {
    let mut app = Live::stepping(EVERYTHING);
    for version in 1..=5 {
        let line = app.line(&format!("v{version} tick"));
        let tick = number(&line, "tick");
        let found =
            ["count", "raw", "once", "lazy", "local", "lazy_local", "heap"].map(|word| number(&line, word));
        assert_eq!(found, [101 + tick, 3 + tick, 42, 2 + tick, 6 + tick, 1 + tick, 1 + tick], "{line}");
        assert!(line.ends_with("same true ."), "{line}");
        app.swap(&[(&format!("\"v{version} tick"), &format!("\"v{} tick", version + 1))]);
    }
    // What only initialises has no effect on what has a value.
    app.swap(&[("AtomicU64::new(100)", "AtomicU64::new(5000)"), ("\"v6 tick", "\"v7 tick")]);
    let line = app.line("v7 tick");
    assert_eq!(number(&line, "count"), 101 + number(&line, "tick"), "{line}");
    app.end();
}

#[test]
fn functions_that_use_thread_locals_are_edited() {
    let mut app = Live::stepping(EVERYTHING);
    app.line("v1 tick");
    app.swap(&[
        ("local.set(local.get() + 1);", "local.set(local.get() + 1000);"),
        ("items.push(1);", "items.extend([1; 1000]);"),
        ("\"v1 tick", "\"v2 tick"),
    ]);
    let before = app.line("v2 tick");
    let after = app.line("v2 tick");
    for word in ["local", "lazy_local"] {
        assert_eq!(number(&after, word), number(&before, word) + 1000, "{before}\n{after}");
    }
    // The values from before the swap are still in it: ticks, and 5 at first.
    let ticks = number(&after, "tick");
    assert!(number(&after, "local") % 1000 <= ticks + 6, "{after}");
    app.end();
}

/// What logging macros make of a call: statics that say which fields it records, named by its place in the function.
const LOGGING: &str = r#"
struct Site { fields: &'static Fields, hits: AtomicU64 }
struct Fields { names: &'static [&'static str], site: &'static Site }
use std::sync::atomic::{AtomicU64, Ordering};
impl Site {
    fn record(&self, values: &[u64]) -> String {
        assert!(std::ptr::eq(self.fields.site, self) && self.fields.names.len() == values.len(), "a site of other code");
        let hits = self.hits.fetch_add(1, Ordering::SeqCst) + 1;
        let fields: Vec<_> = self.fields.names.iter().zip(values).map(|(name, value)| format!("{name}={value}")).collect();
        format!("{}#{}", fields.join(","), hits.min(9))
    }
}
macro_rules! log {
    ($($name:ident = $value:expr),*) => {{
        static __SITE: Site = {
            static META: Fields = Fields { names: &[$(stringify!($name)),*], site: &__SITE };
            Site { fields: &META, hits: AtomicU64::new(0) }
        };
        __SITE.record(&[$($value),*])
    }};
}
fn counted() -> u64 { static COUNT: AtomicU64 = AtomicU64::new(0); COUNT.fetch_add(1, Ordering::SeqCst) }
fn work(n: u64) -> String { log!(n = n) }
fn other(n: u64) -> String { log!(kept = n) }
fn step(tick: u64) -> String { format!("v1 {} {} counted {} .", work(7), other(1), counted() == tick) }
"#;

#[test]
fn statics_that_macros_make_inside_functions_are_those_of_the_code_around_them() {
    let mut app = Live::stepping(LOGGING);
    app.line("v1 n=7#9 kept=1#9 counted true .");
    // One more field; then a call before it, by whose name the static of the first one went until now.
    app.swap(&[("{ log!(n = n) }", "{ log!(n = n, more = 2) }")]);
    app.line("v1 n=7,more=2#1 kept=1#9 counted true .");
    app.swap(&[("{ log!(n", "{ log!(before = 3, and = 4, then = 5) + &log!(n")]);
    app.line("v1 before=3,and=4,then=5#1n=7,more=2#1 kept=1#9 counted true .");
    app.line("v1 before=3,and=4,then=5#9n=7,more=2#9 kept=1#9 counted true .");
    // The code around it is the same.
    app.swap(&[("and = 4", "und = 4")]);
    app.line("v1 before=3,und=4,then=5#1n=7,more=2#9 kept=1#9 counted true .");
    app.swap(&[("log!(before = 3, und = 4, then = 5) + &", "")]);
    app.line("v1 n=7,more=2#1 kept=1#9 counted true .");
    app.end();
}

#[test]
fn a_static_inside_a_function_whose_first_value_is_edited_begins_anew() {
    let mut app = Live::stepping(
        r#"
        use std::sync::atomic::{AtomicU64, Ordering};
        fn own() -> u64 { static NEXT: AtomicU64 = AtomicU64::new(5); NEXT.fetch_add(1, Ordering::SeqCst) }
        fn step(tick: u64) -> String { format!("v1 right {}.", own() == tick + 5) }
        "#,
    );
    app.line("v1 right true.");
    app.swap(&[("{ static NEXT", "{ let _other = 1; static NEXT")]);
    app.line("v1 right true.");
    let answer = app.swap(&[("new(5)", "new(1_000_000)")]);
    let message = answer["message"].as_str().unwrap_or_default();
    assert!(message.contains("`app::own::NEXT` begins anew"), "{answer}");
    app.line("v1 right false.");
    app.end();
}

const BUSY: &str = r#"
use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Each thread moves money between accounts and keeps books of its own: nothing may ever be missing.
static ACCOUNTS: [Mutex<u64>; 16] = [const { Mutex::new(1_000) }; 16];
static MOVED: AtomicU64 = AtomicU64::new(0);
static BOOKED: [AtomicU64; 8] = [const { AtomicU64::new(0) }; 8];
static VERSIONS: [AtomicU64; 8] = [const { AtomicU64::new(0) }; 8];
thread_local! { static LOCAL: Cell<u64> = const { Cell::new(0) }; }

#[inline(never)]
fn next(seed: u64) -> u64 { seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) }

fn transfer(thread: usize, seed: u64) -> u64 {
    let version = 1;
    let (from, to) = ((seed >> 33) as usize % 16, (seed >> 40) as usize % 16);
    if from != to {
        let (low, high) = (from.min(to), from.max(to));
        let (mut first, mut second) = (ACCOUNTS[low].lock().unwrap(), ACCOUNTS[high].lock().unwrap());
        let amount = (*first).min(seed >> 60);
        *first -= amount;
        *second += amount;
    }
    LOCAL.with(|local| local.set(local.get() + 1));
    MOVED.fetch_add(1, Ordering::SeqCst);
    BOOKED[thread].fetch_add(1, Ordering::SeqCst);
    VERSIONS[thread].store(version, Ordering::SeqCst);
    LOCAL.with(Cell::get)
}

fn step(tick: u64) -> String {
    if tick == 0 {
        for thread in 0..8 {
            std::thread::spawn(move || {
                let mut seed = thread as u64;
                let mut calls = 0;
                loop {
                    seed = next(seed);
                    calls += 1;
                    assert_eq!(transfer(thread, seed), calls, "the thread's own count");
                }
            });
        }
    }
    let all: Vec<_> = ACCOUNTS.iter().map(|account| account.lock().unwrap()).collect();
    let total: u64 = all.iter().map(|account| **account).sum();
    drop(all);
    let oldest = VERSIONS.iter().map(|version| version.load(Ordering::SeqCst)).min().unwrap();
    let booked: u64 = BOOKED.iter().map(|booked| booked.load(Ordering::SeqCst)).sum();
    let gap = MOVED.load(Ordering::SeqCst).abs_diff(booked);
    format!("v1 oldest {oldest} total {total} moved {} .", gap < 100_000)
}
"#;

#[test]
fn eight_busy_threads_go_through_a_hundred_swaps() {
    let mut app = Live::stepping(BUSY);
    app.line("v1 oldest 1 total 16000 moved true .");
    for version in 2..=101 {
        app.swap(&[(&format!("let version = {};", version - 1), &format!("let version = {version};"))]);
        // All eight threads run the new code, and nothing is missing.
        app.line(&format!("v1 oldest {version} total 16000 moved true ."));
    }
    assert!(!app.session.client.log().to_string().contains("panicked"));
    app.end();
}

#[test]
fn a_thread_that_lives_in_one_loop_calls_new_code() {
    let main = "fn work(n: u64) -> u64 { n + 1 }\n\
        fn main() { let worker = std::thread::spawn(|| for n in 0..60_000 { println!(\"v1 {}.\", work(n) - n); std::thread::sleep(std::time::Duration::from_millis(10)); }); worker.join().unwrap(); }\n";
    let mut app = Live::of(MANIFEST, main);
    app.line("v1 1.");
    app.swap(&[("n + 1 }", "n + 2 }")]);
    app.line("v1 2.");
    // The loop itself runs on as it is: it is not called again.
    app.swap(&[("\"v1 {}.\"", "\"v2 {}.\""), ("n + 2 }", "n + 3 }")]);
    app.line("v1 3.");
    assert_eq!(app.program.read(MAIN).matches("v2").count(), 1);
    app.end();
}

/// The compiler gives statics another name when anything that is written of their types changes.
#[test]
fn statics_whose_type_is_written_in_another_way_keep_their_values() {
    let main = r#"
    use std::sync::Mutex;
    use std::cell::RefCell;
    pub struct World { pub ticks: u64, pub name: String }
    fn world() -> World { World { ticks: 0, name: String::new() } }
    static WORLD: Mutex<World> = Mutex::new(World { ticks: 0, name: String::new() });
    static CALLS: Mutex<Vec<fn(&World) -> u64>> = Mutex::new(Vec::new());
    thread_local! { static SEEN: RefCell<Vec<World>> = const { RefCell::new(Vec::new()) }; }
    thread_local! { static LAZY: RefCell<Option<World>> = RefCell::new(Some(world())); }
    fn ticks(world: &World) -> u64 { world.ticks }
    fn counted() -> u64 {
        static OWN: Mutex<Option<World>> = Mutex::new(None);
        let mut own = OWN.lock().unwrap();
        let own = own.get_or_insert_with(world);
        own.ticks += 1;
        own.ticks
    }
    fn twice() -> u64 {
        { static MORE: Mutex<Option<World>> = Mutex::new(None); MORE.lock().unwrap().get_or_insert_with(world).ticks += 1; }
        static MORE: Mutex<Option<World>> = Mutex::new(None);
        MORE.lock().unwrap().get_or_insert_with(world).ticks
    }
    fn step(tick: u64) -> String {
        let mut world = WORLD.lock().unwrap();
        world.ticks += 1;
        let mut calls = CALLS.lock().unwrap();
        calls.push(ticks);
        let seen = SEEN.with_borrow_mut(|seen| { seen.push(World { ticks: 0, name: String::new() }); seen.len() as u64 });
        let lazy = LAZY.with_borrow_mut(|lazy| { let lazy = lazy.as_mut().unwrap(); lazy.ticks += 1; lazy.ticks });
        let all = [world.ticks, calls.len() as u64, seen, lazy, counted()];
        format!("v1 {} {all:?} .", if all == [tick + 1; 5] { "right" } else { "wrong" })
    }
    "#;
    let main = format!("{main}{STEPPING}");
    let mut app = Live::of(MANIFEST, &main);
    app.line("v1 right");
    app.swap(&[("pub ticks", "pub(crate) ticks"), ("v1", "v2")]);
    app.line("v2 right");
    app.swap(&[
        ("pub(crate) ticks", "ticks"),
        ("v2", "v3"),
        ("own.ticks += 1", "own.ticks += 2; own.ticks -= 1"),
    ]);
    app.line("v3 right");
    app.swap(&[
        ("pub struct World", "#[derive(Default)]\n    #[non_exhaustive]\n    pub struct World"),
        ("v3", "v4"),
    ]);
    app.line("v4 right");
    app.end();

    // Two of one name: which is which can't be told.
    let mut app = Live::of(MANIFEST, &main.replace("counted()];", "counted() + twice()];"));
    app.line("v1 right");
    app.edit(MAIN, &[("pub ticks", "pub(crate) ticks")]);
    let message = app.refused();
    assert!(message.contains("several statics `app::twice::MORE`"), "{message}");
    app.line("v1 right");
    app.end();
}
