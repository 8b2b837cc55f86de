//! Each edit in a running process: what the rules predict, what the gate says, what the process then does.

use std::path::PathBuf;

use compat::{EngineKind, Texts, Verdict};
use midflight_tests::driven::{Driven, EVERY_PROGRAM, PROGRAMS, Run};
use midflight_tests::edits::{self, Edit};
use midflight_tests::program::repository;
use tempfile::TempDir;

use crate::gate::Gate;
use crate::live::{Bench, Reload, Setting, is_right_optimised};
use crate::report::Totals;
use crate::truth::{Reference, stranger};
use crate::{for_each, thin};

/// All that is known of one edit.
pub(crate) struct Case {
    pub(crate) program: &'static str,
    pub(crate) edit: String,
    pub(crate) predicted: Verdict,
    pub(crate) codes: String,
    /// Why the session refused it: a rule or the gate.
    pub(crate) refused: Option<String>,
    /// Why the gate refuses it, whether or not the rules let it come so far.
    pub(crate) gate: Option<String>,
    /// What of the layouts differs for live data, in what was built.
    pub(crate) harm: Option<String>,
    pub(crate) process: Process,
}

/// What the process did after the save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Process {
    /// What it did before.
    Old,
    /// What a fresh program with the edit does, or a part of it (what is in flight finishes old code).
    New,
    /// What neither the old nor the new program does.
    Corrupt(String),
    /// The session came to no end.
    Broken(String),
}

/// Where one worker builds and runs.
struct Place {
    folder: TempDir,
    bench: Bench,
    gate: Gate,
}

/// Whether nothing is corrupted, and hardly anything harmless refused.
pub(crate) fn run(most: usize) -> bool {
    let totals = run_all(&PROGRAMS, Setting { dress: str::to_owned, config: "" }, most);
    totals.report(&table("in-place"))
}

/// The same where the rules don't see what types are, so that it is up to the gate alone. Whether nothing is corrupted:
/// the gate knows of more that is harmful than the layouts of live data.
pub(crate) fn run_veiled(most: usize) -> bool {
    let totals = run_all(&EVERY_PROGRAM, Setting { dress: edits::veiled, config: "" }, most);
    totals.report(&table("veiled"));
    totals.nothing_is_wrong()
}

/// The same of what an optimiser has compiled: it has one function know what is in another, and leaves out what nobody
/// needs. It may be refused for that, so that only what goes wrong counts.
pub(crate) fn run_optimised(most: usize) -> bool {
    is_right_optimised(|name, config| {
        let totals = run_all(&EVERY_PROGRAM, Setting { dress: edits::veiled, config }, most);
        totals.report(&table(&format!("optimised-{}", name.replace(' ', "-"))));
        totals.nothing_is_wrong()
    })
}

fn table(name: &str) -> PathBuf {
    repository().join("target/oracle").join(name).with_extension("json")
}

fn run_all(programs: &[Driven], setting: Setting, most: usize) -> Totals {
    let mut totals = Totals::default();
    for &driven in programs {
        let mut edits = edits::all(driven.model);
        thin(&mut edits, most);
        println!("{}: {} edits", driven.name, edits.len());
        let folder = tempfile::tempdir().expect("a temporary folder");
        let old = Reference::of(folder.path(), &driven, driven.model).expect("the oracle's programs compile");
        let place = || Place {
            folder: tempfile::tempdir().expect("a temporary folder"),
            bench: Bench::new(driven, setting),
            gate: Gate::new(&driven, setting),
        };
        let judge = |place: &mut Place, _: usize, edit: &Edit| judge(place, &driven, setting, &old, edit);
        for case in for_each(&edits, place, judge) {
            totals.add(case);
        }
    }
    totals
}

/// `None` for what does not compile.
fn judge(place: &mut Place, driven: &Driven, setting: Setting, old: &Reference, edit: &Edit) -> Option<Case> {
    let new = Reference::of(place.folder.path(), driven, &edit.after)?;
    let report = lang_rust::report(
        &texts(driven, &(setting.dress)(driven.model)),
        &texts(driven, &(setting.dress)(&edit.after)),
        Some(EngineKind::InPlace),
    );
    let codes: Vec<&str> = report.changes.iter().map(|change| change.code).collect();
    let reload = place.bench.reload(&edit.after);
    let (refused, process) = match reload {
        Reload::Refused(message) => (Some(message), Process::Old),
        Reload::Broken(problem) => (None, Process::Broken(problem)),
        Reload::Applied(run) => (None, compared(&run, &old.run, &new.run)),
    };
    // A rule's refusal names the rule, and nothing is built then.
    let is_rule = |message: &String| codes.iter().any(|code| message.contains(&format!("[{code}]")));
    let gate = match &refused {
        Some(message) if is_rule(message) => place.gate.refusal(&edit.after),
        refused => refused.clone(),
    };
    Some(Case {
        program: driven.name,
        edit: edit.name.clone(),
        predicted: report.verdict,
        codes: codes.join(" "),
        refused,
        gate,
        harm: old.harm(&new, [driven.model, &edit.after]),
        process,
    })
}

fn compared(run: &Run, old: &Run, new: &Run) -> Process {
    match stranger(run, &[old], new) {
        Some(seen) => Process::Corrupt(seen),
        None if run == old && old != new => Process::Old,
        None => Process::New,
    }
}

fn texts(driven: &Driven, model: &str) -> Texts {
    driven.files(model).into_iter().map(|(path, text)| (path.into(), text.into())).collect()
}
