//! `bench in-place [swaps [size]]`: from a save to code that runs, by the in-place engine and by a rebuild.
//! `bench analysis [lines…]`: from a keystroke to its diagnostics in workspaces of up to two million lines.
//! `bench dap`: what the debug adapter adds to each message, and how long what it does by itself takes.
//!
//! Medians of real sessions side by side, in the same run on the same machine.

#![allow(clippy::print_stdout, reason = "a table is what this program is for")]

mod analysis;
mod dap;
mod in_place;
mod table;

use std::process::ExitCode;

use table::Table;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut table = Table::begin();
    let name = match arguments[..] {
        ["in-place", ref rest @ ..] => {
            in_place::measure(rest, &mut table);
            "in-place"
        }
        ["analysis", ref sizes @ ..] => {
            analysis::measure(sizes, &mut table);
            "analysis"
        }
        ["dap"] => {
            dap::measure(&mut table);
            "dap"
        }
        _ => panic!("say what to measure: `analysis`, `in-place` or `dap`"),
    };
    if table.end(name) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The value below which so many of a hundred lie.
fn at(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let index = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(index).copied().unwrap_or(f64::NAN)
}
