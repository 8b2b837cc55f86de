//! How new code gets into a process, as capabilities.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A way to get new code into a running process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EngineKind {
    /// Midflight's own: changed functions are redirected at their entry, everything else stays.
    InPlace,
    /// The `hot-lib-reloader` crate: a dynamic library is closed and opened again.
    HotLibReloader,
    /// Dioxus' `subsecond`: a patch library and a jump table.
    Subsecond,
    /// The process is started anew.
    Restart,
}

/// One thing that an engine can do. Rules ask for these and never for an engine's name, so that an engine
/// that learns something new changes one line here and no rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    /// New code gets into the running process at all.
    SwapsCode,
    /// The code of every workspace crate is replaced, not only that of a reloadable library.
    SwapsEveryCrate,
    /// Whoever calls a changed function is rebuilt with it, across the boundary too.
    RebuildsCallers,
    /// A call by name survives the function's removal: the old one lives on.
    KeepsRemovedCode,
    /// A new boundary function can be called without the executable being rebuilt.
    BindsNewBoundaries,
    /// Statics and thread locals keep their values across a swap.
    KeepsStatics,
    /// Function pointers and vtables made before a swap lead to the new code.
    RedirectsOldPointers,
    /// Symbols are matched by signature, so that a changed generic signature is a new symbol.
    MatchesSymbols,
    /// The built layouts are compared before a swap, so that an equal layout may pass.
    ComparesLayouts,
    /// Calls in progress finish with the old code, before the swap or beside it: what lives in them alone may change its
    /// layout.
    FinishesOldCalls,
    /// No call is in progress while code is swapped: all finish before it.
    WaitsForCalls,
    /// Types are known by their `TypeId` to the frameworks that use this engine.
    ComparesTypeIds,
}

use Capability::{
    BindsNewBoundaries, ComparesLayouts, ComparesTypeIds, FinishesOldCalls, KeepsRemovedCode, KeepsStatics,
    MatchesSymbols, RebuildsCallers, RedirectsOldPointers, SwapsCode, SwapsEveryCrate, WaitsForCalls,
};

impl EngineKind {
    /// All engines.
    pub const ALL: [Self; 4] = [Self::InPlace, Self::HotLibReloader, Self::Subsecond, Self::Restart];

    /// What the engine can do. This is the one table.
    pub fn capabilities(self) -> &'static [Capability] {
        match self {
            Self::InPlace => &[
                SwapsCode,
                SwapsEveryCrate,
                RebuildsCallers,
                KeepsRemovedCode,
                BindsNewBoundaries,
                KeepsStatics,
                RedirectsOldPointers,
                ComparesLayouts,
                FinishesOldCalls,
            ],
            Self::HotLibReloader => &[SwapsCode, ComparesTypeIds, FinishesOldCalls, WaitsForCalls],
            Self::Subsecond => &[
                SwapsCode,
                SwapsEveryCrate,
                KeepsRemovedCode,
                BindsNewBoundaries,
                MatchesSymbols,
                ComparesTypeIds,
            ],
            Self::Restart => &[],
        }
    }

    /// Whether the engine has a capability.
    pub fn can(self, capability: Capability) -> bool {
        self.capabilities().contains(&capability)
    }

    /// The engine's name, as it is written in JSON and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::InPlace => "in-place",
            Self::HotLibReloader => "hot-lib-reloader",
            Self::Subsecond => "subsecond",
            Self::Restart => "restart",
        }
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A text that names no engine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no engine: use in-place, hot-lib-reloader, subsecond or restart")]
pub struct UnknownEngine(pub String);

impl FromStr for EngineKind {
    type Err = UnknownEngine;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|engine| engine.name() == text)
            .ok_or_else(|| UnknownEngine(text.to_owned()))
    }
}
