//! The model (units, changes, verdicts, engines) and the numbered rules. No IO, no parser.
//!
//! A language front end turns text into [`FileUnits`]; a [`Program`] is the units of a whole workspace.
//! [`compare`] matches the units of two programs and asks the rules of the [`catalogue`] what each
//! difference does to a running process. The rules see units and capabilities only: they know neither a
//! language's syntax nor an engine's name, so a new language or a new engine needs no change here.

mod catalogue;
mod change;
mod compare;
mod engine;
mod known;
mod live;
mod members;
mod program;
mod reach;
mod resolve;
mod rules;
mod unit;
mod verdict;

pub use catalogue::{Family, Rule, catalogue, rule};
pub use change::{Change, Dependent, Location, worst};
pub use compare::{compare, compare_file, differing};
pub use engine::{Capability, EngineKind, UnknownEngine};
pub use program::{Crate, Program, Role};
pub use unit::{
    Attributes, Chunk, FileUnits, Fingerprint, Flag, Flags, Manifest, Member, Name, ParseProblem, Placed,
    Unit, UnitId, UnitKind,
};
pub use verdict::{UnknownVerdict, Verdict};

use std::collections::BTreeMap;
use std::sync::Arc;

/// The texts of a workspace at one moment: path relative to its root, with `/`, to text.
pub type Texts = BTreeMap<Arc<str>, Arc<str>>;
