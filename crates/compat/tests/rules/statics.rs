//! `MF05xx`. The pages of MF0507, MF0510, MF0511 and MF0512 carry their examples.

use compat::EngineKind::{HotLibReloader, InPlace, Subsecond};
use compat::Verdict;
use expect_test::expect;

use crate::edit::{check, verdict};

#[test]
fn mf0501_mf0504_a_static() {
    let before = "static LIMIT: u32 = 1;";
    check(
        before,
        "static LIMIT: u32 = 2;",
        InPlace,
        expect![[r#"
        MF0501 deferred world::LIMIT `LIMIT`
          the initial value of `LIMIT` changed: the running process keeps the value it has; restart to start from the new one
    "#]],
    );
    check(
        before,
        "static LIMIT: u32 = 2;",
        HotLibReloader,
        expect![[r#"
        MF0501 reset world::LIMIT `LIMIT`
          the initial value of `LIMIT` changed: it starts over with the new code
    "#]],
    );
    check(
        before,
        "static LIMIT: u64 = 1;",
        InPlace,
        expect![[r#"
        MF0504 restart world::LIMIT `LIMIT`
          the static `LIMIT` has another type: it lives on with a value of the old type; restart to apply
    "#]],
    );
}

#[test]
fn mf0502_mf0503_a_renamed_static_starts_over() {
    check(
        "static ONE: u32 = 1;",
        "static TWO: u32 = 1;",
        InPlace,
        expect![[r#"
        MF0502 reset world::TWO `TWO`
          the static `TWO` is new: it starts over with the new code
        MF0503 deferred world::ONE `TWO`
          the static `ONE` was removed: only old code that still runs uses it
    "#]],
    );
}

#[test]
fn mf0505_mf0506_mf0508_thread_locals() {
    let before = "thread_local! { static DEPTH: u32 = 0; }";
    check(
        before,
        &before.replace("= 0", "= 1"),
        InPlace,
        expect![[r#"
        MF0505 deferred world::DEPTH `DEPTH`
          the initial value of the thread local `DEPTH` changed: the running process keeps the value it has; restart to start from the new one
    "#]],
    );
    check(
        before,
        &before.replace("0;", "0; static MORE: u8 = 0;"),
        Subsecond,
        expect![[r#"
        MF0506 reset world::MORE `MORE`
          the thread local `MORE` is new: it starts over with the new code
    "#]],
    );
    check(
        before,
        &before.replace("u32", "u64"),
        InPlace,
        expect![[r#"
        MF0508 restart world::DEPTH `DEPTH`
          the thread local `DEPTH` has another type: it lives on with a value of the old type; restart to apply
    "#]],
    );
}

#[test]
fn a_static_inside_a_function_is_state_too() {
    let before =
        "fn next() -> u32 { static COUNT: AtomicU32 = AtomicU32::new(0); COUNT.fetch_add(1, Relaxed) }";
    check(
        before,
        &before.replace("new(0)", "new(1)"),
        InPlace,
        expect![[r#"
            MF0501 reset world::next::COUNT `COUNT`
              the initial value of `COUNT` changed: it starts over with the new code
        "#]],
    );
}

#[test]
fn mf0509_a_constant_that_is_part_of_a_type() {
    let before =
        "const N: usize = 4;\nconst M: usize = N * 2;\nstruct Grid { cells: [u8; M] }\nconst FREE: u8 = 1;";
    check(
        before,
        &before.replace("= 4", "= 8"),
        InPlace,
        expect![[r#"
        MF0509 restart world::N `N`
          the value of `N` changed: it decides the layout of a type, and the running process has values of the old layout; restart to apply
    "#]],
    );
    assert_eq!(verdict(before, &before.replace("= 1;", "= 2;"), InPlace), Verdict::Safe);
}

#[test]
fn a_constant_in_a_discriminant_and_a_function_in_an_array_s_length_are_layouts() {
    let before =
        "const N: isize = 4;\nenum E { A = N, B }\nconst fn len() -> usize { 1 }\nstruct S([u8; len()]);";
    assert_eq!(verdict(before, &before.replace("= 4", "= 5"), InPlace), Verdict::Restart);
    assert_eq!(verdict(before, &before.replace("{ 1 }", "{ 2 }"), Subsecond), Verdict::Restart);
    assert_eq!(verdict(before, &before.replace("{ 1 }", "{ 2 }"), InPlace), Verdict::Restart);
}
