//! The midflight command: lsp, dap, check, diff, explain, map, run.
//!
//! Exit statuses are the contract of the design: 0 everything can be swapped, 1 something can't or only the build
//! can tell, 2 the input can't be read.

mod check;
mod diff;
mod explain;
mod github;
mod human;
mod map;
#[cfg(unix)]
mod run;
mod sarif;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};
use compat::EngineKind;

/// Edit and Continue for native Rust.
#[derive(Debug, Parser)]
#[command(name = "midflight", version, about, arg_required_else_help = true)]
struct Command {
    #[command(subcommand)]
    action: Action,
    /// Whether what is for people has colours. By itself: in a terminal, unless `NO_COLOR` is set.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    color: ColorChoice,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Speak the language server protocol over standard input and output.
    Lsp,
    /// Speak the debug adapter protocol, in front of a real debug adapter.
    Dap(DapArgs),
    /// Say what the difference between two source trees does to a running process.
    Check(CheckArgs),
    /// Say what the difference between two built programs or libraries does to a running process.
    Diff(diff::DiffArgs),
    /// Print the page of a rule, or list all rules.
    Explain(explain::ExplainArgs),
    /// Explain one mapping of a source map.
    Map(map::MapArgs),
    /// Run a program with hot reloads in a plain terminal.
    #[cfg(unix)]
    Run(run::RunArgs),
    /// End what a session has started, once it has ended itself.
    #[command(name = dap_adapter::GUARD, hide = true)]
    Guard,
}

#[derive(Debug, Args)]
struct DapArgs {
    /// Listen for editors on this address instead of standard input and output.
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<SocketAddr>,
    /// Use a debug adapter that already listens on this address.
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "adapter")]
    connect: Option<SocketAddr>,
    /// The debug adapter to start and its arguments.
    #[arg(last = true)]
    adapter: Vec<OsString>,
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// The tree whose code runs.
    #[arg(long, value_name = "DIR", requires = "new", required_unless_present = "since")]
    old: Option<PathBuf>,
    /// The tree with the edits.
    #[arg(long, value_name = "DIR", requires = "old")]
    new: Option<PathBuf>,
    /// A git revision whose code runs; the work tree around the current directory has the edits.
    #[arg(long, value_name = "REF", conflicts_with_all = ["old", "new"])]
    since: Option<String>,
    /// How new code gets into the process; found from the workspace where it is not given.
    #[arg(long)]
    engine: Option<EngineKind>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

/// How `check` says what it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people: source excerpts and a summary.
    Human,
    /// For programs: the JSON of the contract.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions: annotations in a pull request.
    Github,
}

/// Where a rule's page is on the web.
fn page_url(code: &str) -> String {
    format!("{}/blob/main/docs/rules/{code}.md", env!("CARGO_PKG_REPOSITORY"))
}

fn main() -> ExitCode {
    // Cargo and rustc start this command too, while a program is built that is to be swapped in place.
    if let Some(status) = in_place::capture::intercept() {
        return status;
    }
    let command = Command::parse();
    match command.color {
        // Decided where something is written, by what it is written to.
        ColorChoice::Auto => {}
        ColorChoice::Always => anstream::ColorChoice::Always.write_global(),
        ColorChoice::Never => anstream::ColorChoice::Never.write_global(),
    }
    let outcome = match command.action {
        Action::Lsp => return server::run(),
        Action::Dap(arguments) => dap(arguments),
        Action::Check(arguments) => check::run(&arguments),
        Action::Diff(arguments) => diff::run(&arguments),
        Action::Explain(arguments) => explain::run(&arguments),
        Action::Map(arguments) => map::run(&arguments),
        #[cfg(unix)]
        Action::Run(arguments) => run::run(&arguments),
        Action::Guard => {
            dap_adapter::guard(std::io::stdin().lock());
            Ok(ExitCode::SUCCESS)
        }
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("midflight: {error:#}");
        ExitCode::from(2)
    })
}

/// Serves the debug adapter protocol until the editor has gone.
fn dap(DapArgs { listen, connect, adapter }: DapArgs) -> anyhow::Result<ExitCode> {
    // One session on one thread: a message that goes from queue to queue wakes no other one on its way.
    let mut builder = match listen {
        None => tokio::runtime::Builder::new_current_thread(),
        Some(_) => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = builder.worker_threads(2).enable_all().build()?;
    runtime.block_on(dap_adapter::run(dap_adapter::Options { listen, connect, adapter }))?;
    // A read of standard input can't be cancelled, and must not keep a session that is over.
    runtime.shutdown_background();
    Ok(ExitCode::SUCCESS)
}
