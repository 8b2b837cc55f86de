//! What a build made, as Cargo's messages tell it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use cargo_metadata::{Artifact, ArtifactDebuginfo, CrateType, TargetKind};

use crate::error::{Error, Result};

/// What was built.
#[derive(Debug, Clone, Default)]
pub(crate) struct Built {
    /// The programs.
    pub(crate) programs: Vec<Executable>,
    /// Libraries that can be loaded: by target name, the file.
    pub(crate) libraries: BTreeMap<String, PathBuf>,
    /// Per package and target, the feature sets it was built with (host and target builds may differ).
    features: BTreeMap<(String, String), BTreeSet<Vec<String>>>,
    /// The user's own that has no layouts in its debug information.
    thin: Vec<Thin>,
}

/// A target that was built with too little debug information.
#[derive(Debug, Clone)]
struct Thin {
    name: String,
    /// As in `debug = 1`.
    level: String,
    /// Its files, without their extensions.
    stems: Vec<OsString>,
}

/// A program that was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Executable {
    /// The target's name.
    pub(crate) name: String,
    /// Its package, as Cargo names it exactly.
    pub(crate) package: String,
    /// The file.
    pub(crate) path: PathBuf,
    /// The option of Cargo that selects it and no other.
    option: &'static str,
    /// It runs tests or benchmarks.
    is_test: bool,
}

impl Executable {
    fn of(artifact: &Artifact) -> Option<Self> {
        let path = artifact.executable.clone()?.into_std_path_buf();
        let option = artifact.target.kind.iter().find_map(|kind| match kind {
            TargetKind::Bin => Some("--bin"),
            TargetKind::Example => Some("--example"),
            TargetKind::Test => Some("--test"),
            TargetKind::Bench => Some("--bench"),
            TargetKind::Lib | TargetKind::RLib | TargetKind::ProcMacro => Some("--lib"),
            _ => None,
        })?;
        let (name, package) = (artifact.target.name.clone(), artifact.package_id.repr.clone());
        Some(Self { name, package, path, option, is_test: artifact.profile.test })
    }

    /// What to write into `midflight.cargo` for just this program.
    fn selection(&self) -> String {
        let Self { name, option, is_test, .. } = self;
        match (*option, *is_test) {
            ("--lib", _) => "[\"test\", \"--no-run\", \"--lib\"]".to_owned(),
            ("--bin" | "--example", true) => format!("[\"test\", \"--no-run\", \"{option}\", \"{name}\"]"),
            _ => format!("[\"build\", \"{option}\", \"{name}\"]"),
        }
    }
}

impl Thin {
    fn of(artifact: &Artifact) -> Option<Self> {
        let debuginfo = &artifact.profile.debuginfo;
        let is_own = artifact.package_id.repr.contains("path+file:");
        if !is_own || *debuginfo == ArtifactDebuginfo::Full {
            return None;
        }
        // A library's first file has no hash in its name, the others have.
        let stems = artifact.filenames.iter().filter_map(|file| file.file_stem()).map(OsString::from);
        Some(Self {
            name: artifact.target.name.clone(),
            level: debuginfo.to_string(),
            stems: stems.collect(),
        })
    }
}

impl Built {
    pub(crate) fn add(&mut self, artifact: Artifact) {
        let key = (artifact.package_id.repr.clone(), artifact.target.name.clone());
        let mut features = artifact.features.clone();
        features.sort();
        self.features.entry(key).or_default().insert(features);
        self.thin.extend(Thin::of(&artifact));
        self.programs.extend(Executable::of(&artifact));
        let is_loadable = |kind: &CrateType| matches!(kind, CrateType::DyLib | CrateType::CDyLib);
        if artifact.target.crate_types.iter().any(is_loadable) {
            let is_library = |path: &&cargo_metadata::camino::Utf8PathBuf| {
                matches!(path.extension(), Some("so" | "dylib" | "dll"))
            };
            if let Some(path) = artifact.filenames.iter().find(is_library) {
                self.libraries.insert(artifact.target.name, path.clone().into_std_path_buf());
            }
        }
    }

    /// The one program to debug: the one that `wanted` names, else the only one. Where tests are built, the
    /// binaries are there only for them to start.
    pub(crate) fn program(&self, wanted: Option<&str>) -> Result<Option<&Executable>> {
        if let Some(wanted) = wanted {
            let path = Path::new(wanted);
            let same = |program: &&Executable| program.path == path || program.name == wanted;
            return Ok(self.programs.iter().find(same));
        }
        let tests = self.programs.iter().any(|program| program.is_test);
        let meant: Vec<&Executable> =
            self.programs.iter().filter(|program| program.is_test || !tests).collect();
        match meant.as_slice() {
            [program] => Ok(Some(program)),
            [] => Err(Error::user(
                "The build makes no program: `midflight.cargo` selects only libraries. Select a binary, \
                 such as [\"build\", \"--bin\", \"app\"], or name the program with `program`.",
            )),
            programs => {
                let mut choices: Vec<String> = programs.iter().map(|program| program.selection()).collect();
                choices.sort_unstable();
                Err(Error::user(format!(
                    "The build makes {} programs. Choose one with `midflight.cargo` in the launch \
                     configuration: {}.",
                    choices.len(),
                    choices.join(", ")
                )))
            }
        }
    }

    /// Which part of a program has no layouts in its debug information, and what to change: the program itself, or one
    /// of the libraries that are linked to it.
    pub(crate) fn without_layouts(&self, program: &Path, libraries: &[PathBuf]) -> Option<String> {
        let parts: Vec<&OsStr> =
            libraries.iter().map(PathBuf::as_path).chain([program]).filter_map(Path::file_stem).collect();
        let is_part = |thin: &&Thin| thin.stems.iter().any(|stem| parts.contains(&stem.as_os_str()));
        let Thin { name, level, .. } = self.thin.iter().find(is_part)?;
        Some(format!(
            "`{name}` is built with `debug = {level}`, so that nobody can tell whether layouts change; set \
             `debug = true` in the Cargo profile it is built with (`[profile.dev]`, unless you chose another)"
        ))
    }

    /// The first package that the other build made with features that this one has not.
    pub(crate) fn feature_difference(&self, other: &Self) -> Option<String> {
        other.features.iter().find_map(|(key, theirs)| {
            let ours = self.features.get(key)?;
            let foreign = theirs.iter().find(|features| !ours.contains(*features))?;
            let ours = ours.iter().next()?;
            Some(format!(
                "`{}` is built with the features [{}] for the reload, and runs with [{}]",
                key.1,
                foreign.join(", "),
                ours.join(", ")
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn executable(name: &str, option: &'static str, is_test: bool) -> Executable {
        let path = PathBuf::from("/t").join(name);
        Executable { name: name.into(), package: "p".into(), path, option, is_test }
    }

    #[test]
    fn several_programs_need_a_choice() {
        let programs = vec![executable("b", "--bin", false), executable("a", "--example", false)];
        let built = Built { programs, ..Built::default() };
        let problem = built.program(None).err().map(|error| error.message).unwrap_or_default();
        let choices = "[\"build\", \"--bin\", \"b\"], [\"build\", \"--example\", \"a\"].";
        assert!(problem.contains("2 programs") && problem.ends_with(choices), "{problem}");
        let found = built.program(Some("/t/b")).ok().flatten();
        assert_eq!(found.map(|program| program.name.as_str()), Some("b"));
    }

    #[test]
    fn a_test_is_meant_not_the_binary_that_it_starts() {
        let programs = vec![executable("app", "--bin", false), executable("it", "--test", true)];
        let built = Built { programs, ..Built::default() };
        assert_eq!(built.program(None).ok().flatten().map(|program| program.name.as_str()), Some("it"));
    }
}
