//! The half that is never reloaded: it owns the [`State`], keeps the time and calls the hot functions.
//!
//! `cargo run` starts it; `cargo run -- 100` stops it after a hundred ticks. While it runs, change something
//! in `world/src/lib.rs` and build again: the planets go on from where they are, under the new law.

use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use world::State;

/// The functions of `world`, called through the newest library on disk.
#[hot_lib_reloader::hot_module(
    dylib = "world",
    lib_dir = super::beside_the_program(),
    file_watch_debounce = 50,
    loaded_lib_name_template = "{lib_name}-hot-{pid}-{load_counter}"
)]
mod hot {
    use world::State;

    hot_functions_from_file!("world/src/lib.rs");

    /// How many times the library has been replaced.
    #[lib_version]
    pub fn version() -> usize {}
}

/// The time between two ticks: slow enough to watch.
const TICK: Duration = Duration::from_millis(100);

/// A line is printed after this many ticks.
const TICKS_PER_LINE: u64 = 5;

/// About an hour: nobody means a forgotten simulation to run for ever.
const LAST_TICK: u64 = 36_000;

/// Every run with the same seed is the same run.
const SEED: u64 = 2024;

fn main() -> io::Result<()> {
    let last_tick = std::env::args().nth(1).and_then(|argument| argument.parse().ok()).unwrap_or(LAST_TICK);
    let mut state = State::new("Kepler", SEED);

    while state.tick < last_tick {
        hot::step(&mut state);
        if state.tick.is_multiple_of(TICKS_PER_LINE) {
            // The error of a reader that has gone (`app | head`) ends the program.
            writeln!(io::stdout(), "{}  library {}", hot::render(&state), hot::version())?;
        }
        thread::sleep(TICK);
    }
    Ok(())
}

/// Cargo puts `libworld.so` into the same directory as the program, whatever the profile and target directory.
fn beside_the_program() -> std::path::PathBuf {
    let program = std::env::current_exe().expect("the program has a path");
    program.parent().expect("a program lies in a directory").to_path_buf()
}
