//! `MF04xx`. The pages of MF0406, MF0409, MF0410, MF0411 and MF0412 carry their examples.

use compat::EngineKind::{HotLibReloader, InPlace, Subsecond};
use compat::Verdict;
use expect_test::expect;

use crate::edit::{check, verdict};

const SHAPE: &str =
    "trait Shape { fn area(&self) -> f32; fn draw(&self) { line() } }\nfn show(all: &[Box<dyn Shape>]) {}";

#[test]
fn mf0401_mf0402_a_method_moves_the_vtable() {
    check(
        SHAPE,
        &SHAPE.replace("fn draw", "fn name(&self); fn draw"),
        InPlace,
        expect![[r#"
        MF0401 restart world::Shape `name`
          `Shape` gained the method `name`: trait objects that are alive have the old vtable; restart to apply
    "#]],
    );
    check(
        SHAPE,
        &SHAPE.replace("fn area(&self) -> f32; ", ""),
        InPlace,
        expect![[r#"
        MF0402 restart world::Shape `Shape`
          `Shape` lost the method `area`: trait objects that are alive have the old vtable; restart to apply
    "#]],
    );
    check(
        SHAPE,
        &SHAPE.replace("area", "size"),
        InPlace,
        expect![[r#"
        MF0402 restart world::Shape `Shape`
          `Shape` lost the method `area`: trait objects that are alive have the old vtable; restart to apply
        MF0401 restart world::Shape `size`
          `Shape` gained the method `size`: trait objects that are alive have the old vtable; restart to apply
    "#]],
    );
}

#[test]
fn mf0403_methods_trade_places() {
    check(
        SHAPE,
        &SHAPE.replace(
            "fn area(&self) -> f32; fn draw(&self) { line() }",
            "fn draw(&self) { line() } fn area(&self) -> f32;",
        ),
        InPlace,
        expect![[r#"
        MF0403 restart world::Shape `draw`
          the items of `Shape` are in another order: trait objects that are alive have the old vtable; restart to apply
    "#]],
    );
}

#[test]
fn mf0404_a_default_body() {
    let after = SHAPE.replace("line", "dots");
    check(
        SHAPE,
        &after,
        InPlace,
        expect![[r#"
        MF0404 safe world::Shape `draw`
          the default body of `draw` in `Shape` changed: safe to hot-swap
    "#]],
    );
    check(
        SHAPE,
        &after,
        HotLibReloader,
        expect![[r#"
        MF0404 restart world::Shape `draw`
          the default body of `draw` in `Shape` changed: trait objects that are alive still lead to the old body; restart to apply
    "#]],
    );
    check(
        SHAPE,
        &after,
        Subsecond,
        expect![[r#"
        MF0404 deferred world::Shape `draw`
          the default body of `draw` in `Shape` changed: trait objects that are alive keep the old body
    "#]],
    );
}

#[test]
fn mf0405_a_method_s_signature() {
    check(
        SHAPE,
        &SHAPE.replace("f32", "f64"),
        InPlace,
        expect![[r#"
        MF0405 restart world::Shape `area`
          the signature of `area` in `Shape` changed: trait objects that are alive have the old vtable; restart to apply
    "#]],
    );
}

#[test]
fn mf0407_mf0408_impls_come_and_go() {
    let with = "struct A;\nimpl Clone for A { fn clone(&self) -> A { A } }";
    check(
        "struct A;",
        with,
        InPlace,
        expect![[r#"
        MF0407 safe world::impl Clone for A `A`
          `impl Clone for A` is new: safe to hot-swap
        MF0105 safe world::<A as Clone>::clone `clone`
          `clone` is new: safe to hot-swap
    "#]],
    );
    check(
        with,
        "struct A;",
        InPlace,
        expect![[r#"
        MF0106 deferred world::<A as Clone>::clone `A`
          `clone` was removed: code that runs now may still call the old one
        MF0408 deferred world::impl Clone for A `A`
          `impl Clone for A` was removed: trait objects that are alive keep it
    "#]],
    );
}

#[test]
fn a_method_of_an_impl_is_a_body() {
    let before = "impl Clone for A { fn clone(&self) -> A { old() } }\nimpl A { fn f(&self) { old() } }";
    check(
        before,
        &before.replace("old", "new"),
        InPlace,
        expect![[r#"
        MF0101 safe world::<A as Clone>::clone `clone`
          the body of `clone` changed: safe to hot-swap
        MF0101 safe world::A::f `f`
          the body of `f` changed: safe to hot-swap
    "#]],
    );
}

#[test]
fn a_trait_without_objects_is_code_and_doubts_are_objects() {
    let before =
        "trait Shape { fn area(&self) -> f32; }\nimpl Shape for Ball { fn area(&self) -> f32 { 1.0 } }";
    let judged = |more: &str| {
        let before = format!("{before}\n{more}");
        verdict(&before, &before.replacen("f32; }", "f32; fn size(&self) -> f32 { 1.0 } }", 1), InPlace)
    };
    assert_eq!(judged(""), Verdict::Safe);
    assert_eq!(judged("fn total(all: &[impl Shape]) {}\nfn other(all: &[Box<dyn Debug>]) {}"), Verdict::Safe);
    let objects = [
        "fn f() { let all: Vec<Box<dyn Shape>> = Vec::new(); }",
        "trait Round: Shape {}\nfn f(all: &dyn Round) {}",
        "use Shape as Thing;\nstruct All(Box<dyn Thing>);",
        "type Any = dyn Shape;",
        "object!(Shape);",
        "fn f() { object!(Shape) }",
        "macro_rules! object { () => { Box<dyn Shape> } }",
        "impl dyn Shape { fn f(&self) {} }",
    ];
    for more in objects {
        assert_eq!(judged(more), Verdict::Restart, "{more}");
    }
    let written = "#[typetag::serde] trait Shape { fn area(&self); }";
    assert_eq!(verdict(written, &written.replace("; }", "; fn b(&self) {} }"), InPlace), Verdict::Restart);
    let seen =
        "//- /Cargo.toml\n[package]\nname = \"lib\"\n//- /src/lib.rs\npub trait Shape { fn area(&self); }";
    assert_eq!(
        verdict(seen, &seen.replace("; }", "; fn b(&self) {} }"), InPlace),
        Verdict::Safe,
        "there is a program"
    );
}
