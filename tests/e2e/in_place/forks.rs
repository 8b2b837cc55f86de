//! Functions that were forked since a type of theirs changed, and what is edited after that. The newer mangling leaves
//! them their names, by which new code could take an old one for the new.

use midflight_tests::program::{NEWER_MANGLING, Program};
use serde_json::json;

use super::{Live, MAIN, MANIFEST, STEPPING};

const ITEMS: &str = r#"
#[allow(dead_code)] struct Tmp { a: u32 }
#[inline(never)] fn make(n: u64) -> Tmp { let low = n as u32; Tmp { a: low } }
#[inline(never)] fn twice(tmp: &Tmp) -> u64 { let a = tmp.a; u64::from(a) * 2 }
#[allow(dead_code)] struct Pair { b: u32 }
#[inline(never)] fn pair(n: u64) -> Pair { let b = n as u32; Pair { b } }
#[inline(never)] fn half(pair: &Pair) -> u64 { u64::from(pair.b) / 2 }
#[inline(never)] fn first(n: u64) -> u64 { let tmp = make(n); let pair = pair(n); twice(&tmp) + half(&pair) }
#[inline(never)] fn other(n: u64) -> u64 { n }
fn step(_: u64) -> String { format!("v1 {} {}.", first(20), other(5)) }
"#;

/// `other` calls what `first` calls.
const CALLED: (&str, &str) = (
    "fn other(n: u64) -> u64 { n }",
    "fn other(n: u64) -> u64 { let tmp = make(n); twice(&tmp) + tmp.pad[3] }",
);

/// A program whose `Tmp` has another layout than at its start.
fn forked() -> Live {
    let program =
        Program::files(&[("Cargo.toml", MANIFEST), (MAIN, &format!("{ITEMS}{STEPPING}")), NEWER_MANGLING]);
    let mut app = Live::launch(program, &json!({}));
    app.line("v1 50 5.");
    app.swap(&[
        ("Tmp { a: u32 }", "Tmp { pad: [u64; 4], a: u32 }"),
        ("Tmp { a: low }", "Tmp { pad: [7; 4], a: low }"),
    ]);
    app.swap(&[("\"v1", "\"v2")]);
    app.line("v2 50 5.");
    app
}

#[test]
fn a_function_that_newly_calls_them_calls_the_new_ones_and_changes_with_them() {
    let mut app = forked();
    app.swap(&[CALLED]);
    app.line("v2 50 17.");
    app.swap(&[("u64::from(a) * 2", "u64::from(a) * 3")]);
    app.line("v2 70 22.");
    app.swap(&[
        ("pad: [u64; 4]", "pad: [u64; 6]"),
        ("pad: [7; 4]", "pad: [8; 6]"),
        ("tmp.pad[3]", "tmp.pad[5]"),
    ]);
    app.line("v2 70 23.");
    app.end();
}

#[test]
fn what_calls_them_since_then_goes_back_with_them() {
    let mut app = forked();
    app.swap(&[(CALLED.0, "fn other(n: u64) -> u64 { let tmp = make(n); twice(&tmp) }")]);
    app.line("v2 50 10.");
    app.swap(&[
        ("Tmp { pad: [u64; 4], a: u32 }", "Tmp { a: u32 }"),
        ("Tmp { pad: [7; 4], a: low }", "Tmp { a: low }"),
    ]);
    app.swap(&[("\"v2", "\"v3")]);
    app.line("v3 50 10.");
    app.swap(&[("u64::from(a) * 2", "u64::from(a) * 3")]);
    app.line("v3 70 15.");
    app.end();
}

#[test]
fn a_new_function_stands_between() {
    let mut app = forked();
    app.swap(&[(
        CALLED.0,
        "fn other(n: u64) -> u64 { between(n) }\n#[inline(never)] fn between(n: u64) -> u64 { twice(&make(n)) }",
    )]);
    app.line("v2 50 10.");
    app.swap(&[("u64::from(a) * 2", "u64::from(a) * 3")]);
    app.line("v2 70 15.");
    app.end();
}

#[test]
fn a_function_is_around_two_types_of_which_one_changes_after_the_other() {
    let mut app = forked();
    app.swap(&[
        ("Pair { b: u32 }", "Pair { pad: [u64; 4], b: u32 }"),
        ("Pair { b }", "Pair { pad: [9; 4], b }"),
    ]);
    app.swap(&[("\"v2", "\"v3")]);
    app.line("v3 50 5.");
    app.swap(&[("u64::from(a) * 2", "u64::from(a) * 3")]);
    app.line("v3 70 5.");
    app.swap(&[("u64::from(pair.b) / 2", "u64::from(pair.b) / 4")]);
    app.line("v3 65 5.");
    app.end();
}

#[test]
fn a_local_of_one_or_of_what_calls_it_is_renamed() {
    let mut app = forked();
    app.swap(&[
        ("let tmp = make(n); let pair", "let one = make(n); let pair"),
        ("twice(&tmp)", "twice(&one)"),
    ]);
    app.swap(&[("\"v2", "\"v3")]);
    app.line("v3 50 5.");
    app.swap(&[("let a = tmp.a; u64::from(a)", "let b = tmp.a; u64::from(b)")]);
    app.swap(&[("\"v3", "\"v4")]);
    app.line("v4 50 5.");
    app.end();
}

/// The rules see nothing of a type that a macro makes: the gate alone knows that old methods take it.
const MADE: &str = r#"
use std::sync::Mutex;
macro_rules! made { ($($rest:tt)*) => { $($rest)* } }
made! { struct Tmp { a: u32 } }
#[inline(never)] fn make(n: u64) -> Tmp { let low = n as u32; Tmp { a: low } }
trait Part: Send + Sync { fn take(&self, tmp: &Tmp) -> u64; }
struct Twice;
impl Part for Twice { fn take(&self, tmp: &Tmp) -> u64 { u64::from(tmp.a) * 2 } }
"#;

const GROWN: [(&str, &str); 2] =
    [("Tmp { a: u32 }", "Tmp { pad: [u64; 4], a: u32 }"), ("Tmp { a: low }", "Tmp { pad: [7; 4], a: low }")];

#[test]
fn a_boxed_trait_object_whose_method_takes_one_is_not_handed_a_new_one() {
    let mut app = Live::stepping(&format!(
        r#"{MADE}
        static PARTS: Mutex<Vec<Box<dyn Part>>> = Mutex::new(Vec::new());
        fn taken(n: u64) -> u64 {{ let tmp = make(n); PARTS.lock().unwrap().iter().map(|part| part.take(&tmp)).sum() }}
        fn step(tick: u64) -> String {{
            if tick == 0 {{ PARTS.lock().unwrap().push(Box::new(Twice)); }}
            format!("v1 {{}}.", taken(20))
        }}"#
    ));
    app.line("v1 40.");
    app.refuses(
        &GROWN,
        &["`app::Tmp` gained the field `pad", "dyn app::Part → `<app::Twice as app::Part>::take`"],
    );
    app.line("v1 40.");
    app.end();
}

/// Neither the program nor the newest patch describe it: it is another crate's.
#[test]
fn a_static_that_an_earlier_edit_brought_is_looked_at_as_well() {
    const LATE: &str = r#"
        static PARTS: std::sync::Mutex<Vec<&'static dyn base::Part>> = std::sync::Mutex::new(Vec::new());
        #[inline(never)] pub fn keep(part: &'static dyn base::Part) { PARTS.lock().unwrap().push(part); }
        #[inline(never)] pub fn last() -> Option<&'static dyn base::Part> { PARTS.lock().unwrap().last().copied() }
    "#;
    let uses = |names: &[&str]| {
        let used = names.iter().map(|name| format!("{name} = {{ path = \"{name}\" }}\n"));
        format!("[dependencies]\n{}", used.collect::<String>())
    };
    let app = format!("{MANIFEST}{}[workspace]\nmembers = [\"base\", \"late\"]\n", uses(&["base", "late"]));
    let main = r#"
        struct Twice;
        impl base::Part for Twice { fn take(&self, tmp: &base::Tmp) -> u64 { tmp.twice() } }
        fn hold() {}
        fn other(n: u64) -> u64 { n * 2 }
        fn step(tick: u64) -> String { if tick % 3 == 0 { hold(); } format!("v1 {}.", other(20)) }
    "#;
    let base = r#"
        macro_rules! made { ($($rest:tt)*) => { $($rest)* } }
        made! { pub struct Tmp { a: u32 } }
        impl Tmp {
            #[inline(never)] pub fn of(n: u64) -> Self { let low = n as u32; Tmp { a: low } }
            #[inline(never)] pub fn twice(&self) -> u64 { u64::from(self.a) * 2 }
        }
        pub trait Part: Send + Sync { fn take(&self, tmp: &Tmp) -> u64; }
    "#;
    let member = |name: &str| MANIFEST.replace("\"app\"", &format!("{name:?}"));
    let late = format!("{}[dependencies]\nbase = {{ path = \"../base\" }}\n", member("late"));
    let mut app = Live::launch(
        Program::files(&[
            ("Cargo.toml", &app),
            (MAIN, &format!("{main}{STEPPING}")),
            ("base/Cargo.toml", &member("base")),
            ("base/src/lib.rs", base),
            ("late/Cargo.toml", &late),
            ("late/src/lib.rs", "// Nothing yet.\n"),
        ]),
        &json!({}),
    );
    app.line("v1 40.");
    app.edit("late/src/lib.rs", &[("// Nothing yet.", LATE)]);
    app.swap(&[("fn hold() {}", "fn hold() { if late::last().is_none() { late::keep(&Twice); } }")]);
    app.swap(&[
        ("fn hold() { if", "fn hold() { while"),
        ("{ n * 2 }", "{ let tmp = base::Tmp::of(n); late::last().map_or(60, |part| part.take(&tmp)) }"),
    ]);
    app.line("v1 40.");
    app.edit("base/src/lib.rs", &GROWN);
    let message = app.refused();
    for words in ["`base::Tmp` gained the field `pad", "static `late::PARTS`", "dyn base::Part"] {
        assert!(message.contains(words), "{message}");
    }
    app.printed.clear();
    app.line("v1 40.");
    app.end();
}
