//! The language server under pytest-lsp, which speaks for VS Code, Neovim and Emacs.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{Tally, midflight, run_tests};
use crate::{cache, console, process};

/// Runs `tests/pytest-lsp` in a virtual environment of its own.
pub(super) fn run() -> Result<Tally> {
    let tests = process::repository().join("tests/pytest-lsp");
    let python = environment(&tests.join("requirements.txt"))?;
    let mut pytest = process::command(python);
    pytest.args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]).current_dir(tests);
    pytest.env("MIDFLIGHT_BIN", midflight()?).env("PYTHONDONTWRITEBYTECODE", "1");
    run_tests(&mut pytest)
}

/// The Python of a virtual environment that has the packages of the requirements.
fn environment(requirements: &Path) -> Result<PathBuf> {
    let listed = fs::read_to_string(requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    let version =
        process::output(process::command("python3").args(["-c", VERSION])).context("python3 fails")?;
    let mut hasher = DefaultHasher::new();
    listed.hash(&mut hasher);
    let name = format!("pytest-lsp-python-{}-{:016x}", version.trim(), hasher.finish());
    let environment = cache::entry(&name, |directory| {
        console::note("pip install: pytest-lsp, into a virtual environment in the cache");
        process::run(process::command("python3").args(["-m", "venv"]).arg(directory))?;
        let mut pip = process::command(interpreter(directory));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
        process::run(pip.arg(requirements))
    })?;
    Ok(interpreter(&environment))
}

const VERSION: &str = "import sys; print('%d.%d' % sys.version_info[:2])";

/// The one file of a virtual environment that still works after the environment was moved.
fn interpreter(environment: &Path) -> PathBuf {
    environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}
