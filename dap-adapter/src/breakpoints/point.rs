//! One breakpoint: what the editor asked for, where it is placed, what the adapter made of it.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use crate::message::Base;
use crate::sources::Key;

/// One breakpoint.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    /// What the editor knows it by.
    pub(crate) id: i64,
    /// As the editor asked for it: line, column, condition, …
    pub(super) request: Value,
    /// The line in the set's text, from 0.
    pub(crate) line: u32,
    /// Where its statement runs.
    pub(crate) place: Option<Place>,
    /// What the adapter made of it.
    pub(crate) state: State,
    /// What the adapter knows it by, in the newest code.
    pub(super) adapters: Option<i64>,
    /// So often it was hit where it was set before.
    pub(super) hits: u64,
    /// It is no longer where the adapter has it.
    pub(super) has_moved: bool,
    /// What the editor was told of it last.
    pub(super) told: Option<Shown>,
}

/// Where a breakpoint's statement runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The file as the debugger knows it.
    pub(crate) file: String,
    /// The same file in the texts: not the set's own where the statement was moved, or generated.
    pub(crate) key: Key,
    /// The generation whose text the line is of.
    pub(crate) generation: u32,
    /// The line, from 0.
    pub(crate) line: u32,
    /// The column, from 0, where one was asked for.
    pub(crate) column: Option<u32>,
    /// Where the same statement is in older code that runs beside it.
    pub(crate) also: Vec<Spot>,
}

/// A place as the debugger is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Spot {
    /// The file as the debugger knows it.
    pub(crate) file: String,
    /// The line, from 0.
    pub(crate) line: u32,
    /// The column, from 0, where one was asked for.
    pub(crate) column: Option<u32>,
}

/// What the adapter made of a breakpoint.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct State {
    /// Whether it can be hit.
    pub(crate) verified: bool,
    /// Why not, or what else there is to say.
    pub(crate) message: Option<String>,
    /// How many lines below the one asked for.
    pub(crate) slide: i64,
    /// The column, as the adapter counts.
    column: Option<i64>,
}

/// A breakpoint as the editor sees it: `Breakpoint` of the protocol, with the source as the editor named it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Shown {
    pub(crate) id: i64,
    pub(crate) verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
    pub(crate) source: Arc<Value>,
    pub(crate) line: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) column: Option<i64>,
}

/// What decides where the editor sees a breakpoint.
#[derive(Debug, Clone)]
pub(crate) struct Stand {
    /// The line in the set's text, from 0.
    pub(crate) line: u32,
    /// Where its statement runs.
    pub(crate) place: Option<Place>,
    /// How many lines below the one asked for.
    pub(crate) slide: i64,
}

impl Place {
    /// Where it is in the newest code.
    pub(super) fn spot(&self) -> Spot {
        Spot { file: self.file.clone(), line: self.line, column: self.column }
    }

    /// All places that it has.
    pub(super) fn spots(&self) -> impl Iterator<Item = Spot> + '_ {
        std::iter::once(self.spot()).chain(self.also.iter().cloned())
    }
}

impl Point {
    /// One that nothing is known of but its id.
    pub(super) fn new(id: i64) -> Self {
        let state = State::default();
        let (place, adapters, told) = (None, None, None);
        Self { id, request: Value::Null, line: 0, place, state, adapters, hits: 0, has_moved: false, told }
    }

    /// The column in the set's text that was asked for, from 0.
    pub(crate) fn column(&self, base: Base) -> Option<u32> {
        let column = self.request.get("column")?.as_i64()?;
        u32::try_from(column - base.column).ok()
    }

    /// The number of the hit that it stops at, where it is a plain number.
    pub(super) fn wanted_hits(&self) -> Option<u64> {
        self.request.get("hitCondition")?.as_str()?.trim().parse().ok()
    }

    /// As the adapter has to be asked for it.
    pub(super) fn request_at(&self, spot: &Spot, base: Base) -> Value {
        let mut request = self.request.clone();
        request["line"] = json!(i64::from(spot.line) + base.line);
        if let Some(column) = spot.column {
            request["column"] = json!(i64::from(column) + base.column);
        } else if let Some(request) = request.as_object_mut() {
            request.remove("column");
        }
        if let Some(wanted) = self.wanted_hits().filter(|_| self.hits > 0) {
            // What it was hit before counts; once it has stopped, it stops each time.
            request["hitCondition"] = json!(wanted.saturating_sub(self.hits).max(1).to_string());
        }
        request
    }

    /// What decides where the editor sees it.
    pub(crate) fn stand(&self) -> Stand {
        Stand { line: self.line, place: self.place.clone(), slide: self.state.slide }
    }

    /// As the editor sees it, on this line (from 0) of this source.
    pub(crate) fn shown(&self, source: Arc<Value>, line: u32, base: Base) -> Shown {
        let asked = self.request.get("column").and_then(Value::as_i64);
        let is_at_home = self
            .place
            .as_ref()
            .is_none_or(|place| place.column.map(|column| i64::from(column) + base.column) == asked);
        Shown {
            id: self.id,
            verified: self.state.verified,
            message: self.state.message.clone(),
            source,
            line: i64::from(line) + base.line,
            // For a breakpoint on a line, editors would make one at the column.
            column: asked
                .filter(|_| self.state.verified)
                .and_then(|asked| if is_at_home { self.state.column } else { Some(asked) }),
        }
    }
}

impl State {
    /// Whether a breakpoint that was asked for on one line may be on another.
    pub(crate) fn reaches(&self, asked: u32, line: u32) -> bool {
        let slide = i64::from(line) - i64::from(asked);
        slide == 0 || slide == self.slide
    }

    /// That of a breakpoint that can't be set.
    pub(super) fn absent(reason: String) -> Self {
        Self { message: Some(reason), ..Self::default() }
    }

    /// The answer to a breakpoint that was asked for at `line`.
    pub(super) fn take(&mut self, answer: &Value, line: u32, base: i64) {
        *self = Self::default();
        self.take_change(answer);
        if let Some(at) = answer.get("line").and_then(Value::as_i64).filter(|at| *at >= base && *at > 0) {
            self.slide = at - base - i64::from(line);
        }
    }

    /// An event about it: it never says where it was asked for, so a line in it is not believed.
    pub(super) fn take_change(&mut self, answer: &Value) {
        self.verified = answer.get("verified").and_then(Value::as_bool).unwrap_or(false);
        self.message = answer.get("message").and_then(Value::as_str).map(str::to_owned);
        self.column = answer.get("column").and_then(Value::as_i64);
    }
}
