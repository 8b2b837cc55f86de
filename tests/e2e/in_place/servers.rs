//! Web servers that are edited while they are asked.

use std::io::{Read, Write};
use std::net::TcpStream;

use midflight_tests::dap::PATIENCE;
use midflight_tests::program::Program;
use serde_json::json;

use super::{Live, MAIN};

/// A server that says where it listens once it does.
struct Server {
    app: Live,
    address: String,
}

impl Server {
    #[track_caller]
    fn launch(program: Program) -> Self {
        let mut app = Live::launch(program, &json!({}));
        let line = app.line("http://");
        let (_, address) = line.split_once("http://").expect("it was looked for");
        Self { address: address.to_owned(), app }
    }

    /// Asks for a page, and doesn't wait for the answer.
    #[track_caller]
    fn ask(&self, page: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("it is not zero");
        let request = format!("GET {page} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address);
        stream.write_all(request.as_bytes()).expect("the server reads");
        stream
    }

    /// The whole answer to a request: head and body.
    #[track_caller]
    fn get(&self, page: &str) -> String {
        answer(self.ask(page))
    }
}

#[track_caller]
fn answer(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("the server answers");
    text
}

/// A server whose routes are made once, as most are.
const SHOP: &str = r#"
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use axum::extract::{Path, Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::{Json, Router, routing::get};
use tokio::net::TcpListener;

#[derive(Default)] struct Stock { asked: AtomicU64 }

async fn until(file: &str) {
    while !std::path::Path::new(file).exists() { tokio::time::sleep(std::time::Duration::from_millis(5)).await; }
}

async fn greet(State(stock): State<Arc<Stock>>) -> String {
    let asked = stock.asked.fetch_add(1, Ordering::SeqCst) + 1;
    format!("v1 greeting, asked {asked} times.")
}

async fn slow(Path(id): Path<u64>) -> String {
    let before = "old";
    println!("slow {id} waits");
    until("go").await;
    let after = "old";
    format!("slow {id} before {before} after {after}.")
}

async fn price(Path(id): Path<u64>) -> Json<serde_json_like::Price> { Json(serde_json_like::of(id)) }

mod serde_json_like {
    #[derive(serde::Serialize)] pub struct Price { pub id: u64, pub cents: u64 }
    pub fn of(id: u64) -> Price { Price { id, cents: id * 100 } }
}

async fn pointed(Path(id): Path<u64>) -> String {
    let before = "old";
    tokio::task::yield_now().await;
    let after = "old";
    format!("pointed {id} before {before} after {after}.")
}

async fn stamp(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert("stamp", axum::http::HeaderValue::from_static("one"));
    response
}

#[tokio::main]
async fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    let routes = Router::new()
        .route("/", get(greet))
        .route("/slow/{id}", get(slow))
        .route("/price/{id}", get(price))
        .route("/pointed/{id}", get(pointed as fn(Path<u64>) -> _))
        .layer(from_fn(stamp))
        .with_state(Arc::new(Stock::default()));
    axum::serve(listener, routes).await.unwrap();
}
"#;

#[test]
fn handlers_and_middleware_of_a_server_whose_routes_are_made_once_are_edited() {
    let program = Program::example("web");
    program.write(MAIN, SHOP);
    let mut server = Server::launch(program);
    assert!(server.get("/").ends_with("v1 greeting, asked 1 times."));
    let in_flight = server.ask("/slow/1");
    server.app.line("slow 1 waits");
    // The body of a handler, with more that lives while it waits; the state stays.
    server.app.swap(&[
        ("format!(\"v1 greeting,", "let mut all = vec![asked];\n    tokio::task::yield_now().await;\n    all.push(1);\n    assert_eq!(all.len(), 2);\n    format!(\"v2 greeting,"),
        ("let before = \"old\";\n    println!", "let before = \"new\";\n    let kept = vec![id; 3];\n    println!"),
        ("let after = \"old\";\n    format!(\"slow", "let after = \"new\";\n    assert_eq!(kept.len(), 3);\n    format!(\"slow"),
    ]);
    let page = server.get("/");
    assert!(page.ends_with("v2 greeting, asked 2 times."), "{page}");
    // What a handler calls, and a middleware.
    server.app.swap(&[("id * 100", "id * 200"), ("from_static(\"one\")", "from_static(\"two\")")]);
    let page = server.get("/price/7");
    assert!(page.contains("\"cents\":1400") && page.contains("stamp: two"), "{page}");
    let after = server.ask("/slow/2");
    server.app.line("slow 2 waits");
    server.app.program.write("go", "");
    let page = answer(after);
    assert!(page.ends_with("slow 2 before new after new."), "{page}");
    let page = answer(in_flight);
    assert!(page.ends_with("slow 1 before old after old."), "{page}");
    server.app.end();
}

#[test]
fn a_handler_that_a_pointer_leads_to_runs_its_old_code_whole() {
    let program = Program::example("web");
    program.write(MAIN, SHOP);
    let mut server = Server::launch(program);
    assert!(server.get("/pointed/1").ends_with("pointed 1 before old after old."));
    server.app.edit(
        MAIN,
        &[
            (
                "let before = \"old\";\n    tokio::task",
                "let before = \"new\";\n    let kept = vec![id; 9];\n    tokio::task",
            ),
            (
                "let after = \"old\";\n    format!(\"pointed {id}",
                "let after = \"new\";\n    let id = kept[8];\n    format!(\"pointed {id}",
            ),
        ],
    );
    // The pointer was stored when the routes were made, and can't be known to anybody.
    let answer = server.app.session.client.ok("midflight/reload", json!({}));
    let message = answer["message"].as_str().unwrap_or_default();
    assert!(answer["applied"] == false || message.contains("`main` runs its old code"), "{answer}");
    let page = server.get("/pointed/2");
    assert!(page.ends_with("pointed 2 before old after old."), "{page}");
    server.app.end();
}

/// Each call of a logging macro has statics of its own, and is named by its place in the function.
#[track_caller]
fn says_what_it_logs(server: &mut Server) {
    let greeted = "    tracing::info!(asked, \"greeted\");\n    format!(\"v2";
    server.app.swap(&[("    format!(\"v2", greeted)]);
    server.get("/");
    let line = server.app.line("greeted");
    assert!(line.contains("\"asked\":3") && line.contains("INFO"), "{line}");
    let busy =
        "    tracing::warn!(orders = 7, shop = \"one\", \"busy\");\n    tracing::info!(asked, kind = 8";
    server.app.swap(&[("    tracing::info!(asked", busy)]);
    server.get("/");
    let line = server.app.line("busy");
    assert!(["WARN", "\"orders\":7", "\"shop\":\"one\""].iter().all(|part| line.contains(part)), "{line}");
    let line = server.app.line("greeted");
    assert!(["INFO", "\"asked\":4", "\"kind\":8"].iter().all(|part| line.contains(part)), "{line}");
}

#[test]
fn a_server_with_three_hundred_dependencies() {
    let program = Program::fixture("gateway");
    let packages = program.read("Cargo.lock").matches("[[package]]").count();
    assert!(packages > 300, "only {packages} packages");
    let mut server = Server::launch(program);
    assert!(server.get("/").ends_with("v1 welcome, asked 1 times"));
    assert!(server.get("/sum/1+2+3").contains("\"sum\":6"));
    // An async handler, what another one calls, and a middleware.
    server.app.swap(&[
        (
            "    format!(\"v1 welcome, asked {asked} times\") // body: greet",
            "    let orders = vec![gateway.orders.len()];\n    tokio::task::yield_now().await;\n    \
             format!(\"v2 welcome, asked {asked} times, {orders:?}\")",
        ),
        ("+ 0 // body: sum", "* 10"),
        ("from_static(\"gateway one\")", "from_static(\"gateway two\")"),
    ]);
    let page = server.get("/");
    assert!(
        page.ends_with("v2 welcome, asked 2 times, [0]") && page.contains("served-by: gateway two"),
        "{page}"
    );
    assert!(server.get("/sum/1+2+4").contains("\"sum\":70"));
    assert!(server.get("/page").ends_with("orders: 0, Dear Ada"));
    // A part of a dependency that the server had no use for.
    server.app.swap(&[("* 10", "* 10 + uuid::Uuid::from_u128(7).as_fields().3[7] as u64")]);
    assert!(server.get("/sum/1+2+5").contains("\"sum\":87"));
    says_what_it_logs(&mut server);
    server.app.edit(
        MAIN,
        &[
            ("    asked: AtomicU64,", "    asked: AtomicU64,\n    more: u8,"),
            ("asked: AtomicU64::new(0),", "asked: AtomicU64::new(0),\n            more: 0,"),
        ],
    );
    let message = server.app.refused();
    assert!(message.contains("`more`") && message.contains("Gateway"), "{message}");
    let page = server.get("/");
    assert!(page.ends_with("v2 welcome, asked 5 times, [0]"), "{page}");
    server.app.end();
}
