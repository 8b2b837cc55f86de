//! Reading the variables of a stopped frame before anybody can ask for them.

mod reading;
mod restoring;

use std::time::Instant as Clock;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use self::reading::Budget;
use super::Session;
use super::positions::FrameView;
use crate::message::{self, Message};

/// So many frames of the stopped thread are kept: those in the workspace's own files.
const FRAMES: usize = 20;

/// So many frames are looked at to find them.
const LEVELS: usize = 32;

/// What stands for the snapshot in an expression.
const BEFORE: &str = "$before";

/// What `variables` and `setVariable` are about.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfVariables {
    variables_reference: i64,
}

impl Session {
    /// Keeps what the top frames hold. It is read at once, before the editor's own requests: some
    /// adapters know the variables of one frame at a time only.
    pub(super) async fn take_snapshot(&mut self, hit: &[i64]) {
        let started = Clock::now();
        let Some(live) = self.live.as_ref().filter(|live| !live.reload.is_off()) else { return };
        let limits = &live.config.snapshot;
        let mut budget = Budget {
            until: Instant::now() + limits.time(),
            items: limits.items,
            bytes: limits.bytes,
            depth: limits.depth,
        };
        let thread = json!({"threadId": live.process.thread, "startFrame": 0, "levels": LEVELS});
        let trace = self.ask_until("stackTrace", &thread, budget.until).await;
        let frames = trace.as_ref().map_or_else(|_| Vec::new(), |trace| self.own_frames(trace));
        // Only the top frame is at the breakpoint.
        let breakpoints = std::iter::once(hit.to_vec()).chain(std::iter::repeat(Vec::new()));
        let frames: Vec<(i64, Vec<i64>)> = frames.into_iter().take(FRAMES).zip(breakpoints).collect();
        let mut readings = self.read_frames(&frames, &mut budget).await;
        let is_whole =
            trace.is_ok() && readings.len() == frames.len() && readings.iter().all(|it| it.is_whole);
        let is_late = !is_whole && Instant::now() >= budget.until;
        // Everybody's locals before anybody's fields: a name that is missing is missed most.
        for _ in 1..budget.depth {
            for reading in &mut readings {
                self.read_level(reading, &mut budget).await;
            }
        }
        for reading in readings {
            let Some(live) = &mut self.live else { return };
            let Some(facts) = live.frames.get(&reading.frame) else { continue };
            let snapshot = reading.into_snapshot(facts);
            self.editor.event("midflight/scopeSnapshot", &snapshot.value());
            live.snapshots.keep(snapshot);
        }
        if let Some(live) = &mut self.live {
            live.process.snapshot_due = is_late.then(|| hit.to_vec());
        }
        tracing::debug!(elapsed = ?started.elapsed(), "snapshot");
    }

    /// Before the frame is shown or goes on: a snapshot that ran out of time gets a second chance, now that the
    /// debugger has read the types.
    pub(super) async fn take_due_snapshot(&mut self) {
        let due = self.live.as_mut().and_then(|live| live.process.snapshot_due.take());
        if let Some(hit) = due {
            self.take_snapshot(&hit).await;
        }
    }

    fn own_frames(&mut self, trace: &Value) -> Vec<i64> {
        let Some(live) = &mut self.live else { return Vec::new() };
        let mut ids = Vec::new();
        for frame in trace.get("stackFrames").and_then(Value::as_array).into_iter().flatten() {
            let frame = FrameView::of(frame);
            live.learn_frame(&frame);
            if let Some(id) = frame.id
                && live.frames.get(&id).is_some_and(|frame| frame.key.is_some())
            {
                ids.push(id);
            }
        }
        ids
    }

    /// `$before.name` is what `name` was before the last reload.
    pub(super) fn on_evaluate(&mut self, seq: i64, command: String, message: Message) {
        let arguments = message.arguments();
        let expression = arguments.get("expression").and_then(Value::as_str).unwrap_or_default().trim();
        let path = expression.strip_prefix(BEFORE).filter(|path| path.is_empty() || path.starts_with('.'));
        let Some(path) = path else { return self.on_request_with_position(seq, command, message) };
        let Some(live) = &mut self.live else { return };
        let frame = arguments.get("frameId").and_then(Value::as_i64);
        let facts = frame.and_then(|frame| live.frames.get(&frame).cloned());
        let was = match facts {
            Some(facts) => {
                let place = (facts.generation, frame.unwrap_or_default());
                live.snapshots.evaluate(&facts.function, place, path)
            }
            None => Err(format!("`{BEFORE}` needs a frame of a stopped thread.")),
        };
        match was {
            Ok(was) => {
                let body = json!({
                    "result": was.value, "type": was.type_field, "presentationHint": was.presentation_hint,
                    "variablesReference": was.variables_reference,
                });
                self.editor.answer(seq, &command, &message::without_nulls(&body));
            }
            Err(reason) => self.editor.refuse(seq, &command, &crate::error::Error::nobody(reason)),
        }
    }

    /// `variables` of a snapshot are answered here; all others by the adapter.
    pub(super) fn on_variables(&mut self, seq: i64, command: String, message: Message) {
        let asked = message.arguments_as::<OfVariables>().map(|asked| asked.variables_reference);
        let Some(live) = &self.live else { return };
        let Some(reference) = asked.filter(|reference| live.snapshots.is_ours(*reference)) else {
            return self.forward(seq, message.into_bytes(), super::Forwarded::Plain(command));
        };
        if command == "setVariable" {
            let error =
                crate::error::Error::user("This is the value before the reload; it can't be changed.");
            return self.editor.refuse(seq, &command, &error);
        }
        let variables = live.snapshots.variables(reference).unwrap_or_default();
        let body = json!({"variables": variables});
        self.editor.answer(seq, &command, &message::without_nulls(&body));
    }

    /// The live scopes of a frame, and what they were before the last reload.
    pub(super) fn on_scopes(&mut self, frame: i64, message: Message) {
        let known = self.live.as_mut().and_then(|live| Some((live.frames.get(&frame)?.clone(), live)));
        let Some((facts, live)) = known else { return self.editor.forward(message.into_bytes()) };
        let scope = live.snapshots.offer(&facts.function, (facts.generation, frame));
        if scope.is_none() && !message.has("line") {
            return self.editor.forward(message.into_bytes());
        }
        let mut tree = message.tree();
        if let Some(path) = facts.key.as_ref().map(|key| live.path(key)) {
            let path = path.to_string_lossy();
            live.map_positions(&mut tree["body"], Some(&path), Some(facts.generation), self.client.base);
        }
        if let Some(scope) = scope
            && let Some(scopes) = tree["body"]["scopes"].as_array_mut()
        {
            // After the locals, before globals and registers.
            scopes.insert(scopes.len().min(1), message::without_nulls(&scope));
        }
        self.editor.forward(message::bytes(&tree));
    }
}

/// Statics, as debuggers call them.
fn is_global(scope: &Value) -> bool {
    matches!(scope["name"].as_str(), Some("Globals" | "Static" | "Statics" | "Global"))
}

fn is_local(scope: &Value) -> bool {
    let text = |name: &str| scope.get(name).and_then(Value::as_str).unwrap_or_default();
    matches!(text("presentationHint"), "locals" | "arguments")
        || matches!(text("name"), "Locals" | "Local" | "Arguments")
}
