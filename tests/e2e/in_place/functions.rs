//! Functions of every kind: inline, short, recursive, exported to C, removed, new, edited again and again.

use midflight_tests::program::Program;
use serde_json::json;

use super::{Live, MAIN, MANIFEST, STEPPING};

#[test]
fn inline_functions_run_their_new_code() {
    let mut app = Live::stepping(
        r#"
        #[inline] fn scale(n: u64) -> u64 { n * 2 }
        #[inline(always)] fn shift(n: u64) -> u64 { n + 100 }
        fn step(_: u64) -> String { format!("v1 scale {} shift {} all {}.", scale(1), shift(1), (0..3).map(scale).sum::<u64>()) }
        "#,
    );
    app.line("v1 scale 2 shift 101 all 6.");
    app.swap(&[("n * 2", "n * 3")]);
    app.line("v1 scale 3 shift 101 all 9.");
    app.swap(&[("n + 100", "n + 200"), ("n * 3", "n * 4")]);
    app.line("v1 scale 4 shift 201 all 12.");
    app.end();
}

#[test]
fn functions_shorter_than_the_jump_run_their_new_code() {
    let mut app = Live::stepping(
        r#"
        use std::sync::atomic::{AtomicU64, Ordering};
        static CALLS: AtomicU64 = AtomicU64::new(0);
        #[inline(never)] fn nothing() {}
        #[inline(never)] fn one() -> u64 { 1 }
        #[inline(never)] fn same(n: u64) -> u64 { n }
        fn step(_: u64) -> String { nothing(); format!("v1 calls {} one {} same {}.", CALLS.load(Ordering::SeqCst), one(), same(7)) }
        "#,
    );
    app.line("v1 calls 0 one 1 same 7.");
    app.swap(&[("fn one() -> u64 { 1 }", "fn one() -> u64 { 2 }")]);
    app.line("v1 calls 0 one 2 same 7.");
    app.swap(&[("-> u64 { n }", "-> u64 { n * 11 }")]);
    app.line("v1 calls 0 one 2 same 77.");
    app.swap(&[("fn nothing() {}", "fn nothing() { CALLS.fetch_add(1, Ordering::SeqCst); }")]);
    app.line("v1 calls 1 one 2 same 77.");
    app.line("v1 calls 2 one 2 same 77.");
    app.end();
}

#[test]
fn all_copies_of_an_inline_function_are_swapped() {
    let module = "pub fn twice() -> u32 { super::shared() + super::shared() }\n";
    let items = "mod left;\nmod right;\n#[inline] pub fn shared() -> u32 { 1 }\n\
        fn step(_: u64) -> String { format!(\"v1 {} {} {}.\", shared(), left::twice(), right::twice()) }\n";
    let main = format!("{items}{STEPPING}");
    let files =
        [("Cargo.toml", MANIFEST), (MAIN, main.as_str()), ("src/left.rs", module), ("src/right.rs", module)];
    let mut app = Live::launch(Program::files(&files), &json!({}));
    app.line("v1 1 2 2.");
    app.swap(&[("-> u32 { 1 }", "-> u32 { 5 }")]);
    app.line("v1 5 10 10.");
    app.end();
}

#[test]
fn old_frames_of_a_recursion_finish_old_code_and_call_new_code() {
    let mut app = Live::stepping(
        r#"
        fn descend(depth: u64, seen: &mut Vec<u64>) {
            seen.push(1);
            if depth == 3 {
                println!("deep");
                while !std::path::Path::new("go").exists() { std::thread::sleep(std::time::Duration::from_millis(5)); }
            }
            if depth > 0 { descend(depth - 1, seen); }
            seen.push(1);
        }
        fn step(_: u64) -> String { let mut seen = Vec::new(); descend(5, &mut seen); format!("v1 seen {seen:?}.") }
        "#,
    );
    app.line("deep");
    let text = app.program.read(MAIN).replace("seen.push(1);", "seen.push(2);");
    app.program.write(MAIN, &text);
    app.swap_saved();
    app.program.write("go", "");
    app.line("v1 seen [1, 1, 1, 2, 2, 2, 2, 2, 2, 1, 1, 1].");
    app.line("v1 seen [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2].");
    app.end();
}

const HELPED: &str = r#"
    fn helper(n: u64) -> u64 { n + 1 }
    fn step(_: u64) -> String { format!("v1 helped {}.", helper(1)) }
"#;

#[test]
fn a_function_is_removed_and_brought_back() {
    let mut app = Live::stepping(HELPED);
    app.line("v1 helped 2.");
    app.swap(&[("fn helper(n: u64) -> u64 { n + 1 }", ""), ("helper(1)", "0")]);
    app.line("v1 helped 0.");
    app.swap(&[
        ("fn step", "fn helper(n: u64) -> u64 { n + 10 }\n    fn step"),
        ("\"v1 helped {}.\", 0", "\"v1 helped {}.\", helper(1)"),
    ]);
    app.line("v1 helped 11.");
    app.swap(&[("n + 10", "n + 20")]);
    app.line("v1 helped 21.");
    app.end();
}

#[test]
fn an_edit_is_undone_and_made_again() {
    let mut app = Live::stepping(HELPED);
    app.line("v1 helped 2.");
    for _ in 0..3 {
        app.swap(&[("n + 1", "n * 50")]);
        app.line("v1 helped 50.");
        app.swap(&[("n * 50", "n + 1")]);
        app.line("v1 helped 2.");
    }
    app.end();
}

#[test]
fn a_function_is_renamed_and_changes_its_signature() {
    let mut app = Live::stepping(HELPED);
    app.line("v1 helped 2.");
    app.swap(&[("fn helper(n: u64)", "fn assistant(n: u64)"), ("helper(1)", "assistant(2)")]);
    app.line("v1 helped 3.");
    app.swap(&[
        (
            "fn assistant(n: u64) -> u64 { n + 1 }",
            "fn assistant(n: u64, by: &str) -> usize { n as usize + by.len() }",
        ),
        ("assistant(2)", "assistant(2, \"four\")"),
    ]);
    app.line("v1 helped 6.");
    app.end();
}

#[test]
fn new_functions_types_traits_and_modules_come_along() {
    let mut app = Live::stepping(HELPED);
    app.line("v1 helped 2.");
    let items = r#"
        mod extra;
        #[derive(Debug, Clone, Default, PartialEq)] struct Point { x: i32, y: i32 }
        impl Point { fn moved(&self, by: i32) -> Self { Self { x: self.x + by, y: self.y - by } } }
        trait Describe { fn describe(&self) -> String; }
        impl Describe for Point { fn describe(&self) -> String { format!("{self:?}") } }
        static NEW: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(40);
        fn text() -> String {
            let things: Vec<Box<dyn Describe>> = vec![Box::new(Point::default().moved(3))];
            NEW.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            things.iter().map(|thing| thing.describe()).collect::<String>() + extra::suffix()
        }
    fn step"#;
    app.program.write("src/extra.rs", "pub fn suffix() -> &'static str { \" from a new file\" }\n");
    app.swap(&[("    fn step", items), ("helper(1)", "text()")]);
    app.line("v1 helped Point { x: 3, y: -3 } from a new file.");
    app.edit("src/extra.rs", &[("from a new", "from a changed")]);
    app.swap_saved();
    app.line("v1 helped Point { x: 3, y: -3 } from a changed file.");
    // A static that came with a patch keeps its value through the next ones.
    app.swap(&[(".\", text()", ".\", { text(); NEW.load(std::sync::atomic::Ordering::SeqCst) > 42 }")]);
    app.line("v1 helped true.");
    app.end();
}

#[test]
fn callbacks_that_c_code_has_kept_run_their_new_code() {
    let mut app = Live::stepping(
        r#"
        use std::ffi::{c_int, c_void};
        use std::sync::Once;
        use std::sync::atomic::{AtomicI64, Ordering};
        extern "C" {
            fn signal(signal: c_int, handler: extern "C" fn(c_int)) -> *const c_void;
            fn raise(signal: c_int) -> c_int;
            fn qsort(base: *mut c_void, count: usize, size: usize, order: extern "C" fn(*const c_void, *const c_void) -> c_int);
        }
        const ALARM: c_int = 14;
        static LAST: AtomicI64 = AtomicI64::new(0);
        static REGISTERED: Once = Once::new();
        static ORDER: extern "C" fn(*const c_void, *const c_void) -> c_int = order;
        extern "C" fn on_signal(number: c_int) { LAST.store(i64::from(number) + 1000, Ordering::SeqCst); }
        extern "C" fn order(a: *const c_void, b: *const c_void) -> c_int { unsafe { *a.cast::<i32>() - *b.cast::<i32>() } }
        fn step(_: u64) -> String {
            let mut items = [2, 3, 1];
            unsafe {
                REGISTERED.call_once(|| { signal(ALARM, on_signal); });
                raise(ALARM);
                qsort(items.as_mut_ptr().cast(), 3, 4, ORDER);
            }
            format!("v1 signal {} sorted {items:?}.", LAST.load(Ordering::SeqCst))
        }
        "#,
    );
    app.line("v1 signal 1014 sorted [1, 2, 3].");
    app.swap(&[("+ 1000", "+ 2000")]);
    app.line("v1 signal 2014 sorted [1, 2, 3].");
    app.swap(&[("*a.cast::<i32>() - *b.cast::<i32>()", "*b.cast::<i32>() - *a.cast::<i32>()")]);
    app.line("v1 signal 2014 sorted [3, 2, 1].");
    app.end();
}

#[test]
fn a_function_is_edited_200_times() {
    let mut app = Live::stepping(
        r#"
        use std::sync::atomic::{AtomicU64, Ordering};
        static STEPS: AtomicU64 = AtomicU64::new(0);
        fn edited(n: u64) -> u64 { n * 1_000 + 0 }
        fn step(tick: u64) -> String {
            let steps = STEPS.fetch_add(1, Ordering::SeqCst);
            format!("v1 edited {} right {}.", edited(1), steps == tick)
        }
        "#,
    );
    app.line("v1 edited 1000 right true.");
    for edit in 1..=200 {
        app.swap(&[(&format!("+ {} }}", edit - 1), &format!("+ {edit} }}"))]);
        app.line(&format!("v1 edited {} right true.", 1000 + edit));
    }
    app.end();
}

/// How often LLDB was told of libraries: its breakpoint in the dynamic linker.
fn told_of_libraries(app: &mut Live) -> u64 {
    let listed = app.session.client.printed("breakpoint list --internal");
    let (_, told) = listed.split_once("Kind: shared-library-event").expect("LLDB watches for libraries");
    let (_, count) = told.split_once("hit count = ").expect("it counts");
    count.split_whitespace().next().and_then(|count| count.parse().ok()).expect("a number")
}

#[test]
fn the_debugger_is_not_told_of_patches_and_still_knows_of_the_program_s_libraries() {
    let mut app = Live::stepping(
        r#"
        extern "C" { fn dlopen(name: *const std::ffi::c_char, flags: i32) -> *mut u8; }
        static NAME: &[u8] = b"libanl.so.1\0";
        fn open(name: &[u8]) -> bool { !unsafe { dlopen(name.as_ptr().cast(), 2) }.is_null() }
        fn step(_: u64) -> String { format!("v1 {}.", if NAME[0] == 0 { open(NAME) } else { false }) }
        "#,
    );
    app.line("v1 false.");
    let before = told_of_libraries(&mut app);
    app.swap(&[("\"v1 {}.\"", "\"v2 {}.\"")]);
    app.line("v2 false.");
    assert_eq!(told_of_libraries(&mut app), before, "a patch is made known without it");
    assert!(!app.session.client.printed("image list").contains("libanl"));
    app.swap(&[("NAME[0] == 0", "NAME[0] != 0")]);
    app.line("v2 true.");
    assert!(told_of_libraries(&mut app) > before);
    let images = app.session.client.printed("image list");
    assert!(images.contains("libanl"), "{images}");
    app.swap(&[("\"v2 {}.\"", "\"v3 {}.\"")]);
    app.line("v3 true.");
    app.end();
}
