//! The table of what the tasks need.

use super::packages::Packages;
use crate::process::{self, succeeds};

/// Something that the machine must have.
#[derive(Clone, Copy)]
pub(crate) struct Need {
    /// What a person calls it.
    pub(crate) name: &'static str,
    /// What is it for? A sentence without its full stop.
    pub(crate) purpose: &'static str,
    /// Looks whether the machine has it.
    pub(crate) is_there: fn() -> bool,
    /// The packages that bring it.
    pub(crate) packages: Packages,
}

/// The C linker.
pub(crate) const LINKER: Need = Need {
    name: "a C linker (cc)",
    purpose: "Rust links every program with it",
    is_there: || process::find(&["cc", "gcc", "clang", "link"]).is_some(),
    packages: Packages {
        apt: &["gcc", "libc6-dev"],
        dnf: "gcc glibc-devel",
        pacman: "gcc",
        brew: "llvm",
        winget: "Microsoft.VisualStudio.2022.BuildTools",
    },
};

/// Git.
pub(crate) const GIT: Need = Need {
    name: "git",
    purpose: "the tests compare work trees with commits",
    is_there: || process::find(&["git"]).is_some(),
    packages: Packages { apt: &["git"], dnf: "git", pacman: "git", brew: "git", winget: "Git.Git" },
};

/// Node.js and npm.
pub(crate) const NODE: Need = Need {
    name: "Node.js 20 or newer, with npm",
    purpose: "the VS Code extension is built and tested with it",
    is_there: || {
        node_version().is_some_and(|version| version >= 20) && succeeds(process::npm().arg("--version"))
    },
    packages: Packages {
        apt: &["nodejs", "npm"],
        dnf: "nodejs npm",
        pacman: "nodejs npm",
        brew: "node",
        winget: "OpenJS.NodeJS.LTS",
    },
};

/// LLDB with its debug adapter.
pub(crate) const DEBUGGER: Need = Need {
    name: "lldb-dap",
    purpose: "the debugger that programs run under",
    is_there: || super::debugger().is_some(),
    packages: Packages {
        // 19 is the version that the documentation's measurements were made with.
        apt: &["lldb-19 | lldb-22 | lldb-21 | lldb-20 | lldb-18"],
        dnf: "lldb",
        pacman: "lldb",
        brew: "llvm",
        winget: "LLVM.LLVM",
    },
};

/// Python, able to make virtual environments.
pub(crate) const PYTHON: Need = Need {
    name: "Python 3 with venv",
    purpose: "pytest-lsp drives the language server as editors do, and sessions through debugpy are tested",
    is_there: || succeeds(process::command("python3").args(["-c", "import venv, ensurepip"])),
    packages: Packages {
        apt: &["python3", "python3-venv"],
        dnf: "python3",
        pacman: "python",
        brew: "python",
        winget: "Python.Python.3.13",
    },
};

/// Go.
pub(crate) const GO: Need = Need {
    name: "Go",
    purpose: "sessions through Delve, the debugger for Go, are tested",
    is_there: || succeeds(process::command("go").arg("version")),
    packages: Packages { apt: &["golang-go"], dnf: "golang", pacman: "go", brew: "go", winget: "GoLang.Go" },
};

/// A Chromium.
pub(crate) const BROWSER: Need = Need {
    name: "Chromium",
    purpose: "the extension is tested in the real VS Code, in a browser",
    is_there: || {
        process::find(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]).is_some()
    },
    packages: Packages {
        apt: &["chromium | chromium-browser"],
        dnf: "chromium",
        pacman: "chromium",
        brew: "chromium",
        winget: "Google.Chrome",
    },
};

/// The load on a web server.
pub(crate) const LOAD: Need = Need {
    name: "wrk",
    purpose: "it keeps the web server busy while it is edited",
    is_there: || process::find(&["wrk"]).is_some(),
    packages: Packages {
        apt: &["wrk"],
        dnf: "wrk",
        pacman: "wrk",
        brew: "wrk",
        // There is none; what needs it runs on Linux only.
        winget: "",
    },
};

/// The major version of Node.js.
fn node_version() -> Option<u32> {
    let version = process::output(process::command("node").arg("--version"))?;
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}
