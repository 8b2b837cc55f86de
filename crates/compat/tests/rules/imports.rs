//! `MF0902`: what matters is what a name means, not how it is brought in.

use compat::EngineKind::InPlace;
use compat::Verdict;
use expect_test::expect;

use crate::edit::{changes, check};

/// Two types of one name, and ways to them; `{USE}` is the import under test.
const PROGRAM: &str = "
//- /world/src/lib.rs
pub mod near;
pub mod far;
pub mod both;
pub mod state;
//- /world/src/near.rs
pub struct Body { x: u8 }
pub enum Kind { A, B }
//- /world/src/far.rs
pub struct Body { x: u64 }
pub mod deep { pub struct Body { x: u16 } }
//- /world/src/both.rs
pub use crate::near::Body;
pub use crate::far::Body as Far;
pub use crate::near::Kind;
//- /shared/src/lib.rs
pub struct Body { y: u8 }
//- /world/src/state.rs
{USE}
pub struct State { body: Body }
#[unsafe(no_mangle)] pub fn step(state: &mut State) {}
";

fn verdict_of(from: &str, to: &str) -> Verdict {
    let with = |import: &str| PROGRAM.replace("{USE}", import);
    let changes = changes(&with(from), &with(to), InPlace);
    assert!(changes.iter().all(|change| change.rule.code == "MF0902"), "{from} → {to}: {changes:?}");
    compat::worst(&changes)
}

#[test]
fn another_way_to_the_same_item_is_no_change_of_meaning() {
    let same = [
        "use crate::near::Body;",
        "use crate::both::Body;",
        "use super::near::Body;",
        "use super::both::Body;",
        "use crate::near::{self, Body};",
        "use crate::near as n; use n::Body;",
        "use world::near::Body;",
        "use crate::near::*;",
    ];
    for from in same {
        for to in same {
            assert_eq!(verdict_of(from, to), Verdict::Safe, "{from} → {to}");
        }
    }
}

#[test]
fn another_item_of_the_same_name_is_another_type() {
    let others = [
        "use crate::far::Body;",
        "use crate::both::Far as Body;",
        "use crate::far::deep::Body;",
        "use shared::Body;",
        "use super::far::{deep, Body};",
        "use std::any::Body;",
    ];
    for to in others {
        assert_eq!(verdict_of("use crate::near::Body;", to), Verdict::Restart, "{to}");
        assert_eq!(verdict_of(to, "use crate::near::Body;"), Verdict::Restart, "{to}");
    }
    let with = |import: &str| PROGRAM.replace("{USE}", import);
    check(
        &with("use crate::near::Body;"),
        &with("use crate::far::Body;"),
        InPlace,
        expect![[r#"
        MF0902 restart world::state::use Body `Body`
          the import `use Body` leads elsewhere, and `State` has what it means: the running process still has values of the old layout; restart to apply
          New code would read and write values that old code made, at offsets where other fields are. Live values are reached through world::state::step → State.
    "#]],
    );
}

#[test]
fn what_leads_out_of_the_workspace_only_the_build_knows() {
    assert_eq!(verdict_of("use std::a::Body;", "use std::b::Body;"), Verdict::Unknown);
    assert_eq!(verdict_of("use std::a::Body;", "use std::a::*;"), Verdict::Unknown);
}

#[test]
fn a_re_export_that_leads_elsewhere_changes_who_imports_from_it() {
    let program = PROGRAM.replace("{USE}", "use crate::both::Body;");
    let after = program.replace("pub use crate::near::Body;", "pub use crate::far::deep::Body;");
    let changes = changes(&program, &after, InPlace);
    assert_eq!((changes.len(), changes[0].verdict), (1, Verdict::Restart), "{changes:?}");
    assert_eq!(&*changes[0].file, "world/src/both.rs");
    assert_eq!(changes[0].reachable_from, ["world::state::step"]);
    let unused =
        program.replace("pub use crate::far::Body as Far;", "pub use crate::far::deep::Body as Far;");
    assert_eq!(compat::worst(&crate::edit::changes(&program, &unused, InPlace)), Verdict::Safe);
}

#[test]
fn imports_in_circles_end() {
    let program = PROGRAM.replace("{USE}", "use crate::both::Body;");
    let circle = program.replace("pub use crate::near::Body;", "pub use crate::state::Body;");
    let changes = changes(&program, &circle, InPlace);
    assert_eq!(compat::worst(&changes), Verdict::Unknown);
}
