//! `cargo xtask test`: every test there is, or only some parts, with one summary in the end.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::ValueEnum;

use crate::{console, package, process, setup, vscode_test};

mod language_server;
mod tally;

pub(crate) use tally::{Tally, run_tests};

/// A part of the tests.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// All tests that Cargo runs: units, rules, and the end-to-end tests with the real debugger.
    Rust,
    /// Only the end-to-end tests with the real debugger. `rust` has them too.
    E2e,
    /// Debug sessions on an LLDB that is newer than the machine's, where its release has one. Not among all tests.
    Newer,
    /// The language server, driven by pytest-lsp as VS Code, Neovim and Emacs drive it.
    Lsp,
    /// The units of the VS Code extension.
    Extension,
    /// The extension in the real VS Code, in a browser.
    Vscode,
    /// A minute of arbitrary and mutated text through the analysis.
    Fuzz,
}

/// What runs when no part is named.
const EVERYTHING: [Part; 5] = [Part::Rust, Part::Lsp, Part::Extension, Part::Vscode, Part::Fuzz];

/// What runs on a newer LLDB: all but the conversation of a reload, which is told word by word as 19 has it.
const NEWER: [&str; 4] = ["dap::", "in_place::example", "--skip", "the_conversation_of_a_reload"];

impl Part {
    fn title(self) -> &'static str {
        match self {
            Self::Rust => "Rust: units, rules, end to end",
            Self::E2e => "Rust: end to end",
            Self::Newer => "Rust: sessions on a newer LLDB",
            Self::Lsp => "Language server, by pytest-lsp",
            Self::Extension => "VS Code extension: units",
            Self::Vscode => "VS Code extension, in the real VS Code",
            Self::Fuzz => "Analysis, fuzzed for a minute",
        }
    }

    fn needs(self) -> &'static [setup::Need] {
        match self {
            // Node: maps that compilers of TypeScript make are compared with what an npm package says of them.
            Self::Rust | Self::E2e | Self::Newer => {
                &[setup::LINKER, setup::GIT, setup::NODE, setup::DEBUGGER, setup::GO, setup::PYTHON]
            }
            Self::Lsp => &[setup::LINKER, setup::GIT, setup::PYTHON],
            Self::Extension => &[setup::NODE],
            Self::Vscode => &[setup::LINKER, setup::GIT, setup::NODE, setup::DEBUGGER, setup::BROWSER],
            Self::Fuzz => &[setup::LINKER],
        }
    }

    fn run(self) -> Result<Tally> {
        match self {
            Self::Rust => rust(&["--workspace", "--no-fail-fast"]),
            Self::E2e => rust(&["--package", "midflight-tests", "--test", "e2e"]),
            Self::Newer => newer(),
            Self::Lsp => language_server::run(),
            Self::Extension => extension(),
            Self::Vscode => vscode_test::run(),
            Self::Fuzz => fuzz(),
        }
    }
}

/// What became of a part.
struct Outcome {
    part: Part,
    time: Duration,
    result: Result<Tally>,
}

/// Runs the parts that are named, or all of them.
pub(crate) fn run(parts: &[Part]) -> Result<ExitCode> {
    let parts = if parts.is_empty() { &EVERYTHING[..] } else { parts };
    let start = Instant::now();
    prepare(parts)?;
    let preparation = start.elapsed();
    let outcomes: Vec<Outcome> = parts.iter().map(|&part| run_part(part)).collect();
    Ok(summarise(preparation, start.elapsed(), &outcomes))
}

/// Everything that can be missing is looked for before the first test, so that nobody waits for it to fail later.
fn prepare(parts: &[Part]) -> Result<()> {
    console::heading("Setup");
    let needs: Vec<setup::Need> = parts.iter().flat_map(|part| part.needs().iter().copied()).collect();
    setup::require(&needs)?;
    if parts.iter().any(|part| !matches!(part, Part::Lsp | Part::Fuzz)) {
        setup::node_packages()?;
    }
    if parts.iter().any(|part| matches!(part, Part::Rust | Part::E2e | Part::Newer)) {
        setup::debuggers()?;
    }
    if parts.iter().any(|part| matches!(part, Part::Rust | Part::E2e | Part::Newer | Part::Lsp | Part::Fuzz))
    {
        // The end-to-end tests start the program itself, which `cargo test` alone does not build. Both at once, since
        // the choice of packages and targets decides on the features that dependencies are compiled with.
        process::run(process::cargo().args(["build", "--workspace", "--bins", "--tests"]))?;
    }
    Ok(())
}

fn run_part(part: Part) -> Outcome {
    console::heading(part.title());
    let start = Instant::now();
    let result = part.run();
    if let Err(problem) = &result {
        console::failure(&format!("{problem:#}"));
    }
    Outcome { part, time: start.elapsed(), result }
}

fn rust(selection: &[&str]) -> Result<Tally> {
    run_tests(process::cargo().arg("test").args(selection))
}

/// What sessions do on their way through a newer `lldb-dap`, which is the first on the `PATH`.
fn newer() -> Result<Tally> {
    let Some(programs) = setup::newer_lldb()? else {
        console::note("This release has no newer LLDB: nothing to do.");
        return Ok(Tally::default());
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(programs).chain(std::env::split_paths(&path)))?;
    let mut command = process::cargo();
    command
        .args(["test", "--package", "midflight-tests", "--test", "e2e", "--"])
        .args(NEWER)
        .env("PATH", path);
    run_tests(&mut command)
}

fn extension() -> Result<Tally> {
    run_tests(process::npm().args(["test", "--silent", "--workspace", "vscode-extension"]))
}

/// The same beginning each time, so that what fails here fails again; other seeds are for `cargo xtask fuzz`.
fn fuzz() -> Result<Tally> {
    let status = process::command(built("fuzz")?).arg("60").status()?;
    let passed = u32::from(status.success());
    Ok(Tally { passed, failed: 1 - passed, skipped: 0 })
}

/// The program under test, as `prepare` built it.
fn midflight() -> Result<PathBuf> {
    built("midflight")
}

fn built(name: &str) -> Result<PathBuf> {
    Ok(package::target_directory()?.join("debug").join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

/// A line for each part, and a last one that machines read too.
fn summarise(preparation: Duration, total: Duration, outcomes: &[Outcome]) -> ExitCode {
    console::heading("Summary");
    let whole = |what: &str, time: Duration| format!("{what:<40} {:>7.1} s", time.as_secs_f64());
    console::note(&console::dim(&whole("setup and build", preparation)).to_string());
    let mut sum = Tally::default();
    for Outcome { part, time, result } in outcomes {
        // A part that could not run, or ended badly though no test failed, is a failure of its own.
        let tally = match result {
            Ok(tally) => *tally,
            Err(_) => Tally { failed: 1, ..Tally::default() },
        };
        let counts = format!("{tally}");
        let counts = if tally.failed == 0 { console::green(&counts) } else { console::red(&counts) };
        console::note(&format!("{}   {counts}", whole(part.title(), *time)));
        sum += tally;
    }
    console::note(&console::dim(&whole("total", total)).to_string());
    println!("\n{sum}");
    if sum.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
