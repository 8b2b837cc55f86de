//! `cargo xtask package`: the extension for this platform, with the `midflight` binary inside.

use std::env::consts::{ARCH, EXE_SUFFIX, OS};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::process::{self, command};
use crate::setup;

/// How the binary is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick to build: for tests.
    Dev,
    /// What users get.
    Release,
}

impl Profile {
    /// What Cargo calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Release => "release",
        }
    }

    /// Where in the target directory Cargo puts its artifacts.
    fn directory(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }
}

/// Builds and packs; answers with the path of the `.vsix`.
pub(crate) fn run(profile: Profile) -> Result<PathBuf> {
    let platform = platform()?;
    setup::require(&[setup::LINKER, setup::NODE])?;
    setup::node_packages()?;
    let target = target_directory()?;
    let extension = process::repository().join("vscode-extension");
    stage(&extension, &binary("midflight", "midflight", profile)?)?;
    process::run(command("node").arg("esbuild.mjs").current_dir(&extension))?;

    let packages = target.join("package");
    fs::create_dir_all(&packages)?;
    let vsix = packages.join(format!("midflight-{platform}.vsix"));
    let mut vsce = command("node");
    vsce.arg(process::repository().join("node_modules/@vscode/vsce/vsce")).arg("package");
    vsce.args(["--target", platform, "--no-dependencies", "--skip-license", "--out"]).arg(&vsix);
    process::run(vsce.current_dir(&extension))?;
    Ok(vsix)
}

/// Builds a program of a package; where it is.
pub(crate) fn binary(package: &str, name: &str, profile: Profile) -> Result<PathBuf> {
    let what = ["build", "--package", package, "--bin", name, "--profile", profile.name()];
    process::run(process::cargo().args(what))?;
    Ok(target_directory()?.join(profile.directory()).join(format!("{name}{EXE_SUFFIX}")))
}

/// Cargo's target directory, wherever the user has put it.
pub(crate) fn target_directory() -> Result<PathBuf> {
    let metadata = process::output(process::cargo().args(["metadata", "--no-deps", "--format-version", "1"]))
        .context("`cargo metadata` fails on this workspace")?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let target =
        metadata["target_directory"].as_str().context("Cargo says nothing of its target directory")?;
    Ok(PathBuf::from(target))
}

/// What VS Code's gallery calls this platform.
fn platform() -> Result<&'static str> {
    Ok(match (OS, ARCH) {
        ("linux", "x86_64") => "linux-x64",
        ("linux", "aarch64") => "linux-arm64",
        ("macos", "x86_64") => "darwin-x64",
        ("macos", "aarch64") => "darwin-arm64",
        ("windows", "x86_64") => "win32-x64",
        ("windows", "aarch64") => "win32-arm64",
        _ => bail!("VS Code has no extension packages for {OS} on {ARCH}"),
    })
}

/// Puts what comes from elsewhere in the checkout into the extension's directory: the binary, the pages of the
/// rules, the licences.
fn stage(extension: &Path, binary: &Path) -> Result<()> {
    copy_into(&emptied(extension.join("bin"))?, binary)?;

    let rules = emptied(extension.join("rules"))?;
    let pages = process::repository().join("docs/rules");
    for page in fs::read_dir(&pages).with_context(|| format!("cannot read {}", pages.display()))? {
        let page = page?.path();
        if page.extension().is_some_and(|extension| extension == "md") {
            copy_into(&rules, &page)?;
        }
    }
    for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
        copy_into(extension, &process::repository().join(licence))?;
    }
    Ok(())
}

fn emptied(directory: PathBuf) -> Result<PathBuf> {
    if directory.exists() {
        fs::remove_dir_all(&directory).with_context(|| format!("cannot empty {}", directory.display()))?;
    }
    fs::create_dir_all(&directory)?;
    Ok(directory)
}

fn copy_into(directory: &Path, file: &Path) -> Result<()> {
    let name = file.file_name().with_context(|| format!("{} is no file", file.display()))?;
    let to = directory.join(name);
    fs::copy(file, &to).with_context(|| format!("cannot copy {} to {}", file.display(), to.display()))?;
    Ok(())
}
