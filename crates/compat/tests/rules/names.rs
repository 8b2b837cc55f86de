//! What a name means: through imports, aliases, globs and re-exports, across files and crates.

use compat::EngineKind::{self, InPlace};
use compat::Verdict;

use crate::edit::{changes, verdict};

/// The way of each dependent of the one change, with where it stands.
fn dependents(before: &str, after: &str, engine: EngineKind) -> Vec<String> {
    let found = changes(before, after, engine);
    let told = |dependent: &compat::Dependent| format!("{}: {}", dependent.location.file, dependent.path);
    found.iter().flat_map(|change| &change.dependents).map(told).collect()
}

const WORLD: &str = "
//- /world/src/lib.rs
pub mod body;
pub mod state;
//- /world/src/body.rs
pub struct Body { pub x: f32 }
//- /world/src/state.rs
use crate::body::Body;
pub struct World { pub bodies: Vec<Body> }
pub struct State { pub world: World }
pub static STATE: Option<State> = None;
fn total(world: &World) -> f32 { 0.0 }
//- /shared/src/lib.rs
pub struct Other;
";

#[test]
fn a_changed_layout_is_told_with_all_that_it_reaches_and_the_way_there() {
    let after = WORLD.replace("pub x: f32", "pub x: f32, pub mass: f32");
    assert_eq!(
        dependents(WORLD, &after, InPlace),
        [
            "world/src/state.rs: World.bodies → Body",
            "world/src/state.rs: State.world → World.bodies → Body",
            "world/src/state.rs: total → World.bodies → Body",
            "world/src/state.rs: STATE → State.world → World.bodies → Body",
        ]
    );
}

#[test]
fn the_way_leads_through_renamed_imports_aliases_and_crates() {
    let before = WORLD
        .replace("use crate::body::Body;", "use shared::Other as Thing;\ntype Things = Vec<Thing>;")
        .replace("Vec<Body>", "Things")
        .replace("pub struct Other;", "pub struct Other { pub x: u8 }");
    let after = before.replace("pub x: u8", "pub x: u8, pub y: u8");
    let found = changes(&before, &after, InPlace);
    assert_eq!(found[0].verdict, Verdict::Restart, "a static holds it");
    assert_eq!(
        found[0].live_path.as_deref(),
        Some("world::state::STATE → State.world → World.bodies → Things → Thing → Other")
    );
}

#[test]
fn a_type_of_the_same_name_elsewhere_is_not_meant() {
    let before = WORLD.replace("pub struct Other;", "pub struct Body;\npub struct Holder { pub body: Body }");
    let after = before.replace("pub x: f32", "pub x: f32, pub mass: f32");
    let found = dependents(&before, &after, InPlace);
    assert!(found.iter().all(|path| !path.contains("Holder")), "{found:#?}");
}

#[test]
fn a_reexport_that_leads_elsewhere_changes_what_other_files_mean() {
    let before = "
//- /world/src/lib.rs
mod one { pub struct Body { pub x: f32 } }
mod two { pub struct Body { pub x: f64 } }
pub use one::Body;
pub mod state;
//- /world/src/state.rs
use crate::Body;
pub static STATE: Option<Body> = None;
";
    let after = before.replace("pub use one", "pub use two");
    assert_eq!(verdict(before, &after, InPlace), Verdict::Unknown);
    let through_glob = before.replace("use crate::Body", "use crate::*");
    assert_eq!(
        verdict(&through_glob, &through_glob.replace("pub use one", "pub use two"), InPlace),
        Verdict::Unknown
    );
    // Nobody there asks for the name.
    let unrelated =
        before.replace("use crate::Body", "use std::fmt::Debug").replace("Option<Body>", "Option<u8>");
    assert_eq!(verdict(&unrelated, &unrelated.replace("pub use one", "pub use two"), InPlace), Verdict::Safe);
}

#[test]
fn a_new_type_hides_one_of_the_prelude_wherever_all_names_are_imported() {
    let before = "
//- /world/src/lib.rs
pub mod names;
pub mod state;
//- /world/src/names.rs
pub struct Known;
//- /world/src/state.rs
use crate::names::*;
pub static STATE: Option<u8> = None;
";
    let after = before.replace("pub struct Known;", "pub struct Known;\npub struct Option<T>(pub T);");
    assert_eq!(verdict(before, &after, InPlace), Verdict::Unknown);
}

/// Each writes the type of a field in another way; the static holds it.
const SPELLED: [(&str, &str); 10] = [
    ("by its path", "pub static S: Option<crate::body::Body> = None;"),
    ("through `use`", "use crate::body::Body;\npub static S: Option<Body> = None;"),
    ("under another name", "use crate::body::Body as Thing;\npub static S: Option<Thing> = None;"),
    ("through an alias", "type Thing = crate::body::Body;\npub static S: Option<Thing> = None;"),
    ("through a glob", "use crate::body::*;\npub static S: Option<Body> = None;"),
    ("through a re-export", "use crate::Again;\npub static S: Option<Again> = None;"),
    (
        "as a generic argument",
        "use crate::body::Body;\npub struct Of<T>(T);\npub static S: Option<Of<Vec<Body>>> = None;",
    ),
    ("as `Self`", "pub static S: Option<crate::body::Link> = None;"),
    ("in an enum", "use crate::body::Body;\npub enum E { One(Body) }\npub static S: Option<E> = None;"),
    ("in another crate", "pub static S: Option<shared::Other> = None;"),
];

#[test]
fn however_a_type_is_written_its_layout_is_that_of_whoever_holds_it() {
    for (how, state) in SPELLED {
        let before = format!(
            "
//- /world/src/lib.rs
pub mod body;
pub mod state;
pub use body::Body as Again;
//- /world/src/body.rs
pub struct Body {{ pub x: f32 }}
pub struct Link {{ pub body: Body, pub next: Option<Box<Self>> }}
//- /shared/src/lib.rs
pub struct Other {{ pub x: f32 }}
//- /world/src/state.rs
{state}
"
        );
        let after = match how {
            "in another crate" => before.replace("Other { pub x", "Other { pub added: u64, pub x"),
            _ => before.replace("Body { pub x", "Body { pub added: u64, pub x"),
        };
        for engine in [InPlace, EngineKind::HotLibReloader] {
            let found = changes(&before, &after, engine);
            assert_eq!(found[0].verdict, Verdict::Restart, "{how} under {engine}");
            let path = found[0].live_path.as_deref().unwrap_or_default();
            assert!(path.starts_with("world::state::S → "), "{how} under {engine}: {path}");
        }
        let told = dependents(&before, &after, InPlace);
        assert!(told.iter().any(|told| told.starts_with("world/src/state.rs: S → ")), "{how}: {told:#?}");
    }
}

#[test]
fn of_two_types_of_one_name_the_one_is_meant_that_is_imported() {
    let before = "
//- /world/src/lib.rs
pub mod one { pub struct Body { pub x: f32 } impl Body { pub fn copy(&self) -> Self { Body { x: 0.0 } } } }
pub mod two { pub struct Body { pub x: f64 } pub struct Near { body: Body } }
pub mod state;
pub mod inner;
//- /world/src/state.rs
use crate::one::Body;
pub struct One { body: Body }
//- /world/src/inner.rs
use super::two::Body;
pub struct Two { body: Body }
pub mod deep { use super::Body; pub struct Deep { body: Body } }
pub mod all { use crate::two::*; pub struct All { body: Body } }
";
    let one = dependents(before, &before.replace("x: f32", "x: f32, y: f32"), InPlace);
    let two = dependents(before, &before.replace("x: f64", "x: f64, y: f64"), InPlace);
    let is_told = |told: &[String], name: &str| told.iter().any(|path| path.contains(&format!(": {name}")));
    assert!(is_told(&one, "One.body") && is_told(&one, "copy"), "{one:#?}");
    assert!(!is_told(&one, "Two.body") && !is_told(&one, "Near.body"), "{one:#?}");
    assert!(is_told(&two, "Two.body") && is_told(&two, "Near.body"), "{two:#?}");
    assert!(!is_told(&two, "One.body") && !is_told(&two, "copy"), "{two:#?}");
    // Where imports don't settle it, either may be meant.
    for told in [&one, &two] {
        assert!(is_told(told, "Deep.body") && is_told(told, "All.body"), "{told:#?}");
    }
}
