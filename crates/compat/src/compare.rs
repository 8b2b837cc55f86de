//! Matches the units of two programs and asks the rules.
//!
//! Chunks with equal keys hold equal units and are left out at once, so that the work is that of the edited items, not
//! of the file. What is left is paired by id; items of the same id are paired in order.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use crate::live::Kept;
use crate::reach::Reached;
use crate::resolve::Namesakes;
use crate::rules::text::{last_good, unrecognised_finding};
use crate::rules::{Aspect, Edit, Finding, Judgement};
use crate::{
    Capability, Change, Dependent, EngineKind, FileUnits, Flag, Location, Placed, Program, Role, Rule,
    UnitId, UnitKind, Verdict, catalogue, rule,
};

/// All changes between two programs, ordered by file and range.
pub fn compare(before: &Program, after: &Program, engine: EngineKind) -> Vec<Change> {
    let paths = differing(before, after);
    paths.into_iter().flat_map(|path| compare_file(before, after, &path, engine)).collect()
}

/// The files that the two programs do not share, in order: only these can have changes.
///
/// Both are gone along side by side: it is asked for while somebody types, in workspaces of any size.
pub fn differing(before: &Program, after: &Program) -> BTreeSet<Arc<str>> {
    let (mut old, mut new) = (before.files().peekable(), after.files().peekable());
    let mut differing = BTreeSet::new();
    loop {
        let path = match (old.peek(), new.peek()) {
            (Some((old, _)), Some((new, _))) => Arc::clone(old.min(new)),
            (Some((path, _)), None) | (None, Some((path, _))) => Arc::clone(path),
            (None, None) => return differing,
        };
        let old = old.next_if(|(other, _)| **other == path).map(|(_, file)| file);
        let new = new.next_if(|(other, _)| **other == path).map(|(_, file)| file);
        if !old.zip(new).is_some_and(|(old, new)| Arc::ptr_eq(old, new)) {
            differing.insert(path);
        }
    }
}

/// The changes in one file, ordered by range.
pub fn compare_file(before: &Program, after: &Program, path: &str, engine: EngineKind) -> Vec<Change> {
    let (old, new) = (before.file(path), after.file(path));
    let (old_path, old) = match (old, new) {
        (None, Some(new)) => moved(new, before, after).map_or((path, None), |(path, old)| (path, Some(old))),
        // Judged where the module is now.
        (Some(old), None) if moved(old, after, before).is_some() => return Vec::new(),
        _ => (path, old),
    };
    if let (Some(old), Some(new)) = (old, new)
        && Arc::ptr_eq(old, new)
    {
        return Vec::new();
    }
    let comparison = Comparison {
        before,
        after,
        old: old.map(|file| &**file),
        new: new.map(|file| &**file),
        path: path.into(),
        old_path: old_path.into(),
        anchors: OnceCell::new(),
        engine,
        role: after.crate_of(path).or_else(|| before.crate_of(path)).map(|krate| krate.role),
    };
    let mut changes = comparison.problems();
    for (old, new) in comparison.pairs() {
        changes.extend(comparison.judge(old, new));
    }
    // All that differs counts: of two changes shown at one place, the same comes first each time.
    let place = |change: &Change| {
        let was = change.baseline.as_ref().map(|location| location.range.start);
        (change.range.start, change.range.end, change.rule.code, was)
    };
    changes.sort_by(|one, other| (place(one), &one.item).cmp(&(place(other), &other.item)));
    changes
}

/// The file of another program that is the same module as one that this program has under another path.
fn moved<'a>(file: &FileUnits, from: &'a Program, to: &Program) -> Option<(&'a str, &'a Arc<FileUnits>)> {
    let is_module = !file.module.is_empty();
    let mut gone =
        from.files().filter(|(path, other)| other.module == file.module && to.file(path).is_none());
    gone.next().filter(|_| is_module).map(|(path, other)| (&**path, other))
}

/// An item that both files have.
struct Anchor<'a> {
    /// Where it began in the old text.
    was: usize,
    id: &'a UnitId,
    /// Where it is in the new text.
    range: Range<usize>,
    name_range: Range<usize>,
}

struct Comparison<'a> {
    before: &'a Program,
    after: &'a Program,
    old: Option<&'a FileUnits>,
    new: Option<&'a FileUnits>,
    path: Arc<str>,
    /// Where the file was: elsewhere, if the module moved from `m.rs` to `m/mod.rs`.
    old_path: Arc<str>,
    /// What is left of the old file: where it was, and where it is.
    anchors: OnceCell<Vec<Anchor<'a>>>,
    engine: EngineKind,
    role: Option<Role>,
}

/// Units of one file that the other has not, chunk for chunk.
fn units_left<'a>(file: Option<&'a FileUnits>, other: Option<&FileUnits>) -> Vec<Placed<'a>> {
    let mut known: HashMap<_, usize> = HashMap::new();
    for chunk in other.into_iter().flat_map(|other| &other.chunks) {
        *known.entry(chunk.key).or_default() += 1;
    }
    let is_left = |chunk: &&crate::Chunk| match known.get_mut(&chunk.key) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    let chunks = file.into_iter().flat_map(|file| &file.chunks).filter(is_left);
    chunks.flat_map(|chunk| chunk.units.iter().map(|unit| Placed { unit, start: chunk.start })).collect()
}

impl<'a> Comparison<'a> {
    /// Units that differ, side by side.
    fn pairs(&self) -> Vec<(Option<Placed<'a>>, Option<Placed<'a>>)> {
        let mut by_id: HashMap<&UnitId, (Vec<Placed<'a>>, Vec<Placed<'a>>)> = HashMap::new();
        for placed in units_left(self.old, self.new) {
            by_id.entry(&placed.unit.id).or_default().0.push(placed);
        }
        for placed in units_left(self.new, self.old) {
            by_id.entry(&placed.unit.id).or_default().1.push(placed);
        }
        by_id.into_values().flat_map(|(old, new)| pair(old, new)).collect()
    }

    /// Asks every rule. What differs and is explained by none is a finding too: silence is never "safe".
    fn judge(&self, before: Option<Placed<'a>>, after: Option<Placed<'a>>) -> Vec<Change> {
        let edit = Edit {
            before,
            after,
            old_file: self.old,
            new_file: self.new,
            programs: (self.before, self.after),
            engine: self.engine,
            role: self.role,
        };
        let mut unexplained: Vec<_> =
            Aspect::ALL.into_iter().filter(|&aspect| edit.aspect_differs(aspect)).collect();
        let mut changes = Vec::new();
        let mut findings = Vec::new();
        for rule in catalogue() {
            (rule.judge)(&edit, &mut findings);
            if !findings.is_empty() {
                unexplained.retain(|aspect| !rule.explains.contains(aspect));
            }
            changes.extend(findings.drain(..).map(|finding| self.change(&edit, rule, finding)));
        }
        // The heads of modules and impls come and go with their members, which are units of their own.
        let is_frame = edit.kind() == UnitKind::InherentImpl && edit.pair().is_none();
        if !unexplained.is_empty() && !is_frame {
            let rule = known_rule("MF0900");
            changes.push(self.change(&edit, rule, unrecognised_finding(&edit)));
        }
        changes
    }

    /// Text of the new file that does not parse and is not as it was in the old one.
    fn problems(&self) -> Vec<Change> {
        let known: Vec<_> =
            self.old.into_iter().flat_map(|file| &file.problems).map(|found| found.fingerprint).collect();
        let problems = self.new.into_iter().flat_map(|file| &file.problems);
        let new = problems.filter(|problem| !known.contains(&problem.fingerprint));
        let judgement = last_good();
        new.map(|problem| Change {
            rule: known_rule("MF0901"),
            verdict: judgement.verdict,
            item: problem.item.as_deref().unwrap_or(&self.path).to_owned(),
            kind: UnitKind::Opaque,
            file: Arc::clone(&self.path),
            range: problem.range.clone(),
            unit_range: problem.range.clone(),
            baseline: None,
            item_range: None,
            item_baseline: None,
            message: format!("the text does not parse ({}): {}", problem.message, judgement.effect),
            why: judgement.why.to_owned(),
            remedy: judgement.remedy.to_owned(),
            reachable_from: Vec::new(),
            live_path: None,
            dependents: Vec::new(),
            more_dependents: 0,
        })
        .collect()
    }

    fn change(&self, edit: &Edit<'a>, rule: &'static Rule, finding: Finding) -> Change {
        let Judgement { verdict, effect, why, remedy } = self.judgement(finding.judgement);
        let placed = edit.placed();
        let (old_range, new_range) = finding.ranges;
        let name_range = placed.name_range();
        let reached = if finding.names_path { self.reached(&placed.unit.id) } else { Vec::new() };
        let is_layout = edit.kind().is_type() && rule.explains.iter().any(|aspect| aspect.is_of_layout());
        let (dependents, more_dependents) = if is_layout && edit.before.is_some() {
            self.dependents(&placed.unit.id)
        } else {
            (Vec::new(), 0)
        };
        let live_path = reached.first().map(|(_, path)| path.clone());
        let why = match &live_path {
            Some(path) => format!("{why} Live values are reached through {path}."),
            None => why.to_owned(),
        };
        // Half-typed code is judged by what it was when it last parsed.
        let is_stale = edit.after.is_some_and(|after| after.unit.flags.has(Flag::Stale));
        let why =
            if is_stale { format!("{why} Judged by the last text of the item that parsed.") } else { why };
        Change {
            rule,
            verdict,
            item: placed.unit.id.path.to_string(),
            kind: placed.unit.id.kind,
            file: Arc::clone(&self.path),
            range: new_range.unwrap_or_else(|| self.shown_instead(edit)),
            unit_range: if edit.is_gone() { self.shown_instead(edit) } else { name_range },
            baseline: old_range.map(|range| self.in_old(range)),
            item_range: edit.after.map(|after| after.range()).or_else(|| self.place_for(edit)),
            item_baseline: edit.before.map(|before| self.in_old(before.range())),
            message: format!("{}: {effect}", finding.what),
            why,
            remedy: remedy.to_owned(),
            reachable_from: reached.into_iter().map(|(root, _)| root).collect(),
            live_path,
            dependents,
            more_dependents,
        }
    }

    /// What a type reaches, where it stands in the new text.
    fn dependents(&self, id: &UnitId) -> (Vec<Dependent>, usize) {
        let namesakes = Namesakes::of(self.before, id);
        let is_meant = |file: &str, unit: &UnitId| namesakes.is_meant(file, unit);
        let (reached, more) = self.before.index().dependents(id.name(), is_meant);
        let place = |reached: Reached| {
            let units = self.after.file(&reached.file)?.units();
            let placed = units.into_iter().find(|placed| placed.unit.id == reached.id)?;
            let location = Location { file: reached.file, range: placed.name_range() };
            Some(Dependent {
                item: reached.id.path.to_string(),
                kind: reached.id.kind,
                location,
                path: reached.path,
            })
        };
        (reached.into_iter().filter_map(place).collect(), more)
    }

    /// From where live values of a type are reached: what it is called, and the path.
    fn reached(&self, id: &UnitId) -> Vec<(String, String)> {
        let (name, namesakes) = (id.name(), Namesakes::of(self.before, id));
        let paths = self.before.index().paths(name, |file, unit| namesakes.is_meant(file, unit));
        if !paths.is_empty() || !self.engine.can(Capability::FinishesOldCalls) {
            return paths;
        }
        let Kept::By(path) = self.before.lives().kept(name, self.engine.can(Capability::SwapsEveryCrate))
        else {
            return Vec::new();
        };
        let root = path.split(" → ").next().unwrap_or(&path).to_owned();
        vec![(root, path)]
    }

    fn in_old(&self, range: Range<usize>) -> Location {
        Location { file: Arc::clone(&self.old_path), range }
    }

    /// Where an item that is gone could stand again: below the nearest item above it that is left and has the same
    /// parent, else above the nearest one below it.
    fn place_for(&self, edit: &Edit<'a>) -> Option<Range<usize>> {
        self.new?;
        let gone = edit.before?;
        let anchors = self.anchors.get_or_init(|| self.anchors());
        let (above, below) = anchors.split_at(anchors.partition_point(|left| left.was < gone.range().start));
        let is_beside = |left: &&Anchor<'_>| left.id.parent() == gone.unit.id.parent();
        let end = above.iter().rev().find(is_beside).map(|left| left.range.end);
        end.or_else(|| Some(below.iter().find(is_beside)?.range.start)).map(|at| at..at)
    }

    /// Where an item that is gone is shown: at the nearest item above it that is left. In a file that is gone too, where
    /// it was.
    fn shown_instead(&self, edit: &Edit<'a>) -> Range<usize> {
        let was = edit.placed().name_range();
        let Some(new) = self.new else { return was };
        let anchors = self.anchors.get_or_init(|| self.anchors());
        let above = anchors.partition_point(|left| left.was < was.start);
        let nearest = above.checked_sub(1).and_then(|at| anchors.get(at)).or_else(|| anchors.first());
        let first = || new.units().next().map(|placed| placed.name_range());
        nearest.map(|left| left.name_range.clone()).or_else(first).unwrap_or(0..0)
    }

    fn anchors(&self) -> Vec<Anchor<'a>> {
        let left: HashMap<_, _> =
            self.new.into_iter().flat_map(FileUnits::units).map(|placed| (&placed.unit.id, placed)).collect();
        let old = self.old.into_iter().flat_map(FileUnits::units);
        let mut anchors: Vec<_> = old
            .filter_map(|placed| {
                let left = left.get(&placed.unit.id)?;
                let (range, name_range) = (left.range(), left.name_range());
                Some(Anchor { was: placed.range().start, id: &left.unit.id, range, name_range })
            })
            .collect();
        anchors.sort_by_key(|left| left.was);
        anchors
    }

    /// What holds for all rules: an engine that swaps nothing, and crates that run in the compiler.
    fn judgement(&self, judgement: Judgement) -> Judgement {
        if judgement.verdict == Verdict::Unknown && judgement.effect == last_good().effect {
            return judgement;
        }
        if !self.engine.can(Capability::SwapsCode) {
            return Judgement {
                verdict: Verdict::Restart,
                effect: "restart to apply",
                why: "This engine starts the program anew for every change of its code.",
                remedy: "restart the program to apply",
            };
        }
        if self.role == Some(Role::Compiler) {
            return Judgement {
                verdict: Verdict::Unknown,
                effect: "only the build can tell what it makes of the code that uses it",
                why: "A procedural macro runs in the compiler: any code that uses it may change with it.",
                remedy: "save: the built artifacts are compared before anything is swapped",
            };
        }
        judgement
    }
}

fn known_rule(code: &str) -> &'static Rule {
    rule(code).expect("the catalogue holds every code that is used here")
}

/// Pairs units of one id: first those that agree, which are no edit, then the rest in order.
fn pair<'a>(old: Vec<Placed<'a>>, mut new: Vec<Placed<'a>>) -> Vec<(Option<Placed<'a>>, Option<Placed<'a>>)> {
    let mut pairs = Vec::new();
    let mut left = Vec::new();
    for placed in old {
        match new.iter().position(|other| other.unit.same_as(placed.unit)) {
            Some(at) => drop(new.remove(at)),
            None => left.push(placed),
        }
    }
    let mut new = new.into_iter();
    for placed in left {
        pairs.push((Some(placed), new.next()));
    }
    pairs.extend(new.map(|placed| (None, Some(placed))));
    pairs
}
