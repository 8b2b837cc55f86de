//! Crates and modules, from texts alone.

use compat::{EngineKind, Program, Role, Texts};

fn program(files: &[(&str, &str)]) -> Program {
    let texts: Texts = files.iter().map(|&(path, text)| (path.into(), text.into())).collect();
    lang_rust::program(&texts)
}

fn paths(program: &Program) -> Vec<String> {
    let units =
        program.files().flat_map(|(_, file)| file.units().map(|placed| placed.unit.id.path.to_string()));
    units.filter(|path| !path.contains("Cargo.toml")).collect()
}

fn roles(program: &Program) -> Vec<(&str, Role)> {
    program.crates().iter().map(|krate| (&*krate.package, krate.role)).collect()
}

const HOT: &[(&str, &str)] = &[
    ("Cargo.toml", "[workspace]\nmembers = [\"*\"]"),
    (
        "app/Cargo.toml",
        "[package]\nname = \"my-app\"\n[dependencies]\nhot-lib-reloader = \"0.8\"\nworld = \"*\"\nui = \"*\"",
    ),
    ("app/src/main.rs", "#[hot_lib_reloader::hot_module(dylib = \"world\")] mod hot {}\nfn main() {}"),
    ("ui/Cargo.toml", "[package]\nname = \"ui\""),
    ("ui/src/lib.rs", "pub fn draw() {}"),
    (
        "world/Cargo.toml",
        "[package]\nname = \"world\"\n[lib]\ncrate-type = [\"rlib\", \"dylib\"]\n[dependencies]\nmaths = { package = \"fast-maths\", path = \"../maths\" }",
    ),
    ("world/src/lib.rs", "pub fn step() {}"),
    ("maths/Cargo.toml", "[package]\nname = \"fast-maths\""),
    ("maths/src/lib.rs", "pub fn add() {}"),
    ("derive/Cargo.toml", "[package]\nname = \"derive\"\n[lib]\nproc-macro = true"),
];

#[test]
fn modules_are_named_after_their_files() {
    let found = paths(&program(&[
        ("Cargo.toml", "[package]\nname = \"my-app\"\n[[bin]]\nname = \"tool\"\npath = \"tools/tool.rs\""),
        ("src/lib.rs", "fn a() {}"),
        ("src/main.rs", "fn b() {}"),
        ("src/world.rs", "fn c() {} mod inner { fn d() {} }"),
        ("src/world/body.rs", "fn e() {}"),
        ("src/ui/mod.rs", "fn f() {}"),
        ("src/bin/other.rs", "fn g() {}"),
        ("tools/tool.rs", "fn h() {}"),
    ]));
    let expected = [
        "other::g",
        "my_app::a",
        "my_app::b",
        "my_app::ui::f",
        "my_app::world::c",
        "my_app::world::inner",
        "my_app::world::inner::d",
        "my_app::world::body::e",
        "tool::h",
    ];
    let (mut found, mut expected) = (found, expected.map(str::to_owned).to_vec());
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn crates_have_their_part_in_the_process() {
    let program = program(HOT);
    let expected = [
        ("my-app", Role::Executable),
        ("derive", Role::Compiler),
        ("fast-maths", Role::Shared),
        ("ui", Role::Executable),
        ("world", Role::Hot),
    ];
    assert_eq!(roles(&program), expected);
    assert_eq!(lang_rust::detect_engine(&program), EngineKind::HotLibReloader);
    let hot = lang_rust::hot_libs(&program);
    assert_eq!(
        (&*hot[0].package, &*hot[0].lib_name, &*hot[0].root, hot.len()),
        ("world", "world", "world", 1)
    );
}

#[test]
fn an_edit_of_a_manifest_or_of_the_reloaded_module_is_seen() {
    let before = program(HOT);
    let plain = lang_rust::reparse(&before, "app/Cargo.toml", "[package]\nname = \"my-app\"");
    assert_eq!(lang_rust::detect_engine(&plain), EngineKind::InPlace);
    let other = lang_rust::reparse(&before, "app/src/main.rs", "#[hot_module(dylib = \"ui\")] mod hot {}");
    assert_eq!(lang_rust::hot_libs(&other)[0].package, "ui");
    let broken = lang_rust::reparse(&before, "app/src/main.rs", "#[hot_module(dylib = \"world\")] mod hot {");
    assert_eq!(lang_rust::hot_libs(&broken).len(), 1);
    assert!(lang_rust::hot_libs(&lang_rust::without(&before, "world/Cargo.toml")).is_empty());
}

#[test]
fn examples_that_are_workspaces_of_their_own_are_not_the_program() {
    let mut files =
        HOT.iter().map(|(path, text)| (format!("examples/hot/{path}"), *text)).collect::<Vec<_>>();
    files.push(("Cargo.toml".to_owned(), "[package]\nname = \"plain\""));
    let files: Vec<_> = files.iter().map(|(path, text)| (&**path, *text)).collect();
    let program = program(&files);
    assert_eq!(lang_rust::detect_engine(&program), EngineKind::InPlace);
    assert_eq!(roles(&program).len(), 1);
}

#[test]
fn from_scratch_and_edit_by_edit_give_the_same() {
    let mut texts: Texts = HOT.iter().map(|&(path, text)| (path.into(), text.into())).collect();
    let mut program = lang_rust::program(&texts);
    let (first, first_texts) = (program.clone(), texts.clone());
    let edits = [
        ("world/src/lib.rs", "pub fn step() { 1; }\nstruct S { x: u8 }"),
        ("world/src/lib.rs", "struct S { y: u8 }\npub fn step() { 2; }"),
        ("world/src/new.rs", "fn new() {}\nimpl X { fn a() {} }"),
        ("world/src/new.rs", "impl X { fn b() {} fn a() {} }\n\nfn new() {}"),
        ("ui/Cargo.toml", "[package]\nname = \"ui\"\n[lib]\nproc-macro = true"),
    ];
    for (path, text) in edits {
        texts.insert(path.into(), text.into());
        program = lang_rust::reparse(&program, path, text);
        let scratch = lang_rust::program(&texts);
        assert_eq!(paths(&program), paths(&scratch));
        assert_eq!(roles(&program), roles(&scratch));
        let at_once = lang_rust::update(&first, &first_texts, &texts);
        assert_eq!((paths(&at_once), roles(&at_once)), (paths(&scratch), roles(&scratch)));
        for engine in EngineKind::ALL {
            assert_eq!(compat::compare(&scratch, &program, engine).len(), 0);
            assert_eq!(compat::compare(&scratch, &at_once, engine).len(), 0);
        }
    }
    let mut fewer = texts.clone();
    fewer.remove("world/src/new.rs");
    let removed = lang_rust::update(&program, &texts, &fewer);
    assert_eq!(paths(&removed), paths(&lang_rust::program(&fewer)));
}

#[test]
fn what_belongs_to_a_program() {
    for path in [
        "src/lib.rs",
        "build.rs",
        "a/Cargo.toml",
        "Cargo.lock",
        "rust-toolchain",
        "rust-toolchain.toml",
        ".cargo/config.toml",
        "a/.cargo/config",
    ] {
        assert!(lang_rust::is_source(path), "{path}");
    }
    for path in ["README.md", ".rs", "config.toml", "x.cargo/config", "Cargo.toml.orig", "src/lib.rs~"] {
        assert!(!lang_rust::is_source(path), "{path}");
    }
}
