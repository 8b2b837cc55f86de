//! The gate's verdict on edits that the rules hold back, so that it is known for all of them.

use std::path::{Path, PathBuf};

use in_place::capture::{self, Purpose};
use in_place::{Build, Known, Label, Prepared, Process, Record, SessionFolder};
use midflight_tests::driven::{Driven, MODEL};
use midflight_tests::program::Program;

use crate::live::Setting;

/// A program that was built to be patched, and is not run.
pub(crate) struct Gate {
    program: Program,
    setting: Setting,
    folder: PathBuf,
    record: Record,
    session: SessionFolder,
    process: Process,
}

impl Gate {
    pub(crate) fn new(driven: &Driven, setting: Setting) -> Self {
        let program = setting.program(driven);
        let folder = program.outside().join("capture");
        assert!(build(&program, &folder, Purpose::Launch), "the oracle's programs compile");
        let binary = program.path("target/debug/driven");
        let record = Record::of(&folder, &binary).expect("the build was captured");
        let (session, launched) =
            record.begin(&|_| false, &Known::default()).expect("the record is complete");
        let process = Process::launched(&session.program(), &launched).expect("it can be read");
        Self { program, setting, folder, record, session, process }
    }

    /// Why the gate would refuse this; `None` if it would let it pass.
    pub(crate) fn refusal(&self, model: &str) -> Option<String> {
        self.program.write(MODEL, &(self.setting.dress)(model));
        assert!(build(&self.program, &self.folder, Purpose::Patch), "it was built before");
        let build = Build::read(&self.record, &|_| false, &Known::default()).expect("the record is complete");
        let folder = self.session.new_patch(1).expect("the session's folder is there");
        let label = Label::new(self.program.root().to_str().expect("UTF-8"), 1).expect("a long name");
        let prepared = in_place::prepare(&build, &self.process, &|_| false, &folder, &label);
        std::fs::remove_dir_all(&folder).expect("it was just made");
        match prepared {
            Ok(Prepared::Unchanged | Prepared::Ready(_)) => None,
            Ok(Prepared::Refused(differences)) => {
                Some(differences.first().map_or_else(String::new, |difference| difference.message.clone()))
            }
            Err(error) => Some(error.to_string()),
        }
    }
}

fn build(program: &Program, folder: &Path, purpose: Purpose) -> bool {
    let mut cargo = program.command("cargo");
    cargo.args(["build", "--quiet"]);
    for (variable, value) in capture::environment(&midflight_tests::midflight_bin(), folder, purpose) {
        match value {
            Some(value) => cargo.env(variable, value),
            None => cargo.env_remove(variable),
        };
    }
    cargo.output().is_ok_and(|output| output.status.success())
}
