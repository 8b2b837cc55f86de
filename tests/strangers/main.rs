//! `strangers [edits of each] [seed] [package]`: programs that nobody here wrote take edits of every kind while they
//! run, and are asked all that they can do after each; and again once the edit is undone.
//!
//! What neither the old program nor the new one would answer is corruption. What is refused is listed with the reason,
//! for a reader to judge.

#![allow(clippy::print_stdout, reason = "a report is what this program is for")]

mod guest;
mod programs;
mod report;

use std::process::ExitCode;

use midflight_tests::edits::{self, Edit};

use guest::{Guest, Outcome};
use programs::{STRANGERS, Stranger};
use report::Report;

/// So many edits are tried for one that compiles.
const ATTEMPTS: usize = 4;

/// So many edits of bodies for one of a declaration.
const BODIES: usize = 4;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut numbers = arguments.iter().filter_map(|argument| argument.parse::<u64>().ok());
    let wanted = numbers.next().and_then(|wanted| wanted.try_into().ok()).unwrap_or(40);
    let seed = numbers.next().unwrap_or(1);
    let is_named = |stranger: &&Stranger| arguments.iter().any(|argument| argument == stranger.package);
    let named: Vec<&Stranger> = STRANGERS.iter().filter(is_named).collect();
    let all = if named.is_empty() { STRANGERS.iter().collect() } else { named };
    let mut report = Report::default();
    for stranger in all {
        visit(stranger, wanted, seed, &mut report);
    }
    println!("\n{report}");
    let is_met = report.is_met();
    println!("strangers: {}", if is_met { "nothing corrupted" } else { "NOT MET" });
    if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Makes so many edits that compile in one program.
fn visit(stranger: &Stranger, wanted: usize, seed: u64, report: &mut Report) {
    println!("{} {}", stranger.package, stranger.version);
    let mut guest = Guest::invite(*stranger);
    let mut made = 0;
    for (file, edit) in chosen(&guest, seed).into_iter().take(ATTEMPTS * wanted) {
        if made == wanted {
            break;
        }
        let outcome = guest.take(&file, &edit.after);
        if outcome == Outcome::NoProgram {
            continue;
        }
        made += 1;
        report.add(stranger.package, &format!("{file}: {}", edit.name), outcome);
    }
}

/// Edits in random order. Most are of bodies, as people's are.
fn chosen(guest: &Guest, seed: u64) -> Vec<(String, Edit)> {
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut bodies, mut declarations) = (Vec::new(), Vec::new());
    for file in guest.files() {
        let text = guest.program.read(&file);
        let of_bodies = edits::bodies(&text);
        let mut all = edits::all(&text);
        // The last ones are those of bodies.
        all.truncate(all.len() - of_bodies.len());
        bodies.extend(of_bodies.into_iter().map(|edit| (file.clone(), edit)));
        declarations.extend(all.into_iter().map(|edit| (file.clone(), edit)));
    }
    random.shuffle(&mut bodies);
    random.shuffle(&mut declarations);
    declarations.truncate(bodies.len() / BODIES);
    let mut edits: Vec<_> = declarations.into_iter().chain(bodies).collect();
    random.shuffle(&mut edits);
    edits
}
