//! What happens to every request.

use std::sync::atomic::Ordering;

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;

use crate::Shared;

/// Counts it.
pub async fn count(State(stock): State<Shared>, request: Request, next: Next) -> Response {
    stock.requests.fetch_add(1, Ordering::Relaxed); // body: count
    next.run(request).await
}

/// Says who answered.
pub async fn stamp(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert("served-by", HeaderValue::from_static(name()));
    response
}

fn name() -> &'static str {
    "shop" // text: stamp
}
