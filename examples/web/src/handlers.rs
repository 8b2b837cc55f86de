//! What the routes do.

use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};

use crate::Shared;

/// One thing in stock.
#[derive(Debug, Deserialize, Serialize)]
pub struct Item {
    pub id: u32,
    pub name: String,
}

/// What `/stats` answers.
#[derive(Debug, Serialize)]
pub struct Stats {
    pub items: usize,
    pub requests: u64,
    pub tasks: usize,
}

/// The text of the first page.
fn greeting() -> &'static str {
    "Welcome to the shop." // text: greeting
}

pub async fn greet() -> String {
    let text = greeting();
    format!("{text}\n") // body: greet
}

pub async fn item(State(stock): State<Shared>, Path(id): Path<u32>) -> Result<Json<Item>, StatusCode> {
    let name = stock.items.lock().expect("nobody panics").get(&id).cloned();
    let name = name.ok_or(StatusCode::NOT_FOUND)?;
    tokio::task::yield_now().await;
    Ok(Json(Item { id, name })) // body: item
}

pub async fn add_item(State(stock): State<Shared>, Json(item): Json<Item>) -> StatusCode {
    stock.items.lock().expect("nobody panics").insert(item.id, item.name);
    StatusCode::CREATED
}

pub async fn stats(State(stock): State<Shared>) -> Json<Stats> {
    let items = stock.items.lock().expect("nobody panics").len();
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    Json(Stats { items, requests: stock.requests.load(Ordering::Relaxed), tasks })
}

pub async fn missing(uri: Uri) -> impl IntoResponse {
    (StatusCode::NOT_FOUND, format!("There is no {uri}.\n"))
}
