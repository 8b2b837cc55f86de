//! The one table of all rules. Codes are for ever: a retired one stays as a comment and is never used again.

use crate::rules::Judge;

/// What a rule is about; the first two digits of its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `MF01xx`.
    Functions,
    /// `MF02xx`: structs, unions, aliases.
    Structs,
    /// `MF03xx`.
    Enums,
    /// `MF04xx`: traits and impls.
    Traits,
    /// `MF05xx`: statics, thread locals, constants.
    Statics,
    /// `MF09xx`: the text itself, and all that is not an item of its own.
    Text,
}

/// One numbered, documented, tested reason for a verdict.
pub struct Rule {
    /// Such as `MF0203`.
    pub code: &'static str,
    /// Such as `struct-field-added`.
    pub name: &'static str,
    /// What it finds, as a heading.
    pub title: &'static str,
    /// What it is about.
    pub family: Family,
    /// Its page in Markdown.
    pub page: &'static str,
    pub(crate) judge: Judge,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.code, self.name)
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Eq for Rule {}

static CATALOGUE: &[Rule] = &[];

/// All rules, by code.
pub fn catalogue() -> &'static [Rule] {
    CATALOGUE
}

/// The rule with a code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    catalogue().iter().find(|rule| rule.code.eq_ignore_ascii_case(code))
}
