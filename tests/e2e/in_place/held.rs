//! Functions that hold values of a layout that changes, for as long as they run.

use super::{Live, MAIN, MANIFEST, STEPPING};

const TMP: &str = r#"
    struct Tmp { a: u64 }
    fn make(n: u64) -> Tmp { Tmp { a: n } }
    fn show(tmp: &Tmp) -> u64 { tmp.a }
"#;

const GROWN: [(&str, &str); 3] = [
    ("struct Tmp { a: u64 }", "struct Tmp { a: u64, b: u64 }"),
    ("Tmp { a: n }", "Tmp { a: n, b: 2 }"),
    ("{ tmp.a }", "{ tmp.a * 10 + tmp.b }"),
];

#[test]
fn a_call_that_runs_on_with_an_old_value_is_named_and_once_it_has_returned_the_edit_goes_in() {
    let step = r#"
    fn step(tick: u64) -> String {
        let tmp = make(7);
        if tick == 3 {
            println!("holds one");
            while !std::path::Path::new("go").exists() { std::thread::sleep(std::time::Duration::from_millis(5)); }
        }
        format!("v1 {} tick {tick} .", show(&tmp))
    }
    "#;
    let mut app = Live::of(MANIFEST, &format!("{TMP}{step}{STEPPING}"));
    app.line("holds one");
    app.edit(MAIN, &GROWN);
    let message = app.refused();
    assert!(
        message.starts_with("`app::Tmp` gained the field `b: u64`, and `app::step` is running"),
        "{message}"
    );
    let event = app.session.client.event("midflight/refused");
    assert_eq!((&event["message"], &event["verdict"]), (&message.as_str().into(), &"restart".into()));
    app.program.write("go", "");
    app.line("v1 7 tick 3 .");
    app.swap_saved();
    app.line("v1 72 ");
    app.end();
}

#[test]
fn a_call_that_returns_in_a_moment_is_waited_for() {
    let main = r#"
    fn step() -> u64 { let tmp = make(7); std::thread::sleep(std::time::Duration::from_millis(8)); show(&tmp) }
    fn main() { loop { println!("v1 {} .", step()); std::thread::sleep(std::time::Duration::from_millis(8)); } }
    "#;
    let mut app = Live::of(MANIFEST, &format!("{TMP}{main}"));
    app.line("v1 7 ");
    app.swap(&GROWN);
    app.line("v1 72 ");
    app.end();
}
