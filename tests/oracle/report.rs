//! The table of all edits, and what it comes to.

use std::path::Path;

use serde_json::{Value, json};

use crate::in_place::{Case, Process};

#[derive(Default)]
pub(crate) struct Totals {
    invalid: usize,
    cases: Vec<Case>,
}

impl Case {
    fn process(&self) -> &str {
        match &self.process {
            Process::Old => "old code",
            Process::New => "new code",
            Process::Corrupt(_) => "CORRUPT",
            Process::Broken(_) => "BROKEN",
        }
    }

    /// Refused, though no live data would be read wrongly.
    fn is_timid(&self) -> bool {
        self.harm.is_none() && self.refused.is_some()
    }

    fn row(&self) -> String {
        let gate = if self.gate.is_none() { "passes" } else { "refuses" };
        let truth = if self.harm.is_none() { "harmless" } else { "harmful" };
        let predicted = self.predicted.name();
        format!("{:<7}{:<44}{predicted:<9}{gate:<9}{truth:<10}{}", self.program, self.edit, self.process())
    }

    fn json(&self) -> Value {
        let detail = match &self.process {
            Process::Corrupt(detail) | Process::Broken(detail) => Some(detail),
            Process::Old | Process::New => None,
        };
        json!({
            "program": self.program, "edit": self.edit, "predicted": self.predicted.name(), "rules": self.codes,
            "refused": self.refused, "gate": self.gate, "harm": self.harm, "process": self.process(),
            "detail": detail,
        })
    }
}

impl Totals {
    pub(crate) fn add(&mut self, case: Option<Case>) {
        match case {
            Some(case) => {
                println!("{}", case.row());
                self.cases.push(case);
            }
            None => self.invalid += 1,
        }
    }

    fn count(&self, is_meant: impl Fn(&Case) -> bool) -> usize {
        self.cases.iter().filter(|case| is_meant(case)).count()
    }

    fn corrupt(&self) -> usize {
        self.count(|case| matches!(case.process, Process::Corrupt(_)))
    }

    fn broken(&self) -> usize {
        self.count(|case| matches!(case.process, Process::Broken(_)))
    }

    /// Whether no process was corrupted and no session broken.
    pub(crate) fn nothing_is_wrong(&self) -> bool {
        self.corrupt() + self.broken() == 0
    }

    /// Prints what it comes to, and whether that will do.
    pub(crate) fn report(&self, file: &Path) -> bool {
        for (title, is_meant) in [
            ("corrupted", (|case| matches!(case.process, Process::Corrupt(_))) as fn(&Case) -> bool),
            ("broken", |case| matches!(case.process, Process::Broken(_))),
            ("harmless and refused", Case::is_timid),
            ("harmful by its layouts, and passed", |case| case.harm.is_some() && case.refused.is_none()),
        ] {
            println!("\n{title}: {}", self.count(is_meant));
            for case in self.cases.iter().filter(|case| is_meant(case)) {
                let details = [case.refused.as_deref(), case.harm.as_deref(), case.json()["detail"].as_str()]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join("; ");
                println!("  {} [{}]: {details}", case.row(), case.codes);
            }
        }
        self.write(file);
        let (corrupt, broken) = (self.corrupt(), self.broken());
        let harmless = self.count(|case| case.harm.is_none());
        let timid = self.count(Case::is_timid);
        let harmful = self.cases.len() - harmless;
        let refused = self.count(|case| case.harm.is_some() && case.refused.is_some());
        println!("\n{} edits did not compile and say nothing", self.invalid);
        println!("{refused} of {harmful} edits that change layouts of live data refused");
        println!("{timid} of {harmless} harmless edits refused");
        println!(
            "{corrupt} processes corrupted, {broken} sessions broken; all edits are in {}",
            file.display()
        );
        let is_met = self.nothing_is_wrong() && timid * 10 <= harmless;
        println!("in place: {}", if is_met { "nothing corrupted, and not timid" } else { "NOT MET" });
        is_met
    }

    fn write(&self, file: &Path) {
        let cases: Vec<Value> = self.cases.iter().map(Case::json).collect();
        let text = serde_json::to_string_pretty(&cases).unwrap_or_default();
        let written =
            file.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(file, text));
        if let Err(error) = written {
            println!("{} can't be written: {error}", file.display());
        }
    }
}
