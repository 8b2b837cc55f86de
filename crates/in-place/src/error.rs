//! What can go wrong before anything is loaded. The process is not touched in any of these cases.

use std::path::{Path, PathBuf};

/// Why there is no patch.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of the build can't be read or written.
    #[error("can't use {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// An object or program is not what this platform's compiler writes.
    #[error("{} can't be read: {source}", path.display())]
    Object {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: object::Error,
    },
    /// The build was not captured.
    #[error("{} holds no captured link: build the program through Midflight first", path.display())]
    NotCaptured {
        /// The capture folder.
        path: PathBuf,
    },
    /// Another session built a patch of the program while it was built for a launch.
    #[error("another session changed the build while the program was built for this one")]
    Overtaken,
    /// The patch's object can't be written.
    #[error("the patch can't be written: {0}")]
    Write(#[from] object::write::Error),
    /// A thread local has a place in each thread from its start: a running program can't get another one.
    #[error("{what} is a thread local that the running program does not have: restart to apply the change")]
    ThreadLocal {
        /// Which one.
        what: String,
    },
    /// Data that the program may have written leads to code that new code must not call.
    #[error(
        "the static `{what}` began with a pointer to code that has values of another layout, and the program may have \
         written it since"
    )]
    State {
        /// The static.
        what: String,
    },
    /// A static by another name, of which it can't be told which one it was.
    #[error(
        "there are several statics `{what}`, or it has another size now: which of them goes on can't be told; restart to apply \
         the change"
    )]
    Namesake {
        /// The static.
        what: String,
    },
    /// The standard library is in the program's own objects, and a patch would have some of it of its own.
    #[error(
        "the program is linked as one with the standard library (`lto` in its profile): restart to apply the change, or build \
         it with `lto = false`"
    )]
    LinkedAsOne,
    /// Old and new code would each read the static in their own way.
    #[error(
        "the optimiser keeps the static `{what}` in another way than it is written, if at all, and in another one after an \
         edit: restart to apply the change, or build its package with `opt-level = 0`"
    )]
    Altered {
        /// The static.
        what: String,
    },
    /// The old code is too short for a jump.
    #[error("`{function}` is {size} bytes long, shorter than the jump to its new code")]
    TooShort {
        /// The function.
        function: String,
        /// Its size in bytes.
        size: u64,
    },
    /// The program has several functions of this name.
    #[error("the program has several functions named `{function}`; which of them to redirect is unclear")]
    Ambiguous {
        /// The function.
        function: String,
    },
    /// The compiler gave two functions one body.
    #[error("`{function}` had the same code as another function, so that the compiler made them one")]
    Merged {
        /// The function.
        function: String,
    },
    /// The patch lies too far from the program.
    #[error("there is no place for more patches near the program: restart to apply the change")]
    OutOfReach,
    /// The gate can't read what was built.
    #[error(transparent)]
    Gate(#[from] artifact::Error),
    /// Frames could not be told apart by generation.
    #[error("the path of the workspace, {root}, is too short to tell the generations of its files apart")]
    ShortRoot {
        /// The workspace root.
        root: String,
    },
    /// Lines could not be told to belong to the workspace.
    #[error(
        "the program's debug information names no file below {root}: it was built with other paths (as \
         `--remap-path-prefix` does), which `pathRewrites` in the launch configuration has to name"
    )]
    OtherPaths {
        /// The workspace root.
        root: String,
    },
    /// The linker failed.
    #[error("the patch does not link:\n{output}")]
    Link {
        /// What the linker said.
        output: String,
    },
}

impl Error {
    /// Whether it is the change itself that a running program can't take up: nothing failed.
    pub(crate) fn is_of_the_change(&self) -> bool {
        matches!(
            self,
            Self::ThreadLocal { .. }
                | Self::State { .. }
                | Self::Namesake { .. }
                | Self::LinkedAsOne
                | Self::Altered { .. }
                | Self::TooShort { .. }
                | Self::Ambiguous { .. }
                | Self::Merged { .. }
                | Self::OutOfReach
        )
    }
}

/// The result of each step.
pub type Result<T> = std::result::Result<T, Error>;

/// Turns an IO error into one that names the file.
pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Error + '_ {
    move |source| Error::Io { path: path.into(), source }
}
