//! `Drop` bodies, panics and what catches them.

use super::{Live, number};

#[test]
fn old_values_are_dropped_by_the_new_body() {
    let mut app = Live::stepping(
        r#"
        use std::sync::Mutex;
        use std::sync::atomic::{AtomicU64, Ordering};
        static SUM: AtomicU64 = AtomicU64::new(0);
        static OLD: Mutex<Vec<Guard>> = Mutex::new(Vec::new());
        struct Guard(u64);
        impl Drop for Guard { fn drop(&mut self) { SUM.fetch_add(self.0, Ordering::SeqCst); } }
        fn release() {}
        fn step(tick: u64) -> String {
            if tick == 0 { OLD.lock().unwrap().extend([Guard(1), Guard(2)]); }
            release();
            format!("v1 sum {} kept {}.", SUM.load(Ordering::SeqCst), OLD.lock().unwrap().len())
        }
        "#,
    );
    app.line("v1 sum 0 kept 2.");
    app.swap(&[("SUM.fetch_add(self.0,", "SUM.fetch_add(self.0 * 100,")]);
    app.swap(&[("fn release() {}", "fn release() { OLD.lock().unwrap().pop(); }")]);
    app.line("v1 sum 300 kept 0.");
    app.end();
}

const CATCHING: &str = r#"
    use std::panic::{AssertUnwindSafe, catch_unwind};
    struct Guard<'a>(&'a mut Vec<u32>, u32);
    impl Drop for Guard<'_> { fn drop(&mut self) { self.0.push(self.1); } }
    fn inner(n: u64) -> u64 {
        if n > 0 { panic!("first {n}"); }
        n
    }
    fn outer(n: u64, dropped: &mut Vec<u32>) -> u64 {
        let _guard = Guard(dropped, 1);
        inner(n) + 1
    }
    fn step(tick: u64) -> String {
        if tick == 0 { std::panic::set_hook(Box::new(|_| {})); }
        let mut dropped = Vec::new();
        let caught = catch_unwind(AssertUnwindSafe(|| outer(7, &mut dropped))).unwrap_err();
        format!("v1 caught {:?} dropped {dropped:?}.", caught.downcast_ref::<String>())
    }
"#;

#[test]
fn a_panic_through_patched_frames_is_caught_and_drops_what_they_hold() {
    let mut app = Live::stepping(CATCHING);
    app.line(r#"v1 caught Some("first 7") dropped [1]."#);
    // From new code through an old frame,
    app.swap(&[("first {n}", "second {n}")]);
    app.line(r#"v1 caught Some("second 7") dropped [1]."#);
    // through a new frame,
    app.swap(&[("Guard(dropped, 1)", "Guard(dropped, 2)")]);
    app.line(r#"v1 caught Some("second 7") dropped [2]."#);
    // and caught by new code.
    app.swap(&[("\"v1 caught", "\"v2 caught"), ("second {n}", "third {n}")]);
    app.line(r#"v2 caught Some("third 7") dropped [2]."#);
    app.end();
}

#[test]
fn a_thread_that_panics_in_new_code_is_joined() {
    let mut app = Live::stepping(
        r#"
        fn work(n: u64) -> u64 { n }
        fn step(tick: u64) -> String {
            if tick == 0 { std::panic::set_hook(Box::new(|_| {})); }
            let panicked = std::thread::spawn(move || work(tick)).join().is_err();
            format!("v1 tick {tick} panicked {panicked}.")
        }
        "#,
    );
    app.line("panicked false.");
    app.swap(&[(
        "fn work(n: u64) -> u64 { n }",
        "fn work(n: u64) -> u64 { if n % 2 == 0 { panic!(\"even\") } n }",
    )]);
    for _ in 0..4 {
        let line = app.line("panicked true.");
        assert_eq!(number(&line, "tick") % 2, 0, "{line}");
    }
    app.end();
}

#[test]
fn the_programs_own_backtraces_have_the_new_lines() {
    let mut app = Live::stepping(
        r#"
    fn deep() -> String { std::backtrace::Backtrace::force_capture().to_string() }
    fn step(tick: u64) -> String {
        let trace = deep();
        let line = |name: &str| {
            let mut lines = trace.lines().skip_while(|line| !line.ends_with(name));
            lines.next().zip(lines.next()).map_or("unknown", |(_, at)| at.rsplit('/').next().unwrap())
        };
        format!("v1 {tick} deep {} step {} main {} .", line("::deep"), line("::step"), line("::main"))
    }
"#,
    );
    app.line("v1 ");
    let said = app.line(" deep main.rs:2:27 step main.rs:4:21 main main.rs:");
    assert!(said.ends_with(" ."), "{said}");
    // Twice, for the debugger to have seen what became of the first patch.
    for (version, line) in [(2, 5), (3, 6)] {
        app.swap(&[
            ("let trace = deep();", "\n        let trace = deep();"),
            (&format!("\"v{}", version - 1), &format!("\"v{version}")),
        ]);
        app.line(&format!("v{version} "));
        let said = app.line(&format!(" step main.rs:{line}:21 main main.rs:"));
        assert!(said.contains(" deep main.rs:2:27 "), "{said}");
    }
    app.end();
}

#[test]
fn new_code_catches_panics_of_its_own() {
    let mut app = Live::stepping(
        r#"
        fn quiet() { std::panic::set_hook(Box::new(|_| {})); }
        fn attempt(n: u64) -> u64 { n }
        fn step(tick: u64) -> String {
            if tick == 0 { quiet(); }
            format!("v1 attempt {}.", attempt(7))
        }
        "#,
    );
    app.line("v1 attempt 7.");
    let attempt =
        "{ let items = [1_u64, 2]; std::panic::catch_unwind(|| items[(n as usize) % 5]).unwrap_or(99) }";
    app.swap(&[("fn attempt(n: u64) -> u64 { n }", &format!("fn attempt(n: u64) -> u64 {attempt}"))]);
    app.line("v1 attempt 99.");
    app.end();
}
