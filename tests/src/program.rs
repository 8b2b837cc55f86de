//! The programs that tests run and edit: copies of `examples/` in a directory of their own, with their
//! dependencies already compiled.
//!
//! Lines are found by markers in the source (`// breakpoint: step`), so a test says what it means and the examples
//! can change without renumbering anything. Lines count from 1, as people and debuggers count them.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::{fs, io};

use tempfile::TempDir;

mod prebuilt;

/// Variables of the surrounding `cargo test` that would change how the program under test is built.
const BUILD_VARIABLES: [&str; 8] = [
    "CARGO_TARGET_DIR",
    "CARGO_BUILD_TARGET_DIR",
    "CARGO_BUILD_TARGET",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_INCREMENTAL",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTDOCFLAGS",
    "RUSTFLAGS",
];

/// The file by which a workspace is built with the newer symbol mangling: a function's name says nothing of the types in
/// its signature.
pub const NEWER_MANGLING: (&str, &str) =
    (".cargo/config.toml", "[build]\nrustflags = [\"-Csymbol-mangling-version=v0\"]\n");

/// A Cargo workspace in a temporary directory that is removed in the end.
#[derive(Debug)]
pub struct Program {
    directory: TempDir,
    root: PathBuf,
}

impl Program {
    /// A copy of `examples/<name>` whose dependencies are compiled: its first build takes a second or two.
    #[track_caller]
    pub fn example(name: &str) -> Self {
        Self::with_dependencies(&example(name))
    }

    /// A copy of `tests/fixtures/<name>` whose dependencies are compiled.
    #[track_caller]
    pub fn fixture(name: &str) -> Self {
        Self::with_dependencies(&repository().join("tests/fixtures").join(name))
    }

    /// A copy of `examples/<name>` that has never been built.
    #[track_caller]
    pub fn sources(name: &str) -> Self {
        Self::copy(&example(name))
    }

    #[track_caller]
    fn with_dependencies(original: &Path) -> Self {
        let program = Self::copy(original);
        prebuilt::install(original, &program.root)
            .unwrap_or_else(|problem| panic!("the dependencies of {}: {problem}", original.display()));
        program
    }

    #[track_caller]
    fn copy(original: &Path) -> Self {
        let program = Self::files(&[]);
        copy_sources(original, &program.root)
            .unwrap_or_else(|problem| panic!("cannot copy {}: {problem}", original.display()));
        program
    }

    /// A workspace of just these files: `("src/main.rs", "fn main() {}")`.
    #[track_caller]
    pub fn files(files: &[(&str, &str)]) -> Self {
        let directory =
            tempfile::Builder::new().prefix("midflight-").tempdir().expect("a temporary directory");
        // Debuggers and watchers report real paths; so that they can be compared, this one has no links in it.
        let root = directory.path().canonicalize().expect("the directory exists").join("program");
        fs::create_dir(&root).expect("the directory is new");
        let program = Self { directory, root };
        for (file, text) in files {
            program.write(file, text);
        }
        program
    }

    /// The directory of the workspace.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The absolute path of a file of the workspace.
    pub fn path(&self, file: &str) -> PathBuf {
        self.root.join(file)
    }

    /// A directory beside the workspace, for what a test needs outside it.
    pub fn outside(&self) -> &Path {
        self.directory.path()
    }

    /// A file's text.
    #[track_caller]
    pub fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap_or_else(|problem| panic!("{file}: {problem}"))
    }

    /// Saves a file as an editor does: in place, all at once.
    #[track_caller]
    pub fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        let parent = path.parent().expect("a file lies in a directory");
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, text))
            .unwrap_or_else(|problem| panic!("{file}: {problem}"));
    }

    /// The line, from 1, that holds the marker.
    #[track_caller]
    pub fn line_of(&self, file: &str, marker: &str) -> u32 {
        line_of(&self.read(file), marker)
    }

    /// Saves the file with whole lines added above the line that holds the marker.
    #[track_caller]
    pub fn insert_above(&self, file: &str, marker: &str, lines: &str) {
        self.write(file, &insert_above(&self.read(file), marker, lines));
    }

    /// Saves the file with one passage replaced.
    #[track_caller]
    pub fn replace(&self, file: &str, old: &str, new: &str) {
        self.write(file, &replace(&self.read(file), old, new));
    }

    /// A command that runs in the workspace as it would in a user's shell, not as below `cargo test`.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        for variable in BUILD_VARIABLES {
            command.env_remove(variable);
        }
        command
    }

    /// Builds the program with plain `cargo build`.
    #[track_caller]
    pub fn build(&self) {
        run(self.command(cargo()).args(["build", "--quiet"])).unwrap_or_else(|problem| panic!("{problem}"));
    }

    /// Makes the workspace a git repository, with everything in it as the first commit.
    #[track_caller]
    pub fn git_init(&self) {
        self.git(&["init", "--quiet", "--initial-branch=main"]);
        self.git_commit("Start");
    }

    /// Commits everything as it is.
    #[track_caller]
    pub fn git_commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    /// Runs git in the workspace, without the user's configuration.
    #[track_caller]
    fn git(&self, arguments: &[&str]) {
        let mut git = self.command("git");
        git.args(["-c", "user.name=Midflight", "-c", "user.email=tests@midflight.invalid"]);
        git.args(["-c", "commit.gpgSign=false", "-c", "core.autocrlf=false"]).args(arguments);
        git.env("GIT_CONFIG_GLOBAL", "").env("GIT_CONFIG_NOSYSTEM", "1");
        run(&mut git).unwrap_or_else(|problem| panic!("{problem}"));
    }
}

/// The line, from 1, that holds the marker.
#[track_caller]
pub fn line_of(text: &str, marker: &str) -> u32 {
    let mut lines = text.lines().zip(1..).filter(|(line, _)| line.contains(marker)).map(|(_, number)| number);
    match (lines.next(), lines.next()) {
        (Some(line), None) => line,
        (None, _) => panic!("no line has the marker {marker:?}"),
        (Some(first), Some(second)) => panic!("the marker {marker:?} is on the lines {first} and {second}"),
    }
}

/// The text with whole lines added above the line that holds the marker.
#[track_caller]
pub fn insert_above(text: &str, marker: &str, lines: &str) -> String {
    let above = line_of(text, marker) as usize - 1;
    let start: usize = text.split_inclusive('\n').take(above).map(str::len).sum();
    let end = if lines.ends_with('\n') { "" } else { "\n" };
    format!("{}{lines}{end}{}", &text[..start], &text[start..])
}

/// The text with one passage, which must be in it exactly once, replaced.
#[track_caller]
pub fn replace(text: &str, old: &str, new: &str) -> String {
    assert_eq!(text.matches(old).count(), 1, "{old:?} is in the text this many times, not once");
    text.replacen(old, new, 1)
}

/// The directory of an example in the repository.
fn example(name: &str) -> PathBuf {
    repository().join("examples").join(name)
}

/// The repository that the tests belong to.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository").to_path_buf()
}

/// The Cargo that runs the tests.
fn cargo() -> std::ffi::OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Copies everything but what was built; a file that is the same already keeps its time.
fn copy_sources(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            if entry.file_name() != "target" {
                copy_sources(&entry.path(), &target)?;
            }
        } else {
            let text = fs::read(entry.path())?;
            if fs::read(&target).ok().as_ref() != Some(&text) {
                fs::write(&target, text)?;
            }
        }
    }
    Ok(())
}

/// Runs a command that must succeed; what it printed is the error.
fn run(command: &mut Command) -> io::Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let printed = [output.stdout, output.stderr].concat();
    Err(io::Error::other(format!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&printed))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "fn a() {\n    1; // breakpoint: a\n}\n";

    #[test]
    fn markers_find_their_lines() {
        assert_eq!(line_of(TEXT, "// breakpoint: a"), 2);
        let inserted = insert_above(TEXT, "// breakpoint: a", "    0;");
        assert_eq!(inserted, "fn a() {\n    0;\n    1; // breakpoint: a\n}\n");
        assert_eq!(replace(TEXT, "1;", "2;"), "fn a() {\n    2; // breakpoint: a\n}\n");
    }

    #[test]
    #[should_panic(expected = "on the lines 1 and 3")]
    fn an_ambiguous_marker_is_refused() {
        line_of("x\ny\nx\n", "x");
    }
}

/// A process that is killed in the end, however the test goes.
#[derive(Debug)]
pub struct Killed(pub Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
