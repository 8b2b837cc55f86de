//! `midflight run`: a program with reloads in a plain terminal.

mod cargo_run;
mod keys;
mod lines;

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitCode, ExitStatus};

use anyhow::Context;
use clap::Args;
use compat::EngineKind;
use dap_adapter::terminal::{self, Ending, Launch, Wish};
use rustix::process::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use self::cargo_run::CargoRun;

/// Run a program under a debugger, and swap in what is saved.
#[derive(Debug, Args)]
#[command(after_help = "Example: midflight run -- cargo run --bin app -- arguments")]
pub(crate) struct RunArgs {
    /// How new code gets into the process; found from the workspace where it is not given.
    #[arg(long)]
    engine: Option<EngineKind>,
    /// Give the standard input to the program, even if it is a terminal; there are no keys then.
    #[arg(long)]
    stdin: bool,
    /// The command that runs the program.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true, value_name = "cargo run …")]
    command: Vec<OsString>,
}

/// The exit status of `cargo run` where the program does not build.
const NOT_STARTED: u8 = 101;

/// The signals that end us, and with us the program.
const ENDING: [(fn() -> SignalKind, Signal); 4] = [
    (SignalKind::interrupt, Signal::INT),
    (SignalKind::terminate, Signal::TERM),
    (SignalKind::hangup, Signal::HUP),
    (SignalKind::quit, Signal::QUIT),
];

/// Runs until the program ends; its exit status is ours.
pub(crate) fn run(arguments: &RunArgs) -> anyhow::Result<ExitCode> {
    let mut command = CargoRun::parse(&arguments.command)?;
    let folder = std::env::current_dir().context("cannot tell the current directory")?;
    let package = command.select(&folder)?;
    let has_keys = !arguments.stdin && keys::are_there();
    let launch = Launch {
        environment: cargo_run::environment(&folder, package.as_ref()),
        libraries: cargo_run::toolchain_libraries(&folder, command.toolchain()).into_iter().collect(),
        folder,
        cargo: command.build,
        engine: arguments.engine,
        arguments: command.arguments,
        reads_input: !has_keys,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let outcome = runtime.block_on(until_it_ends(&launch, has_keys));
    runtime.shutdown_background();
    outcome
}

async fn until_it_ends(launch: &Launch, has_keys: bool) -> anyhow::Result<ExitCode> {
    let (wish, wishes) = unbounded_channel();
    for (kind, number) in ENDING {
        tokio::spawn(forward(signal(kind())?, number, wish.clone()));
    }
    // Once no signal ends us without a word, the terminal can be changed.
    let restored = if has_keys { Some(keys::Restored::after_single_keys()?) } else { None };
    if has_keys {
        keys::read(wish);
    }
    let outcome = terminal::run(launch, wishes, &|news| lines::show(&news, has_keys)).await;
    drop(restored);
    match outcome {
        Ok(Ending::Program(status)) => Ok(ExitCode::from(code(status))),
        Ok(Ending::Signal(signal)) => Ok(ExitCode::from(by_signal(signal))),
        Err(error) => {
            lines::say(&error.message);
            Ok(ExitCode::from(NOT_STARTED))
        }
    }
}

/// A signal to us is one to the program.
async fn forward(mut signals: tokio::signal::unix::Signal, number: Signal, wishes: UnboundedSender<Wish>) {
    while signals.recv().await.is_some() {
        // The terminal sends its own to the program too.
        let is_sent = number != Signal::TERM && keys::are_for_us();
        let _ = wishes.send(Wish::End { signal: number.as_raw(), is_sent });
    }
}

/// An exit status as a shell shows it.
fn code(status: ExitStatus) -> u8 {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.or_else(|| status.signal().map(by_signal)).unwrap_or(u8::MAX)
}

fn by_signal(signal: i32) -> u8 {
    u8::try_from(signal).unwrap_or_default().wrapping_add(128)
}
