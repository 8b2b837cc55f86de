//! The rules, a file per family.
//!
//! A rule is a function that looks at one edit of one unit and says what it found. It asks the edit for capabilities
//! and for what the programs know, and pushes a finding for each thing that its row in the catalogue is about.

pub(crate) mod builds;
pub(crate) mod enums;
pub(crate) mod functions;
pub(crate) mod statics;
pub(crate) mod structs;
pub(crate) mod text;
pub(crate) mod traits;

use std::ops::Range;
use std::sync::Arc;

use crate::live::Kept;
use crate::{
    Attributes, Capability, EngineKind, FileUnits, Fingerprint, Flag, Member, Name, Placed, Program, Role,
    Unit, UnitKind, Verdict,
};

/// The function of a rule.
pub(crate) type Judge = fn(&Edit<'_>, &mut Vec<Finding>);

/// A part of a unit that can differ. Every differing part must be explained by a finding; what is not is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aspect {
    Existence,
    Signature,
    Generics,
    Bounds,
    Lifetimes,
    Abi,
    Body,
    Layout,
    Environments,
    Visibility,
    Derives,
    Repr,
    Cfg,
    Export,
    Codegen,
    Other,
}

/// What a change does to the process, and what to do about it. The same few answers serve many rules.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judgement {
    pub(crate) verdict: Verdict,
    /// Ends the message: what it does to the process and what to do.
    pub(crate) effect: &'static str,
    pub(crate) why: &'static str,
    pub(crate) remedy: &'static str,
}

/// What a rule found.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    /// Begins the message: what changed.
    pub(crate) what: String,
    pub(crate) judgement: Judgement,
    /// The smallest range that shows it: in the old text, in the new text.
    pub(crate) ranges: (Option<Range<usize>>, Option<Range<usize>>),
    /// Whether a path by which live values are reached is worth telling.
    pub(crate) names_path: bool,
}

/// One unit before and after.
pub(crate) struct Edit<'a> {
    pub(crate) before: Option<Placed<'a>>,
    pub(crate) after: Option<Placed<'a>>,
    pub(crate) old_file: Option<&'a FileUnits>,
    pub(crate) new_file: Option<&'a FileUnits>,
    pub(crate) programs: (&'a Program, &'a Program),
    pub(crate) engine: EngineKind,
    /// The part of the unit's crate; none where no crate is known.
    pub(crate) role: Option<Role>,
}

pub(crate) const SAFE: Judgement = Judgement {
    verdict: Verdict::Safe,
    effect: "safe to hot-swap",
    why: "Calls made after the swap run the new code; calls in progress finish the old one.",
    remedy: "",
};

pub(crate) const NEW_ONLY: Judgement = Judgement {
    verdict: Verdict::Safe,
    effect: "safe to hot-swap",
    why: "Nothing in the running process refers to it yet.",
    remedy: "",
};

pub(crate) const EXECUTABLE_COPY: Judgement = Judgement {
    verdict: Verdict::Deferred,
    effect: "the executable keeps the old code; rebuild and restart it to apply",
    why: "Only the reloadable library is replaced. This crate is linked into the executable, which keeps its own copy.",
    remedy: "rebuild and restart the program to apply, or move the code into the reloadable library",
};

pub(crate) const OLD_LAYOUT: Judgement = Judgement {
    verdict: Verdict::Restart,
    effect: "the running process still has values of the old layout; restart to apply",
    why: "New code would read and write values that old code made, at offsets where other fields are.",
    remedy: "restart the program to apply",
};

const SETS_A_LAYOUT: Judgement = Judgement {
    verdict: Verdict::Restart,
    effect: "it decides the layout of a type, and the running process has values of the old layout; restart to apply",
    why: "It is part of a type, such as an array's length.",
    remedy: "restart the program to apply",
};

pub(crate) const FORKED: Judgement = Judgement {
    verdict: Verdict::Safe,
    effect: "safe to hot-swap",
    why: "No value of it outlives the calls that use it: calls in progress finish with the old layout, new ones use the \
          new.",
    remedy: "",
};

pub(crate) const TRANSIENT: Judgement = Judgement {
    why: "A comment says `midflight: transient`: its values live within calls, which finish with the old layout.",
    ..FORKED
};

pub(crate) const BUILD_DECIDES: Judgement = Judgement {
    verdict: Verdict::Unknown,
    effect: "only the build can tell whether it can be swapped",
    why: "The text alone does not prove that the running process and the new code agree.",
    remedy: "save: the built artifacts are compared before anything is swapped",
};

pub(crate) const RESTART: Judgement = Judgement {
    verdict: Verdict::Restart,
    effect: "must not be swapped into the running process; restart to apply",
    why: "Old and new code would run together without agreeing on what they share.",
    remedy: "restart the program to apply",
};

pub(crate) const RESOLVES_ELSEWHERE: Judgement = Judgement {
    verdict: Verdict::Unknown,
    effect: "a name here may mean something else now; only the build can tell",
    why: "Types in this file mention the name. If it means another type, layouts that look the same differ.",
    remedy: "save: the built artifacts are compared before anything is swapped",
};

/// What no text proves, rebuilt where engines can't compare what was built.
fn build_or_restart(edit: &Edit<'_>) -> Judgement {
    if edit.can(Capability::ComparesLayouts) { BUILD_DECIDES } else { RESTART }
}

impl<'a> Edit<'a> {
    /// The unit, new where there is one.
    pub(crate) fn placed(&self) -> Placed<'a> {
        self.after.or(self.before).expect("an edit has at least one side")
    }

    pub(crate) fn kind(&self) -> UnitKind {
        self.placed().unit.id.kind
    }

    /// The unit's name, in code quotes.
    pub(crate) fn name(&self) -> String {
        format!("`{}`", self.placed().unit.id.name())
    }

    pub(crate) fn can(&self, capability: Capability) -> bool {
        self.engine.can(capability)
    }

    /// Both sides, where the unit is neither new nor gone.
    pub(crate) fn pair(&self) -> Option<(&'a Unit, &'a Unit)> {
        Some((self.before?.unit, self.after?.unit))
    }

    /// Both sides, where they differ in something.
    pub(crate) fn differs(&self, part: impl Fn(&Unit) -> Fingerprint) -> bool {
        self.pair().is_some_and(|(before, after)| part(before) != part(after))
    }

    /// Both sides' attributes, where they differ in something.
    pub(crate) fn attribute_differs<T: PartialEq>(&self, part: impl Fn(&Attributes) -> T) -> bool {
        let none = Attributes::default();
        self.pair().is_some_and(|(before, after)| {
            part(before.attributes.as_deref().unwrap_or(&none))
                != part(after.attributes.as_deref().unwrap_or(&none))
        })
    }

    pub(crate) fn is_new(&self) -> bool {
        self.before.is_none()
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.after.is_none()
    }

    /// Whether either side has the flag.
    pub(crate) fn has(&self, flag: Flag) -> bool {
        [self.before, self.after].into_iter().flatten().any(|placed| placed.unit.flags.has(flag))
    }

    /// Whether a swap replaces the code of this unit's crate. Where no crate is known to be reloadable, all are.
    pub(crate) fn is_replaced(&self) -> bool {
        self.can(Capability::SwapsEveryCrate)
            || self.role.is_none_or(|role| role == Role::Hot)
            || !self.programs.1.crates().iter().any(|krate| krate.role == Role::Hot)
    }

    /// What a changed layout does: the judgement, unless no old value can meet new code.
    pub(crate) fn old_values(&self, judgement: Judgement) -> Judgement {
        let Some(before) = self.before else { return judgement };
        if !self.can(Capability::FinishesOldCalls) || !self.kind().is_type() || self.has(Flag::State) {
            return judgement;
        }
        let (name, swaps_all) = (before.unit.id.name(), self.can(Capability::SwapsEveryCrate));
        let lives = self.programs.0.lives();
        if lives.kept(name, swaps_all) == Kept::Never {
            FORKED
        } else if self.has(Flag::Transient) && !lives.is_in_a_static(name) {
            TRANSIENT
        } else {
            judgement
        }
    }

    /// What a constant or `const fn` does that is part of a type, itself or through others. Only what the running process
    /// was built with counts: a type that uses it now is an edit of its own.
    pub(crate) fn size(&self) -> Option<Judgement> {
        let index = self.programs.0.index();
        let names = index.computed_from(self.before?.unit);
        names.into_iter().any(|name| index.is_part_of_a_type(name)).then_some(SETS_A_LAYOUT)
    }

    /// What new code does: safe where the crate is replaced.
    pub(crate) fn code(&self) -> Judgement {
        if self.is_replaced() { SAFE } else { EXECUTABLE_COPY }
    }

    /// Whether the function is called across the border between what is replaced and what stays. Where the program
    /// names no boundary, every public function may be one.
    pub(crate) fn is_boundary(&self) -> bool {
        self.has(Flag::Boundary) || (self.has(Flag::Public) && !self.programs.0.index().names_boundaries())
    }

    /// Whether types here mention the name of an item that comes or goes: they mean something else with it than
    /// without it, as when a type of one's own hides one of the prelude.
    pub(crate) fn rebinds_its_name(&self) -> bool {
        let name = Name::new(self.placed().unit.id.name());
        let file = if self.is_new() { self.old_file } else { self.new_file };
        let mut units = file
            .into_iter()
            .flat_map(FileUnits::units)
            .filter(|placed| placed.unit.id.kind != UnitKind::Import);
        self.pair().is_none()
            && (units.any(|placed| placed.unit.type_mentions().any(|mention| mention == name))
                || self.is_mentioned_elsewhere(name))
    }

    /// Whether types of other files mention a name that comes to them from this one: through a `use` of that name, or
    /// of all names.
    pub(crate) fn is_mentioned_elsewhere(&self, name: Name) -> bool {
        if !self.programs.0.index().is_mentioned(name) {
            return false;
        }
        let module = self.old_file.or(self.new_file).map(|file| Arc::clone(&file.module));
        let mut others = self
            .programs
            .0
            .files()
            .map(|(_, file)| file)
            .filter(|file| Some(&file.module) != module.as_ref());
        others.any(|file| {
            let mentions = |unit: &Unit| {
                unit.id.kind != UnitKind::Import && unit.type_mentions().any(|mention| mention == name)
            };
            imports(file, name) && file.units().any(|placed| mentions(placed.unit))
        })
    }

    /// Whether what this edit changes can be meant by its name in a file. An import is only in its own file, and where
    /// it is imported from there.
    pub(crate) fn reaches_into(&self, path: &str) -> bool {
        if self.kind() != UnitKind::Import {
            return true;
        }
        let Some(file) = self.programs.0.file(path) else { return true };
        let is_same = self.old_file.is_some_and(|old| old.module == file.module);
        is_same || self.placed().unit.mentions.iter().any(|name| imports(file, *name))
    }

    /// Whether a closure that was stored would meet code for another environment. By number, every closure may be another
    /// one when any is; else each is known by what it captures. Where none was made before, none is alive.
    fn environments_differ(&self, old: &Unit, new: &Unit) -> bool {
        if self.can(Capability::MatchesSymbols) {
            return old.flags.has(Flag::Captures) && old.environments != new.environments;
        }
        let mut left = new.stored.to_vec();
        old.stored.iter().any(|stored| match left.iter().position(|other| other == stored) {
            Some(at) => {
                left.swap_remove(at);
                false
            }
            None => true,
        })
    }

    /// A finding at the unit's name.
    pub(crate) fn finding(&self, what: impl Into<String>, judgement: Judgement) -> Finding {
        let ranges =
            (self.before.map(|placed| placed.name_range()), self.after.map(|placed| placed.name_range()));
        Finding { what: what.into(), judgement, ranges, names_path: false }
    }

    /// A finding at one member.
    pub(crate) fn member_finding(
        &self,
        what: String,
        judgement: Judgement,
        (before, after): (Option<&Member>, Option<&Member>),
    ) -> Finding {
        let unit = self.finding(what, judgement);
        let old = self.before.zip(before).map(|(placed, member)| placed.place(&member.name_range));
        let new = self.after.zip(after).map(|(placed, member)| placed.place(&member.name_range));
        let ranges = (old.or(unit.ranges.0.clone()), new.or(unit.ranges.1.clone()));
        Finding { ranges, names_path: judgement.verdict == Verdict::Restart, ..unit }
    }

    /// Whether a part of the unit differs.
    pub(crate) fn aspect_differs(&self, aspect: Aspect) -> bool {
        match aspect {
            Aspect::Existence => self.is_new() || self.is_gone(),
            Aspect::Signature => self.differs(|unit| unit.signature),
            Aspect::Generics => self.differs(|unit| unit.generics),
            Aspect::Bounds => self.differs(|unit| unit.bounds),
            Aspect::Lifetimes => self.differs(|unit| unit.lifetimes),
            Aspect::Abi => self.attribute_differs(|attributes| attributes.abi),
            Aspect::Body => self.differs(|unit| unit.body),
            Aspect::Layout => self.differs(|unit| unit.layout),
            Aspect::Environments => self.pair().is_some_and(|(old, new)| self.environments_differ(old, new)),
            Aspect::Visibility => self.attribute_differs(|attributes| attributes.visibility),
            Aspect::Derives => self.attribute_differs(|attributes| attributes.derives.clone()),
            Aspect::Repr => self.attribute_differs(|attributes| attributes.repr),
            Aspect::Cfg => self.attribute_differs(|attributes| attributes.cfg),
            Aspect::Export => self.attribute_differs(|attributes| attributes.export.clone()),
            Aspect::Codegen => self.attribute_differs(|attributes| attributes.codegen),
            Aspect::Other => self.attribute_differs(|attributes| attributes.other),
        }
    }
}

/// Whether a file has a name from elsewhere: by itself, or among all names of a module.
fn imports(file: &FileUnits, name: Name) -> bool {
    let is_it = |unit: &Unit| {
        unit.id.kind == UnitKind::Import && (unit.id.path.ends_with('*') || unit.mentions.contains(&name))
    };
    file.units().any(|placed| is_it(placed.unit))
}

impl Aspect {
    /// Whether values look otherwise in memory where it differs.
    pub(crate) fn is_of_layout(self) -> bool {
        matches!(self, Self::Layout | Self::Repr | Self::Generics)
    }

    pub(crate) const ALL: [Self; 16] = [
        Self::Existence,
        Self::Signature,
        Self::Generics,
        Self::Bounds,
        Self::Lifetimes,
        Self::Abi,
        Self::Body,
        Self::Layout,
        Self::Environments,
        Self::Visibility,
        Self::Derives,
        Self::Repr,
        Self::Cfg,
        Self::Export,
        Self::Codegen,
        Self::Other,
    ];
}
