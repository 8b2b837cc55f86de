//! The gate of the in-place engine on builds by Cargo: what is redirected, what is forked, what is refused and why.

use std::path::PathBuf;

use in_place::capture::{self, Purpose};
use in_place::{Build, Known, Label, Patch, Prepared, Process, Record, SessionFolder};
use midflight_tests::program::{NEWER_MANGLING, Program};

const MAIN: &str = "src/main.rs";

/// A program that was built to be patched, and is not run.
struct Built {
    program: Program,
    record: Record,
    session: SessionFolder,
    process: Process,
}

impl Built {
    #[track_caller]
    fn new(main: &str) -> Self {
        Self::with("", main)
    }

    #[track_caller]
    fn with(profile: &str, main: &str) -> Self {
        Self::of(profile, &[], main)
    }

    /// With the newer mangling.
    #[track_caller]
    fn newer(main: &str) -> Self {
        Self::of("", &[NEWER_MANGLING], main)
    }

    #[track_caller]
    fn of(profile: &str, more: &[(&str, &str)], main: &str) -> Self {
        let manifest = format!(
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{profile}\n[lints.rust]\nwarnings = \"allow\"\n"
        );
        let program = Program::files(&[&[("Cargo.toml", manifest.as_str()), (MAIN, main)], more].concat());
        let folder = program.outside().join("capture");
        build(&program, Purpose::Launch);
        let record = Record::of(&folder, &program.path("target/debug/app")).expect("the build was captured");
        let (session, launched) =
            record.begin(&|_| false, &Known::default()).expect("the record is complete");
        let process = Process::launched(&session.program(), &launched).expect("it can be read");
        Self { program, record, session, process }
    }

    #[track_caller]
    fn prepare(&self, main: &str) -> Result<Prepared, in_place::Error> {
        self.program.write(MAIN, main);
        build(&self.program, Purpose::Patch);
        let build = Build::read(&self.record, &|_| false, &Known::default()).expect("the record is complete");
        let label = Label::new(self.program.root().to_str().expect("UTF-8"), 1).expect("a long name");
        let edited = |symbol: &str| symbol.contains("6edited");
        in_place::prepare(&build, &self.process, &edited, &self.session.new_patch(1)?, &label)
    }

    /// The edit's patch, which must be let through.
    #[track_caller]
    fn passes(&self, main: &str) -> Patch {
        match self.prepare(main) {
            Ok(Prepared::Ready(patch)) => *patch,
            other => panic!("{other:#?}"),
        }
    }

    /// Why the edit is refused: message and path of each reason.
    #[track_caller]
    fn refused(&self, main: &str) -> String {
        match self.prepare(main) {
            Ok(Prepared::Refused(found)) => {
                let said = found.iter().map(|found| format!("{} ({})", found.message, found.path));
                said.collect::<Vec<_>>().join("\n")
            }
            other => panic!("{other:#?}"),
        }
    }

    /// One more field of `Tmp` is refused, with this in the path.
    #[track_caller]
    fn refuses_to_grow(&self, main: &str, path: &str) {
        let refused = self.refused(&grown(main));
        assert!(refused.contains("`app::Tmp` gained the field `b: u64`"), "{main}: {refused}");
        assert!(refused.contains(path), "{main}: {refused}");
    }
}

#[track_caller]
fn build(program: &Program, purpose: Purpose) {
    let folder: PathBuf = program.outside().join("capture");
    let mut cargo = program.command("cargo");
    cargo.args(["build", "--quiet"]);
    for (variable, value) in capture::environment(&midflight_tests::midflight_bin(), &folder, purpose) {
        match value {
            Some(value) => cargo.env(variable, value),
            None => cargo.env_remove(variable),
        };
    }
    let output = cargo.output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The functions whose old entries lead to new code, as people write them.
fn redirected(patch: &Patch) -> Vec<String> {
    let mut names: Vec<_> =
        patch.redirects.iter().map(|redirect| artifact::demangled(&redirect.function)).collect();
    names.sort();
    names
}

/// `Tmp` lives in one call of `step`. `{MORE}` is for what a test adds, `{HOLD}` for what `main` holds.
const PROGRAM: &str = r#"
#![allow(static_mut_refs)]
use std::any::Any;
use std::collections::HashMap;
use std::sync::{Mutex, LazyLock};
trait Shape { fn area(&self) -> u64; fn name(&self) -> String { String::from("shape") } }
struct Disc(u64);
impl Shape for Disc { fn area(&self) -> u64 { self.0 * 3 } }
struct State { ticks: u64, shapes: Vec<Box<dyn Shape>> }
struct Tmp { a: u32 }
enum Kind { A, B(u32) }
impl Tmp {
    fn new(n: u64) -> Self { Tmp { a: n as u32 } }
    fn twice(&self) -> u32 { self.a * 2 }
}
fn kind(n: u64) -> Kind { if n % 2 == 0 { Kind::A } else { Kind::B(n as u32) } }
fn of_kind(kind: Kind) -> u32 { match kind { Kind::A => 0, Kind::B(n) => n } }
fn make(n: u64) -> Tmp { Tmp::new(n) }
#[inline(never)]
fn step(state: &mut State) -> u32 {
    state.ticks += 1;
    state.shapes.push(Box::new(Disc(1)));
    let tmp = make(state.ticks);
    tmp.twice() + of_kind(kind(state.ticks))
}
{MORE}
fn main() {
    {HOLD}
    let mut state = State { ticks: 0, shapes: Vec::new() };
    for _ in 0..3 { println!("{}", step(&mut state)); }
}
"#;

fn program(more: &str, hold: &str) -> String {
    PROGRAM.replace("{MORE}", more).replace("{HOLD}", hold)
}

const GROWN: (&str, &str) = ("struct Tmp { a: u32 }", "struct Tmp { a: u32, b: u64 }");

/// `Tmp` with one more field.
fn grown(main: &str) -> String {
    let more = main.replace(GROWN.0, GROWN.1).replace("Tmp { a: n as u32 }", "Tmp { a: n as u32, b: 7 }");
    more.replace("self.a * 2", "self.a * 2 + self.b as u32")
}

#[test]
fn a_struct_that_lives_in_one_call_is_forked_up_to_the_function_around_it() {
    let main = program("", "");
    let built = Built::new(&main);
    let patch = built.passes(&grown(&main));
    assert_eq!(redirected(&patch), ["app::step"], "its own code is the same, but it calls the copies");
    let held: Vec<_> = patch.held.iter().map(|held| artifact::demangled(&held.function)).collect();
    assert_eq!(held, ["app::step"], "while it runs it has an old one");
    assert!(patch.held[0].message.contains("gained the field `b: u64`"), "{}", patch.held[0].message);
}

/// Most of what untyped pointers have to do with is code of the standard library that is inlined there.
#[test]
fn a_function_that_makes_a_list_of_values_may_have_one_of_them_within() {
    let more =
        "#[inline(never)] fn listed(n: u64) -> Vec<u32> { let tmp = make(n); vec![tmp.twice(), tmp.a] }";
    let main = program(more, "println!(\"{:?}\", listed(1));");
    for built in [Built::new(&main), Built::newer(&main)] {
        assert_eq!(redirected(&built.passes(&grown(&main))), ["app::listed", "app::step"]);
    }
}

/// A function whose local has another name in the edit: the compiler makes the same of both.
const EDITED: &str = "#[inline(never)] fn edited(n: u64) -> u64 { let one = n; one | 1 }";

fn renamed(main: &str) -> String {
    main.replace("let one = n; one", "let other = n; other")
}

#[test]
fn a_function_whose_local_is_renamed_gets_in_for_its_names() {
    let main = program(EDITED, "edited(1);");
    let built = Built::new(&main);
    let patch = built.passes(&renamed(&main));
    assert_eq!(redirected(&patch), ["app::edited"]);
    let restated: Vec<_> = patch.restated.iter().map(|name| artifact::demangled(name)).collect();
    assert_eq!(restated, ["app::edited"]);
    let patch = built.passes(&grown(&renamed(&main)));
    assert_eq!(redirected(&patch), ["app::edited", "app::step"]);
    assert_eq!(patch.restated.len(), 1, "{:?}", patch.restated);
}

#[test]
fn what_gets_in_for_its_names_takes_nothing_along_that_must_not() {
    for (more, hold, path) in KEPT {
        let main = program(&format!("{EDITED} {more}"), &format!("edited(1); {hold}"));
        let refused = Built::new(&main).refused(&grown(&renamed(&main)));
        assert!(refused.contains(path), "{more}{hold}: {refused}");
    }
}

#[test]
fn what_nothing_new_would_call_is_refused_whatever_else_gets_in() {
    let more = "#[used] #[unsafe(link_section = \".init_array\")] static KEPT: Kept = Kept(taken as *const ());\n\
                struct Kept(*const ()); unsafe impl Sync for Kept {}\n\
                #[inline(never)] extern \"C\" fn taken(tmp: &Tmp) -> u32 { tmp.a }\n";
    let main = program(&format!("{EDITED} {more}"), "edited(1);").replace("tmp.twice()", "3");
    let main = main.replace("let tmp = make(state.ticks);", "");
    let edits = [
        ("struct Tmp { a: u32 }", "struct Tmp { b: u64, a: u32 }"),
        ("Tmp { a: n as u32 }", "Tmp { b: 1, a: 1 }"),
    ];
    let edited = edits.iter().fold(main.clone(), |text, (from, to)| text.replace(from, to));
    let built = Built::newer(&main);
    for edited in [edited.clone(), renamed(&edited)] {
        let refused = built.refused(&edited);
        assert!(refused.contains("goes on calling its old code"), "{refused}");
    }
}

#[test]
fn an_enum_that_lives_in_one_call_is_forked() {
    let main = program("", "");
    let built = Built::new(&main);
    for (from, to) in
        [("B(u32)", "B(u64)"), ("enum Kind { A,", "enum Kind { Z, A,"), ("A, B(u32)", "A, B(u32), C(u64)")]
    {
        let more = if to.contains('C') || to.contains('Z') { ", _ => 9" } else { "" };
        let edited =
            main.replace(from, to).replace("Kind::B(n) => n }", &format!("Kind::B(n) => n as u32{more} }}"));
        let edited = edited.replace("Kind::B(n as u32)", "Kind::B(n as _)");
        assert_eq!(redirected(&built.passes(&edited)), ["app::step"], "{to}");
    }
}

/// Ways in which a `Tmp` outlives a call: what is added to the program, what `main` holds, and what the path says.
const KEPT: [(&str, &str, &str); 8] = [
    (
        "static LAST: Mutex<Option<Tmp>> = Mutex::new(None); fn keep() { *LAST.lock().unwrap() = Some(make(1)); }",
        "keep();",
        "static `app::LAST`",
    ),
    (
        "static mut LAST: Vec<Tmp> = Vec::new(); fn keep() { unsafe { LAST.push(make(1)); } }",
        "keep();",
        "static `app::LAST`",
    ),
    (
        "struct Two { t: Tmp } static LAST: LazyLock<Mutex<HashMap<u8, Vec<Two>>>> = LazyLock::new(Default::default); fn keep() { LAST.lock().unwrap().insert(1, vec![Two { t: make(1) }]); }",
        "keep();",
        "static `app::LAST`",
    ),
    (
        "impl Shape for Tmp { fn area(&self) -> u64 { 1 } } fn keep(s: &mut State) { s.shapes.push(Box::new(make(1))); }",
        "let mut s = State { ticks: 0, shapes: Vec::new() }; keep(&mut s);",
        "dyn app::Shape",
    ),
    (
        "fn keep() -> Box<dyn Any> { Box::new(make(1)) }",
        "let kept = keep(); println!(\"{}\", kept.is::<Tmp>());",
        "dyn core::any::Any",
    ),
    (
        "extern \"C\" fn called(data: *mut std::ffi::c_void) -> u32 { unsafe { (*data.cast::<Tmp>()).twice() } }",
        "let mut tmp = 1u32; println!(\"{}\", called((&raw mut tmp).cast()));",
        "c_void",
    ),
    ("", "let tmp = make(1); println!(\"{}\", tmp.twice());", "`app::main` holds it"),
    (
        "fn hold() -> impl Fn() -> u32 { let tmp = make(1); move || tmp.twice() }",
        "let f = hold(); println!(\"{}\", f());",
        "`app::main` holds it",
    ),
];

#[test]
fn a_struct_that_is_kept_is_refused_with_the_path_to_it() {
    for (more, hold, path) in KEPT {
        let main = program(more, hold);
        Built::new(&main).refuses_to_grow(&main, path);
    }
}

/// Ways in which code that takes or gives a `Tmp` is called by who does not name it: what is added to the program,
/// what `main` holds, and what the path says.
const CALLED: [(&str, &str, &str); 10] = [
    (
        "static KEPT: Mutex<Vec<fn(&Tmp) -> u32>> = Mutex::new(Vec::new());
        fn run(n: u64) -> u32 { let tmp = make(n); KEPT.lock().unwrap().iter().map(|f| f(&tmp)).sum() }
        fn keep() { KEPT.lock().unwrap().push(Tmp::twice); }",
        "keep(); run(1);",
        "static `app::KEPT` → fn(&app::Tmp) -> u32",
    ),
    (
        "struct Kept(Vec<fn(&Outer) -> u32>); struct Outer(Box<Tmp>);
        fn run(kept: &Kept, n: u64) -> u32 { let outer = Outer(Box::new(make(n))); kept.0.iter().map(|f| f(&outer)).sum() }
        fn keep() -> Kept { let mut kept = Kept(Vec::new()); kept.0.push(|outer| outer.0.twice()); kept }
        fn looping() { let kept = keep(); run(&kept, 1); }",
        "looping();",
        "app::Kept.__0 → fn(&app::Outer) -> u32",
    ),
    (
        "static KEPT: Mutex<Vec<Box<dyn Fn(&Tmp) -> u32 + Send>>> = Mutex::new(Vec::new());
        fn run(n: u64) -> u32 { let tmp = make(n); KEPT.lock().unwrap().iter().map(|f| f(&tmp)).sum() }
        fn keep() { KEPT.lock().unwrap().push(Box::new(|tmp| tmp.twice())); }",
        "keep(); run(1);",
        "(dyn core::ops::function::Fn<(&app::Tmp), Output=u32> + core::marker::Send)",
    ),
    (
        "static KEPT: Mutex<Vec<Box<dyn Fn(u64) -> Tmp + Send>>> = Mutex::new(Vec::new());
        fn run(n: u64) -> u32 { KEPT.lock().unwrap().iter().map(|f| f(n).twice()).sum() }
        fn keep() { KEPT.lock().unwrap().push(Box::new(|n| make(n))); }",
        "keep(); run(1);",
        "(dyn core::ops::function::Fn<(u64), Output=app::Tmp> + core::marker::Send)",
    ),
    (
        "static KEPT: Mutex<Vec<Box<dyn FnOnce(&Tmp) -> u32 + Send>>> = Mutex::new(Vec::new());
        fn run(n: u64) -> u32 { let tmp = make(n); KEPT.lock().unwrap().drain(..).map(|f| f(&tmp)).sum() }
        fn keep() { let own = String::new(); KEPT.lock().unwrap().push(Box::new(move |tmp| { drop(own); tmp.twice() })); }",
        "keep(); run(1);",
        "(dyn core::ops::function::FnOnce<(&app::Tmp), Output=u32> + core::marker::Send)",
    ),
    (
        "static KEPT: Mutex<Vec<Box<dyn Part>>> = Mutex::new(Vec::new());
        trait Part: Send { fn take(&self, tmp: &Tmp) -> u32; } struct One;
        impl Part for One { fn take(&self, tmp: &Tmp) -> u32 { tmp.twice() } }
        fn run(n: u64) -> u32 { let tmp = make(n); KEPT.lock().unwrap().iter().map(|p| p.take(&tmp)).sum() }
        fn keep() { KEPT.lock().unwrap().push(Box::new(One)); }",
        "keep(); run(1);",
        "dyn app::Part → `<app::One as app::Part>::take`",
    ),
    (
        "static KEPT: Mutex<Kept> = Mutex::new(Kept { calls: 0, part: &One });
        struct Kept { calls: u32, part: &'static dyn Part }
        trait Part: Sync { fn take(&self, tmp: &Tmp) -> u32; } struct One;
        impl Part for One { fn take(&self, tmp: &Tmp) -> u32 { tmp.twice() } }
        fn run(n: u64) -> u32 { let mut kept = KEPT.lock().unwrap(); kept.calls += 1; kept.part.take(&make(n)) + kept.calls }",
        "run(1);",
        "app::Kept.part → dyn app::Part → `<app::One as app::Part>::take`",
    ),
    (
        "trait Part<T> { fn of(&self, with: &T) -> Made; } struct One; struct Made(Box<Tmp>);
        impl Part<u8> for One { fn of(&self, with: &u8) -> Made { Made(Box::new(make(u64::from(*with)))) } }
        fn run(kept: &Kept) -> u32 { kept.0.iter().map(|p| p.of(&1).0.twice()).sum() }
        struct Kept(Vec<Box<dyn Part<u8>>>); fn keep() -> Kept { let mut kept = Kept(Vec::new()); kept.0.push(Box::new(One)); kept }
        fn looping() { let kept = keep(); run(&kept); }",
        "looping();",
        "dyn app::Part<u8> → `<app::One as app::Part<u8>>::of`",
    ),
    (
        "static KEPT: Mutex<Kept> = Mutex::new(Kept(0, Tmp::twice as *const ())); struct Kept(u64, *const ()); unsafe impl Send for Kept {}
        fn run(n: u64) -> u32 { let tmp = make(n); KEPT.lock().unwrap().call(&tmp) }
        impl Kept { fn call(&mut self, tmp: &Tmp) -> u32 { self.0 += 1; unsafe { std::mem::transmute::<_, fn(&Tmp) -> u32>(self.1)(tmp) } } }",
        "run(1);",
        "static `app::KEPT` → `",
    ),
    (
        "static KEPT: Mutex<Vec<Later>> = Mutex::new(Vec::new());
        type Later = std::pin::Pin<Box<dyn Future<Output = Tmp> + Send>>; async fn later(n: u64) -> Tmp { make(n) }
        fn run() -> u32 {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            let all: Vec<Later> = KEPT.lock().unwrap().drain(..).collect();
            let mut found = 0;
            for mut later in all {
                if let std::task::Poll::Ready(tmp) = later.as_mut().poll(&mut context) { found += tmp.twice(); }
            }
            found
        }
        fn keep() { KEPT.lock().unwrap().push(Box::pin(later(1))); }",
        "keep(); run();",
        "(dyn core::future::future::Future<Output=app::Tmp> + core::marker::Send)",
    ),
];

#[test]
fn old_code_that_live_data_leads_to_is_not_handed_another_layout() {
    for (more, hold, path) in CALLED {
        let main = program(more, hold);
        for built in [Built::new(&main), Built::newer(&main)] {
            built.refuses_to_grow(&main, path);
        }
    }
}

/// What it begins with leads to code for `Tmp`, and no type on the way says so.
#[test]
fn a_static_that_the_program_writes_is_not_begun_anew() {
    let more = "static KEPT: Mutex<Kept> = Mutex::new(Kept { calls: 0, part: &Ends::<Tmp>(std::marker::PhantomData) });
        struct Kept { calls: u32, part: &'static dyn Part } struct Ends<T>(std::marker::PhantomData<fn() -> T>);
        trait Part: Sync { fn end(&self, of: *mut u64); }
        impl<T> Part for Ends<T> { fn end(&self, of: *mut u64) { unsafe { of.cast::<T>().drop_in_place() } } }
        fn run() -> u32 { let mut kept = KEPT.lock().unwrap(); kept.calls += 1; let mut made = 1_u64; kept.part.end(&mut made); kept.calls }
        impl Drop for Tmp { fn drop(&mut self) { println!(\"{}\", self.a); } }";
    let main = program(more, "run();");
    let refused = Built::newer(&main).refused(&grown(&main));
    assert!(
        refused.contains("the static `app::KEPT` began with a pointer to code that has values of"),
        "{refused}"
    );
}

#[test]
fn a_thread_local_of_another_layout_is_not_touched() {
    let keeps = "fn keep() { LAST.with(|last| last.borrow_mut().push(make(1))); }";
    let more = format!(
        "thread_local! {{ static LAST: std::cell::RefCell<Vec<Tmp>> = Default::default(); }} {keeps}"
    );
    let main = program(&more, "keep();");
    let said = Built::new(&main).refused(&grown(&main));
    assert!(said.contains("app::LAST"), "{said}");
}

#[test]
fn what_main_holds_is_refused_and_a_nested_change_is_named_where_it_is() {
    let more = "struct Inner { x: u16 } struct Outer { inner: Vec<Inner> } impl Outer { fn tick(&mut self) { self.inner.push(Inner { x: 1 }); } }";
    let main = program(more, "let mut outer = Outer { inner: Vec::new() }; outer.tick();");
    let built = Built::new(&main);
    let refused = built.refused(&main.replace("{ x: u16 }", "{ x: u64 }"));
    assert!(refused.contains("the field `x` of `app::Inner` was u16 and is now u64"), "{refused}");
}

#[test]
fn methods_added_to_or_reordered_in_a_trait_with_live_objects_are_refused() {
    let more = "fn areas(state: &State) -> u64 { state.shapes.iter().map(|shape| shape.area()).sum() }";
    let main =
        program(more, "println!(\"{}\", areas(&State { ticks: 0, shapes: vec![Box::new(Disc(1))] }));");
    let built = Built::new(&main);
    let (area, name) = ("fn area(&self) -> u64;", "fn name(&self) -> String { String::from(\"shape\") }");
    let reordered = main.replace(&format!("{area} {name}"), &format!("{name} {area}"));
    let refused = built.refused(&reordered);
    assert!(refused.contains("vtable of `<app::Disc as app::Shape>`"), "{refused}");
    let added = main.replace(area, &format!("{area} fn more(&self) -> u64 {{ 1 }}"));
    let refused = built.refused(&added);
    assert!(refused.contains("vtable of `<app::Disc as app::Shape>`"), "{refused}");
    // Another body, and an own body instead of the default one, leave every place of the table as it was.
    let bodies = main.replace("self.0 * 3", "self.0 * 4");
    assert_eq!(redirected(&built.passes(&bodies)), ["<app::Disc as app::Shape>::area"]);
}

#[test]
fn a_static_that_is_retyped_is_refused() {
    let more = "static mut COUNT: u32 = 1; #[inline(never)] fn count() -> u64 { unsafe { COUNT += 1; COUNT as u64 } }";
    let main = program(more, "println!(\"{}\", count());");
    let refused = Built::new(&main).refused(&main.replace("COUNT: u32", "COUNT: u64"));
    assert!(refused.contains("the static `app::COUNT` was u32 and is now u64"), "{refused}");
}

#[test]
fn closures_that_trade_places_are_not_taken_for_each_other() {
    let more = "fn both(by: u64) -> (Box<dyn Fn(u64) -> u64>, Box<dyn Fn(u64) -> u64>) { (Box::new(move |n| n + by), Box::new(move |n| n * by)) }";
    let main = program(more, "let (a, b) = both(3); println!(\"{} {}\", a(1), b(2));");
    let built = Built::new(&main);
    let traded = main.replace(
        "Box::new(move |n| n + by), Box::new(move |n| n * by)",
        "Box::new(move |n| n * by), Box::new(move |n| n + by)",
    );
    assert_eq!(redirected(&built.passes(&traded)), ["app::both"], "stored closures go on as they were made");
    let other = main.replace("|n| n + by", "|n| n + by + 1");
    let names = redirected(&built.passes(&other));
    assert!(
        names.iter().all(|name| name == "app::both::{{closure}}"),
        "a stored closure runs its new body: {names:?}"
    );
}

#[test]
fn both_manglings_give_the_same_answers() {
    let main = program("", "");
    let signature = main.replace(
        "fn make(n: u64) -> Tmp { Tmp::new(n) }",
        "fn make(n: u64, m: u64) -> Tmp { Tmp::new(n + m) }",
    );
    let signature = signature.replace("make(state.ticks)", "make(state.ticks, 1)");
    for built in [Built::new(&main), Built::newer(&main)] {
        assert_eq!(redirected(&built.passes(&grown(&main))), ["app::step"]);
        assert_eq!(redirected(&built.passes(&signature)), ["app::step"]);
    }
}

#[test]
fn without_full_debug_information_the_line_to_change_is_named() {
    for level in ["0", "1", "\"line-tables-only\""] {
        let main = program("", "");
        let built = Built::with(&format!("[profile.dev]\ndebug = {level}"), &main);
        let error = built.prepare(&main.replace("self.a * 2", "self.a * 3"));
        let said = error.expect_err("no verdict").to_string();
        assert!(said.contains("`debug = true`") && said.contains("[profile.dev]"), "{level}: {said}");
    }
}
