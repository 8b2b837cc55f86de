//! Sees `exit` as it comes in.
//!
//! The framework stops reading then, but still waits for its answers to be written, which an editor that
//! reads no more never lets it.

use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::sync::Notify;
use tower_lsp::jsonrpc::Request;
use tower_service::Service;

pub(crate) struct Door<S> {
    inner: S,
    exit: Arc<Notify>,
}

impl<S> Door<S> {
    pub(crate) fn new(inner: S) -> (Self, Arc<Notify>) {
        let exit = Arc::new(Notify::new());
        (Self { inner, exit: Arc::clone(&exit) }, exit)
    }
}

impl<S: Service<Request>> Service<Request> for Door<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if request.method() == "exit" {
            self.exit.notify_one();
        }
        self.inner.call(request)
    }
}
