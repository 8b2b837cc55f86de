//! A shop's stock over HTTP: routes, shared state, and a chain of middleware.
//!
//! `cargo run`, then `curl localhost:3000/items/7`. Set `PORT` for another port.

mod handlers;
mod middleware;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::{get, post};
use axum::serve::IncomingStream;
use tokio::net::TcpListener;

use handlers::{add_item, greet, item, missing, stats};

/// What all requests share.
#[derive(Debug, Default)]
pub struct Stock {
    pub items: Mutex<BTreeMap<u32, String>>,
    pub requests: AtomicU64,
}

pub type Shared = Arc<Stock>;

/// All that the server answers.
fn app(stock: Shared) -> Router {
    Router::new()
        .route("/", get(greet))
        .route("/items", post(add_item))
        .route("/items/{id}", get(item))
        .route("/stats", get(stats))
        // route: more
        .fallback(missing)
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&stock), middleware::count))
        .layer(axum::middleware::from_fn(middleware::stamp))
        .with_state(stock)
}

#[tokio::main]
async fn main() {
    let port = std::env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await.expect("the port is free");
    println!("http://{}", listener.local_addr().expect("it listens"));
    let stock = Shared::default();
    stock.items.lock().expect("nobody panics").insert(7, "apples".to_owned());
    // A router for each connection: a route that is added while the server runs is there for the next one.
    let routers = tower::service_fn(move |_: IncomingStream<'_, TcpListener>| {
        let router = app(Arc::clone(&stock));
        async move { Ok::<_, Infallible>(router) }
    });
    axum::serve(listener, routers).await.expect("the server runs");
}
