//! Swapping changed functions into an unmodified Cargo program.
//!
//! 1. `capture`: Cargo builds the program through this command as its `RUSTC_WORKSPACE_WRAPPER`, which
//!    records how the program is linked and keeps the objects. For a patch the full link never runs.
//! 2. [`Build`]: the objects of one generation, function by function.
//! 3. `plan`: which functions differ from what the process runs, and what they need that it does not have.
//! 4. `link`: a library with just these, every other name bound to where the process has it.
//! 5. [`prepare`] does 3 and 4 under the gate's eye: what may not be redirected is forked, or refused.
//!
//! The swap itself, loading the library and redirecting the old entries, is the debugger's work and is
//! done by whoever holds it. Everything here is Linux x86-64 and ELF; elsewhere [`supported`] says why not.

mod archives;
mod build;
pub mod capture;
mod closures;
mod content;
mod decide;
mod error;
mod guise;
mod jump;
mod link;
mod loader;
mod local_statics;
mod namesakes;
mod plan;
mod pointers;
mod prepare;
mod process;
mod promoted;
mod record;
mod thread_locals;

pub use build::{Build, Known, ObjectFile};
pub use error::{Error, Result};
pub use guise::{Guise, Memory, SLIDE};
pub use jump::Redirect;
pub use link::{Held, Label, Patch, Replaced, Took};
pub use loader::LinkMap;
pub use prepare::{Prepared, prepare};
pub use process::Process;
pub use record::{Record, SessionFolder, make_ready};

/// Whether this engine works on this machine; else why not, in a sentence for the user.
pub fn supported() -> std::result::Result<(), &'static str> {
    if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        Ok(())
    } else {
        Err("functions are swapped in place on Linux x86-64 only so far; here a change needs a restart")
    }
}
