//! The variables of a frame as they are read: level by level, so that a limit takes the deepest and not the last.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{is_global, is_local};
use crate::session::Session;
use crate::session::live::Frame;
use crate::snapshots::{Kept, Snapshot, reference};

/// What may still be read at this stop.
pub(super) struct Budget {
    pub(super) until: Instant,
    pub(super) items: usize,
    pub(super) bytes: usize,
    pub(super) depth: u32,
}

/// A frame that is read.
pub(super) struct Reading {
    pub(super) frame: i64,
    /// The breakpoints that it stands at.
    breakpoints: Vec<i64>,
    /// Whether all of its locals were read.
    pub(super) is_whole: bool,
    /// Each after the one that it is part of.
    entries: Vec<Entry>,
    /// So many of them have been looked into: all but the deepest level.
    opened: usize,
}

struct Entry {
    kept: Kept,
    parent: Option<usize>,
    /// What stands behind it: its reference.
    behind: i64,
}

impl Budget {
    fn is_spent(&self) -> bool {
        self.items == 0 || self.bytes == 0 || Instant::now() >= self.until
    }
}

impl Reading {
    fn add(&mut self, kept: Kept, parent: Option<usize>, behind: i64) {
        self.entries.push(Entry { kept, parent, behind });
    }

    fn tell_whether_whole(&mut self, parent: Option<usize>, is_whole: bool) {
        match parent {
            Some(parent) => self.entries[parent].kept.is_whole = is_whole,
            None => self.is_whole &= is_whole,
        }
    }

    /// What was read of a frame that this is known of.
    pub(super) fn into_snapshot(mut self, facts: &Frame) -> Snapshot {
        Snapshot {
            function: facts.function.clone(),
            generation: facts.generation,
            frame: self.frame,
            breakpoints: std::mem::take(&mut self.breakpoints),
            is_whole: self.is_whole,
            variables: self.into_variables().into(),
        }
    }

    /// The locals, with what was read of them.
    fn into_variables(mut self) -> Vec<Kept> {
        let mut locals = Vec::new();
        while let Some(Entry { mut kept, parent, .. }) = self.entries.pop() {
            kept.children.reverse();
            match parent {
                Some(parent) => self.entries[parent].kept.children.push(kept),
                None => locals.push(kept),
            }
        }
        locals.reverse();
        locals
    }
}

impl Session {
    /// The locals of frames, each with the breakpoints that it stands at; of as many as the budget reaches.
    ///
    /// Some adapters know the variables of one frame at a time: those whose scopes were asked for last. The next frame's
    /// scopes are asked for as soon as this one's variables were, so that the adapter has no time to rest.
    pub(super) async fn read_frames(
        &mut self,
        frames: &[(i64, Vec<i64>)],
        budget: &mut Budget,
    ) -> Vec<Reading> {
        let restores = self.live.as_ref().is_some_and(|live| live.config.restore_values);
        let is_read = budget.depth > 0;
        let mut readings = Vec::new();
        let mut asked = frames.first().map(|(frame, _)| self.ask_for_scopes(*frame));
        let mut following = frames.iter().skip(1);
        for (frame, breakpoints) in frames {
            let Some(seq) = asked.take().filter(|_| !budget.is_spent()) else { break };
            let scopes = self.answer_to(seq, "scopes", budget.until).await;
            let is_known = scopes.is_ok();
            let scopes = scopes.unwrap_or_default();
            let scopes = scopes.get("scopes").and_then(Value::as_array).into_iter().flatten();
            // Globals may be many: they are read for whoever wants them set back.
            let is_meant = |scope: &&Value| is_read && (is_local(scope) || (restores && is_global(scope)));
            let behind: Vec<i64> = scopes.filter(is_meant).map(reference).filter(|it| *it != 0).collect();
            let variables: Vec<i64> =
                behind.into_iter().map(|behind| self.ask_for_variables(behind, budget)).collect();
            asked = following.next().map(|(frame, _)| self.ask_for_scopes(*frame));
            let mut reading = Reading {
                frame: *frame,
                breakpoints: breakpoints.clone(),
                is_whole: is_read,
                entries: Vec::new(),
                opened: 0,
            };
            for seq in variables {
                self.take_variables(&mut reading, None, seq, budget).await;
            }
            readings.extend(is_known.then_some(reading));
        }
        readings
    }

    /// What stands behind the deepest that was read. Two questions are always on the way.
    pub(super) async fn read_level(&mut self, reading: &mut Reading, budget: &mut Budget) {
        let level = reading.opened..reading.entries.len();
        reading.opened = level.end;
        let mut asked = None;
        for at in level {
            let behind = reading.entries[at].behind;
            if behind == 0 {
                continue;
            }
            if budget.is_spent() {
                reading.tell_whether_whole(Some(at), false);
                continue;
            }
            let next = self.ask_for_variables(behind, budget);
            if let Some((at, seq)) = asked.replace((at, next)) {
                self.take_variables(reading, Some(at), seq, budget).await;
            }
        }
        if let Some((at, seq)) = asked {
            self.take_variables(reading, Some(at), seq, budget).await;
        }
    }

    fn ask_for_scopes(&mut self, frame: i64) -> i64 {
        self.tell("scopes", &json!({"frameId": frame}))
    }

    fn ask_for_variables(&mut self, behind: i64, budget: &Budget) -> i64 {
        self.tell("variables", &json!({"variablesReference": behind, "start": 0, "count": budget.items}))
    }

    /// The variables behind a scope, or behind one of them, that were asked for.
    async fn take_variables(
        &mut self,
        reading: &mut Reading,
        parent: Option<usize>,
        asked: i64,
        budget: &mut Budget,
    ) {
        let body = self.answer_to(asked, "variables", budget.until).await;
        let mut is_whole = body.is_ok();
        let body = body.unwrap_or_default();
        for variable in body.get("variables").and_then(Value::as_array).into_iter().flatten() {
            if budget.is_spent() {
                is_whole = false;
                break;
            }
            let Some((kept, bytes)) = Kept::read(variable) else { continue };
            budget.items -= 1;
            budget.bytes = budget.bytes.saturating_sub(bytes);
            reading.add(kept, parent, reference(variable));
        }
        // With the last item the budget had, more may have been left out.
        reading.tell_whether_whole(parent, is_whole && budget.items > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::{Kept, Reading};

    #[test]
    fn what_was_read_level_by_level_stands_where_it_belongs() {
        let kept = |name: &str| Kept {
            name: name.into(),
            value: String::new(),
            kind: None,
            children: Vec::new(),
            is_whole: true,
        };
        let mut reading =
            Reading { frame: 1, breakpoints: vec![], is_whole: true, entries: vec![], opened: 0 };
        for (name, parent) in
            [("a", None), ("b", None), ("a1", Some(0)), ("a2", Some(0)), ("b1", Some(1)), ("a21", Some(3))]
        {
            reading.add(kept(name), parent, 0);
        }
        reading.tell_whether_whole(Some(3), false);
        let shape = |kept: &Kept| kept.children.iter().map(|child| child.name.clone()).collect::<Vec<_>>();
        let variables = reading.into_variables();
        assert_eq!(variables.iter().map(|kept| &*kept.name).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(variables.iter().map(shape).collect::<Vec<_>>(), [vec!["a1", "a2"], vec!["b1"]]);
        let cut = &variables[0].children[1];
        assert_eq!((shape(cut), cut.is_whole), (vec!["a21".to_owned()], false));
    }
}
