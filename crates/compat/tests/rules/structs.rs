//! `MF02xx`. The pages of MF0201, MF0202, MF0208, MF0209, MF0210 and MF0214 carry their examples.

use compat::EngineKind::{HotLibReloader, InPlace, Restart, Subsecond};
use compat::Verdict;
use expect_test::expect;

use crate::edit::{check, verdict};

const STATE: &str = "
pub struct State {
    pub world: World,
}

pub struct World {
    bodies: Vec<Body>,
}

pub struct Body {
    mass: f32,
    name: String,
}

#[unsafe(no_mangle)]
pub fn step(state: &mut State) {}
";

#[test]
fn mf0203_a_field_in_the_middle_of_the_live_state_names_the_path() {
    let after = STATE.replace("    name", "    energy: f32,\n    name");
    check(
        STATE,
        &after,
        HotLibReloader,
        expect![[r#"
        MF0203 restart world::Body `energy`
          `Body` gained the field `energy`: the running process still has values of the old layout; restart to apply
          New code would read and write values that old code made, at offsets where other fields are. Live values are reached through world::step → State.world → World.bodies → Body.
    "#]],
    );
}

#[test]
fn mf0204_mf0205_a_lost_and_a_retyped_field() {
    check(
        STATE,
        &STATE.replace("    mass: f32,\n", ""),
        InPlace,
        expect![[r#"
        MF0204 restart world::Body `Body`
          `Body` lost the field `mass`: the running process still has values of the old layout; restart to apply
          New code would read and write values that old code made, at offsets where other fields are. Live values are reached through world::step → State.world → World.bodies → Body.
    "#]],
    );
    check(
        STATE,
        &STATE.replace("f32", "f64"),
        InPlace,
        expect![[r#"
        MF0205 restart world::Body `mass`
          the field `mass` of `Body` has another type: the running process still has values of the old layout; restart to apply
          New code would read and write values that old code made, at offsets where other fields are. Live values are reached through world::step → State.world → World.bodies → Body.
    "#]],
    );
}

#[test]
fn mf0206_fields_without_a_repr_may_keep_their_places() {
    let after = STATE.replace("    mass: f32,\n    name: String,", "    name: String,\n    mass: f32,");
    check(
        STATE,
        &after,
        InPlace,
        expect![[r#"
        MF0206 unknown world::Body `name`
          the fields of `Body` are in another order: only the build can tell whether it can be swapped
    "#]],
    );
    let c = |text: &str| text.replace("pub struct Body", "#[repr(C)]\npub struct Body");
    assert_eq!(verdict(&c(STATE), &c(&after), InPlace), Verdict::Restart);
}

#[test]
fn mf0207_a_renamed_field_looks_the_same_in_memory() {
    let after = STATE.replace("mass", "weight");
    check(
        STATE,
        &after,
        InPlace,
        expect![[r#"
        MF0207 safe world::Body `weight`
          the field `mass` of `Body` is now called `weight`: safe to hot-swap
    "#]],
    );
    check(
        STATE,
        &after,
        Subsecond,
        expect![[r#"
        MF0207 reset world::Body `weight`
          the field `mass` of `Body` is now called `weight`: what is kept by type is made anew
    "#]],
    );
    assert_eq!(verdict(STATE, &after, Restart), Verdict::Restart);
}

#[test]
fn a_static_s_path_is_named_too() {
    let before = "static WORLD: Mutex<Vec<Body>> = Mutex::new(Vec::new());\nstruct Body { mass: f32 }";
    check(
        before,
        &before.replace("mass: f32", "mass: f32, x: u8"),
        InPlace,
        expect![[r#"
        MF0203 restart world::Body `x`
          `Body` gained the field `x`: the running process still has values of the old layout; restart to apply
          New code would read and write values that old code made, at offsets where other fields are. Live values are reached through world::WORLD → Body.
    "#]],
    );
}

#[test]
fn mf0211_drop_added_and_removed() {
    let with = "struct Body;\nimpl std::ops::Drop for Body { fn drop(&mut self) {} }";
    check(
        "struct Body;",
        with,
        InPlace,
        expect![[r#"
        MF0211 restart world::impl std::ops::Drop for Body `Body`
          `Body` implements `Drop`: values that are alive would be dropped the wrong way; restart to apply
        MF0105 safe world::<Body as std::ops::Drop>::drop `drop`
          `drop` is new: safe to hot-swap
    "#]],
    );
    check(
        with,
        "struct Body;",
        Subsecond,
        expect![[r#"
        MF0106 deferred world::<Body as std::ops::Drop>::drop `Body`
          `drop` was removed: code that runs now may still call the old one
        MF0211 restart world::impl std::ops::Drop for Body `Body`
          `Body` no longer implements `Drop`: values that are alive would be dropped the wrong way; restart to apply
    "#]],
    );
}

#[test]
fn mf0212_an_alias_is_its_target() {
    check(
        "type Id = u32;",
        "type Id = u64;",
        HotLibReloader,
        expect![[r#"
        MF0212 restart world::Id `Id`
          the alias `Id` means another type: the running process still has values of the old layout; restart to apply
    "#]],
    );
}

#[test]
fn mf0213_a_foreign_derive_can_write_anything() {
    let before = "#[derive(Clone)]\nstruct A;";
    assert_eq!(verdict(before, "#[derive(Clone, Serialize)]\nstruct A;", InPlace), Verdict::Unknown);
    assert_eq!(verdict(before, "struct A;", InPlace), Verdict::Deferred);
}

#[test]
fn a_renamed_field_does_not_hide_other_differences() {
    let before = "struct A<T> { x: T }";
    assert_eq!(verdict(before, "struct A<T, U> { y: T }", InPlace), Verdict::Unknown);
    assert_eq!(
        verdict("struct A { x: u8, y: u8 }", "struct A { z: u8, #[cfg(a)] y: u8 }", InPlace),
        Verdict::Restart
    );
}

#[test]
fn unions_are_judged_as_structs_are() {
    check(
        "union A { x: u8 }",
        "union A { x: u8, y: u64 }",
        InPlace,
        expect![[r#"
        MF0203 restart world::A `y`
          `A` gained the field `y`: the running process still has values of the old layout; restart to apply
    "#]],
    );
}

#[test]
fn a_struct_that_becomes_an_enum_is_another_layout() {
    assert_eq!(verdict("struct A { x: u8 }", "enum A { X(u64) }", InPlace), Verdict::Restart);
    assert_eq!(verdict("struct A { x: u8 }", "type A = u64;", InPlace), Verdict::Restart);
}

#[test]
fn a_new_type_may_hide_another_of_its_name() {
    let before = "use things::*;\nstruct State { body: Body }";
    let after = "use things::*;\nstruct Body;\nstruct State { body: Body }";
    assert_eq!(verdict(before, after, InPlace), Verdict::Unknown);
    assert_eq!(verdict(after, before, InPlace), Verdict::Unknown);
}

#[test]
fn a_default_of_a_parameter_is_part_of_every_type_without_one() {
    assert_eq!(verdict("struct A<T = u8>(T);", "struct A<T = u64>(T);", HotLibReloader), Verdict::Restart);
    assert_eq!(verdict("struct A<T = u8>(T);", "struct A<T = u64>(T);", InPlace), Verdict::Unknown);
}
