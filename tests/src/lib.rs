//! End-to-end tests: real debugger, real VS Code, real programs.

use std::path::PathBuf;

pub mod crowd;
pub mod dap;
pub mod driven;
pub mod edits;
pub mod footprint;
pub mod fuzz;
pub mod generator;
pub mod incremental;
pub mod lsp;
pub mod mutation;
pub mod parts;
pub mod program;
pub mod soak;
pub mod terminal;
pub mod tools;

/// The `midflight` command that the tests drive: `MIDFLIGHT_BIN`, else the one that Cargo built beside this
/// test. Cargo does not build other packages' binaries for a test, so `cargo xtask test` builds it first.
pub fn midflight_bin() -> PathBuf {
    if let Some(path) = std::env::var_os("MIDFLIGHT_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().expect("a running program has a path");
    let name = format!("midflight{}", std::env::consts::EXE_SUFFIX);
    let built = test.ancestors().skip(1).take(2).map(|folder| folder.join(&name)).find(|path| path.is_file());
    built.expect("the command is not built: run `cargo build -p midflight` first, or set MIDFLIGHT_BIN")
}
