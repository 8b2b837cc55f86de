//! `MF01xx`. The pages of MF0104, MF0105, MF0110, MF0111 and MF0113 carry their examples; here is what they leave open.

use compat::EngineKind::{HotLibReloader, InPlace, Subsecond};
use compat::Verdict;
use expect_test::expect;

use crate::edit::{check, check_unchanged, verdict};

#[test]
fn a_body_can_be_swapped() {
    let before = "fn step(x: u32) -> u32 {\n    x + 1\n}";
    check(
        before,
        &before.replace("+ 1", "+ 2"),
        InPlace,
        expect![[r#"
        MF0101 safe world::step `step`
          the body of `step` changed: safe to hot-swap
    "#]],
    );
}

#[test]
fn a_body_outside_the_reloadable_library_stays_in_the_executable() {
    let before =
        "//- /app/src/draw.rs\nfn draw() { one() }\n//- /shared/src/lib.rs\npub fn helper() { one() }";
    let after = before.replace("one", "two");
    check(
        before,
        &after,
        HotLibReloader,
        expect![[r#"
        MF0101 deferred app::draw::draw `draw`
          the body of `draw` changed: the executable keeps the old code; rebuild and restart it to apply
        MF0101 deferred shared::helper `helper`
          the body of `helper` changed: the executable keeps the old code; rebuild and restart it to apply
    "#]],
    );
    check(
        before,
        &after,
        InPlace,
        expect![[r#"
        MF0101 safe app::draw::draw `draw`
          the body of `draw` changed: safe to hot-swap
        MF0101 safe shared::helper `helper`
          the body of `helper` changed: safe to hot-swap
    "#]],
    );
}

#[test]
fn mf0103_a_boundary_signature_is_called_from_the_executable() {
    let before = "#[unsafe(no_mangle)]\npub extern \"C\" fn step(x: u32) {}";
    check(
        before,
        &before.replace("u32", "u64"),
        HotLibReloader,
        expect![[r#"
        MF0103 restart world::step `step`
          the signature of the boundary function `step` changed: the executable calls it with the old signature; rebuild and restart to apply
    "#]],
    );
}

#[test]
fn mf0102_a_signature_inside_the_library_is_not() {
    let before = "pub fn step(x: u32) {}";
    check(
        before,
        &before.replace("u32", "u64"),
        HotLibReloader,
        expect![[r#"
        MF0102 safe world::step `step`
          the signature of `step` changed: safe to hot-swap
    "#]],
    );
}

#[test]
fn lifetimes_and_parameter_names_are_no_signature() {
    let before = "#[unsafe(no_mangle)]\npub fn name(of: &str) -> &str { of }";
    let after = "#[unsafe(no_mangle)]\npub fn name<'a>(it: &'a str) -> &'a str { it }";
    assert_eq!(verdict(before, after, HotLibReloader), Verdict::Safe);
}

#[test]
fn mf0106_a_renamed_function_is_removed_and_added() {
    check(
        "fn one() {}",
        "fn two() {}",
        InPlace,
        expect![[r#"
        MF0105 safe world::two `two`
          `two` is new: safe to hot-swap
        MF0106 deferred world::one `two`
          `one` was removed: code that runs now may still call the old one
    "#]],
    );
}

#[test]
fn mf0107_main_has_run() {
    let before = "//- /app/src/main.rs\nfn main() { one() }";
    check(
        before,
        &before.replace("one", "two"),
        InPlace,
        expect![[r#"
        MF0107 deferred app::main `main`
          the body of `main` changed: it does not run again; restart to see the new code
    "#]],
    );
}

#[test]
fn mf0107_a_loop_without_an_end_never_reaches_the_new_code() {
    let before = "fn run() { loop { one() } }";
    check(
        before,
        &before.replace("one", "two"),
        InPlace,
        expect![[r#"
        MF0107 deferred world::run `run`
          the body of `run` changed: a call of it that is running goes on with the old code
    "#]],
    );
    // What returned until now takes up what never will.
    check(
        "fn run() { loop { if one() { break } } }",
        before,
        InPlace,
        expect![[r#"
        MF0101 safe world::run `run`
          the body of `run` changed: safe to hot-swap
    "#]],
    );
}

/// What lives in such a call lives as long as the process.
#[test]
fn mf0203_a_loop_without_an_end_keeps_its_values() {
    let before = "struct World { a: u8 }\npub fn run(from: u8) { let world = World { a: from }; loop { step(&world) } }\nfn step(world: &World) {}";
    check(
        before,
        &before.replace("a: u8 }\npub", "a: u8, b: u8 }\npub"),
        InPlace,
        expect![[r#"
        MF0203 restart world::World `b`
          `World` gained the field `b`: the running process still has values of the old layout; restart to apply
          New code would read and write values that old code made, at offsets where other fields are. Live values are reached through world::run → World.
    "#]],
    );
}

#[test]
fn mf0108_a_future_in_flight_has_the_old_locals() {
    let before = "async fn wait() { one().await; }";
    check(
        before,
        &before.replace("one", "two"),
        Subsecond,
        expect![[r#"
        MF0108 restart world::wait `wait`
          the body of `wait` changed: futures in flight have the old layout; restart to apply
    "#]],
    );
    check(
        before,
        &before.replace("one", "two"),
        InPlace,
        expect![[r#"
        MF0108 unknown world::wait `wait`
          the body of `wait` changed: only the build can tell whether futures in flight still fit
    "#]],
    );
}

#[test]
fn mf0109_closures_that_capture_the_same_are_bodies() {
    let before = "fn scale(by: u32) -> impl Fn(u32) -> u32 { move |x| x * by }";
    assert_eq!(verdict(before, &before.replace("x * by", "x * by * 2"), InPlace), Verdict::Safe);
    assert_eq!(
        verdict(before, &before.replace("move |x| x * by", "move |x| x * 2"), InPlace),
        Verdict::Unknown
    );
    let format = "fn log(id: u32) -> impl Fn() { move || println!(\"x\") }";
    assert_eq!(verdict(format, &format.replace("x\\", "{id}\\"), InPlace), Verdict::Safe);
    assert_eq!(verdict(&format.replace("\"x\"", "\"{id}\""), format, InPlace), Verdict::Unknown);
}

#[test]
fn mf0109_a_closure_that_is_called_and_forgotten_ends_with_the_call() {
    let before =
        "fn scale(all: &mut Vec<u32>, by: u32, more: u32) { all.iter_mut().for_each(|x| *x *= by); }";
    let passes = |text: &str| verdict(text, &text.replace("*= by", "*= by + more"), HotLibReloader);
    assert_eq!(passes(before), Verdict::Safe);
    assert_eq!(passes(&before.replace("iter_mut()", "iter_mut().rev()")), Verdict::Safe);
    let adapted = "fn sum(all: &[u32], by: u32, more: u32) -> u32 { all.iter().map(|x| x * by).sum() }";
    assert_eq!(verdict(adapted, &adapted.replace("* by", "* by * more"), HotLibReloader), Verdict::Safe);
    // Whatever else the function does, an iterator that is used up is gone.
    let boxed = adapted.replace("-> u32 { ", "-> u32 { keep(Box::new(1)); ");
    assert_eq!(verdict(&boxed, &boxed.replace("* by", "* by * more"), HotLibReloader), Verdict::Safe);
    let local = "fn log(by: u32, more: u32) { LOG.with(|log| log.push(by)); }";
    assert_eq!(verdict(local, &local.replace("(by)", "(by * more)"), HotLibReloader), Verdict::Safe);
    // One that is returned, boxed, given to a function of one's own, or made by another closure may live on.
    let kept = [
        "fn all(by: u32, more: u32) -> impl Iterator<Item = u32> { (0..3).map(move |x| x * by) }",
        "fn all(by: u32, more: u32) { keep(Box::new((0..3).map(move |x| x * by))) }",
        "fn all(by: u32, more: u32) { listen(move |x| x * by) }",
        "fn all(by: u32, more: u32) -> Vec<F> { (0..3).map(|n| make(move |x| x * by)).collect() }",
        "fn all(by: u32, more: u32) { let f = move |x| x * by; keep(f) }",
    ];
    for before in kept {
        let after = before.replace("* by", "* by * more");
        assert_eq!(verdict(before, &after, HotLibReloader), Verdict::Restart, "{before}");
    }
}

#[test]
fn mf0112_a_function_that_becomes_a_boundary_is_not_called_yet() {
    let before = "pub fn step() {}";
    let after = "#[unsafe(no_mangle)]\npub fn step() {}";
    check(
        before,
        after,
        HotLibReloader,
        expect![[r#"
        MF0112 deferred world::step `step`
          the exported symbol of `step` changed: nothing calls it until the executable is rebuilt and restarted
    "#]],
    );
}

#[test]
fn a_moved_function_goes_and_comes() {
    let before = "mod a { pub fn f() {} }\nmod b {}";
    let after = "mod a {}\nmod b { pub fn f() {} }";
    check(
        before,
        after,
        InPlace,
        expect![[r#"
            MF0106 deferred world::a::f `a`
              `f` moved to `world::b::f` (removed here, new there): code that runs now may still call the old one
            MF0105 safe world::b::f `f`
              `f` moved here from `world::a::f` (removed there, new here): safe to hot-swap
        "#]],
    );
}

#[test]
fn attributes_for_warnings_and_documentation_are_no_change() {
    check_unchanged(
        "fn f() {}",
        "/// Does it.\n#[must_use]\n#[allow(unused)]\n#[doc(alias = \"g\")]\nfn f() {}",
    );
    check_unchanged("fn f() { g(1, 2); }", "fn f() {\n    g(\n        1, // one\n        2,\n    );\n}");
    check_unchanged("impl A { fn f() {} fn g() {} }", "impl A { fn g() {} }\nimpl A { fn f() {} }");
}

#[test]
fn a_one_element_tuple_is_not_parentheses() {
    assert_eq!(verdict("fn f() { g((1,)) }", "fn f() { g((1)) }", InPlace), Verdict::Safe);
    check(
        "fn f() { g((1,)) }",
        "fn f() { g((1)) }",
        InPlace,
        expect![[r#"
        MF0101 safe world::f `f`
          the body of `f` changed: safe to hot-swap
    "#]],
    );
}
