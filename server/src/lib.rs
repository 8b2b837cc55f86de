//! The language server. The only crate that knows LSP.
//!
//! It tells while text is typed what an edit would do to the running process. The shape:
//!
//! - `api` has one file a method: thin, with no state of its own.
//! - `session` owns all state: documents, workspaces, settings, what the client can do.
//! - `analysis` turns an immutable snapshot into an outcome, off the asynchronous threads.
//!
//! Three rules keep it right under a burst of messages. A notification handler changes the state before
//! its first `.await`: tower-lsp starts handlers in the order of the messages, and only starts them in
//! order. No handler awaits a request to the client: the answer may be behind messages that wait for the
//! handler. An outcome carries the versions of the documents it saw, and what is stale is dropped.

mod analysis;
mod api;
mod backend;
mod door;
mod lines;
mod orphan;
mod session;
mod show;
mod uri;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tower_lsp::{LspService, Server};

use crate::backend::Backend;
use crate::door::Door;
use crate::session::Session;

/// How many requests may wait for an analysis at once. With the default of 4, as many slow requests would
/// hold up every notification behind them.
const CONCURRENT_REQUESTS: usize = 256;

/// How long the last answers may take to be written once `exit` was received.
const FAREWELL: Duration = Duration::from_millis(200);

/// Speaks the protocol over standard input and output until `exit`, or until the editor is gone.
///
/// It brings its own runtime, and leaves it without waiting for what still runs on it: a read of standard
/// input that the editor never closes can't be waited for.
pub fn run() -> ExitCode {
    let _ = tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_env("MIDFLIGHT_LOG"))
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .try_init();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "no runtime");
            return ExitCode::from(2);
        }
    };
    let is_clean = runtime.block_on(serve());
    runtime.shutdown_background();
    if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether the editor asked for the end in the way of the protocol.
async fn serve() -> bool {
    let mut session = None;
    let (service, socket) = LspService::new(|client| {
        let created = Session::new(client);
        session = Some(Arc::clone(&created));
        Backend::new(created)
    });
    let (door, exit) = Door::new(service);
    let server = Server::new(tokio::io::stdin(), tokio::io::stdout(), socket);
    tokio::select! {
        () = server.concurrency_level(CONCURRENT_REQUESTS).serve(door) => {}
        () = async { exit.notified().await; tokio::time::sleep(FAREWELL).await } => {}
        () = orphan::wait(session.as_ref()) => tracing::warn!("the editor is gone"),
    }
    session.is_some_and(|session| session.is_shut_down())
}
