//! What a change does to the running process.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a change does to the running process under an engine. Ordered from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Can be swapped in; the process runs the new code.
    Safe,
    /// Can be swapped in, but shows only at the next call, the next start, or for new values.
    Deferred,
    /// Can be swapped in, but some state starts over.
    Reset,
    /// Must not be swapped in.
    Restart,
    /// Only the build can tell. Worst, because nothing may be promised about it.
    Unknown,
}

impl Verdict {
    /// All verdicts, from best to worst.
    pub const ALL: [Self; 5] = [Self::Safe, Self::Deferred, Self::Reset, Self::Restart, Self::Unknown];

    /// The verdict's name, as it is written in JSON and in configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Deferred => "deferred",
            Self::Reset => "reset",
            Self::Restart => "restart",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the text alone proves that the change may be swapped into the process.
    pub fn is_swappable(self) -> bool {
        self <= Self::Reset
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A text that names no verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no verdict: use safe, deferred, reset, restart or unknown")]
pub struct UnknownVerdict(pub String);

impl FromStr for Verdict {
    type Err = UnknownVerdict;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|verdict| verdict.name() == text)
            .ok_or_else(|| UnknownVerdict(text.to_owned()))
    }
}
