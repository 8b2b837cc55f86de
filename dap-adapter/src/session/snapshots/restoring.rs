//! After a restart, at the first stop at a breakpoint that was hit before: plain numbers and truth values of the frame are
//! set to what they were, where the user wants that. Each is told.

use serde_json::{Value, json};

use super::{is_global, is_local};
use crate::capabilities;
use crate::session::Session;
use crate::session::positions::{FrameView, number};
use crate::snapshots::Kept;

impl Session {
    /// The breakpoints, as the editor knows them, that a thread stands at: where an adapter does not say so, by its line.
    pub(in crate::session) async fn standing_at(&mut self, body: &Value) -> Vec<i64> {
        let is_wanted = self.live.as_ref().is_some_and(|live| live.config.restore_values);
        if !is_wanted || body["reason"] != "breakpoint" {
            return Vec::new();
        }
        let Some(frame) = self.top_frame(&body["threadId"]).await else { return Vec::new() };
        let base = self.client.base;
        let Some(live) = &self.live else { return Vec::new() };
        let at = number(&frame, "line", base.line);
        let Some((key, at)) = live.key_of(&frame["source"]).zip(at) else { return Vec::new() };
        live.breakpoints.at(&key, at)
    }

    /// Sets back what a frame had when this breakpoint was hit last before the process was started.
    pub(in crate::session) async fn restore_values(&mut self, hit: &[i64], thread: &Value) {
        let Some(live) = &mut self.live else { return };
        let Some(id) = hit.first().copied().filter(|_| live.config.restore_values) else { return };
        let launched = live.sources.launched();
        if launched == 0 || !live.process.restored.insert(id) {
            return;
        }
        let Some(frame) = self.top_frame(thread).await else { return };
        let Some(live) = &mut self.live else { return };
        live.learn_frame(&FrameView::of(&frame));
        let Some(frame) = frame["id"].as_i64() else { return };
        let function = live.frames.get(&frame).map(|frame| frame.function.clone()).unwrap_or_default();
        let Some(before) = live.snapshots.at_breakpoint(&function, id, launched) else { return };
        if !capabilities::knows(&self.capabilities, "setVariable") {
            return self.editor.say("The debug adapter can't set variables, so that none is set back.");
        }
        let Ok(scopes) = self.ask("scopes", &json!({"frameId": frame})).await else { return };
        let mut restored = Vec::new();
        for scope in scopes["scopes"].as_array().into_iter().flatten() {
            if is_local(scope) || is_global(scope) {
                restored.extend(self.restore_scope(&scope["variablesReference"], &before.variables).await);
            }
        }
        let body = json!({"breakpointId": id, "function": function, "variables": restored});
        self.editor.event("midflight/restored", &body);
    }

    /// Sets back the variables of a scope, and tells of each.
    async fn restore_scope(&mut self, scope: &Value, before: &[Kept]) -> Vec<Value> {
        let mut restored = Vec::new();
        let Ok(body) = self.ask("variables", &json!({"variablesReference": scope})).await else {
            return restored;
        };
        for variable in body["variables"].as_array().into_iter().flatten() {
            let Some((now, _)) = Kept::read(variable) else { continue };
            let was = before.iter().find(|was| was.name == now.name && was.kind == now.kind);
            let Some(was) = was.filter(|was| was.value != now.value && is_plain(was) && is_plain(&now))
            else {
                continue;
            };
            let arguments = json!({"variablesReference": scope, "name": was.name, "value": was.value});
            match self.ask("setVariable", &arguments).await {
                Ok(_) => {
                    self.editor
                        .say(format!("`{}` was set back to {} (it was {}).", was.name, was.value, now.value));
                    restored.push(json!({"name": was.name, "value": was.value, "instead": now.value}));
                }
                Err(error) => self.editor.say(format!("`{}` can't be set back: {error}", was.name)),
            }
        }
        restored
    }
}

/// A number or a truth value, by what the debugger shows of it. An address is neither.
fn is_plain(variable: &Kept) -> bool {
    let is_pointer = variable.kind.as_ref().is_some_and(|kind| kind.contains(['*', '&']));
    let is_truth = matches!(variable.value.as_str(), "true" | "false" | "True" | "False");
    !is_pointer && variable.children.is_empty() && (is_truth || variable.value.parse::<f64>().is_ok())
}
