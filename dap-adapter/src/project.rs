//! What kind of project a launch configuration is of: one that Cargo builds, or any other, which its debug adapter
//! starts by itself.
//!
//! A program that Cargo doesn't build keeps everything of its session but the swaps: breakpoints follow their lines,
//! a restart carries them over, and values of before are kept.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use compat::Texts;
use serde_json::Value;
use tokio::process::Command;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::platform;

/// Who builds the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Project {
    /// Cargo, and so Midflight.
    Cargo,
    /// The debug adapter, or nobody.
    Other,
}

/// The file names that end so are sources of a project that is not Cargo's.
const SOURCES: [&str; 16] =
    ["c", "cc", "cpp", "go", "h", "hpp", "java", "js", "jsx", "kt", "mjs", "py", "rb", "rs", "ts", "tsx"];

/// Folders of what others wrote.
const FOREIGN: [&str; 6] = ["node_modules", "vendor", "site-packages", "__pycache__", "venv", "dist"];

/// Files that tell whose project a folder is.
const MARKS: [&str; 6] =
    ["go.mod", "package.json", "pyproject.toml", "setup.py", "requirements.txt", "CMakeLists.txt"];

/// Checks Python texts without running them.
const PARSES: &str = "import ast, sys\nfor file in sys.argv[1:]: ast.parse(open(file, 'rb').read(), file)";

impl Project {
    /// Whether a file, by its path in the project, is one that the program is made of.
    pub(crate) fn is_source(self, path: &str) -> bool {
        match self {
            Self::Cargo => lang_rust::is_source(path),
            Self::Other => is_source(path),
        }
    }

    /// The project of these arguments, and its folder if it is not one of Cargo's.
    pub(crate) fn of(config: &Config, arguments: &Value, folder: &Path) -> (Self, PathBuf) {
        let cargos = (Self::Cargo, folder.to_owned());
        let text = |name: &str| arguments.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if config.builds_with_cargo() {
            return cargos;
        }
        let program = text("program").map(|program| folder.join(program));
        let has_foreign_name = program.as_ref().is_some_and(|program| {
            let extension = program.extension().and_then(|extension| extension.to_str());
            extension.is_some_and(|extension| extension != "rs" && SOURCES.contains(&extension))
        });
        let is_named = text("module").is_some() || has_foreign_name;
        let start = program.as_deref().unwrap_or(folder);
        for around in start.ancestors().filter(|around| around.is_dir()) {
            if !is_named && around.join("Cargo.toml").is_file() {
                return cargos;
            }
            if MARKS.iter().any(|mark| around.join(mark).is_file()) {
                return (Self::Other, around.to_owned());
            }
        }
        // A program in no project of a known kind has its own folder.
        if is_named || program.is_some_and(|program| program.exists()) {
            (Self::Other, folder.to_owned())
        } else {
            cargos
        }
    }
}

fn is_source(path: &str) -> bool {
    let is_foreign = |folder: &str| FOREIGN.contains(&folder) || folder.starts_with('.');
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let ends = name.rsplit_once('.').is_some_and(|(_, extension)| SOURCES.contains(&extension));
    ends && !folders.split('/').any(is_foreign)
}

/// Whether what was saved can be started at all, where that can be told: a mistake in it then leaves the old program
/// running.
pub(crate) async fn check(
    arguments: &Value,
    folder: &Path,
    root: &Path,
    texts: &Texts,
    running: &Texts,
) -> Result<()> {
    let changed =
        || texts.iter().filter(|(path, text)| running.get(*path) != Some(*text)).map(|(path, _)| path);
    let is_in =
        |path: &str, language: &str| Path::new(path).extension().is_some_and(|ending| ending == language);
    if changed().any(|path| is_in(path, "go")) {
        check_go(arguments, folder).await?;
    }
    let python: Vec<PathBuf> =
        changed().filter(|path| is_in(path, "py")).map(|path| root.join(&**path)).collect();
    if python.is_empty() {
        return Ok(());
    }
    let interpreter = match &arguments["python"] {
        Value::Array(words) => words.first().and_then(Value::as_str),
        other => other.as_str(),
    };
    let mut command = Command::new(interpreter.unwrap_or("python3"));
    command.args(["-c", PARSES]).args(python);
    passes(command, folder, "The program").await
}

/// Builds what Delve will build, so that it finds it built.
async fn check_go(arguments: &Value, folder: &Path) -> Result<()> {
    let text = |name: &str| arguments.get(name).and_then(Value::as_str);
    if !matches!(text("mode"), None | Some("debug" | "auto")) || text("request") == Some("attach") {
        return Ok(());
    }
    let Some(program) = text("program") else { return Ok(()) };
    let program = folder.join(program);
    let (folder, package) = match program.parent().filter(|_| program.is_file()) {
        Some(folder) => (folder.to_owned(), program.clone()),
        None => (program.clone(), PathBuf::from(".")),
    };
    let mut command = Command::new("go");
    command.args(["build", "-gcflags=all=-N -l", "-o", if cfg!(windows) { "NUL" } else { "/dev/null" }]);
    command.args(text("buildFlags").unwrap_or_default().split_whitespace()).arg(package);
    passes(command, &folder, "`go build`").await
}

/// Runs a check. One that can't be run says nothing.
async fn passes(mut command: Command, folder: &Path, what: &str) -> Result<()> {
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true);
    let Ok(child) = platform::spawn(command).await else { return Ok(()) };
    match child.wait_with_output().await {
        Ok(Output { status, stderr, .. }) if !status.success() => {
            let said = String::from_utf8_lossy(&stderr);
            Err(Error::user(format!("{what} has a mistake: {}", said.trim())))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sources_are_those_of_the_project_itself() {
        for path in ["main.go", "app/models.py", "src/index.ts"] {
            assert!(Project::Other.is_source(path), "{path}");
        }
        for path in ["readme.md", "node_modules/a/index.js", ".venv/lib/site.py", "go"] {
            assert!(!Project::Other.is_source(path), "{path}");
        }
    }

    #[test]
    fn a_project_is_cargos_unless_the_program_says_otherwise() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        let project = |midflight: Value, rest: Value| {
            let config =
                Config::of(&json!({"midflight": midflight})).ok().flatten().expect("a configuration");
            Project::of(&config, &rest, root).0
        };
        assert_eq!(project(json!({}), json!({})), Project::Cargo, "it will say what is missing");
        assert_eq!(project(json!({}), json!({"program": "app.py"})), Project::Other);
        assert_eq!(project(json!({}), json!({"module": "flask"})), Project::Other);
        std::fs::create_dir(root.join("tool")).expect("a folder");
        std::fs::write(root.join("tool/go.mod"), "module tool").expect("a file");
        std::fs::write(root.join("Cargo.toml"), "").expect("a file");
        assert_eq!(project(json!({}), json!({"program": "tool"})), Project::Other);
        assert_eq!(project(json!({}), json!({"program": "target/debug/app"})), Project::Cargo);
        assert_eq!(project(json!({"cargo": ["build"]}), json!({"program": "tool"})), Project::Cargo);
        assert_eq!(project(json!({}), json!({"program": "app.py"})), Project::Other, "though Cargo is here");
    }
}
