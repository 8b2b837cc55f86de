//! `MF03xx`.

use compat::EngineKind::{InPlace, Subsecond};
use expect_test::expect;

use crate::edit::check;

const MODE: &str = "enum Mode { Idle, Moving(f32), Falling { by: u8 } }";

#[test]
fn mf0301_mf0302_a_variant_comes_or_goes() {
    check(
        MODE,
        "enum Mode { Idle, Flying, Moving(f32), Falling { by: u8 } }",
        InPlace,
        expect![[r#"
        MF0301 restart world::Mode `Flying`
          `Mode` gained the variant `Flying`: the running process still has values of the old layout; restart to apply
    "#]],
    );
    check(
        MODE,
        "enum Mode { Idle, Moving(f32) }",
        InPlace,
        expect![[r#"
        MF0302 restart world::Mode `Mode`
          `Mode` lost the variant `Falling`: values that are alive would be read as another variant; restart to apply
    "#]],
    );
}

#[test]
fn mf0303_variants_trade_places() {
    check(
        MODE,
        "enum Mode { Moving(f32), Idle, Falling { by: u8 } }",
        InPlace,
        expect![[r#"
        MF0303 restart world::Mode `Moving`
          the variants of `Mode` are in another order: values that are alive would be read as another variant; restart to apply
    "#]],
    );
}

#[test]
fn mf0304_a_payload_changes() {
    check(
        MODE,
        &MODE.replace("by: u8", "by: u16"),
        InPlace,
        expect![[r#"
        MF0304 restart world::Mode `Falling`
          the variant `Falling` of `Mode` carries something else: the running process still has values of the old layout; restart to apply
    "#]],
    );
}

#[test]
fn mf0305_a_discriminant_changes() {
    check(
        "enum Mode { A = 1, B = 2 }",
        "enum Mode { A = 1, B = 3 }",
        InPlace,
        expect![[r#"
        MF0305 restart world::Mode `B`
          the variant `B` of `Mode` has another discriminant: values that are alive would be read as another variant; restart to apply
    "#]],
    );
}

#[test]
fn mf0306_a_new_name_for_the_same_number() {
    check(
        MODE,
        &MODE.replace("Idle", "Resting"),
        InPlace,
        expect![[r#"
        MF0306 unknown world::Mode `Resting`
          the variant `Idle` of `Mode` is now called `Resting`: only the build can tell whether it can be swapped
    "#]],
    );
    check(
        MODE,
        &MODE.replace("Idle", "Resting"),
        Subsecond,
        expect![[r#"
        MF0306 restart world::Mode `Resting`
          the variant `Idle` of `Mode` is now called `Resting`: values that are alive would be read as another variant; restart to apply
    "#]],
    );
}
