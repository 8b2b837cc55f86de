//! `MF09xx`. The pages of MF0900, MF0904, MF0906, MF0908 and MF0910 carry their examples.

use compat::EngineKind::{HotLibReloader, InPlace, Restart};
use compat::Verdict;
use expect_test::expect;

use crate::edit::{check, check_unchanged, verdict};

#[test]
fn mf0901_text_that_does_not_parse_is_judged_by_the_last_that_did() {
    let before = "fn one() {}\nfn two() {}";
    check(
        before,
        "fn one() { let }\nfn two() { 2; }",
        InPlace,
        expect![[r#"
        MF0901 unknown world::one `}`
          the text does not parse (unexpected end of input, expected one of: identifier, `::`, `<`, `_`, literal, `const`, `ref`, `mut`, `&`, parentheses, square brackets, `..`, `const`): judged by the last text that did
        MF0101 safe world::two `two`
          the body of `two` changed: safe to hot-swap
    "#]],
    );
    check(
        before,
        "fn one() { if x {\nfn two() { 2; }",
        Restart,
        expect![[r#"
        MF0901 unknown world::one `fn one() { if x {`
          the text does not parse (brackets or quotes do not match): judged by the last text that did
        MF0101 restart world::two `two`
          the body of `two` changed: restart to apply
    "#]],
    );
}

#[test]
fn text_that_never_parsed_is_no_change() {
    check_unchanged("fn one() { let }\nfn two() {}", "fn one() {  let  }\n\nfn two() {}");
}

#[test]
fn mf0902_imports() {
    check_unchanged("use a::{b, c};\nuse d::e;", "use d::e;\nuse a::c;\nuse a::b;");
    assert_eq!(verdict("fn f() { b() }", "use a::b;\nfn f() { b() }", InPlace), Verdict::Safe);
    check(
        "use a::Body;\nstruct S(Body);",
        "use b::Body;\nstruct S(Body);",
        HotLibReloader,
        expect![[r#"
        MF0902 unknown world::use Body `Body`
          the import `use Body` leads elsewhere: a name here may mean something else now; only the build can tell
    "#]],
    );
    check(
        "struct S(Result<u8, u8>);",
        "use a::Result;\nstruct S(Result<u8, u8>);",
        InPlace,
        expect![[r#"
        MF0902 unknown world::use Result `Result`
          the import `use Result` is new: a name here may mean something else now; only the build can tell
    "#]],
    );
}

#[test]
fn mf0903_a_macro() {
    check(
        "macro_rules! m { () => { 1 } }",
        "macro_rules! m { () => { 2 } }",
        InPlace,
        expect![[r#"
        MF0903 unknown world::m `m`
          the macro `m` changed: only the build can tell what it expands to
    "#]],
    );
}

#[test]
fn mf0905_mf0911_configuration() {
    check(
        "fn f() {}",
        "#[cfg(x)]\nfn f() {}",
        HotLibReloader,
        expect![[r#"
        MF0905 restart world::f `f`
          when `f` is compiled changed: must not be swapped into the running process; restart to apply
    "#]],
    );
    check(
        "fn f() {}",
        "#![no_std]\nfn f() {}",
        HotLibReloader,
        expect![[r#"
        MF0911 restart world::#![no_std] `#![no_std]`
          `#![no_std]` changed: must not be swapped into the running process; restart to apply
    "#]],
    );
}

#[test]
fn mf0918_build_files() {
    let before = "//- /app/build.rs\nfn main() {}\n//- /Cargo.lock\nversion = 4\n";
    check_unchanged(
        before,
        "//- /app/build.rs\nfn main() { } // done\n//- /Cargo.lock\n# Made.\nversion  =  4\n",
    );
    check(
        before,
        "//- /app/build.rs\nfn main() { go() }\n//- /Cargo.lock\nversion = 4\n",
        InPlace,
        expect![[r#"
            MF0918 restart app/build.rs `fn main() { go() }`
              `app/build.rs` changed: code of two different builds would run together; rebuild and restart to apply
        "#]],
    );
}

#[test]
fn mf0909_visibility() {
    check(
        "fn f() {}",
        "pub fn f() {}",
        InPlace,
        expect![[r#"
        MF0909 safe world::f `f`
          `f` has another visibility: safe to hot-swap
    "#]],
    );
}

#[test]
fn a_file_that_comes_with_its_module_is_its_items() {
    let before = "//- /world/src/lib.rs\nfn f() {}";
    let after = "//- /world/src/lib.rs\nmod physics;\nfn f() {}\n//- /world/src/physics.rs\npub fn g() {}";
    check(
        before,
        after,
        InPlace,
        expect![[r#"
        MF0906 safe world::physics `physics`
          the module `physics` is new: safe to hot-swap
        MF0105 safe world::physics::g `g`
          `g` is new: safe to hot-swap
    "#]],
    );
    check(
        after,
        before,
        InPlace,
        expect![[r#"
        MF0906 safe world::physics `f`
          the module `physics` was removed: safe to hot-swap
        MF0106 deferred world::physics::g `(nowhere)`
          `g` was removed: code that runs now may still call the old one
    "#]],
    );
}

#[test]
fn what_a_procedural_macro_does_only_the_build_can_tell() {
    let manifest = "//- /shared/Cargo.toml\n[package]\nname = \"shared\"\n[lib]\nproc-macro = true\n";
    let before = format!("{manifest}//- /shared/src/lib.rs\npub fn expand() {{ one() }}");
    assert_eq!(verdict(&before, &before.replace("one", "two"), InPlace), Verdict::Unknown);
}

#[test]
fn a_module_that_moves_to_a_folder_is_the_same_module() {
    let before = "//- /world/src/lib.rs\nmod physics;\n//- /world/src/physics.rs\npub fn step() { old() }\npub fn stop() {}";
    let after = before.replace("physics.rs", "physics/mod.rs");
    check_unchanged(before, &after);
    check(
        before,
        &after.replace("old", "new"),
        InPlace,
        expect![[r#"
        MF0101 safe world::physics::step `step`
          the body of `step` changed: safe to hot-swap
    "#]],
    );
}

#[test]
fn tests_are_no_part_of_the_program() {
    let before = "fn f() {}\n#[cfg(test)]\nmod tests { struct S { x: u8 } #[test] fn t() { one() } }";
    check_unchanged(before, &before.replace("one", "two").replace("u8", "u16"));
    let file = "//- /world/tests/all.rs\nstruct S { x: u8 }\n#[test] fn t() {}";
    check_unchanged(file, &file.replace("u8", "u16"));
}

#[test]
fn text_can_be_anything_and_edits_are_still_judged_in_time() {
    let many = (0..3000).map(|n| format!("fn f{n}() {{}}")).collect::<Vec<_>>().join("\n");
    let started = std::time::Instant::now();
    assert_eq!(verdict(&many, "fn other() {}", InPlace), Verdict::Deferred);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
