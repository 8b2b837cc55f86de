//! The same edits, built as for a swap and not swapped: what the compiler alone takes from the server.

use std::path::PathBuf;

use in_place::capture::{self, Purpose};
use midflight_tests::program::Program;

use crate::edits::Sources;

/// A second copy of the server's sources.
pub(crate) struct Twin {
    program: Program,
    folder: PathBuf,
    sources: Sources,
}

impl Twin {
    pub(crate) fn new() -> Self {
        let program = Program::example("web");
        let folder = program.outside().join("capture");
        let sources = Sources::of(&program);
        let twin = Self { program, folder, sources };
        twin.build(Purpose::Launch);
        twin
    }

    /// Makes the next edit and builds it.
    pub(crate) fn edit(&mut self) {
        self.sources.edit(&self.program);
        self.build(Purpose::Patch);
    }

    fn build(&self, purpose: Purpose) {
        let mut cargo = self.program.command("cargo");
        cargo.args(["build", "--quiet"]);
        for (variable, value) in
            capture::environment(&midflight_tests::midflight_bin(), &self.folder, purpose)
        {
            match value {
                Some(value) => cargo.env(variable, value),
                None => cargo.env_remove(variable),
            };
        }
        let output = cargo.output().expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
