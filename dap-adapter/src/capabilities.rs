//! What the adapter announced decides what may be asked of it: some end on a request that they don't know.

use serde_json::Value;

/// Requests that every adapter has to know.
const ALWAYS: [&str; 18] = [
    "initialize",
    "launch",
    "attach",
    "disconnect",
    "setBreakpoints",
    "threads",
    "stackTrace",
    "scopes",
    "variables",
    "source",
    "evaluate",
    "continue",
    "next",
    "stepIn",
    "stepOut",
    "pause",
    // Sent only where it is announced, and harmless: answered by all known adapters.
    "configurationDone",
    "setExceptionBreakpoints",
];

/// Requests that need a capability, and the capability.
const ANNOUNCED: [(&str, &str); 25] = [
    ("breakpointLocations", "supportsBreakpointLocationsRequest"),
    ("cancel", "supportsCancelRequest"),
    ("completions", "supportsCompletionsRequest"),
    ("dataBreakpointInfo", "supportsDataBreakpoints"),
    ("disassemble", "supportsDisassembleRequest"),
    ("exceptionInfo", "supportsExceptionInfoRequest"),
    ("goto", "supportsGotoTargetsRequest"),
    ("gotoTargets", "supportsGotoTargetsRequest"),
    ("loadedSources", "supportsLoadedSourcesRequest"),
    ("locations", "supportsLocationsRequest"),
    ("modules", "supportsModulesRequest"),
    ("readMemory", "supportsReadMemoryRequest"),
    ("restart", "supportsRestartRequest"),
    ("restartFrame", "supportsRestartFrame"),
    ("reverseContinue", "supportsStepBack"),
    ("setDataBreakpoints", "supportsDataBreakpoints"),
    ("setExpression", "supportsSetExpression"),
    ("setFunctionBreakpoints", "supportsFunctionBreakpoints"),
    ("setInstructionBreakpoints", "supportsInstructionBreakpoints"),
    ("setVariable", "supportsSetVariable"),
    ("stepBack", "supportsStepBack"),
    ("stepInTargets", "supportsStepInTargetsRequest"),
    ("terminate", "supportsTerminateRequest"),
    ("terminateThreads", "supportsTerminateThreadsRequest"),
    ("writeMemory", "supportsWriteMemoryRequest"),
];

/// Whether the adapter announced that it knows a request.
pub(crate) fn knows(capabilities: &Value, command: &str) -> bool {
    let announced = |capability: &str| capabilities.get(capability).and_then(Value::as_bool).unwrap_or(false);
    ALWAYS.contains(&command)
        || ANNOUNCED.iter().any(|(request, capability)| *request == command && announced(capability))
}

/// Whether a request may be sent on: one that is announced; or one that is none of the protocol's, to an adapter that
/// does not end on it. `CodeLLDB`'s own extension sends such ones.
pub(crate) fn may_be_asked(capabilities: &Value, command: &str) -> bool {
    let is_own = !ANNOUNCED.iter().any(|(request, _)| *request == command);
    knows(capabilities, command) || (is_own && !is_lldb(capabilities))
}

/// Whether it is lldb-dap, which says so: `__lldb` in version 19, `$__lldb_version` in 22.
pub(crate) fn is_lldb(capabilities: &Value) -> bool {
    capabilities.get("__lldb").is_some() || hides_library_events(capabilities)
}

/// Whether it is a version of lldb-dap that tells of no library event where a thread stopped for something else.
pub(crate) fn hides_library_events(capabilities: &Value) -> bool {
    capabilities.get("$__lldb_version").is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_is_announced_may_be_asked() {
        let capabilities = json!({"supportsModulesRequest": true, "supportsGotoTargetsRequest": false});
        assert!(knows(&capabilities, "next") && knows(&capabilities, "modules"));
        assert!(!knows(&capabilities, "gotoTargets"));
        assert!(!knows(&capabilities, "terminate"));
        assert!(!knows(&capabilities, "_custom"));
        assert!(may_be_asked(&capabilities, "_custom") && !may_be_asked(&capabilities, "terminate"));
        let lldb_dap = json!({"__lldb": {"version": "19"}});
        assert!(!may_be_asked(&lldb_dap, "_custom"), "it would end, and the program with it");
        assert!(is_lldb(&lldb_dap) && is_lldb(&json!({"$__lldb_version": "lldb version 22.1.8"})));
    }
}
