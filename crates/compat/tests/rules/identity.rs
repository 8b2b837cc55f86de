//! What is no change at all, and what is one that looks like none.

use compat::EngineKind::{HotLibReloader, InPlace, Subsecond};
use compat::Verdict;
use expect_test::expect;

use crate::edit::{changes, check, check_unchanged, verdict};

#[test]
fn parentheses_around_what_needs_none_are_no_change() {
    let pairs = [
        ("let a = (b + c);", "let a = b + c;"),
        ("f((a), ((b + c)));", "f(a, b + c);"),
        ("return (a + b);", "return a + b;"),
        ("if (a == b) { c() }", "if a == b { c() }"),
        ("for x in (0..9) { (c)() ; }", "for x in 0..9 { (c)(); }"),
        ("match a { 1 => (b + c), _ => (d) }", "match a { 1 => b + c, _ => d }"),
        ("(a.b.c()).d(); e = (f[1])?;", "a.b.c().d(); e = f[1]?;"),
        ("let a: (u8) = 1;", "let a: u8 = 1;"),
        ("a += (b * c); (d)", "a += b * c; d"),
    ];
    for (before, after) in pairs {
        check_unchanged(&format!("fn f() {{ {before} }}"), &format!("fn f() {{ {after} }}"));
    }
    check_unchanged(
        "static A: u8 = (1 + 2);\nstruct S(Vec<u8>);",
        "static A: u8 = 1 + 2;\nstruct S(Vec<(u8)>);",
    );
}

#[test]
fn parentheses_that_decide_something_are_a_change() {
    let pairs = [
        ("a - (b - c)", "a - b - c"),
        ("(a.b)(c)", "a.b(c)"),
        ("f((a,))", "f((a))"),
        ("f((a, b))", "f(a, b)"),
        ("-(a - b)", "-a - b"),
        ("(-1i32).pow(2)", "-1i32.pow(2)"),
        ("a == (b && c)", "a == b && c"),
        ("a + (break) - 1", "a + break - 1"),
        ("(unsafe { a }).b", "unsafe { a }.b"),
        ("m!((a))", "m!(a)"),
        ("assert!((a))", "assert!(a)"),
        ("(a as u8) < b", "a as u8 < b"),
        ("(a..b).len()", "a..b.len()"),
        ("&(a + b)", "&a + b"),
        ("f(|x| (x, 1))", "f(|x| x, 1)"),
    ];
    for (before, after) in pairs {
        let (before, after) =
            (format!("macro_rules! t {{ () => {{ {before} }} }}\nfn f() {{ {before} }}"), after);
        let after = format!("macro_rules! t {{ () => {{ {after} }} }}\nfn f() {{ {after} }}");
        let found = changes(&before, &after, InPlace);
        let codes: Vec<_> = found.iter().map(|change| change.rule.code).collect();
        assert!(codes.contains(&"MF0903") && (codes.len() == 2), "{before} to {after}: {codes:?}");
    }
    assert_eq!(
        verdict(
            "macro_rules! m { ($a:expr) => { $(a) } }",
            "macro_rules! m { ($a:expr) => { $a } }",
            InPlace
        ),
        Verdict::Unknown
    );
}

#[test]
fn order_grouping_and_last_commas_are_no_change() {
    check_unchanged(
        "use a::{b, c};\nstruct S { x: u8, y: u8, }\nenum E { A, B }\nfn f(x: u8, y: u8,) { g(x, y,) }",
        "fn f(x: u8, y: u8) { g(x, y) }\nenum E { A, B, }\nuse a::c;\nuse a::b;\nstruct S { x: u8, y: u8 }",
    );
    check_unchanged("mod a { fn f() {} fn g() {} }", "mod a { fn g() {} fn f() {} }");
    check_unchanged("#[derive(Clone, Debug)] struct S;", "#[derive(Debug)]\n#[derive(Clone)]\nstruct S;");
    check_unchanged("fn f<T>() where T: A, T: B, {}", "fn f<T>() where T: A, T: B {}");
}

#[test]
fn a_renamed_local_is_a_body() {
    check(
        "fn f() -> u8 { let one = 1; one }",
        "fn f() -> u8 { let other = 1; other }",
        InPlace,
        expect![[r#"
            MF0101 safe world::f `f`
              the body of `f` changed: safe to hot-swap
        "#]],
    );
}

#[test]
fn a_function_that_moves_to_another_file_goes_and_comes_and_both_say_so() {
    check(
        "//- /world/src/a.rs\npub fn f(x: u8) { one() }\n//- /world/src/b.rs\npub fn g() {}",
        "//- /world/src/a.rs\n\n//- /world/src/b.rs\npub fn g() {}\npub fn f(x: u8) { one() }",
        Subsecond,
        expect![[r#"
            MF0106 deferred world::a::f ``
              `f` moved to `world::b::f` (removed here, new there): code that runs now may still call the old one
            MF0105 safe world::b::f `f`
              `f` moved here from `world::a::f` (removed there, new here): safe to hot-swap
        "#]],
    );
    // One that does something else is another one.
    check(
        "//- /world/src/a.rs\npub fn f(x: u8) { one() }\n//- /world/src/b.rs\npub fn g() {}",
        "//- /world/src/a.rs\n\n//- /world/src/b.rs\npub fn g() {}\npub fn f(x: u8) { two() }",
        HotLibReloader,
        expect![[r#"
            MF0106 deferred world::a::f ``
              `f` was removed: code that runs now may still call the old one
            MF0105 safe world::b::f `f`
              `f` is new: safe to hot-swap
        "#]],
    );
}

#[test]
fn what_the_last_good_tree_judged_says_so() {
    let before = "async fn f() { a().await }\nfn g() {}";
    let good = changes(before, "async fn f() { b().await }\nfn g() {}", InPlace);
    assert!(!good[0].why.contains("last text"), "{}", good[0].why);
    // The body changed, and then it broke: its change is still told, with a word about it.
    let baseline = crate::edit::program(before);
    let changed = lang_rust::reparse(&baseline, "world/src/lib.rs", "async fn f() { b().await }\nfn g() {}");
    let broken = lang_rust::reparse(&changed, "world/src/lib.rs", "async fn f() { b().await \nfn g() {}");
    let found = compat::compare(&baseline, &broken, InPlace);
    let stale = found.iter().find(|change| change.rule.code == "MF0108").expect("it is still changed");
    assert!(stale.why.ends_with("Judged by the last text of the item that parsed."), "{}", stale.why);
    assert!(found.iter().any(|change| change.rule.code == "MF0901"), "{found:#?}");
    assert!(found.iter().all(|change| !change.item.ends_with("::g")), "{found:#?}");
}
