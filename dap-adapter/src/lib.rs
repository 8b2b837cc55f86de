//! The debug adapter proxy. The only crate that knows DAP.
//!
//! It stands between an editor and a real debug adapter. Without a `midflight` key in the launch
//! configuration every byte passes as it came. With it, the program is built here, reloaded when its
//! sources are saved, and every position in every message is moved between the text that the code was
//! built from and the text that the editor shows.
//!
//! - `codec`, `message`: framing, and the few fields by which a message is routed.
//! - `editor`, `adapter`: the two sides, as queues.
//! - `session`: one event loop that owns all state of a debug session.
//! - `terminal`: a client of a session, for a plain terminal without an editor.
//! - `scripts`, `formatters`, `in_library`, `unobserved`: what is done in LLDB's own Python.
//! - `breakpoints`, `sources`, `originals`, `modules`, `names`, `snapshots`: the domain, without any IO on the protocol.

mod adapter;
mod breakpoints;
mod built;
mod capabilities;
mod cargo;
mod codec;
mod config;
mod editor;
mod error;
mod formatters;
mod guard;
mod images;
mod in_library;
mod message;
mod modules;
mod names;
mod originals;
mod platform;
mod project;
mod scripts;
mod session;
mod snapshots;
mod sources;
#[cfg(test)]
mod statements;
mod streams;
pub mod terminal;
mod unobserved;
mod watch;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;

pub use error::{Blame, Error};
pub use guard::{ARGUMENT as GUARD, guard};

use crate::session::Session;

/// How the proxy is started.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Listen for editors here instead of on the standard streams. Port 0 takes any.
    pub listen: Option<SocketAddr>,
    /// Use the debug adapter that listens here.
    pub connect: Option<SocketAddr>,
    /// The debug adapter to start and its arguments; empty for the best one found.
    pub adapter: Vec<OsString>,
}

/// Serves one editor over the standard streams, or all that connect.
pub async fn run(options: Options) -> Result<(), Error> {
    let options = Arc::new(options);
    let Some(address) = options.listen else {
        let (reader, writer) = streams::standard();
        let (editor, from_editor) = editor::connect(reader, writer);
        // As a task it is woken by others without a look at the system's events in between.
        let session = tokio::spawn(Session::new(options, editor, from_editor).run());
        return session.await.map_err(|error| Error::midflight(format!("The session broke off: {error}.")));
    };
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| Error::user(format!("Can't listen on {address}: {error}.")))?;
    let address = listener.local_addr().map_err(|error| Error::nobody(error.to_string()))?;
    // Whoever started us on port 0 has to learn which one it is.
    eprintln!("midflight: listening on {address}");
    loop {
        let (stream, _) = listener.accept().await.map_err(|error| Error::nobody(error.to_string()))?;
        // Small messages would otherwise wait for each other's acknowledgement.
        let _ = stream.set_nodelay(true);
        let (from, to) = stream.into_split();
        let (editor, from_editor) = editor::connect(from, to);
        tokio::spawn(Session::new(Arc::clone(&options), editor, from_editor).run());
    }
}
