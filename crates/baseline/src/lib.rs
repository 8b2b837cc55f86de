//! Where the texts to compare with come from: the work tree, git, and the generations on disk.
//!
//! The language server and the debug adapter are separate processes that may be started by different
//! editors. They meet only here, in `<target dir>/midflight/`:
//!
//! ```text
//! midflight/
//!   lock                              the store-wide lock: writers share it, the collector owns it
//!   texts/3f/9a…                      content-addressed by SHA-256, written once, never changed
//!   sessions/<id>/lock                locked by the session for as long as it lives
//!   sessions/<id>/generation-000002.json
//! ```
//!
//! Each file is written under a temporary name and renamed, so whatever the moment of a crash, a reader
//! finds whole files or none. Liveness is an operating system lock and not a recorded process id, since
//! the lock goes with the process however it dies and ids are used again.
//!
//! Nothing in this crate runs a program: reading a workspace must be safe before anybody trusts it.

mod cargo;
mod collect;
mod error;
mod files;
mod git;
mod manifest;
mod session;
mod store;
mod text_store;
mod tree;
mod watch;

pub use compat::Texts;

pub use cargo::{environment, find_root, target_dir};
pub use error::{Error, Result};
pub use files::sha256;
pub use git::{git_commit, read_git};
pub use manifest::{Built, Manifest};
pub use session::{LiveSession, NewGeneration, SessionStart};
pub use store::{Current, Limits, Store};
pub use tree::{Tree, read_tree};
pub use watch::Watch;
