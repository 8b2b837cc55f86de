//! Every kind of change by every engine, in the order of a table that was drawn up from the runtimes' documentation
//! and from probes before there were any rules.

use std::fmt::Write;

use compat::EngineKind;
use compat::Verdict::{self, Deferred as D, Reset as R, Restart as X, Safe as S, Unknown as U};

use crate::edit::{changes, verdict};

/// What is edited, by which of these rules it is judged (by none where that is no change), before, after, and the verdict in place, under hot-lib-reloader and
/// under subsecond.
type Row = (&'static str, &'static str, &'static str, &'static str, [Verdict; 3]);

const FUNCTIONS: &[Row] = &[
    ("body", "MF0101", "fn f() { one() }", "fn f() { two() }", [S, S, S]),
    (
        "body in another crate",
        "MF0101",
        "//- /app/src/draw.rs\nfn f() { one() }",
        "//- /app/src/draw.rs\nfn f() { two() }",
        [S, D, S],
    ),
    (
        "body of main",
        "MF0107",
        "//- /app/src/main.rs\nfn main() { one() }",
        "//- /app/src/main.rs\nfn main() { two() }",
        [D, D, D],
    ),
    ("constructor", "MF0107", "#[ctor::ctor] fn f() { one() }", "#[ctor::ctor] fn f() { two() }", [D, D, D]),
    ("endless loop", "MF0107", "fn f() { loop { one() } }", "fn f() { loop { two() } }", [D, D, D]),
    ("const fn", "MF0110", "const fn f() -> u8 { 1 }", "const fn f() -> u8 { 2 }", [S, D, D]),
    (
        "const fn of a length",
        "MF0110",
        "const fn f() -> usize { 1 }\nconst fn g() -> usize { f() }\nstruct S([u8; g()]);",
        "const fn f() -> usize { 2 }\nconst fn g() -> usize { f() }\nstruct S([u8; g()]);",
        [X, X, X],
    ),
    ("private signature", "MF0102", "fn f(x: u32) {}", "fn f(x: u64) {}", [S, S, S]),
    (
        "boundary signature",
        "MF0102 MF0103",
        "#[unsafe(no_mangle)] pub fn f(x: u32) {}",
        "#[unsafe(no_mangle)] pub fn f(x: u64) {}",
        [S, X, X],
    ),
    (
        "signature of a stored pointer",
        "MF0104",
        "fn f(x: u32) {}\nfn g() { keep(f) }",
        "fn f(x: u64) {}\nfn g() { keep(f) }",
        [X, X, X],
    ),
    ("function added", "MF0105", "", "fn f() {}", [S, S, S]),
    ("boundary added", "MF0105", "", "#[unsafe(no_mangle)] pub fn f() {}", [S, D, S]),
    ("function removed", "MF0106", "fn f() {}", "", [D, D, D]),
    ("boundary removed", "MF0106", "#[unsafe(no_mangle)] pub fn f() {}", "", [D, X, D]),
    (
        "boundary renamed",
        "MF0112",
        "#[unsafe(export_name = \"a\")] pub fn f() {}",
        "#[unsafe(export_name = \"b\")] pub fn f() {}",
        [S, X, D],
    ),
    ("async body", "MF0108", "async fn f() { a().await }", "async fn f() { b().await }", [U, X, X]),
    (
        "async block",
        "MF0108",
        "fn f() -> impl Future { async { a().await } }",
        "fn f() -> impl Future { async { b().await } }",
        [U, X, X],
    ),
    (
        "closure captures",
        "MF0109",
        "fn f(a: u8, b: u8) { keep(move || a) }",
        "fn f(a: u8, b: u8) { keep(move || b) }",
        [U, X, X],
    ),
    (
        "capture of another type",
        "MF0109",
        "fn f() { let a = 1u8; keep(move || a) }",
        "fn f() { let a = 1u16; keep(move || a) }",
        [U, X, X],
    ),
    (
        "closure before another",
        "MF0101 MF0114",
        "fn f() { keep(|| 1) }",
        "fn f() { keep(|x| x); keep(|| 1) }",
        [S, S, X],
    ),
    (
        "closure that captures before another",
        "MF0101 MF0109",
        "fn f(a: u8, b: u8) { keep(move || a) }",
        "fn f(a: u8, b: u8) { keep(move || b); keep(move || a) }",
        [S, S, X],
    ),
    (
        "boundary moved",
        "MF0106",
        "#[unsafe(no_mangle)] pub fn f(x: u8) {}",
        "mod m { #[unsafe(no_mangle)] pub fn f(x: u8) {} }",
        [D, D, D],
    ),
    ("hidden parameter", "MF0117", "fn f() {}", "#[track_caller] fn f() {}", [S, S, S]),
    ("bounds", "MF0115", "fn f<T: A>(t: T) {}", "fn f<T: A + B>(t: T) {}", [S, S, S]),
    ("where clause", "MF0115", "fn f<T>(t: T) {}", "fn f<T>(t: T) where T: A {}", [S, S, S]),
    ("bounds of a future", "MF0115", "async fn f<T: A>(t: T) {}", "async fn f<T: A + B>(t: T) {}", [S, S, S]),
    ("generic parameter", "MF0111", "fn f<T>(t: &T) {}", "fn f<T, U>(t: &T) {}", [S, S, D]),
    ("generic parameters reordered", "MF0111", "fn f<T, U>(t: &T) {}", "fn f<U, T>(t: &T) {}", [S, S, D]),
    ("const parameter", "MF0111", "fn f<const N: u8>() {}", "fn f<const N: u16>() {}", [S, S, D]),
    (
        "generic boundary",
        "MF0111",
        "#[unsafe(no_mangle)] pub fn f<T>() {}",
        "#[unsafe(no_mangle)] pub fn f<T, U>() {}",
        [S, X, X],
    ),
    (
        "lifetimes",
        "MF0116",
        "fn f(t: &str) -> &str { t }",
        "fn f<'a>(t: &'a str) -> &'a str { t }",
        [S, S, D],
    ),
    ("inline", "MF0113", "fn f() {}", "#[inline] fn f() {}", [S, D, D]),
    ("visibility", "MF0909", "fn f() {}", "pub fn f() {}", [S, S, S]),
    ("unsafe", "MF0115", "fn f() {}", "unsafe fn f() {}", [S, S, S]),
    ("ABI inside", "MF0117", "fn f() {}", "extern \"C\" fn f() {}", [S, S, S]),
    (
        "ABI of a boundary",
        "MF0117",
        "#[unsafe(no_mangle)] pub extern \"Rust\" fn f() {}",
        "#[unsafe(no_mangle)] pub extern \"C\" fn f() {}",
        [X, X, X],
    ),
    (
        "what a future is made of",
        "MF0118",
        "const N: usize = 1;\nasync fn f() { let x = [0; N]; a().await; }",
        "const N: usize = 2;\nasync fn f() { let x = [0; N]; a().await; }",
        [U, X, X],
    ),
    (
        "inline module",
        "MF0101",
        "mod a { mod b { fn f() { one() } } }",
        "mod a { mod b { fn f() { two() } } }",
        [S, S, S],
    ),
    (
        "method",
        "MF0101",
        "impl A { fn f() { one() } }\nimpl A { fn g() {} }",
        "impl A { fn g() {} }\nimpl A { fn f() { two() } }",
        [S, S, S],
    ),
];

const TYPES: &[Row] = &[
    ("field added", "MF0203", "struct A { x: u8 }", "struct A { x: u8, y: u8 }", [X, X, X]),
    ("field removed", "MF0204", "struct A { x: u8, y: u8 }", "struct A { x: u8 }", [X, X, X]),
    ("field retyped", "MF0205", "struct A { x: u8 }", "struct A { x: u16 }", [X, X, X]),
    ("field of a union", "MF0205", "union A { x: u8 }", "union A { x: u16 }", [X, X, X]),
    (
        "nested layout",
        "MF0203",
        "static A: B = b();\nstruct B { c: C }\nstruct C { x: u8 }",
        "static A: B = b();\nstruct B { c: C }\nstruct C { x: u8, y: u8 }",
        [X, X, X],
    ),
    ("fields reordered", "MF0206", "struct A { x: u8, y: u16 }", "struct A { y: u16, x: u8 }", [U, X, X]),
    (
        "fields reordered in C",
        "MF0206",
        "#[repr(C)] struct A { x: u8, y: u16 }",
        "#[repr(C)] struct A { y: u16, x: u8 }",
        [X, X, X],
    ),
    ("field renamed", "MF0207", "struct A { x: u8 }", "struct A { y: u8 }", [S, R, R]),
    ("field's visibility", "MF0208", "struct A { x: u8 }", "struct A { pub x: u8 }", [S, R, R]),
    ("variant added", "MF0301", "enum A { X }", "enum A { X, Y }", [X, X, X]),
    ("variant removed", "MF0302", "enum A { X, Y }", "enum A { X }", [X, X, X]),
    ("variants reordered", "MF0303", "enum A { X, Y }", "enum A { Y, X }", [X, X, X]),
    ("payload", "MF0304", "enum A { X(u8) }", "enum A { X(u16) }", [X, X, X]),
    ("discriminant", "MF0305", "enum A { X = 1 }", "enum A { X = 2 }", [X, X, X]),
    ("repr added", "MF0210", "struct A { x: u8 }", "#[repr(C)] struct A { x: u8 }", [X, X, X]),
    ("repr changed", "MF0210", "#[repr(u8)] enum A { X }", "#[repr(u16)] enum A { X }", [X, X, X]),
    ("type parameter", "MF0209", "struct A<T>(T);", "struct A<T, U>(T);", [U, X, X]),
    ("const parameter of a type", "MF0209", "struct A<const N: u8>;", "struct A<const N: u16>;", [U, X, X]),
    ("bounds of a type", "MF0214", "struct A<T>(T);", "struct A<T: B>(T);", [S, S, S]),
    ("alias", "MF0212", "type A = u8;", "type A = u16;", [U, X, X]),
    ("derive added", "MF0213", "struct A;", "#[derive(Clone)] struct A;", [S, S, S]),
    ("derive removed", "MF0213", "#[derive(Clone)] struct A;", "struct A;", [D, S, S]),
    ("derive macro", "MF0213", "struct A;", "#[derive(Component)] struct A;", [U, U, U]),
    ("type added", "MF0201", "", "struct A;", [S, S, S]),
    ("type removed", "MF0202", "struct A;", "", [D, U, D]),
];

const TRAITS: &[Row] = &[
    (
        "method added",
        "MF0401",
        "trait A { fn a(&self); }\nfn f(a: &dyn A) {}",
        "trait A { fn a(&self); fn b(&self) {} }\nfn f(a: &dyn A) {}",
        [X, X, X],
    ),
    (
        "method removed",
        "MF0402",
        "trait A { fn a(&self); fn b(&self); }\nfn f(a: &dyn A) {}",
        "trait A { fn a(&self); }\nfn f(a: &dyn A) {}",
        [X, X, X],
    ),
    (
        "methods reordered",
        "MF0403",
        "trait A { fn a(&self); fn b(&self); }\nfn f(a: &dyn A) {}",
        "trait A { fn b(&self); fn a(&self); }\nfn f(a: &dyn A) {}",
        [X, X, X],
    ),
    (
        "default body",
        "MF0404",
        "trait A { fn a(&self) { one() } }\nfn f(a: &dyn A) {}",
        "trait A { fn a(&self) { two() } }\nfn f(a: &dyn A) {}",
        [S, X, D],
    ),
    (
        "method's signature",
        "MF0405",
        "trait A { fn a(&self, x: u8); }\nfn f(a: &dyn A) {}",
        "trait A { fn a(&self, x: u16); }\nfn f(a: &dyn A) {}",
        [X, X, X],
    ),
    (
        "method of a trait without objects",
        "MF0401",
        "trait A { fn a(&self); }",
        "trait A { fn a(&self); fn b(&self) {} }",
        [S, S, S],
    ),
    (
        "override added",
        "MF0413",
        "trait A { fn a(&self) {} }\nimpl A for B {}\nfn f(a: &dyn A) {}",
        "trait A { fn a(&self) {} }\nimpl A for B { fn a(&self) { one() } }\nfn f(a: &dyn A) {}",
        [U, X, D],
    ),
    (
        "override removed",
        "MF0413",
        "trait A { fn a(&self) {} }\nimpl A for B { fn a(&self) { one() } }\nfn f(a: &dyn A) {}",
        "trait A { fn a(&self) {} }\nimpl A for B {}\nfn f(a: &dyn A) {}",
        [U, X, D],
    ),
    (
        "override of a trait without objects",
        "MF0105",
        "trait A { fn a(&self) {} }\nimpl A for B {}",
        "trait A { fn a(&self) {} }\nimpl A for B { fn a(&self) { one() } }",
        [S, S, S],
    ),
    ("associated type", "MF0406", "trait A { type B; }", "trait A { type B: C; }", [U, X, X]),
    ("associated constant", "MF0406", "trait A { const B: u8; }", "trait A { const B: u16; }", [U, X, X]),
    (
        "associated type of an impl",
        "MF0411",
        "impl A for B { type C = u8; }",
        "impl A for B { type C = u16; }",
        [U, X, X],
    ),
    (
        "supertrait",
        "MF0412",
        "trait A {}\nfn f(a: &dyn A) {}",
        "trait A: B {}\nfn f(a: &dyn A) {}",
        [U, X, X],
    ),
    ("supertrait of a trait without objects", "MF0412", "trait A {}", "trait A: B {}", [S, S, S]),
    ("impl added", "MF0407", "struct B;", "struct B;\nimpl A for B {}", [S, S, S]),
    ("impl removed", "MF0408", "struct B;\nimpl A for B {}", "struct B;", [D, D, D]),
    ("Drop added", "MF0211", "struct B;", "struct B;\nimpl Drop for B { fn drop(&mut self) {} }", [X, X, X]),
    (
        "Drop removed",
        "MF0211",
        "struct B;\nimpl Drop for B { fn drop(&mut self) {} }",
        "struct B;",
        [X, X, X],
    ),
    ("trait added", "MF0409", "", "trait A {}", [S, S, S]),
    ("trait removed", "MF0410", "trait A {}", "", [D, D, D]),
];

const STATICS: &[Row] = &[
    ("initial value", "MF0501", "static A: u8 = 1;", "static A: u8 = 2;", [D, R, R]),
    (
        "initial value in a function",
        "MF0501",
        "fn f() { static A: u8 = 1; }",
        "fn f() { static A: u8 = 2; }",
        [R, R, R],
    ),
    (
        "initial value in a trait's default",
        "MF0501",
        "trait T { fn f() { static A: u8 = 1; } }",
        "trait T { fn f() { static A: u8 = 2; } }",
        [R, R, R],
    ),
    (
        "thread local's initial value in a function",
        "MF0505",
        "fn f() { thread_local! { static A: u8 = 1; } }",
        "fn f() { thread_local! { static A: u8 = 2; } }",
        [D, R, R],
    ),
    ("static added", "MF0502", "", "static A: u8 = 1;", [S, S, S]),
    ("static removed", "MF0503", "static A: u8 = 1;", "", [D, R, R]),
    ("static renamed", "MF0502", "static A: u8 = 1;", "static B: u8 = 1;", [R, R, R]),
    ("static retyped", "MF0504", "static A: u8 = 1;", "static A: u16 = 1;", [X, R, R]),
    (
        "thread local's initial value",
        "MF0505",
        "thread_local! { static A: u8 = 1; }",
        "thread_local! { static A: u8 = 2; }",
        [D, R, R],
    ),
    ("thread local added", "MF0506", "", "thread_local! { static A: u8 = 1; }", [S, R, R]),
    ("thread local removed", "MF0507", "thread_local! { static A: u8 = 1; }", "", [D, R, R]),
    (
        "thread local retyped",
        "MF0508",
        "thread_local! { static A: u8 = 1; }",
        "thread_local! { static A: u16 = 1; }",
        [X, R, R],
    ),
    ("const value", "MF0509", "const A: u8 = 1;", "const A: u8 = 2;", [S, S, S]),
    (
        "const outside",
        "MF0509",
        "//- /app/src/x.rs\nconst A: u8 = 1;",
        "//- /app/src/x.rs\nconst A: u8 = 2;",
        [S, D, S],
    ),
    (
        "const of a length",
        "MF0509",
        "const A: usize = 1;\nstruct B([u8; A]);",
        "const A: usize = 2;\nstruct B([u8; A]);",
        [X, X, X],
    ),
    (
        "associated const",
        "MF0509",
        "impl B { const A: usize = 1; }",
        "impl B { const A: usize = 2; }",
        [S, S, S],
    ),
    ("const retyped", "MF0512", "const A: u8 = 1;", "const A: u16 = 1;", [S, S, S]),
    ("const added", "MF0510", "", "const A: u8 = 1;", [S, S, S]),
    ("const removed", "MF0511", "const A: u8 = 1;", "", [S, S, S]),
];

const TEXT: &[Row] = &[
    ("macro", "MF0903", "macro_rules! m { () => { 1 } }", "macro_rules! m { () => { 2 } }", [U, U, U]),
    ("macro's use", "MF0904", "make!(a);", "make!(b);", [U, U, U]),
    ("macro's use in a body", "MF0101", "fn f() { m!(a) }", "fn f() { m!(b) }", [S, S, S]),
    ("include!", "MF0904", "include!(\"a.rs\");", "include!(\"b.rs\");", [U, U, U]),
    ("attribute macro", "MF0908", "fn f() {}", "#[instrument] fn f() {}", [U, U, U]),
    ("#[path]", "MF0908", "#[path = \"a.rs\"] mod m;", "#[path = \"b.rs\"] mod m;", [U, U, U]),
    ("use", "MF0902", "use a::b;\nfn f() { b() }", "use c::b;\nfn f() { b() }", [S, S, S]),
    (
        "use of all names in a module that is new",
        "MF0902",
        "struct S(B);",
        "struct S(B);\nmod m { use super::*; }",
        [S, S, S],
    ),
    ("use of a type", "MF0902", "use a::B;\nstruct S(B);", "use c::B;\nstruct S(B);", [U, U, U]),
    ("cfg", "MF0905", "fn f() {}", "#[cfg(a)] fn f() {}", [U, X, X]),
    ("extern block", "MF0910", "extern \"C\" { fn f(x: u8); }", "extern \"C\" { fn f(x: u16); }", [U, X, X]),
    ("attribute of a crate", "MF0911", "", "#![no_std]", [U, X, X]),
    ("module added", "MF0906", "", "mod a { pub fn f() {} }", [S, S, S]),
    ("comment", "", "fn f() {}", "// why\nfn f() {} // because", [S, S, S]),
    ("doc comment", "", "/// This.\nfn f() {}", "//! All.\n/// That.\nfn f() {}", [S, S, S]),
];

const BUILD: &[Row] = &[
    (
        "dependency",
        "MF0912",
        "//- /more/Cargo.toml\n[dependencies]\na = \"1\"",
        "//- /more/Cargo.toml\n[dependencies]\na = \"2\"",
        [X, X, X],
    ),
    (
        "dependency of a target",
        "MF0912",
        "//- /more/Cargo.toml\n[target.x.dependencies]\na = \"1\"",
        "//- /more/Cargo.toml\n[target.x.dependencies]\na = \"2\"",
        [X, X, X],
    ),
    (
        "features",
        "MF0913",
        "//- /more/Cargo.toml\n[features]\na = []",
        "//- /more/Cargo.toml\n[features]\na = []\ndefault = [\"a\"]",
        [U, X, X],
    ),
    (
        "profile",
        "MF0914",
        "//- /more/Cargo.toml\n[profile.dev]\nopt-level = 0",
        "//- /more/Cargo.toml\n[profile.dev]\nopt-level = 1",
        [X, X, X],
    ),
    (
        "edition",
        "MF0915",
        "//- /more/Cargo.toml\n[package]\nname = \"m\"\nedition = \"2021\"",
        "//- /more/Cargo.toml\n[package]\nname = \"m\"\nedition = \"2024\"",
        [X, X, X],
    ),
    (
        "[lib]",
        "MF0916",
        "//- /more/Cargo.toml\n[lib]\ncrate-type = [\"rlib\"]",
        "//- /more/Cargo.toml\n[lib]\ncrate-type = [\"dylib\"]",
        [X, X, X],
    ),
    (
        "anything else of a manifest",
        "MF0907",
        "//- /more/Cargo.toml\n[package]\nname = \"m\"\nversion = \"1.0.0\"",
        "//- /more/Cargo.toml\n[package]\nname = \"m\"\nversion = \"1.0.1\"",
        [X, X, X],
    ),
    (
        "what is about warnings and registries",
        "",
        "//- /more/Cargo.toml\n[package]\nname = \"m\"\n[lints.rust]\nunused = \"warn\"",
        "//- /more/Cargo.toml\n[package]\nname = \"m\"\nkeywords = [\"a\"]\n[lints.rust]\nunused = \"deny\"",
        [S, S, S],
    ),
    ("Cargo.lock", "MF0917", "//- /Cargo.lock\nversion = 3", "//- /Cargo.lock\nversion = 4", [X, X, X]),
    (
        "build.rs",
        "MF0918",
        "//- /app/build.rs\nfn main() { one() }",
        "//- /app/build.rs\nfn main() { two() }",
        [X, X, X],
    ),
    ("rust-toolchain", "MF0919", "//- /rust-toolchain\n1.94", "//- /rust-toolchain\n1.95", [X, X, X]),
    (
        "rust-toolchain.toml",
        "MF0919",
        "//- /rust-toolchain.toml\n[toolchain]\nchannel = \"1.94\"",
        "//- /rust-toolchain.toml\n[toolchain]\nchannel = \"1.95\"",
        [X, X, X],
    ),
    (
        ".cargo/config.toml",
        "MF0920",
        "//- /.cargo/config.toml\n[env]\nA = \"1\"",
        "//- /.cargo/config.toml\n[env]\nA = \"2\"",
        [X, X, X],
    ),
    (
        "file added",
        "MF0105",
        "mod a;",
        "//- /world/src/lib.rs\nmod a;\n//- /world/src/a.rs\nfn f() {}",
        [S, S, S],
    ),
    (
        "file removed",
        "MF0106",
        "//- /world/src/lib.rs\nmod a;\n//- /world/src/a.rs\nfn f() {}",
        "mod a;",
        [D, D, D],
    ),
    (
        "file moved",
        "",
        "//- /world/src/lib.rs\nmod a;\n//- /world/src/a.rs\nfn f() {}",
        "//- /world/src/lib.rs\nmod a;\n//- /world/src/a/mod.rs\nfn f() {}",
        [S, S, S],
    ),
];

/// What is wrong with a row.
fn wrong(&(name, code, before, after, expected): &Row) -> String {
    let engines = [EngineKind::InPlace, EngineKind::HotLibReloader, EngineKind::Subsecond];
    let mut wrong = String::new();
    for (engine, expected) in engines.into_iter().zip(expected) {
        let found = changes(before, after, engine);
        let codes: Vec<_> = found.iter().map(|change| change.rule.code).collect();
        let is_judged = if code.is_empty() {
            codes.is_empty()
        } else {
            code.split(' ').any(|code| codes.contains(&code))
        };
        let worst = compat::worst(&found);
        if worst != expected || !is_judged {
            let _ = writeln!(wrong, "{name} under {engine}: {worst} by {codes:?}, not {expected} by {code}");
        }
    }
    let restarted = verdict(before, after, EngineKind::Restart);
    if (restarted != X) != code.is_empty() {
        let _ = writeln!(wrong, "{name} under restart: {restarted}");
    }
    wrong
}

#[track_caller]
fn check(rows: &[Row]) {
    let wrong: String = rows.iter().map(wrong).collect();
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn functions() {
    check(FUNCTIONS);
}

#[test]
fn types() {
    check(TYPES);
}

#[test]
fn traits() {
    check(TRAITS);
}

#[test]
fn statics() {
    check(STATICS);
}

#[test]
fn text() {
    check(TEXT);
}

#[test]
fn builds() {
    check(BUILD);
}
