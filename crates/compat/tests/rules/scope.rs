//! `MF0118`: a body is judged again when what it names changes meaning, and only then.

use compat::EngineKind::{self, HotLibReloader, InPlace};
use compat::Verdict;

use crate::edit::{changes, verdict};

/// A future that takes part of its looks from elsewhere.
const COPY: &str = "
const CHUNK: usize = 512;
const LIMIT: u32 = 9;
const fn twice(n: usize) -> usize { n * 2 }
const DOUBLE: usize = twice(CHUNK);
fn buffer() -> [u8; 4] { [0; 4] }
fn send(all: &[u8]) -> bool { true }
async fn copy() {
    let buffer = buffer();
    let more = [0; DOUBLE];
    wait(LIMIT).await;
}
fn plain() { let all = [0; CHUNK]; send(&all); }
";

#[track_caller]
fn is_judged_again(from: &str, to: &str, engine: EngineKind) -> bool {
    let after = COPY.replace(from, to);
    assert_ne!(after, COPY);
    changes(COPY, &after, engine).iter().any(|change| {
        let is_it = change.rule.code == "MF0118";
        assert!(!is_it || change.message.contains("`world::copy`"), "{}", change.message);
        is_it
    })
}

#[test]
fn a_future_is_judged_again_when_what_it_keeps_changes() {
    assert!(is_judged_again("fn buffer() -> [u8; 4]", "fn buffer() -> [u8; 8]", InPlace), "what it calls");
    assert!(is_judged_again("= 512", "= 256", InPlace), "a length, through another constant and a function");
    assert!(is_judged_again("n * 2", "n * 3", HotLibReloader), "a function that a length is computed with");
    let after = COPY.replace("= 512", "= 256");
    assert_eq!(verdict(COPY, &after, InPlace), Verdict::Unknown);
    assert_eq!(verdict(COPY, &after, HotLibReloader), Verdict::Restart);
}

#[test]
fn and_not_by_what_does_not_decide_how_it_looks() {
    assert!(!is_judged_again("= 9", "= 8", InPlace), "a constant that is only a value");
    assert!(!is_judged_again("{ true }", "{ false }", InPlace), "a body");
    assert!(
        !is_judged_again("fn send(all: &[u8])", "fn send(all: &[u8], n: u8)", InPlace),
        "what it does not name"
    );
    let plain = COPY.replace("async fn copy", "fn copy").replace(".await", "");
    assert_eq!(verdict(&plain, &plain.replace("= 512", "= 256"), InPlace), Verdict::Safe, "no future");
}

#[test]
fn an_import_that_leads_elsewhere_is_another_thing_to_keep() {
    let before = "use a::Buffer;\nasync fn copy() { let b = Buffer::new(); wait().await; }";
    assert_eq!(verdict(before, &before.replace("a::", "b::"), InPlace), Verdict::Unknown);
    assert_eq!(verdict(before, &before.replace("a::", "b::"), HotLibReloader), Verdict::Restart);
    let plain = "use a::Buffer;\nfn copy() { let b = Buffer::new(); wait(); }";
    assert_eq!(verdict(plain, &plain.replace("a::", "b::"), HotLibReloader), Verdict::Safe);
    let length = "use a::N;\nconst M: usize = N;\nstruct S([u8; M]);";
    assert_eq!(verdict(length, &length.replace("a::", "b::"), InPlace), Verdict::Unknown);
}

#[test]
fn a_stored_closure_is_judged_again_as_a_future_is() {
    let before = "fn part() -> u8 { 1 }\nfn f() { let p = part(); keep(Box::new(move || p)); }";
    assert_eq!(verdict(before, &before.replace("u8", "u16"), InPlace), Verdict::Unknown);
    let passing = before.replace("keep(Box::new(move || p))", "all.iter().for_each(|x| x.add(p))");
    assert_eq!(verdict(&passing, &passing.replace("u8", "u16"), InPlace), Verdict::Safe);
}

#[test]
fn a_default_that_makes_futures_is_judged_as_one() {
    let before = "trait T { async fn f(&self) { let a = 1u8; wait().await; } }";
    assert_eq!(verdict(before, &before.replace("1u8", "1u16"), InPlace), Verdict::Unknown);
    assert_eq!(verdict(before, &before.replace("1u8", "1u16"), HotLibReloader), Verdict::Restart);
    let closure = "trait T { fn f(&self, a: u8, b: u8) { keep(Box::new(move || a)) } }";
    assert_eq!(verdict(closure, &closure.replace("|| a", "|| b"), HotLibReloader), Verdict::Restart);
    let plain = "trait T { fn f(&self) { one() } }";
    assert_eq!(verdict(plain, &plain.replace("one", "two"), HotLibReloader), Verdict::Safe);
}
