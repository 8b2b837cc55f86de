// A session as Microsoft's own test client for debug adapters drives it; prints what it saw, one JSON value a line.
//
//     node session.mjs '{"start": "script" | port, "launch": {…}, "path": …, "line": …}'

import testsupport from "@vscode/debugadapter-testsupport";

const { start, launch, path, line } = JSON.parse(process.argv[2]);
const client = new testsupport.DebugClient("sh", String(start), "midflight");
client.defaultTimeout = 60_000;
await client.start(typeof start === "number" ? start : undefined);

const seen = [];
const see = (what, value) => seen.push({ what, value });
client.on("initialized", () => see("initialized"));

// Breakpoint set and verified, launched, configured, and stopped there.
let stopped = client.waitForEvent("stopped");
await client.hitBreakpoint(launch, { path, line });
for (let round = 0; round < 2; round += 1) {
    const { threadId, reason } = (await stopped).body;
    see("stopped", reason);
    const { body: trace } = await client.stackTraceRequest({ threadId, startFrame: 0, levels: 1 });
    const [{ id, name, source, line: at, column }] = trace.stackFrames;
    see("frame", { name, path: source.path, at, column });
    const { body: scopes } = await client.scopesRequest({ frameId: id });
    see("scopes", scopes.scopes.map((scope) => scope.name));
    const { variablesReference } = scopes.scopes[0];
    const { body: variables } = await client.variablesRequest({ variablesReference });
    see("variables", variables.variables.map((variable) => [variable.name, variable.type]));
    const failed = client.evaluateRequest({ expression: "no such thing", frameId: id });
    see("evaluate", await failed.then(() => "succeeded", () => "failed"));
    stopped = client.waitForEvent("stopped");
    await client.continueRequest({ threadId });
}
await stopped;
await client.disconnectRequest({ terminateDebuggee: true });
for (const value of seen) {
    console.log(JSON.stringify(value));
}
process.exit(0);
