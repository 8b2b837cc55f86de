//! `async` on tokio: what is asked anew runs new code; a future in flight finishes the code that it was made by, and is
//! never resumed by other code.

use midflight_tests::program::Program;
use serde_json::json;

use super::{Live, MAIN};

/// What every program here begins with. `until` waits for a file that the test writes.
const PRELUDE: &str = r"
#![allow(unused)]
use std::path::Path;
use std::pin::Pin;
use std::sync::Mutex;
use std::time::Duration;
use tokio::task::yield_now;

async fn until(file: &'static str) {
    while !Path::new(file).exists() { tokio::time::sleep(Duration::from_millis(5)).await; }
}
";

/// The rest of a program that is made of `fn serve(id: u64)`, which spawns a task for each request.
const SERVING: &str = r"
#[tokio::main]
async fn main() {
    for id in 0..60_000 {
        serve(id);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
";

/// The same on one thread, for futures that stay on it.
const SERVING_LOCALLY: &str = r#"
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let all = async {
        for id in 0..60_000 {
            serve(id);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::task::LocalSet::new().run_until(all).await;
}
"#;

impl Live {
    /// A program on tokio, of these items.
    #[track_caller]
    fn on_tokio(items: &str, main: &str) -> Self {
        let program = Program::example("web");
        program.write(MAIN, &format!("{PRELUDE}{items}{main}"));
        Self::launch(program, &json!({}))
    }

    /// No line that the program has printed has this in it.
    #[track_caller]
    fn never_printed(&self, text: &str) {
        let log = self.session.client.log().to_string();
        let found = log.lines().find(|line| line.contains("\"stdout\"") && line.contains(text));
        assert_eq!(found, None);
    }
}

const REQUESTS: &str = r#"
async fn look_up(id: u64) -> u64 {
    yield_now().await;
    id * 10
}

async fn respond(id: u64) -> String {
    let before = "old";
    if id == 0 {
        println!("waiting");
        until("go").await;
    }
    let found = look_up(1).await;
    let after = "old";
    format!("before {before} after {after} found {found}")
}

fn serve(id: u64) {
    tokio::spawn(async move {
        let text = respond(id).await;
        println!("v1 request {id} {text}.");
    });
}
"#;

#[test]
fn new_requests_run_new_code_and_one_in_flight_finishes_the_old() {
    let mut app = Live::on_tokio(REQUESTS, SERVING);
    app.line("waiting");
    app.line("before old after old found 10.");
    app.swap(&[
        ("let before = \"old\";", "let before = \"new\";"),
        ("let after = \"old\";", "let after = \"new\";"),
    ]);
    app.line("before new after new found 10.");
    app.program.write("go", "");
    app.line("request 0 before old after old found 10.");
    app.never_printed("before old after new");
    app.end();
}

#[test]
fn a_changed_layout_of_a_future_is_never_mixed_with_the_old_one() {
    let mut app = Live::on_tokio(REQUESTS, SERVING);
    app.line("waiting");
    app.line("before old after old found 10.");
    // More lives across both of the places where it waits.
    app.swap(&[
        (
            "let before = \"old\";",
            "let before = \"new\";\n    let kept = vec![id; 3];\n    let more = [7_u64; 20];",
        ),
        (
            "let after = \"old\";",
            "let after = \"new\";\n    let found = found + kept.len() as u64 + more.iter().sum::<u64>();",
        ),
    ]);
    app.line("before new after new found 153.");
    // It waits once more.
    app.swap(&[("let after = \"new\";", "let after = \"third\";\n    yield_now().await;")]);
    app.line("before new after third found 153.");
    app.program.write("go", "");
    app.line("request 0 before old after old found 10.");
    app.never_printed("before old after new");
    app.never_printed("before old after third");
    app.end();
}

#[test]
fn a_future_that_others_wait_for_is_edited() {
    let mut app = Live::on_tokio(REQUESTS, SERVING);
    app.line("found 10.");
    app.swap(&[("id * 10", "id * 20")]);
    app.line("found 20.");
    app.swap(&[(
        "    yield_now().await;\n    id * 20",
        "    let half = id * 15;\n    yield_now().await;\n    yield_now().await;\n    half * 2",
    )]);
    app.line("found 30.");
    // The one that waits began in the oldest code, and asks that for what it needs.
    app.program.write("go", "");
    app.line("request 0 before old after old found 10.");
    app.end();
}

#[test]
fn a_type_that_a_suspended_future_holds_changes_for_the_next_ones() {
    let mut app = Live::on_tokio(
        r#"
struct Job { id: u64, word: &'static str }
impl Job { fn told(&self) -> String { format!("{} {}", self.word, self.id) } }
async fn work(id: u64) -> String {
    let job = Job { id, word: "old" };
    if id == 0 { println!("waiting"); until("go").await; }
    job.told()
}
fn serve(id: u64) { tokio::spawn(async move { println!("v1 job {id} {}.", work(id).await); }); }
"#,
        SERVING,
    );
    app.line("waiting");
    app.edit(
        MAIN,
        &[
            ("struct Job { id: u64,", "struct Job { more: [u64; 8], id: u64,"),
            ("Job { id, word: \"old\" }", "Job { more: [id; 8], id, word: \"new\" }"),
            ("{} {}\", self.word, self.id)", "{} {} {}\", self.word, self.id, self.more[7])"),
        ],
    );
    let answer = app.session.client.ok("midflight/reload", json!({}));
    if answer["applied"] == true {
        app.line(" new ");
    } else {
        let message = answer["message"].as_str().unwrap_or_default();
        assert!(message.contains("`more`") && message.contains("Job"), "{message}");
    }
    app.program.write("go", "");
    app.line("job 0 old 0.");
    app.end();
}

#[test]
fn join_and_select_and_sets_of_tasks() {
    let mut app = Live::on_tokio(
        r#"
async fn left(n: u64) -> u64 { yield_now().await; n + 1 }
async fn right(n: u64) -> u64 { tokio::time::sleep(Duration::from_millis(1)).await; n + 2 }
async fn all(id: u64) -> String {
    let (a, b) = tokio::join!(left(10), right(10));
    let won = tokio::select! { won = left(100) => won, _ = tokio::time::sleep(Duration::from_secs(60)) => 0 };
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..3 { tasks.spawn(left(n)); }
    let sum: u64 = tasks.join_all().await.into_iter().sum();
    format!("join {a} {b} select {won} set {sum}")
}
fn serve(id: u64) { tokio::spawn(async move { println!("v1 {}.", all(id).await); }); }
"#,
        SERVING,
    );
    app.line("v1 join 11 12 select 101 set 6.");
    app.swap(&[("n + 1 }", "n + 5 }")]);
    app.line("v1 join 15 12 select 105 set 18.");
    app.swap(&[("{ yield_now().await; n + 5 }", "{ let twice = n * 2; yield_now().await; twice + 5 }")]);
    app.line("v1 join 25 12 select 205 set 21.");
    app.swap(&[
        ("won = left(100) => won,", "won = right(1) => won, other = left(100) => other,"),
        ("\"join {a} {b}", "\"joined {a} {b}"),
    ]);
    app.line("v1 joined 25 12 select ");
    app.end();
}

#[test]
fn async_closures_and_boxed_futures() {
    let mut app = Live::on_tokio(
        r#"
type Boxed = Pin<Box<dyn Future<Output = u64> + Send>>;
async fn apply(f: impl AsyncFn(u64) -> u64) -> u64 { f(1).await + f(2).await }
fn boxed(n: u64) -> Boxed { Box::pin(async move { yield_now().await; n * 2 }) }
async fn all(id: u64) -> String {
    let by = 10;
    let applied = apply(async |n| { yield_now().await; n * by }).await;
    format!("applied {applied} boxed {}", boxed(5).await)
}
fn serve(id: u64) { tokio::task::spawn_local(async move { println!("v1 {}.", all(id).await); }); }
"#,
        SERVING_LOCALLY,
    );
    app.line("v1 applied 30 boxed 10.");
    app.swap(&[("n * by }", "n * by + 1 }"), ("n * 2 }", "n * 3 }")]);
    app.line("v1 applied 32 boxed 15.");
    app.swap(&[
        ("let by = 10;", "let by = 10;\n    let more = [id; 4];"),
        ("n * by + 1 }", "n * by + more.len() as u64 }"),
        ("Box::pin(async move {", "let more = n + 1; Box::pin(async move {"),
        ("n * 3 }", "n * 3 + more }"),
    ]);
    app.line("v1 applied 38 boxed 21.");
    app.end();
}

#[test]
fn a_future_that_is_kept_and_not_yet_begun_finishes_the_code_that_made_it() {
    let mut app = Live::on_tokio(
        r#"
static KEPT: Mutex<Vec<Pin<Box<dyn Future<Output = String> + Send>>>> = Mutex::new(Vec::new());
async fn job(n: u64) -> String { let word = "old"; yield_now().await; format!("{word} {n} old") }
fn serve(id: u64) {
    let mut kept = KEPT.lock().unwrap();
    if id == 0 { kept.push(Box::pin(job(7))); }
    if Path::new("go").exists() && let Some(first) = kept.pop() {
        tokio::spawn(async move { println!("kept {}.", first.await); });
    }
    tokio::spawn(async move { println!("v1 {}.", job(id).await); });
}
"#,
        SERVING,
    );
    app.line("v1 old ");
    app.swap(&[
        ("let word = \"old\";", "let word = \"new\"; let more = vec![n; 9];"),
        ("{n} old\"", "{} new\", more[8]"),
    ]);
    app.line("v1 new ");
    app.program.write("go", "");
    app.line("kept old 7 old.");
    app.line("v1 new ");
    app.never_printed("old 7 new");
    app.never_printed("new 7 old");
    app.end();
}

#[test]
fn a_task_that_runs_for_ever_calls_new_functions() {
    let mut app = Live::on_tokio(
        r#"
fn beat(n: u64) -> u64 { n + 1 }
async fn pump() {
    loop {
        println!("v1 pump {}.", beat(1));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
"#,
        "#[tokio::main]\nasync fn main() { tokio::spawn(pump()).await.unwrap(); }\n",
    );
    app.line("v1 pump 2.");
    app.swap(&[("n + 1 }", "n + 5 }")]);
    app.line("v1 pump 6.");
    app.end();
}

#[test]
fn a_task_that_runs_for_ever_goes_on_with_the_futures_it_was_built_with() {
    let mut app = Live::on_tokio(
        r#"
async fn beat(n: u64) -> u64 {
    let before = [n; 2];
    yield_now().await;
    before[0] * 10 + before[1]
}
async fn pump() {
    loop {
        println!("v1 pump {}.", beat(1).await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
"#,
        "#[tokio::main]\nasync fn main() { tokio::spawn(pump()).await.unwrap(); }\n",
    );
    app.line("v1 pump 11.");
    app.edit(MAIN, &[("[n; 2]", "[n * 3; 9]"), ("before[1]", "before[8]")]);
    let answer = app.session.client.ok("midflight/reload", json!({}));
    // The loop has the room of an old future in its own state: nothing that it calls may have the new layout, and
    // whoever edits it is told so.
    let message = answer["message"].as_str().unwrap_or_default();
    assert!(message.contains("pump") || message.contains("beat"), "{answer}");
    assert!(answer["applied"] == false || message.contains("old code"), "{answer}");
    assert!(!message.contains("core::"), "what takes futures has none in flight: {answer}");
    app.printed.clear();
    for _ in 0..20 {
        app.line("v1 pump 11.");
    }
    app.end();
}

#[test]
fn a_task_that_runs_for_ever_has_its_breakpoints_in_the_old_code() {
    let mut app = Live::on_tokio(
        r#"
fn beat(n: u64) -> u64 { n + 1 }
async fn pump() {
    loop {
        let n = beat(1); // pumps
        println!("v1 pump {n}.");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
"#,
        "#[tokio::main]\nasync fn main() { tokio::spawn(pump()).await.unwrap(); }\n",
    );
    let line = app.program.line_of(MAIN, "// pumps");
    app.session.set_breakpoints(&app.program, MAIN, &[line]);
    let stop = app.session.stopped();
    app.swap(&[("async fn pump", "// moved\nasync fn pump"), ("v1 pump", "v2 pump")]);
    app.session.resume(&stop);
    let stop = app.session.stopped();
    assert_eq!(stop.line(), line);
    assert!(stop.function().ends_with("(generation 0)"), "{}", stop.function());
    app.session.resume(&stop);
    let stop = app.session.stopped();
    assert!(app.line("pump 2.").starts_with("v1"));
    app.session.resume(&stop);
    app.end();
}
