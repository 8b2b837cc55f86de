//! Reading the variables of a stopped frame before anybody can ask for them.

mod restoring;

use std::time::Instant as Clock;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Session;
use super::positions::FrameView;
use crate::message::{self, Message};
use crate::snapshots::{Kept, Snapshot};

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

/// What may still be read at this stop.
struct Budget {
    until: Instant,
    items: usize,
    bytes: usize,
    depth: u32,
}

impl Budget {
    fn is_spent(&self) -> bool {
        self.items == 0 || self.bytes == 0 || Instant::now() >= self.until
    }
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
        let Ok(trace) = self.ask_until("stackTrace", &thread, budget.until).await else {
            if let Some(live) = &mut self.live {
                live.process.snapshot_due = Some(hit.to_vec());
            }
            return;
        };
        let frames = self.own_frames(&trace);
        let mut breakpoints = hit;
        for frame in frames.into_iter().take(FRAMES) {
            if budget.is_spent() {
                break;
            }
            if let Some(snapshot) = self.read_frame(frame, breakpoints, &mut budget).await {
                self.editor.event("midflight/scopeSnapshot", &snapshot.value());
                if let Some(live) = &mut self.live {
                    live.snapshots.keep(snapshot);
                }
            }
            // Only the top frame is at the breakpoint.
            breakpoints = &[];
        }
        let is_late = Instant::now() >= budget.until;
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

    async fn read_frame(&mut self, frame: i64, hit: &[i64], budget: &mut Budget) -> Option<Snapshot> {
        let scopes = self.ask_until("scopes", &json!({"frameId": frame}), budget.until).await.ok()?;
        let restores = self.live.as_ref().is_some_and(|live| live.config.restore_values);
        let mut variables = Vec::new();
        let mut is_whole = true;
        for scope in scopes.get("scopes").and_then(Value::as_array).into_iter().flatten() {
            // Globals may be many: they are read for whoever wants them set back.
            let is_meant = is_local(scope) || (restores && is_global(scope));
            if is_meant {
                let (read, whole) = self.read_variables(scope, 1, budget).await;
                variables.extend(read);
                is_whole &= whole;
            }
        }
        let frame_facts = self.live.as_ref()?.frames.get(&frame)?;
        Some(Snapshot {
            function: frame_facts.function.clone(),
            generation: frame_facts.generation,
            frame,
            breakpoints: hit.to_vec(),
            variables: variables.into(),
            is_partial: !is_whole,
        })
    }

    /// The variables behind a scope or variable, and whether that is all of them.
    async fn read_variables(&mut self, parent: &Value, depth: u32, budget: &mut Budget) -> (Vec<Kept>, bool) {
        let reference = parent.get("variablesReference").and_then(Value::as_i64).unwrap_or_default();
        if reference == 0 {
            return (Vec::new(), true);
        }
        if depth > budget.depth || budget.is_spent() {
            return (Vec::new(), false);
        }
        let request = json!({"variablesReference": reference, "start": 0, "count": budget.items});
        let Ok(body) = self.ask_until("variables", &request, budget.until).await else {
            return (Vec::new(), false);
        };
        let (mut kept, mut is_whole) = (Vec::new(), true);
        for variable in body.get("variables").and_then(Value::as_array).into_iter().flatten() {
            if budget.is_spent() {
                return (kept, false);
            }
            let Some((mut read, bytes)) = Kept::read(variable) else { continue };
            budget.items -= 1;
            budget.bytes = budget.bytes.saturating_sub(bytes);
            let (children, whole) = Box::pin(self.read_variables(variable, depth + 1, budget)).await;
            read.children = children;
            is_whole &= whole;
            kept.push(read);
        }
        (kept, is_whole)
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
