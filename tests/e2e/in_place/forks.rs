//! Functions that were forked since a type of theirs changed, and what is edited after that. The newer mangling leaves
//! them their names, by which new code could take an old one for the new.

use midflight_tests::program::{NEWER_MANGLING, Program};
use serde_json::json;

use super::{Live, MAIN, MANIFEST, STEPPING};

const ITEMS: &str = r#"
#[allow(dead_code)] struct Tmp { a: u32 }
#[inline(never)] fn make(n: u64) -> Tmp { let low = n as u32; Tmp { a: low } }
#[inline(never)] fn twice(tmp: &Tmp) -> u64 { let a = tmp.a; u64::from(a) * 2 }
#[allow(dead_code)] struct Pair { b: u32 }
#[inline(never)] fn pair(n: u64) -> Pair { let b = n as u32; Pair { b } }
#[inline(never)] fn half(pair: &Pair) -> u64 { u64::from(pair.b) / 2 }
#[inline(never)] fn first(n: u64) -> u64 { let tmp = make(n); let pair = pair(n); twice(&tmp) + half(&pair) }
#[inline(never)] fn other(n: u64) -> u64 { n }
fn step(_: u64) -> String { format!("v1 {} {}.", first(20), other(5)) }
"#;

/// `other` calls what `first` calls.
const CALLED: (&str, &str) = (
    "fn other(n: u64) -> u64 { n }",
    "fn other(n: u64) -> u64 { let tmp = make(n); twice(&tmp) + tmp.pad[3] }",
);

/// A program whose `Tmp` has another layout than at its start.
fn forked() -> Live {
    let program =
        Program::files(&[("Cargo.toml", MANIFEST), (MAIN, &format!("{ITEMS}{STEPPING}")), NEWER_MANGLING]);
    let mut app = Live::launch(program, &json!({}));
    app.line("v1 50 5.");
    app.swap(&[
        ("Tmp { a: u32 }", "Tmp { pad: [u64; 4], a: u32 }"),
        ("Tmp { a: low }", "Tmp { pad: [7; 4], a: low }"),
    ]);
    app.swap(&[("\"v1", "\"v2")]);
    app.line("v2 50 5.");
    app
}

#[test]
fn a_function_that_newly_calls_them_calls_the_new_ones_and_changes_with_them() {
    let mut app = forked();
    app.swap(&[CALLED]);
    app.line("v2 50 17.");
    app.swap(&[("u64::from(a) * 2", "u64::from(a) * 3")]);
    app.line("v2 70 22.");
    app.swap(&[
        ("pad: [u64; 4]", "pad: [u64; 6]"),
        ("pad: [7; 4]", "pad: [8; 6]"),
        ("tmp.pad[3]", "tmp.pad[5]"),
    ]);
    app.line("v2 70 23.");
    app.end();
}

#[test]
fn what_calls_them_since_then_goes_back_with_them() {
    let mut app = forked();
    app.swap(&[(CALLED.0, "fn other(n: u64) -> u64 { let tmp = make(n); twice(&tmp) }")]);
    app.line("v2 50 10.");
    app.swap(&[
        ("Tmp { pad: [u64; 4], a: u32 }", "Tmp { a: u32 }"),
        ("Tmp { pad: [7; 4], a: low }", "Tmp { a: low }"),
    ]);
    app.swap(&[("\"v2", "\"v3")]);
    app.line("v3 50 10.");
    app.swap(&[("u64::from(a) * 2", "u64::from(a) * 3")]);
    app.line("v3 70 15.");
    app.end();
}

#[test]
fn a_new_function_stands_between() {
    let mut app = forked();
    app.swap(&[(
        CALLED.0,
        "fn other(n: u64) -> u64 { between(n) }\n#[inline(never)] fn between(n: u64) -> u64 { twice(&make(n)) }",
    )]);
    app.line("v2 50 10.");
    app.swap(&[("u64::from(a) * 2", "u64::from(a) * 3")]);
    app.line("v2 70 15.");
    app.end();
}

#[test]
fn a_function_is_around_two_types_of_which_one_changes_after_the_other() {
    let mut app = forked();
    app.swap(&[
        ("Pair { b: u32 }", "Pair { pad: [u64; 4], b: u32 }"),
        ("Pair { b }", "Pair { pad: [9; 4], b }"),
    ]);
    app.swap(&[("\"v2", "\"v3")]);
    app.line("v3 50 5.");
    app.swap(&[("u64::from(a) * 2", "u64::from(a) * 3")]);
    app.line("v3 70 5.");
    app.swap(&[("u64::from(pair.b) / 2", "u64::from(pair.b) / 4")]);
    app.line("v3 65 5.");
    app.end();
}

#[test]
fn a_local_of_one_or_of_what_calls_it_is_renamed() {
    let mut app = forked();
    app.swap(&[
        ("let tmp = make(n); let pair", "let one = make(n); let pair"),
        ("twice(&tmp)", "twice(&one)"),
    ]);
    app.swap(&[("\"v2", "\"v3")]);
    app.line("v3 50 5.");
    app.swap(&[("let a = tmp.a; u64::from(a)", "let b = tmp.a; u64::from(b)")]);
    app.swap(&[("\"v3", "\"v4")]);
    app.line("v4 50 5.");
    app.end();
}
