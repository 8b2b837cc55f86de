//! What became of each edit, and what it comes to.

use std::fmt;

use crate::guest::Outcome;

#[derive(Default)]
pub(crate) struct Report {
    cases: Vec<(String, Outcome)>,
}

impl Report {
    pub(crate) fn add(&mut self, package: &str, edit: &str, outcome: Outcome) {
        println!(
            "  {:<10} {edit}{}",
            outcome.name(),
            outcome.detail().map_or_else(String::new, |d| format!("\n    {d}"))
        );
        self.cases.push((format!("{package} {edit}"), outcome));
    }

    fn count(&self, name: &str) -> usize {
        self.cases.iter().filter(|(_, outcome)| outcome.name() == name).count()
    }

    /// Whether nothing went wrong, and something was tried.
    pub(crate) fn is_met(&self) -> bool {
        self.count("new") + self.count("old") > 0 && self.count("CORRUPT") == 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (edit, outcome) in &self.cases {
            if let Outcome::Corrupt(detail) = outcome {
                writeln!(f, "CORRUPT {edit}: {detail}")?;
            }
        }
        let (new, old, refused) = (self.count("new"), self.count("old"), self.count("refused"));
        write!(
            f,
            "{} edits that compile: {new} answered as the new program does, {old} as the old one (what was edited was \
             not asked, or runs later), {refused} refused, {} corrupted",
            self.cases.len(),
            self.count("CORRUPT")
        )
    }
}
