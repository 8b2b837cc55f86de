//! Workspaces: macros and build scripts, edits of several members at once, paths that people have, other targets.

use midflight_tests::program::Program;
use serde_json::json;

use super::{Live, MAIN, MANIFEST, STEPPING};

const APP: &str = r#"
    use counting::{Counted, count};
    #[derive(Counted)] #[allow(dead_code)] struct Three { a: u8, b: u8, c: u8 }
    fn own() -> u64 { 1 }
    fn step(_: u64) -> String {
        format!("v1 own {} library {} macro {} script {} shared {} .", own(), engine::number(), Three::FIELDS, env!("FROM_SCRIPT"), count!(a b) + engine::shared(2_u8))
    }
"#;

fn workspace() -> Program {
    let member = |name: &str, rest: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{rest}")
    };
    let app = member(
        "app",
        "[dependencies]\nengine = { path = \"../engine\" }\ncounting = { path = \"../counting\" }\n",
    );
    let counting = r#"
        use proc_macro::{Delimiter, TokenStream, TokenTree};
        #[proc_macro_derive(Counted)]
        pub fn counted(item: TokenStream) -> TokenStream {
            let fields = item.into_iter().find_map(|tree| match tree { TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group.stream()), _ => None });
            let count = fields.into_iter().flatten().filter(|tree| tree.to_string() == ":").count();
            format!("impl Three {{ const FIELDS: usize = {count}; }}").parse().unwrap()
        }
        #[proc_macro]
        pub fn count(items: TokenStream) -> TokenStream { format!("{}_u64", items.into_iter().count()).parse().unwrap() }
    "#;
    let engine = "pub fn number() -> u64 { inner::number() }\nmod inner;\npub fn shared<T: Into<u64>>(item: T) -> u64 { item.into() * 10 }\n";
    Program::files(&[
        ("Cargo.toml", "[workspace]\nresolver = \"2\"\nmembers = [\"app\", \"engine\", \"counting\"]\n"),
        ("app/Cargo.toml", &app),
        (
            "app/build.rs",
            "fn main() { println!(\"cargo:rustc-env=FROM_SCRIPT=built\"); println!(\"cargo:rerun-if-changed=build.rs\"); }\n",
        ),
        ("app/src/main.rs", &format!("{APP}{STEPPING}")),
        ("engine/Cargo.toml", &member("engine", "")),
        ("engine/src/lib.rs", engine),
        ("engine/src/inner.rs", "pub(crate) fn number() -> u64 { 100 }\n"),
        ("counting/Cargo.toml", &member("counting", "[lib]\nproc-macro = true\n")),
        ("counting/src/lib.rs", counting),
    ])
}

#[test]
fn members_of_a_workspace_with_a_macro_crate_and_a_build_script_are_edited() {
    let mut app = Live::launch(workspace(), &json!({}));
    app.line("v1 own 1 library 100 macro 3 script built shared 22 .");
    app.edit("engine/src/inner.rs", &[("100", "200")]);
    app.swap_saved();
    app.line("v1 own 1 library 200 macro 3 script built shared 22 .");
    app.edit("app/src/main.rs", &[("fn own() -> u64 { 1 }", "fn own() -> u64 { 2 }")]);
    app.swap_saved();
    app.line("v1 own 2 library 200 macro 3 script built shared 22 .");
    // A generic function of the library, instantiated in the program.
    app.edit("engine/src/lib.rs", &[("item.into() * 10", "item.into() * 20")]);
    app.swap_saved();
    app.line("v1 own 2 library 200 macro 3 script built shared 42 .");
    app.end();
}

#[test]
fn edits_of_several_members_go_in_at_once_or_not_at_all() {
    let mut app = Live::launch(workspace(), &json!({}));
    app.line("v1 own 1 library 100 ");
    app.edit("engine/src/inner.rs", &[("100", "200")]);
    app.edit("engine/src/lib.rs", &[("item.into() * 10", "item.into() * 20")]);
    app.edit("app/src/main.rs", &[("fn own() -> u64 { 1 }", "fn own() -> u64 { 2 }")]);
    let answer = app.swap_saved();
    assert_eq!(answer["generation"], 1);
    let line = app.line("library 200 ");
    assert_eq!(line, "v1 own 2 library 200 macro 3 script built shared 42 .");
    // One of them does not compile: none goes in, and what was said is cargo's own.
    app.edit("engine/src/inner.rs", &[("200", "300 + nowhere")]);
    app.edit("app/src/main.rs", &[("fn own() -> u64 { 2 }", "fn own() -> u64 { 3 }")]);
    app.refused();
    app.session.client.output("nowhere");
    app.printed.clear();
    app.line("v1 own 2 library 200 ");
    app.edit("engine/src/inner.rs", &[("300 + nowhere", "300")]);
    app.swap_saved();
    app.line("v1 own 3 library 300 macro 3 script built shared 42 .");
    app.end();
}

#[test]
fn an_item_that_moves_from_one_member_to_another_comes_along() {
    let mut app = Live::launch(workspace(), &json!({}));
    app.line("v1 own 1 library 100 ");
    app.edit("engine/src/lib.rs", &[("pub fn number", "pub fn own() -> u64 { 7 }\npub fn number")]);
    app.edit("app/src/main.rs", &[("fn own() -> u64 { 1 }", "use engine::own;")]);
    app.swap_saved();
    app.line("v1 own 7 library 100 ");
    app.end();
}

#[test]
fn changes_of_macros_reach_the_functions_that_use_them() {
    let mut app = Live::launch(workspace(), &json!({}));
    app.line("macro 3 script built shared 22 .");
    app.edit("counting/src/lib.rs", &[("items.into_iter().count())", "items.into_iter().count() + 5)")]);
    app.swap_saved();
    app.line("macro 3 script built shared 27 .");
    app.end();
}

#[test]
fn paths_with_spaces_and_other_alphabets() {
    let program = Program::files(&[
        ("Проект с пробелами/Cargo.toml", MANIFEST),
        (
            "Проект с пробелами/src/main.rs",
            &format!(
                "#[path = \"модуль один.rs\"] mod module;\nfn step(_: u64) -> String {{ format!(\"v1 {{}}.\", module::größe()) }}\n{STEPPING}"
            ),
        ),
        ("Проект с пробелами/src/модуль один.rs", "pub fn größe() -> u64 {\n    1 // here\n}\n"),
    ]);
    let manifest = program.path("Проект с пробелами/Cargo.toml");
    let cargo = json!({"cargo": ["build", "--manifest-path", manifest]});
    let mut app = Live::launch(program, &cargo);
    app.line("v1 1.");
    let file = "Проект с пробелами/src/модуль один.rs";
    app.edit(file, &[("    1 //", "    let size = 2_u64;\n    size.max(1) //")]);
    app.swap_saved();
    app.line("v1 2.");
    let line = app.program.line_of(file, "// here");
    app.session.set_breakpoints(&app.program, file, &[line]);
    let stop = app.session.stopped();
    assert_eq!(stop.line(), line);
    assert_eq!(stop.frames[0]["source"]["path"], json!(app.program.path(file)));
    app.end();
}

#[test]
fn an_example_of_a_library_is_edited_with_the_library() {
    let program = Program::files(&[
        ("Cargo.toml", MANIFEST),
        ("src/lib.rs", "pub fn number() -> u64 { 1 }\n"),
        (
            "examples/show.rs",
            &format!("fn step(_: u64) -> String {{ format!(\"v1 {{}}.\", app::number()) }}\n{STEPPING}"),
        ),
    ]);
    let mut app = Live::launch(program, &json!({"cargo": ["build", "--example", "show"]}));
    app.line("v1 1.");
    app.edit("src/lib.rs", &[("{ 1 }", "{ 2 }")]);
    app.swap_saved();
    app.line("v1 2.");
    app.edit("examples/show.rs", &[("\"v1 {}", "\"v2 {}")]);
    app.swap_saved();
    app.line("v2 2.");
    app.end();
}

#[test]
fn a_test_target_is_edited_while_it_runs() {
    let program = Program::files(&[
        ("Cargo.toml", MANIFEST),
        ("src/lib.rs", "pub fn number() -> u64 { 1 }\n"),
        (
            "tests/long.rs",
            "fn shown() -> u64 { app::number() }\n#[test]\nfn long() {\n    for _ in 0..60_000 {\n        println!(\"v1 {}.\", shown());\n        std::thread::sleep(std::time::Duration::from_millis(10));\n    }\n}\n",
        ),
    ]);
    let directory = program.root().to_owned();
    let midflight = json!({"reload": "manual", "cargo": ["test", "--no-run", "--test", "long"]});
    let mut session = midflight_tests::dap::Session::new(&program);
    session.begin(json!({"cwd": directory, "args": ["--nocapture"], "midflight": midflight}));
    session.configuration_done();
    let mut app = Live { program, session, printed: String::new() };
    app.line("v1 1.");
    app.edit("src/lib.rs", &[("{ 1 }", "{ 2 }")]);
    app.swap_saved();
    app.line("v1 2.");
    app.edit("tests/long.rs", &[("{ app::number() }", "{ app::number() + 5 }")]);
    app.swap_saved();
    app.line("v1 7.");
    app.end();
}

#[test]
fn a_program_with_neither_println_nor_threads_gets_both() {
    let main = "fn work(n: u64) -> u64 { n }\nfn main() { for n in 0..60_000 { work(n); std::thread::sleep(std::time::Duration::from_millis(10)); } }\n";
    let mut app = Live::of(MANIFEST, main);
    let print = "{ std::thread::scope(|scope| { scope.spawn(|| println!(\"v1 work {}.\", n > 0)); }); n }";
    app.edit(MAIN, &[("fn work(n: u64) -> u64 { n }", &format!("fn work(n: u64) -> u64 {print}"))]);
    app.swap_saved();
    app.line("v1 work true.");
    app.end();
}
