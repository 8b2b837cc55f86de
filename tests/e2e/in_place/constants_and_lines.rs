//! What a function takes from read-only data: constants, literals, and the lines that panics and breakpoints name.

use serde_json::json;

use super::{Live, MAIN, number};

#[test]
fn constants_and_literals_are_the_new_ones() {
    let mut app = Live::stepping(
        r#"
        const FACTOR: u64 = 3;
        const NAMES: [&str; 2] = ["a", "b"];
        const TABLE: &[u32] = &[1, 2, 3];
        struct Limits;
        impl Limits { const MOST: usize = 5; }
        fn text() -> &'static str { "text one" }
        fn bytes() -> &'static [u8] { b"\x01\x02" }
        fn floats() -> [f64; 3] { [0.5, 1.5, 2.5] }
        fn step(_: u64) -> String {
            format!("v1 {} {NAMES:?} {TABLE:?} {} {} {:?} {:?}.", FACTOR * 2, Limits::MOST, text(), bytes(), floats())
        }
        "#,
    );
    app.line(r#"v1 6 ["a", "b"] [1, 2, 3] 5 text one [1, 2] [0.5, 1.5, 2.5]."#);
    app.swap(&[("FACTOR: u64 = 3", "FACTOR: u64 = 4")]);
    app.line(r#"v1 8 ["a", "b"] [1, 2, 3] 5 text one [1, 2] [0.5, 1.5, 2.5]."#);
    // Of the same length, so that only the bytes differ.
    app.swap(&[("text one", "text two"), (r"\x01\x02", r"\x01\x03"), ("[0.5, 1.5,", "[0.5, 9.5,")]);
    app.line(r#"v1 8 ["a", "b"] [1, 2, 3] 5 text two [1, 3] [0.5, 9.5, 2.5]."#);
    app.swap(&[
        (r#"["a", "b"]"#, r#"["c", "d"]"#),
        ("&[1, 2, 3]", "&[7, 8, 9, 10]"),
        ("MOST: usize = 5", "MOST: usize = 6"),
    ]);
    app.line(r#"v1 8 ["c", "d"] [7, 8, 9, 10] 6 text two [1, 3] [0.5, 9.5, 2.5]."#);
    app.end();
}

const OVERFLOWING: &str = r#"
    use std::sync::atomic::{AtomicU32, Ordering};
    static LINE: AtomicU32 = AtomicU32::new(0);
    fn add(a: u8, b: u8) -> u8 {
        a + b // overflow
    }
    fn pick(items: &[u8], at: usize) -> u8 {
        items[at] // bounds
    }
    fn line_of(f: impl FnOnce() -> u8 + std::panic::UnwindSafe) -> u32 {
        std::panic::catch_unwind(f).unwrap_err();
        LINE.load(Ordering::SeqCst)
    }
    fn step(tick: u64) -> String {
        if tick == 0 {
            std::panic::set_hook(Box::new(|info| LINE.store(info.location().unwrap().line(), Ordering::SeqCst)));
        }
        format!("v1 overflow {} bounds {}.", line_of(|| add(255, 1)), line_of(|| pick(&[1], 5)))
    }
"#;

#[test]
fn panics_name_the_lines_of_the_new_text() {
    let mut app = Live::stepping(OVERFLOWING);
    let check = |app: &mut Live, version: &str| {
        let lines = ["// overflow", "// bounds"].map(|marker| u64::from(app.program.line_of(MAIN, marker)));
        let line = app.line(version);
        assert_eq!([number(&line, "overflow"), number(&line.replace('.', " "), "bounds")], lines, "{line}");
    };
    check(&mut app, "v1");
    app.swap(&[("a + b // overflow", "let c = b;\n\n        a + c // overflow"), ("\"v1", "\"v2")]);
    check(&mut app, "v2");
    // Code that is the same but for its lines.
    app.swap(&[("fn add(a", "// moved\n// down\n    fn add(a"), ("\"v2", "\"v3")]);
    check(&mut app, "v3");
    app.end();
}

#[test]
fn the_debuggers_backtrace_and_breakpoints_have_the_new_lines() {
    let mut app = Live::stepping(
        r#"
        fn leaf(n: u64) -> u64 {
            n + 1 // leaf
        }
        fn middle(n: u64) -> u64 {
            leaf(n) * 2 // middle
        }
        fn step(tick: u64) -> String { format!("v1 {}.", middle(tick) > 1) }
        "#,
    );
    app.line("v1 true.");
    app.swap(&[
        ("fn leaf", "// 1\n// 2\n    fn leaf"),
        ("n + 1 //", "n + 2 //"),
        ("leaf(n) * 2 //", "let n = n + 1;\n            leaf(n) * 3 //"),
    ]);
    app.line("v1 true.");
    let line = app.program.line_of(MAIN, "// leaf");
    let answer = app.session.set_breakpoints(&app.program, MAIN, &[line]);
    assert_eq!(answer[0]["verified"], true, "{answer:?}");
    let stop = app.session.stopped();
    assert_eq!((stop.function(), stop.line()), ("app::leaf", line));
    assert_eq!(stop.frames[1]["name"], "app::middle");
    assert_eq!(stop.frames[1]["line"], app.program.line_of(MAIN, "// middle"));
    assert_eq!(stop.frames[0]["source"]["path"], json!(app.program.path(MAIN)));
    // Stopped there, the function is edited once more: the breakpoint is hit on the next call, on its new line.
    app.swap(&[("// 1\n", "// 1\n// 3\n// 4\n"), ("n + 2 //", "n + 5 //")]);
    app.session.resume(&stop);
    let stop = app.session.stopped();
    assert_eq!((stop.function(), stop.line()), ("app::leaf", line + 2));
    app.end();
}
