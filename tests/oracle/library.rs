//! Predicted verdicts for hot-lib-reloader against what the compiler really builds.
//!
//! For each edit of each program both versions are built with debug information, and the gate says whether
//! live data of the old build would be read wrongly by the new one. A prediction that lets such an edit
//! through is a false "safe": there may be none. A prediction that refuses a harmless edit is timid: at
//! most one in ten may be.
//!
//! What is refused is what the session does not build: `restart`. `unknown` is a question that it puts to the gate, which
//! then says what it says here; how many of them there are is told. Layouts say nothing of code that outlives a call, such
//! as futures in flight and defaults behind the vtables of an unloaded library: edits of that are counted apart.

use std::path::{Path, PathBuf};
use std::process::Command;

use artifact::{Artifact, Difference};
use compat::{EngineKind, Texts, Verdict};

use midflight_tests::edits::{self, Edit};
use quote::ToTokens;
use syn::visit::Visit;

use crate::{for_each, thin};

const PROGRAMS: [(&str, &str); 3] = [
    ("shapes", include_str!("../programs/shapes.rs")),
    ("store", include_str!("../programs/store.rs")),
    ("kinds", include_str!("../programs/kinds.rs")),
];

/// The library is what hot-lib-reloader loads, so that its functions are the boundary.
const MANIFESTS: [(&str, &str); 3] = [
    ("Cargo.toml", "[workspace]\nmembers = [\"app\", \"world\"]\n"),
    (
        "app/Cargo.toml",
        "[package]\nname = \"app\"\nedition = \"2024\"\n[dependencies]\nhot-lib-reloader = \"0.8\"\nworld = { path = \"../world\" }\n",
    ),
    (
        "world/Cargo.toml",
        "[package]\nname = \"world\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"rlib\", \"dylib\"]\n",
    ),
];

/// What became of one edit.
enum Outcome {
    /// Not a valid program.
    DoesNotCompile,
    Judged {
        /// Of code that outlives a call.
        outlives: bool,
        predicted: Verdict,
        codes: String,
        built: Vec<Difference>,
    },
}

/// Whether every harmful edit is refused, and hardly a harmless one.
pub(crate) fn run(most: usize) -> bool {
    let mut totals = Totals::default();
    for (name, source) in PROGRAMS {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let old = build(folder.path(), "before", source).expect("the oracle's programs compile");
        let mut edits = edits::all(source);
        thin(&mut edits, most);
        println!("{name}: {} edits", edits.len());
        let judge = |(): &mut (), index: usize, edit: &Edit| judge(folder.path(), index, source, &old, edit);
        for (edit, outcome) in edits.iter().zip(for_each(&edits, || (), judge)) {
            totals.add(name, edit, &outcome);
        }
    }
    totals.report()
}

fn judge(folder: &Path, index: usize, source: &str, old: &Artifact, edit: &Edit) -> Outcome {
    let Some(new) = build(folder, &format!("after{index}"), &edit.after) else {
        return Outcome::DoesNotCompile;
    };
    let engine = Some(EngineKind::HotLibReloader);
    let report = lang_rust::report(&texts(source), &texts(&edit.after), engine);
    let codes: Vec<&str> = report.changes.iter().map(|change| change.code).collect();
    let mut built = artifact::compare(old, &new);
    built.retain(|difference| difference.fatal);
    let outlives = outliving(source) != outliving(&edit.after);
    Outcome::Judged { outlives, predicted: report.verdict, codes: codes.join(" "), built }
}

/// The code of a library that outlives a call: of futures, and of defaults that a trait object may lead to.
fn outliving(source: &str) -> Vec<String> {
    struct Found(Vec<String>);
    impl<'ast> Visit<'ast> for Found {
        fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
            if item.sig.asyncness.is_some() {
                self.0.push(item.block.to_token_stream().to_string());
            }
        }
        fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
            self.0.extend(item.default.as_ref().map(|block| block.to_token_stream().to_string()));
        }
    }
    let mut found = Found(Vec::new());
    if let Ok(file) = syn::parse_file(source) {
        found.visit_file(&file);
    }
    found.0.sort_unstable();
    found.0
}

fn texts(library: &str) -> Texts {
    let files =
        MANIFESTS.into_iter().chain([("world/src/lib.rs", library), ("app/src/main.rs", "fn main() {}\n")]);
    files.map(|(path, text)| (path.into(), text.into())).collect()
}

/// Builds the library; `None` where it does not compile.
fn build(folder: &Path, name: &str, source: &str) -> Option<Artifact> {
    let file = folder.join(format!("{name}.rs"));
    let library: PathBuf = folder.join(format!("lib{name}.so"));
    std::fs::write(&file, source).expect("the folder is ours");
    let compiled = Command::new("rustc")
        .args(["--crate-name", "world", "--crate-type", "dylib", "--edition", "2024", "--cap-lints", "allow"])
        .args(["-C", "debuginfo=2", "-o"])
        .args([&library, &file])
        .output()
        .expect("rustc runs");
    let artifact =
        compiled.status.success().then(|| Artifact::read(&library).expect("rustc's own output reads"));
    // A library is several megabytes, and there are hundreds.
    let _ = std::fs::remove_file(&library);
    artifact
}

#[derive(Default)]
struct Totals {
    invalid: usize,
    harmful: usize,
    harmless: usize,
    refused_harmful: usize,
    passed_harmless: usize,
    asked: usize,
    outliving: usize,
    false_safe: Vec<String>,
    timid: Vec<String>,
}

impl Totals {
    fn add(&mut self, program: &str, edit: &Edit, outcome: &Outcome) {
        let Outcome::Judged { outlives, predicted, codes, built } = outcome else {
            self.invalid += 1;
            return;
        };
        let line = format!("{program}: {}: predicted {predicted:?} [{codes}]", edit.name);
        let is_asked = *predicted == Verdict::Unknown;
        self.asked += usize::from(is_asked);
        match (*predicted != Verdict::Restart, built.first()) {
            (true, Some(difference)) if !is_asked => {
                self.harmful += 1;
                self.false_safe.push(format!("{line}; built: {} {}", difference.message, difference.path));
            }
            (_, Some(_)) => {
                self.harmful += 1;
                self.refused_harmful += 1;
            }
            (_, None) if *outlives => self.outliving += 1,
            (true, None) => {
                self.harmless += 1;
                self.passed_harmless += 1;
            }
            (false, None) => {
                self.harmless += 1;
                self.timid.push(line);
            }
        }
    }

    fn report(&self) -> bool {
        for (title, lines) in [("false safe", &self.false_safe), ("timid", &self.timid)] {
            println!("\n{title}: {}", lines.len());
            for line in lines {
                println!("  {line}");
            }
        }
        let share = 100 * self.passed_harmless / self.harmless.max(1);
        println!("\n{} edits did not compile and say nothing", self.invalid);
        println!("{} of {} harmful edits refused", self.refused_harmful, self.harmful);
        println!("{} edits are of code that outlives a call", self.outliving);
        println!("{} of {} harmless edits passed ({share} %)", self.passed_harmless, self.harmless);
        println!("{} of all edits were left to the gate (`unknown`)", self.asked);
        let met = self.false_safe.is_empty() && share >= 90;
        println!("library: {}", if met { "no false safe, and not timid" } else { "NOT MET" });
        met
    }
}
