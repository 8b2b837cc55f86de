//! Rust values and functions in the debugger's views: what a person reads is what the program has.

use midflight_tests::dap::{Session, Stop};
use midflight_tests::program::Program;
use serde_json::json;

const MAIN: &str = "src/main.rs";
const MANIFEST: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n";

/// Each line is a variable and what the debugger shows of it.
const VALUES: &[(&str, &str)] = &[
    ("let text = String::from(\"héllo\")", "\"héllo\""),
    ("let slice = \"world\"", "\"world\""),
    ("let byte = 3_u8", "3"),
    ("let numbers = vec![1_u32, 2, 3]", "size=3"),
    ("let map = std::collections::HashMap::from([(1_u8, 2_u8), (3, 4)])", "size=2"),
    ("let set: std::collections::HashSet<u8> = [1, 2].into()", "size=2"),
    ("let large: std::collections::HashMap<u32, u32> = (0..9000).map(|n| (n, n)).collect()", LARGE),
    ("let path = std::path::PathBuf::from(\"/tmp/x\")", "\"/tmp/x\""),
    ("let some = Some(5_u32)", "Some(5)"),
    ("let none: Option<Box<u8>> = None", "None"),
    ("let error: Result<String, u8> = Err(3)", "Err(3)"),
    ("let empty: Result<String, u8> = Ok(String::new())", "Ok(\"\")"),
    ("let nested: Option<Result<String, bool>> = Some(Err(true))", "Some(Err(true))"),
    ("let no_text: Option<String> = None", "None"),
    ("let no_time: Option<std::time::Duration> = None", "None"),
    ("let borrowed: std::borrow::Cow<str> = \"cow\".into()", "Borrowed(\"cow\")"),
    ("let negative = Sign::Minus", "Minus"),
    ("let wide = Wide::High", "High"),
    ("let circle = Shape::Circle(1.5)", "Circle(1.5)"),
    ("let label = Shape::Label { text: \"n\".into(), size: 1 }", "Label{text:\"n\", size:1}"),
    ("let point = Shape::Point", "Point"),
    ("let pair = (1_i32, \"a\")", "(1, \"a\")"),
    (
        "let unset: std::mem::ManuallyDrop<Vec<u64>> = unsafe { std::mem::transmute([usize::MAX / 2; 3]) }",
        ANY,
    ),
];

const LARGE: &str = "size=9000, too many to be shown";
/// Whatever it is, it is there soon.
const ANY: &str = "";

fn program() -> Program {
    let kinds = "#[derive(Clone, Copy)] enum Sign { Minus = -1, Plus = 1 }\n\
        #[derive(Clone, Copy)] #[repr(i64)] enum Wide { High = 1 << 40, Low = 3 }\n\
        enum Shape { Point, Circle(f64), Label { text: String, size: u8 } }\n";
    let lets: Vec<&str> = VALUES.iter().map(|(line, _)| *line).collect();
    let names: Vec<&str> = VALUES.iter().map(|(line, _)| name(line)).collect();
    let main = format!(
        "{kinds}fn main() {{\n    {};\n    loop {{\n        std::hint::black_box(({},));\n        \
         std::hint::black_box((Sign::Plus, Wide::Low)); // breakpoint: values\n    }}\n}}\n",
        lets.join(";\n    "),
        names.iter().map(|name| format!("&{name}")).collect::<Vec<_>>().join(", ")
    );
    Program::files(&[("Cargo.toml", MANIFEST), (MAIN, &main)])
}

fn name(line: &str) -> &str {
    line.trim_start_matches("let ").split([':', ' ']).next().unwrap_or_default()
}

fn locals(session: &mut Session, program: &Program) -> Vec<(String, String)> {
    session.set_breakpoints(program, MAIN, &[program.line_of(MAIN, "breakpoint: values")]);
    session.configuration_done();
    let stop = session.stopped();
    let scopes = session.client.ok("scopes", json!({"frameId": stop.frames[0]["id"]}));
    session.variables(&scopes["scopes"][0])
}

#[test]
fn are_shown_as_rust_shows_them() {
    let program = program();
    let mut session = Session::launch(&program, &json!({"engine": "none"}));
    let locals = locals(&mut session, &program);
    for (line, expected) in VALUES {
        let shown = locals.iter().find(|(found, _)| found == name(line));
        let (_, value) = shown.unwrap_or_else(|| panic!("`{line}` is not among {locals:?}"));
        assert!(expected.is_empty() || value == expected, "{line}: {value}, not {expected}");
    }
    session.client.disconnect();
}

#[test]
fn are_shown_by_their_fields_when_the_user_says_so() {
    let program = program();
    let mut session = Session::launch(&program, &json!({"engine": "none", "formatters": false}));
    let locals = locals(&mut session, &program);
    // The name of the type, and in older versions of lldb-dap the address.
    let (_, text) = locals.iter().find(|(found, _)| found == "text").expect("the variable");
    assert!(text.contains("String @ 0x") || text == "alloc::string::String", "{text}");
    session.client.disconnect();
}

const SHAPES: &str = "
trait Shape {
    fn area(&self, of: &dyn Fn(u64) -> u64) -> u64;
}
struct Square(u64);
impl Shape for Square {
    fn area(&self, of: &dyn Fn(u64) -> u64) -> u64 {
        of(self.0)
    }
}
fn main() {
    let square = Square(2);
    loop {
        let area = square.area(&|side| {
            side * side // breakpoint: side
        });
        std::hint::black_box(area);
    }
}
";

/// LLDB shows a frame as `_$LT$app..Square$u20$as$u20$app..Shape$GT$::area::h…`.
#[test]
fn functions_have_the_names_that_rust_writes() {
    let program = Program::files(&[("Cargo.toml", MANIFEST), (MAIN, SHAPES)]);
    let mut session = Session::launch(&program, &json!({"reload": "manual"}));
    let line = program.line_of(MAIN, "let area");
    session.set_breakpoints(&program, MAIN, &[line, program.line_of(MAIN, "breakpoint: side")]);
    session.configuration_done();
    let called = "<app::Square as app::Shape>::area";
    let stop = session.stopped();
    let targets = session.client.ok("stepInTargets", json!({"frameId": stop.frames[0]["id"]}));
    assert_eq!(targets["targets"][0]["label"], called, "{targets}");
    session.resume(&stop);
    let names = |stop: &Stop| -> Vec<String> {
        stop.frames
            .iter()
            .take(3)
            .map(|frame| frame["name"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    let stop = session.stopped();
    assert_eq!(names(&stop), ["app::main::{{closure}}", called, "app::main"]);
    // In a text that has moved, frames are told anew.
    program.insert_above(MAIN, "trait Shape", "// one\n");
    let thread = json!({"threadId": stop.event["threadId"], "startFrame": 0, "levels": 20});
    let frames = session.client.ok("stackTrace", thread)["stackFrames"].clone();
    assert_eq!(
        (&frames[1]["name"], &frames[1]["line"]),
        (&json!(called), &json!(program.line_of(MAIN, "of(self.0)")))
    );
    session.client.disconnect();
}
