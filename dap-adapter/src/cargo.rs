//! Building with Cargo, and what its messages say about what was built.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use cargo_metadata::Message;
use cargo_metadata::diagnostic::{Diagnostic, DiagnosticLevel};
use serde::Serialize;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::sync::mpsc;

pub(crate) use crate::built::Built;
use crate::error::{Error, Result};
use crate::platform;

/// One `cargo build`, as the user asked for it.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    folder: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(&'static str, Option<OsString>)>,
    low_priority: bool,
}

/// What Cargo says while it builds.
#[derive(Debug, Clone)]
pub(crate) enum Progress {
    /// A line of Cargo's own: `Compiling world v0.1.0`.
    Step(String),
    /// A diagnostic of the compiler, rendered for a terminal.
    Diagnostic(String),
    /// The build is over.
    Done(Findings),
}

/// All that the compiler found in one build.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Findings {
    /// Whether there is a program to run.
    pub(crate) success: bool,
    /// The workspace.
    pub(crate) root: Option<PathBuf>,
    /// As Cargo wrote them; their paths are relative to the root.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Options that select packages or targets; a staging build selects its own. With each, whether a value follows.
const SELECTION: [(&str, bool); 18] = [
    ("--test", true),
    ("--tests", false),
    ("--bench", true),
    ("--benches", false),
    ("--no-run", false),
    ("--bin", true),
    ("--bins", false),
    ("--lib", false),
    ("--example", true),
    ("--examples", false),
    ("--all-targets", false),
    ("--package", true),
    ("-p", true),
    ("--workspace", false),
    ("--all", false),
    ("--exclude", true),
    ("--target-dir", true),
    ("--message-format", true),
];

impl Invocation {
    /// The build that `midflight.cargo` asks for, run in `folder`.
    pub(crate) fn new(folder: &Path, arguments: &[String]) -> Result<Self> {
        let subcommand = arguments.iter().find(|argument| !argument.starts_with('+'));
        match subcommand.map(String::as_str) {
            Some("build" | "b") => {}
            Some("test" | "t") if arguments.iter().any(|argument| argument == "--no-run") => {}
            Some(other) => {
                return Err(Error::user(format!(
                    "`midflight.cargo` runs `cargo {other}`; it must only build, such as \
                     [\"build\", \"--bin\", \"app\"] or [\"test\", \"--no-run\", \"--test\", \"it\"]. The program is \
                     started by the debugger."
                )));
            }
            None => {
                return Err(Error::user("`midflight.cargo` is empty; use [\"build\"], for instance."));
            }
        }
        if arguments.iter().any(|argument| argument.starts_with("--message-format")) {
            return Err(Error::user(
                "`midflight.cargo` sets `--message-format`, which Midflight needs for itself: leave it out.",
            ));
        }
        let (arguments, environment) = (arguments.to_vec(), Vec::new());
        Ok(Self { folder: folder.to_owned(), arguments, environment, low_priority: false })
    }

    /// The same build of the libraries of these packages only.
    ///
    /// The program's package stays selected: features are unified over the selected packages, and a
    /// library built with other features has other layouts.
    pub(crate) fn libraries(&self, packages: &[String]) -> Self {
        let mut arguments = without_selection(&self.arguments);
        if let Some(subcommand) = arguments.iter_mut().find(|argument| !argument.starts_with('+')) {
            "build".clone_into(subcommand);
        }
        arguments.push("--lib".to_owned());
        for package in packages {
            arguments.extend(["--package".to_owned(), package.clone()]);
        }
        Self { arguments, ..self.clone() }
    }

    /// The same, into a directory of their own.
    pub(crate) fn staging(&self, target_dir: &Path, packages: &[String]) -> Self {
        let Self { mut arguments, .. } = self.libraries(packages);
        arguments.extend(["--target-dir".to_owned(), target_dir.to_string_lossy().into_owned()]);
        Self { arguments, ..self.clone() }
    }

    /// The same build with these variables set, or not set.
    pub(crate) fn with(
        &self,
        environment: impl IntoIterator<Item = (&'static str, Option<OsString>)>,
    ) -> Self {
        Self { environment: environment.into_iter().collect(), ..self.clone() }
    }

    /// The same build, behind everything else that runs on the machine.
    pub(crate) fn in_background(mut self) -> Self {
        self.low_priority = true;
        self
    }

    /// The command line, to be shown.
    pub(crate) fn shown(&self) -> String {
        format!("cargo {}", self.arguments.join(" "))
    }

    /// Builds. Dropping the future ends the build.
    pub(crate) async fn run(&self, progress: mpsc::UnboundedSender<Progress>) -> Result<Built> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(&cargo);
        command.current_dir(&self.folder).args(&self.arguments);
        command.arg("--message-format=json-diagnostic-rendered-ansi");
        if let Some(path) = longer_search_path() {
            command.env("PATH", path);
        }
        for (name, value) in &self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        platform::own_group(command.as_std_mut());
        if self.low_priority {
            platform::low_priority(&mut command);
        }
        let child = platform::spawn(command).await.map_err(|error| {
            Error::user(format!(
                "Cargo can't be started ({error}). Install Rust from https://rustup.rs and make sure that \
                 `cargo` is on the search path of the editor."
            ))
        })?;
        let mut group = Group(child);
        let (stdout, stderr) = (group.0.stdout.take(), group.0.stderr.take());
        let steps = tokio::spawn(report_steps(stderr, progress.clone()));
        let outcome = read_messages(stdout, &progress).await;
        let status = group.0.wait().await.map_err(|error| Error::nobody(format!("cargo: {error}")))?;
        let last_step = steps.await.unwrap_or_default();
        let success = status.success();
        let root = baseline::find_root(&package_folder(&self.folder, &self.arguments));
        let findings = Findings { success, root, diagnostics: outcome.diagnostics };
        let _ = progress.send(Progress::Done(findings));
        if success { Ok(outcome.built) } else { Err(failure(&outcome.errors, &last_step)) }
    }
}

/// The search path with the place where rustup puts Rust, if that is not on it: an editor that was started from the
/// desktop often lacks the search path of the shell.
fn longer_search_path() -> Option<OsString> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let programs = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")))?.join("bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if directories.contains(&programs) || !programs.is_dir() {
        return None;
    }
    directories.push(programs);
    std::env::join_paths(directories).ok()
}

/// The folder of the toolchain that builds in a folder: rustup chooses it there as Cargo would.
pub(crate) async fn sysroot(folder: &Path) -> Option<PathBuf> {
    let mut command = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    command.args(["--print", "sysroot"]).current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    if let Some(path) = longer_search_path() {
        command.env("PATH", path);
    }
    let output = command.output().await.ok().filter(|output| output.status.success())?;
    let path = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(path.trim_end()))
}

/// The folder whose package is built: where Cargo runs, unless its arguments name a manifest.
pub(crate) fn package_folder(folder: &Path, arguments: &[String]) -> PathBuf {
    const OPTION: &str = "--manifest-path";
    let next = |argument: &String| arguments.iter().skip_while(|other| *other != argument).nth(1);
    let manifest = arguments.iter().find_map(|argument| match argument.strip_prefix(OPTION)? {
        "" => next(argument).map(String::as_str),
        joined => joined.strip_prefix('='),
    });
    let package = manifest.and_then(|manifest| Some(folder.join(manifest).parent()?.to_owned()));
    package.unwrap_or_else(|| folder.to_owned())
}

/// Ends a build with all its compilers when it is no longer wanted.
struct Group(tokio::process::Child);

impl Drop for Group {
    fn drop(&mut self) {
        platform::kill_group(&self.0);
    }
}

fn without_selection(arguments: &[String]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let name = argument.split('=').next().unwrap_or(argument);
        match SELECTION.iter().find(|(option, _)| *option == name) {
            Some((_, true)) if !argument.contains('=') => {
                arguments.next();
            }
            Some(_) => {}
            None => kept.push(argument.clone()),
        }
    }
    kept
}

#[derive(Default)]
struct Outcome {
    built: Built,
    errors: Vec<String>,
    diagnostics: Vec<Diagnostic>,
}

fn failure(errors: &[String], last_step: &str) -> Error {
    let Some(first) = errors.first() else {
        return Error::user(format!("Cargo can't build the program: {last_step}"));
    };
    let more = match errors.len() - 1 {
        0 => String::new(),
        1 => " (and one more error)".to_owned(),
        more => format!(" (and {more} more errors)"),
    };
    Error::user(format!("The program does not build: {first}{more}. The compiler's output says more."))
}

async fn read_messages(
    stdout: Option<impl AsyncRead + Unpin>,
    progress: &mpsc::UnboundedSender<Progress>,
) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(stdout) = stdout else { return outcome };
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        match serde_json::from_str(&line) {
            Ok(Message::CompilerArtifact(artifact)) => outcome.built.add(artifact),
            Ok(Message::CompilerMessage(compiler)) => {
                let mut diagnostic = compiler.message;
                let is_summary = diagnostic.spans.is_empty() && diagnostic.message.starts_with("aborting");
                if matches!(diagnostic.level, DiagnosticLevel::Error) && !is_summary {
                    let place = diagnostic.spans.iter().find(|span| span.is_primary);
                    let place = place.map(|span| format!(" ({}:{})", span.file_name, span.line_start));
                    outcome.errors.push(format!("{}{}", diagnostic.message, place.unwrap_or_default()));
                }
                if let Some(rendered) = diagnostic.rendered.take() {
                    let _ = progress.send(Progress::Diagnostic(rendered));
                }
                if !diagnostic.spans.is_empty() {
                    outcome.diagnostics.push(diagnostic);
                }
            }
            Ok(_) | Err(_) => {}
        }
    }
    outcome
}

/// Passes Cargo's own lines on; returns its last error with what belongs to it.
async fn report_steps(
    stderr: Option<impl AsyncRead + Unpin>,
    progress: mpsc::UnboundedSender<Progress>,
) -> String {
    let Some(stderr) = stderr else { return String::new() };
    let mut error = String::new();
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(message) = line.strip_prefix("error: ") {
            message.clone_into(&mut error);
        } else if !error.is_empty() && !line.trim().is_empty() {
            error = format!("{error} {}", line.trim());
        }
        let _ = progress.send(Progress::Step(line));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_staging_build_keeps_everything_but_the_selection() {
        let asked = words("+stable build --bin app -p app --release --features=a,b --target-dir x --lib");
        let invocation = Invocation::new(Path::new("/w"), &asked).expect("a build");
        assert_eq!(
            invocation.staging(Path::new("/t"), &["app".into(), "world".into()]).shown(),
            "cargo +stable build --release --features=a,b --lib --package app --package world --target-dir /t"
        );
    }

    #[test]
    fn a_staging_build_of_a_test_builds_libraries() {
        let invocation =
            Invocation::new(Path::new("/w"), &words("test --no-run --test it -q")).expect("a build");
        let staging = invocation.staging(Path::new("/t"), &["app".into()]);
        assert_eq!(staging.shown(), "cargo build -q --lib --package app --target-dir /t");
    }

    #[test]
    fn a_manifest_says_where_the_package_is() {
        let folder = |text: &str| package_folder(Path::new("/w"), &words(text));
        assert_eq!(folder("build --bin app"), Path::new("/w"));
        assert_eq!(folder("build --manifest-path app/Cargo.toml"), Path::new("/w/app"));
        assert_eq!(folder("build --manifest-path=/x/Cargo.toml --release"), Path::new("/x"));
    }

    #[test]
    fn only_a_build_will_do() {
        let problem = |text: &str| {
            Invocation::new(Path::new("/"), &words(text)).err().map(|error| error.message).unwrap_or_default()
        };
        assert_eq!(problem("build --release"), "");
        assert!(problem("run").contains("`cargo run`"));
        assert_eq!(problem("test --no-run --test it"), "");
        assert!(problem("test").contains("--no-run"));
        assert!(problem("build --message-format=short").contains("leave it out"));
    }
}
