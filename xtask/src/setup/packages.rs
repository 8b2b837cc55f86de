//! Package managers: apt is run, the others are quoted.

use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use super::Need;
use crate::console;
use crate::process::{self, command, find, run, succeeds};

/// The packages that bring something, by package manager.
#[derive(Clone, Copy)]
pub(crate) struct Packages {
    /// Debian and Ubuntu; `a | b` takes the first that the release has.
    pub(crate) apt: &'static [&'static str],
    /// Fedora.
    pub(crate) dnf: &'static str,
    /// Arch.
    pub(crate) pacman: &'static str,
    /// macOS.
    pub(crate) brew: &'static str,
    /// Windows.
    pub(crate) winget: &'static str,
}

/// A package manager.
#[derive(Clone, Copy)]
pub(super) enum Manager {
    Apt,
    Dnf,
    Pacman,
    Brew,
    Winget,
}

impl Manager {
    /// The one that this machine has.
    pub(super) fn of_this_machine() -> Option<Self> {
        let managers = [
            ("apt-get", Self::Apt),
            ("dnf", Self::Dnf),
            ("pacman", Self::Pacman),
            ("brew", Self::Brew),
            ("winget", Self::Winget),
        ];
        managers.into_iter().find(|(program, _)| find(&[program]).is_some()).map(|(_, manager)| manager)
    }

    /// Installs what is missing, or says how it is done.
    pub(super) fn install(self, missing: &[&Need]) -> Result<()> {
        let by = |packages: fn(&Packages) -> &'static str| {
            missing.iter().map(|need| packages(&need.packages)).collect::<Vec<_>>().join(" ")
        };
        match self {
            Self::Apt => install_with_apt(missing),
            Self::Dnf => {
                bail!("install what is missing, then start again:\n    sudo dnf install {}", by(|p| p.dnf))
            }
            Self::Pacman => {
                bail!("install what is missing, then start again:\n    sudo pacman -S {}", by(|p| p.pacman))
            }
            Self::Brew => {
                bail!("install what is missing, then start again:\n    brew install {}", by(|p| p.brew))
            }
            Self::Winget => {
                bail!("install what is missing, then start again:\n    winget install {}", by(|p| p.winget))
            }
        }
    }
}

fn install_with_apt(missing: &[&Need]) -> Result<()> {
    let wanted: Vec<&str> = missing.iter().flat_map(|need| need.packages.apt.iter().copied()).collect();
    let Some(rights) = Rights::to_install() else {
        let first = |choice: &'static str| choice.split(" | ").next().unwrap_or(choice);
        let names: Vec<&str> = wanted.into_iter().map(first).collect();
        bail!(
            "installing needs root: run this, then start again:\n    sudo apt-get install {}",
            names.join(" ")
        );
    };
    console::note("apt-get update");
    run(apt_get(rights).args(["update", "-qq"]))?;
    let chosen = wanted.into_iter().map(available).collect::<Result<Vec<_>>>()?;
    console::note(&format!("apt-get install {}", chosen.join(" ")));
    // What went wrong is on standard error; on standard output dpkg names every package that it unpacks.
    let mut install = apt_get(rights);
    run(install.args(["install", "-y", "-qq", "--no-install-recommends"]).args(chosen).stdout(Stdio::null()))
}

/// The first of the alternatives that this release has.
fn available(choice: &'static str) -> Result<&'static str> {
    match choice.split(" | ").find(|package| is_known(package)) {
        Some(package) => Ok(package),
        None => bail!("this release has no package {choice}: install one from elsewhere, then start again"),
    }
}

/// Whether this release has the package.
pub(super) fn is_known(package: &str) -> bool {
    let policy = process::output(command("apt-cache").args(["policy", package]).env("LC_ALL", "C"));
    policy.is_some_and(|policy| policy.contains("Candidate: ") && !policy.contains("Candidate: (none)"))
}

/// By what right packages are installed.
#[derive(Clone, Copy)]
enum Rights {
    Root,
    Sudo,
}

impl Rights {
    fn to_install() -> Option<Self> {
        if process::output(command("id").arg("-u")).is_some_and(|id| id.trim() == "0") {
            Some(Self::Root)
        } else if find(&["sudo"]).is_some() && succeeds(command("sudo").args(["-n", "true"])) {
            Some(Self::Sudo)
        } else {
            None
        }
    }
}

fn apt_get(rights: Rights) -> Command {
    let mut apt = match rights {
        Rights::Root => command("env"),
        Rights::Sudo => {
            let mut sudo = command("sudo");
            sudo.args(["-n", "env"]);
            sudo
        }
    };
    apt.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    apt
}
