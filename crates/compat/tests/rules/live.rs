//! A changed layout is only in the way where an old value can meet new code: engines that fork layouts say which.

use compat::EngineKind::{HotLibReloader, InPlace, Subsecond};
use compat::Verdict;

use crate::edit::{changes, verdict};

/// A program whose `Tmp` lives in one call of `step`; `{}` is for what a test adds.
const PROGRAM: &str = "
//- /app/src/main.rs
mod more;
struct State { ticks: u64 }
struct Tmp { a: u32 }
impl Tmp {
    fn new(n: u64) -> Self { Tmp { a: n as u32 } }
    fn twice(&self) -> u32 { self.a * 2 }
}
fn make(n: u64) -> Tmp { Tmp::new(n) }
fn step(state: &mut State) -> u32 {
    state.ticks += 1;
    let tmp = make(state.ticks);
    tmp.twice()
}
fn run() {
    let mut state = State { ticks: 0 };
    loop { println!(\"{}\", step(&mut state)); }
}
fn main() { run(); }
//- /app/src/more.rs
";

fn verdict_with(more: &str) -> (Verdict, String) {
    let before = format!("{PROGRAM}{more}");
    let after = before.replace("struct Tmp { a: u32 }", "struct Tmp { a: u32, b: u64 }");
    let changes = changes(&before, &after, InPlace);
    let found = changes.iter().find(|change| change.rule.code == "MF0203").expect("the field is seen");
    (found.verdict, found.why.clone())
}

#[test]
fn a_type_that_lives_in_one_call_is_forked() {
    let (verdict, why) = verdict_with("");
    assert_eq!(verdict, Verdict::Safe, "{why}");
    assert!(why.contains("No value of it outlives the calls"), "{why}");
    // A constructor of the same name of another type is another function.
    let other = "pub struct Other; impl Other { pub fn new() -> Self { Other } }\npub static X: Other = Other::new();";
    assert_eq!(verdict_with(other).0, Verdict::Safe);
}

#[test]
fn what_is_not_replaced_keeps_its_layouts() {
    let after = PROGRAM.replace("struct Tmp { a: u32 }", "struct Tmp { a: u32, b: u64 }");
    for engine in [HotLibReloader, Subsecond] {
        assert_eq!(verdict(PROGRAM, &after, engine), Verdict::Restart, "{engine}");
    }
    let library = "struct Tmp { a: u32 }\n#[unsafe(no_mangle)] pub fn step() { let tmp = Tmp { a: 1 }; }";
    let after = library.replace("{ a: u32 }", "{ a: u32, b: u64 }");
    assert_eq!(
        verdict(library, &after, HotLibReloader),
        Verdict::Safe,
        "no call is in progress when it is replaced"
    );
    let used = format!(
        "{library}\n//- /app/src/main.rs\nfn main() {{}}\nfn frame() {{ let tmp = Tmp {{ a: 1 }}; }}"
    );
    let used = format!("//- /world/src/lib.rs\n{used}");
    let after = used.replace("{ a: u32 }", "{ a: u32, b: u64 }");
    assert_eq!(verdict(&used, &after, HotLibReloader), Verdict::Restart, "the executable is not replaced");
}

#[test]
fn drop_of_what_lives_in_one_call_is_no_matter_where_no_call_is_in_progress() {
    let before = "struct Tmp { a: u32 }\n#[unsafe(no_mangle)] pub fn step() { let tmp = Tmp { a: 1 }; }";
    let after = format!("{before}\nimpl Drop for Tmp {{ fn drop(&mut self) {{}} }}");
    assert_eq!(verdict(before, &after, HotLibReloader), Verdict::Safe);
    assert_eq!(verdict(before, &after, InPlace), Verdict::Restart, "a call goes on with old code");
    let kept = format!("{before}\nstatic LAST: Option<Tmp> = None;");
    assert_eq!(verdict(&kept, &after.replace(before, &kept), HotLibReloader), Verdict::Restart);
}

#[test]
fn what_a_long_running_function_holds_is_kept() {
    let after = PROGRAM.replace("struct State { ticks: u64 }", "struct State { ticks: u64, more: u8 }");
    let changes = changes(PROGRAM, &after, InPlace);
    assert_eq!(changes[0].verdict, Verdict::Restart);
    assert!(changes[0].why.contains("app::run → "), "{}", changes[0].why);
    assert_eq!(changes[0].reachable_from, ["app::run"]);
}

/// Each keeps `Tmp` in another way.
const KEPT: [(&str, &str); 19] = [
    ("a static", "static LAST: Mutex<Option<Tmp>> = Mutex::new(None);"),
    (
        "a static of what holds it",
        "struct Two { t: Tmp } static LAST: Mutex<Vec<Two>> = Mutex::new(Vec::new());",
    ),
    ("a thread local", "thread_local! { static LAST: RefCell<Vec<Tmp>> = RefCell::default(); }"),
    ("an alias", "type T = crate::Tmp; static LAST: Mutex<Option<T>> = Mutex::new(None);"),
    ("an initial value", "static LAST: LazyLock<Box<u8>> = LazyLock::new(|| keep(make(1)));"),
    ("a thread", "fn start() { std::thread::spawn(|| { let tmp = make(1); loop { tmp.twice(); } }); }"),
    (
        "a function that is passed on",
        "fn worker() { let t = make(1); loop { t.twice(); } } fn go() { call(worker); }",
    ),
    ("a future", "async fn wait() { let tmp = make(1); sleep().await; tmp.twice(); }"),
    ("dyn", "trait Shape {} impl Shape for Tmp {} fn draw(all: &[Box<dyn Shape>]) {}"),
    (
        "dyn in a body",
        "trait Shape {} impl Shape for Tmp {} fn draw() { let all: Vec<Box<dyn Shape>> = vec![]; }",
    ),
    ("a foreign trait", "impl winit::Handler for Tmp {}"),
    ("a derive of a framework", "#[derive(Component)] struct Two { t: Tmp }"),
    ("an attribute", "#[component] struct Two { t: Tmp }"),
    ("a macro", "macro_rules! keep { () => { static LAST: Option<Tmp> = None; } }"),
    ("a macro call", "register!(Tmp);"),
    ("a callback", "#[unsafe(no_mangle)] pub extern \"C\" fn called(tmp: &Tmp) {}"),
    ("type maps", "fn get(map: &Map) { map.get(TypeId::of::<u8>()); }"),
    ("untyped pointers", "fn get(p: *mut c_void) {}"),
    ("an associated type", "impl Game for World { type Item = Tmp; }"),
];

#[test]
fn what_may_be_kept_needs_a_restart() {
    for (how, more) in KEPT {
        let (verdict, why) = verdict_with(more);
        assert_eq!(verdict, Verdict::Restart, "{how}: {why}");
        assert!(why.contains("Live values are reached through"), "{how}: {why}");
    }
}

fn verdict_said(note: &str, more: &str) -> (Verdict, String) {
    let before =
        format!("{PROGRAM}{more}").replace("struct Tmp {", &format!("// midflight: {note}\nstruct Tmp {{"));
    let after = before.replace("struct Tmp { a: u32 }", "struct Tmp { a: u32, b: u64 }");
    let changes = changes(&before, &after, InPlace);
    let found = changes.iter().find(|change| change.rule.code == "MF0203").expect("the field is seen");
    (found.verdict, found.why.clone())
}

#[test]
fn a_comment_settles_a_doubt() {
    for doubt in ["register!(Tmp);", "#[component] struct Two { t: Tmp }", "impl winit::Handler for Tmp {}"] {
        let (verdict, why) = verdict_said("transient", doubt);
        assert_eq!(verdict, Verdict::Safe, "{doubt}: {why}");
        assert!(why.contains("midflight: transient"), "{doubt}: {why}");
    }
    let (verdict, why) = verdict_said("state", "");
    assert_eq!(verdict, Verdict::Restart, "{why}");
    assert_eq!(verdict_said("fleeting", "register!(Tmp);").0, Verdict::Restart, "unknown words say nothing");
}

#[test]
fn a_comment_has_no_say_against_a_static() {
    let statics = [
        "static LAST: Mutex<Option<Tmp>> = Mutex::new(None);",
        "struct Two { t: Tmp } static LAST: Mutex<Vec<Two>> = Mutex::new(Vec::new());",
        "thread_local! { static LAST: RefCell<Vec<Tmp>> = RefCell::default(); }",
        "type T = crate::Tmp; static LAST: Mutex<Option<T>> = Mutex::new(None);",
    ];
    for kept in statics {
        let (verdict, why) = verdict_said("transient", kept);
        assert_eq!(verdict, Verdict::Restart, "{kept}: {why}");
    }
}

#[test]
fn main_that_makes_one_keeps_it_however_it_gets_it() {
    let calls = [
        "let tmp = make(1);",
        "let tmp = Tmp::new(1);",
        "let tmp = Tmp { a: 1 };",
        "let tmp = more::hidden();",
        "let two = more::Two::default();",
        "let f = || make(1);",
        "println!(\"{}\", make(1).twice());",
        "go(make);",
    ];
    let more = "pub fn hidden() -> impl Sized { crate::make(1) }\n#[derive(Default)] pub struct Two { t: Option<crate::Tmp> }";
    for call in calls {
        let before = format!("{PROGRAM}{more}").replace("{ run(); }", &format!("{{ {call} run(); }}"));
        let after = before.replace("struct Tmp { a: u32 }", "struct Tmp { a: u32, b: u64 }");
        assert_eq!(verdict(&before, &after, InPlace), Verdict::Restart, "{call}");
    }
}
