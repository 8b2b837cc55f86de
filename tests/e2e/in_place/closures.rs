//! Closures that are passed, stored and returned, and iterator chains.

use super::Live;

const CLOSURES: &str = r#"
    use std::sync::Mutex;
    type Stored = Box<dyn Fn(u64) -> u64 + Send>;
    static STORED: Mutex<Vec<Stored>> = Mutex::new(Vec::new());
    fn apply(f: impl Fn(u64) -> u64) -> u64 { f(1) }
    fn passed() -> u64 { let by = 10; apply(|n| n + by) }
    fn adder(by: u64) -> Stored { Box::new(move |n| n + by) }
    fn counter() -> impl FnMut() -> u64 { let mut count = 0; move || { count += 1; count } }
    fn returned() -> u64 { let mut next = counter(); next(); next() }
    fn chain(items: &[u64], least: u64) -> Vec<u64> {
        items.iter().filter(|item| **item >= least).map(|item| item * 2).collect()
    }
    fn step(_: u64) -> String {
        let mut stored = STORED.lock().unwrap();
        if stored.is_empty() { stored.push(adder(100)); }
        let new = adder(200);
        format!("v1 passed {} stored {} new {} returned {} chain {:?}.", passed(), stored[0](1), new(1), returned(), chain(&[1, 2, 3], 2))
    }
"#;

#[test]
fn closures_of_the_same_captures_run_their_new_code() {
    let mut app = Live::stepping(CLOSURES);
    app.line("v1 passed 11 stored 101 new 201 returned 2 chain [4, 6].");
    app.swap(&[("apply(|n| n + by)", "apply(|n| n * by)")]);
    app.line("v1 passed 10 stored 101 new 201 returned 2 chain [4, 6].");
    // The one that was stored before the edit too.
    app.swap(&[("move |n| n + by", "move |n| n * by")]);
    app.line("v1 passed 10 stored 100 new 200 returned 2 chain [4, 6].");
    app.swap(&[("count += 1;", "count += 5;"), ("item * 2", "item * 3")]);
    app.line("v1 passed 10 stored 100 new 200 returned 10 chain [6, 9].");
    app.end();
}

#[test]
fn a_passed_closure_captures_more() {
    let mut app = Live::stepping(CLOSURES);
    app.line("v1 passed 11 ");
    app.swap(&[(
        "let by = 10; apply(|n| n + by)",
        "let by = 10; let more = String::from(\"four\"); apply(|n| n + by + more.len() as u64)",
    )]);
    app.line("v1 passed 15 stored 101 new 201 returned 2 chain [4, 6].");
    app.end();
}

#[test]
fn a_stored_closure_that_captures_less_than_its_new_text_goes_on_as_it_was() {
    let mut app = Live::stepping(CLOSURES);
    app.line("stored 101 new 201");
    app.swap(&[("Box::new(move |n| n + by)", "let more = by * 2; Box::new(move |n| n + by + more)")]);
    app.line("v1 passed 11 stored 101 new 601 returned 2 chain [4, 6].");
    app.end();
}

#[test]
fn an_iterator_chain_captures_more() {
    let mut app = Live::stepping(CLOSURES);
    app.line("chain [4, 6].");
    app.swap(&[
        (
            "items.iter().filter",
            "let (factor, extra) = (items.len() as u64, vec![least; 3]);\n        items.iter().filter",
        ),
        ("item * 2", "item * factor + extra[1]"),
    ]);
    app.line("v1 passed 11 stored 101 new 201 returned 2 chain [8, 11].");
    app.swap(&[(
        ".map(|item| item * factor",
        ".rev().enumerate().map(|(at, item)| at as u64 * 100 + item * factor",
    )]);
    app.line("v1 passed 11 stored 101 new 201 returned 2 chain [11, 108].");
    app.end();
}

#[test]
fn a_returned_closure_captures_more() {
    let mut app = Live::stepping(CLOSURES);
    app.line("returned 2 ");
    app.swap(&[(
        "let mut count = 0; move || { count += 1; count }",
        "let mut count = 0; let step = 7; move || { count += step; count }",
    )]);
    app.line("v1 passed 11 stored 101 new 201 returned 14 chain [4, 6].");
    app.end();
}

#[test]
fn closures_change_places() {
    let mut app = Live::stepping(
        r#"
        fn two(n: u64) -> (u64, u64) {
            let first = |n: u64| n + 1;
            let second = |n: u64| n * 10;
            (first(n), second(n))
        }
        fn step(_: u64) -> String { format!("v1 two {:?}.", two(5)) }
        "#,
    );
    app.line("v1 two (6, 50).");
    app.swap(&[
        ("|n: u64| n + 1;", "|n: u64| n * 10; // swapped"),
        ("|n: u64| n * 10;\n            (", "|n: u64| n + 1;\n            ("),
    ]);
    app.line("v1 two (50, 6).");
    app.end();
}
