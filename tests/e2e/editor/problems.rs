//! What the compiler finds is told as data, and a program that does not compile leaves the process alone.

use midflight_tests::dap::Session;
use serde_json::json;

use super::{MAIN, TICKER, program};

#[test]
fn a_compile_error_is_told_with_its_place_and_goes_with_the_next_good_build() {
    let program = program(TICKER);
    let mut session = Session::launch(&program, &json!({}));
    let launched = session.client.event("midflight/build");
    assert_eq!((&launched["success"], &launched["diagnostics"]), (&json!(true), &json!([])));
    session.configuration_done();
    session.client.output("version 1");

    program.replace(MAIN, "round: u32", "round: &str");
    let failed = session.client.event_where("midflight/build", |build| build["success"] == false);
    assert_eq!(failed["root"], json!(program.root()));
    let error = &failed["diagnostics"][0];
    assert_eq!((&error["level"], &error["code"]["code"]), (&json!("error"), &json!("E0308")), "{error}");
    let span =
        error["spans"].as_array().and_then(|spans| spans.iter().find(|span| span["is_primary"] == true));
    let span = span.unwrap_or_else(|| panic!("{error}"));
    assert_eq!(span["file_name"], MAIN);
    assert_eq!(span["line_start"], program.line_of(MAIN, "step(round));"));
    let said = session.client.output("Not reloaded");
    assert!(said.contains("mismatched types") && said.contains("The old code runs on"), "{said}");
    session.client.output("version 1");

    program.replace(MAIN, "round: &str", "round: u32");
    program.replace(MAIN, "version 1", "version 2");
    let mended = session.client.event_where("midflight/build", |build| build["success"] == true);
    assert_eq!(mended["diagnostics"], json!([]));
    session.client.output("version 2");
    session.client.disconnect();
}
