//! `cargo run …` as the build that it makes and the program that it starts.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use cargo_metadata::{Metadata, MetadataCommand, Package, Target, TargetKind};

/// Options of Cargo that take a value.
const WITH_VALUE: [&str; 15] = [
    "--bin",
    "--example",
    "--package",
    "--features",
    "--profile",
    "--target",
    "--target-dir",
    "--manifest-path",
    "--lockfile-path",
    "--message-format",
    "--color",
    "--config",
    "--jobs",
    "--explain",
    "--artifact-dir",
];

/// One-letter options of Cargo that take a value: `-p app`, `-papp`.
const LETTERS_WITH_VALUE: [char; 5] = ['p', 'F', 'j', 'Z', 'C'];

/// What a `cargo run` command says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CargoRun {
    /// The arguments of the `cargo build` that makes the program.
    pub(super) build: Vec<String>,
    /// The program's arguments.
    pub(super) arguments: Vec<OsString>,
}

impl CargoRun {
    /// Reads the command line.
    pub(super) fn parse(command: &[OsString]) -> anyhow::Result<Self> {
        let mut words = command.iter();
        let cargo = words.next().map(OsString::as_os_str);
        if cargo != Some(OsStr::new("cargo")) {
            let cargo = cargo.unwrap_or_default().display();
            bail!("the command is `{cargo}`, not `cargo run`. {HOW}");
        }
        let mut build = Vec::new();
        if let Some(toolchain) =
            words.as_slice().first().filter(|word| word.as_encoded_bytes().starts_with(b"+"))
        {
            build.push(text(toolchain)?);
            words.next();
        }
        // Options before `run` are as good behind `build`.
        build.push("build".to_owned());
        let mut subcommand = None;
        while let Some(word) = words.as_slice().first() {
            let Some(word) = word.to_str().filter(|word| subcommand.is_none() || word.starts_with('-'))
            else {
                break;
            };
            words.next();
            if word == "--" {
                break;
            }
            if subcommand.is_none() && !word.starts_with('-') {
                subcommand = Some(word);
                continue;
            }
            build.push(word.to_owned());
            if takes_next(word) {
                build.extend(words.next().map(|value| text(value)).transpose()?);
            }
        }
        match subcommand {
            Some("run" | "r") => {}
            Some(other) => bail!("the command is `cargo {other}`, not `cargo run`. {HOW}"),
            None => bail!("the command is `cargo` without `run`. {HOW}"),
        }
        if build.iter().any(|word| word.starts_with("--message-format")) {
            bail!("`--message-format` is needed to learn what was built: leave it out");
        }
        Ok(Self { build, arguments: words.cloned().collect() })
    }

    /// The value of an option.
    fn value(&self, names: &[&str]) -> Option<&str> {
        let mut words = self.build.iter();
        while let Some(word) = words.next() {
            if takes_next(word) {
                let value = words.next();
                if names.contains(&word.as_str()) {
                    return value.map(String::as_str);
                }
            } else if let Some((_, value)) = word.split_once('=').filter(|(name, _)| names.contains(name)) {
                return Some(value);
            }
        }
        None
    }

    /// Selects the program that `cargo run` would start, and says of which package it is.
    pub(super) fn select(&mut self, folder: &Path) -> anyhow::Result<Option<Package>> {
        let manifest = self.value(&["--manifest-path"]).map(|manifest| folder.join(manifest));
        let metadata = metadata(folder, manifest.as_deref())?;
        let packages = self.packages(&metadata, manifest, folder);
        if packages.is_empty() {
            // There is no such package: Cargo says it best.
            return Ok(None);
        }
        for (option, kind) in [("--bin", TargetKind::Bin), ("--example", TargetKind::Example)] {
            if let Some(name) = self.value(&[option]) {
                let is_meant = |target: &Target| target.kind.contains(&kind) && target.name == name;
                let owner = packages.iter().find(|package| package.targets.iter().any(is_meant));
                return Ok(owner.map(|package| (*package).clone()));
            }
        }
        let programs: Vec<(&Package, &str)> = packages.iter().flat_map(|package| programs(package)).collect();
        match programs.as_slice() {
            [(package, program)] => {
                self.build.extend(["--bin".to_owned(), (*program).to_owned()]);
                Ok(Some((*package).clone()))
            }
            [] => bail!(
                "there is no program to run: the package has only libraries. Choose one with `-p` or `--example`"
            ),
            several => {
                let all: Vec<&str> = several.iter().map(|(_, program)| *program).collect();
                bail!(
                    "there are {} programs to run: {}. Choose one: `cargo run --bin {}`",
                    all.len(),
                    all.join(", "),
                    all[0]
                )
            }
        }
    }

    /// The packages that Cargo looks for a program in.
    fn packages<'a>(
        &self,
        metadata: &'a Metadata,
        manifest: Option<PathBuf>,
        folder: &Path,
    ) -> Vec<&'a Package> {
        if let Some(asked) = self.value(&["-p", "--package"]) {
            let named = |package: &&Package| package.name == name_in(asked) || package.id.repr == asked;
            return metadata.workspace_packages().into_iter().filter(named).collect();
        }
        let nearest = || folder.ancestors().map(|up| up.join("Cargo.toml")).find(|path| path.is_file());
        let manifest = manifest.or_else(nearest).and_then(|path| path.canonicalize().ok());
        let here = |package: &&Package| {
            manifest.is_some() && package.manifest_path.as_std_path().canonicalize().ok() == manifest
        };
        let packages = metadata.workspace_packages();
        match packages.iter().copied().find(here) {
            Some(package) => vec![package],
            None => metadata.workspace_default_packages(),
        }
    }

    /// The toolchain that is asked for.
    pub(super) fn toolchain(&self) -> Option<&str> {
        self.build.first()?.strip_prefix('+')
    }
}

const HOW: &str = "Midflight builds the program and starts it under a debugger: give it the command that \
                   runs it, as in `midflight run -- cargo run --bin app -- arguments`";

fn text(word: &OsStr) -> anyhow::Result<String> {
    let text = word.to_str().with_context(|| format!("`{}` is not UTF-8", word.display()))?;
    Ok(text.to_owned())
}

/// Whether the next word belongs to this option.
fn takes_next(option: &str) -> bool {
    if WITH_VALUE.contains(&option) {
        return true;
    }
    // `-j4` has its value; of `-qp app` the last letter takes one.
    let letters = option.strip_prefix('-').filter(|letters| !letters.starts_with('-'));
    letters.is_some_and(|letters| letters.find(LETTERS_WITH_VALUE) == Some(letters.len().saturating_sub(1)))
}

/// The name in a package specification: `app`, `app@0.1.0`, `path+file:///w/app#0.1.0`.
fn name_in(specification: &str) -> &str {
    let name = specification.rsplit(['/', '#']).next().unwrap_or(specification);
    name.split(['@', ':']).next().unwrap_or(name)
}

/// The programs of a package: just one where it says which is run.
fn programs(package: &Package) -> impl Iterator<Item = (&Package, &str)> {
    let targets = package.targets.iter().filter(|target| target.kind.contains(&TargetKind::Bin));
    let default = package.default_run.as_deref();
    let is_meant = move |target: &&Target| default.is_none_or(|default| target.name == default);
    targets.filter(is_meant).map(move |target| (package, target.name.as_str()))
}

fn metadata(folder: &Path, manifest: Option<&Path>) -> anyhow::Result<Metadata> {
    let mut command = MetadataCommand::new();
    command.current_dir(folder).no_deps();
    if let Some(manifest) = manifest {
        command.manifest_path(manifest);
    }
    match command.exec() {
        Ok(metadata) => Ok(metadata),
        Err(cargo_metadata::Error::CargoMetadata { stderr }) => bail!("{}", stderr.trim()),
        Err(error) => Err(error).context("Cargo can't be asked about the workspace"),
    }
}

/// What `cargo run` puts into a program's environment, as far as programs look for it: what the configuration says,
/// and of which package the program is.
pub(super) fn environment(folder: &Path, package: Option<&Package>) -> Vec<(String, OsString)> {
    let mut variables: Vec<(String, OsString)> = baseline::environment(folder).into_iter().collect();
    if let Some(package) = package {
        let manifest = package.manifest_path.as_std_path();
        let of_package: [(&str, OsString); 4] = [
            ("CARGO_MANIFEST_DIR", manifest.parent().unwrap_or(manifest).into()),
            ("CARGO_MANIFEST_PATH", manifest.into()),
            ("CARGO_PKG_NAME", package.name.to_string().into()),
            ("CARGO_PKG_VERSION", package.version.to_string().into()),
        ];
        variables.extend(of_package.map(|(name, value)| (name.to_owned(), value)));
    }
    variables
}

/// Where the toolchain has its shared libraries.
pub(super) fn toolchain_libraries(folder: &Path, toolchain: Option<&str>) -> Option<PathBuf> {
    let mut rustc = Command::new("rustc");
    rustc.args(["--print", "target-libdir"]).current_dir(folder);
    if let Some(toolchain) = toolchain {
        rustc.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    let output = rustc.output().ok().filter(|output| output.status.success())?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split_whitespace().map(OsString::from).collect()
    }

    fn parsed(text: &str) -> (String, Vec<OsString>) {
        let run = CargoRun::parse(&words(text)).unwrap_or_else(|problem| panic!("{text}: {problem}"));
        (run.build.join(" "), run.arguments)
    }

    #[test]
    fn options_are_the_build_s_and_the_rest_is_the_program_s() {
        let same = |command: &str, build: &str, arguments: &str| {
            assert_eq!(parsed(command), (build.to_owned(), words(arguments)), "{command}");
        };
        same("cargo run", "build", "");
        same("cargo r --bin app -- run --fast", "build --bin app", "run --fast");
        same(
            "cargo +nightly run --release --features a,b --example=demo -- --bin x",
            "+nightly build --release --features a,b --example=demo",
            "--bin x",
        );
        same("cargo --offline run -p app file.txt --bin x", "build --offline -p app", "file.txt --bin x");
        same("cargo run -qp app -j4 -F a b", "build -qp app -j4 -F a", "b");
        same(
            "cargo run --manifest-path a/Cargo.toml --target-dir t -- -- x",
            "build --manifest-path a/Cargo.toml --target-dir t",
            "-- x",
        );
    }

    #[test]
    fn anything_but_cargo_run_is_refused() {
        let problem = |text: &str| match CargoRun::parse(&words(text)) {
            Ok(run) => panic!("{text}: {run:?}"),
            Err(problem) => problem.to_string(),
        };
        assert!(problem("./target/debug/app --fast").starts_with("the command is `./target/debug/app`, not"));
        assert!(problem("cargo test -p app").starts_with("the command is `cargo test`"));
        assert!(problem("cargo --locked").contains("without `run`"));
        assert!(problem("cargo run --message-format=json").contains("leave it out"));
        assert!(problem("").contains("midflight run -- cargo run"));
    }

    #[test]
    fn packages_are_named_in_many_ways() {
        for specification in ["app", "app@0.1.0", "path+file:///w/app#app@0.1.0", "file:///w/app"] {
            assert_eq!(name_in(specification), "app", "{specification}");
        }
    }
}
