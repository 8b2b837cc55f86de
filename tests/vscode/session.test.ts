/**
 * One session with the extension in the real VS Code, as a user has it: from a folder that isn't trusted yet, through
 * edits, breakpoints and reloads, to processes that are killed. Each step builds on the ones before it, so the first
 * failure skips the rest. The program is on hot-lib-reloader.
 */
import assert from "node:assert/strict";
import { join } from "node:path";

import { processes, type CodeServer } from "./lib/codeServer.ts";
import type { Program } from "./lib/program.ts";
import { session } from "./lib/session.ts";
import { until } from "./lib/until.ts";
import type { Workbench } from "./lib/workbench.ts";

const LIBRARY = "world/src/lib.rs";
const STATE = "world/src/state.rs";
const FIVE_LINES = [
  "let mass = 1.0;",
  "let charge = 0.0;",
  "let spin = 0.0;",
  "let heat = 0.0;",
  "let _ = mass + charge + spin + heat;",
];
const BREAKPOINT = "// breakpoint: step";

let program: Program;
let server: CodeServer;
let vscode: Workbench;
const step = session("examples/hot-world", (stage) => {
  ({ program, server, vscode } = stage);
});

step("a folder that is not trusted gets verdicts", async () => {
  await vscode.openFile(LIBRARY);
  await vscode.status.filter({ hasText: "Midflight" }).waitFor();
  await vscode.replace("let gravity = 1.0;", "let gravity = 1.5;");
  await vscode.squiggles("hint").first().waitFor();
  await vscode.lens("hot-swappable").waitFor();
});

step("a folder that is not trusted starts nothing", async () => {
  assert.equal(processes(server.directory, "midflight", " lsp").length, 1);
  await vscode.keys("F5");
  await vscode.page.locator(".monaco-dialog-box").waitFor();
  await vscode.screenshot("debugging asks for trust");
  await vscode.keys("Escape");
  await vscode.page.locator(".monaco-dialog-box").waitFor({ state: "hidden" });
  assert.deepEqual(processes(server.directory, "midflight", " dap"), []);
  assert.deepEqual(processes(join(program.root, "target")), []);
  // VS Code saves before it asks.
  await vscode.undoUntil("the file is as it was", async () => (await vscode.line("let gravity = 1.0;").count()) > 0);
  await vscode.save();
  await vscode.squiggles("hint").first().waitFor({ state: "hidden" });
});

step("the folder is trusted, the verdicts go on", async () => {
  await vscode.trustFolder();
  await vscode.openFile(LIBRARY);
  await vscode.status.filter({ hasText: "Midflight" }).waitFor();
});

step("F5 without a launch.json stops at the breakpoint", async () => {
  const line = program.lineOf(LIBRARY, BREAKPOINT);
  await vscode.goToLine(line);
  await vscode.keys("F9");
  await vscode.page.locator(".codicon-debug-breakpoint").first().waitFor();
  await vscode.keys("F5");
  assert.equal(await vscode.stoppedAt("lib.rs", 60_000), line);
  await vscode.expand("Locals");
  assert.match(await vscode.variable("gravity"), /1/);
  await vscode.status.filter({ hasText: "Generation 0" }).waitFor();
});

step("a safe edit says so while it is typed", async () => {
  await vscode.replace("let gravity = 1.0;", "let gravity = 0.5;");
  await vscode.typeAbove("let tick = state.tick + 1;", FIVE_LINES);
  await vscode.squiggles("hint").first().waitFor();
  await vscode.lens("hot-swappable").waitFor();
  await vscode.status.filter({ hasText: "Generation 0: safe" }).waitFor();
});

step("saved and continued, the breakpoint is hit in the new code", async () => {
  await vscode.save();
  const line = program.lineOf(LIBRARY, BREAKPOINT);
  // Stopped inside the function, so it has to return before its library can be replaced.
  // Stopped inside the function, it has to return before its library can be replaced; until then it may stop again.
  await until("generation 1 runs", async () => {
    if (await vscode.says("generation 1")) {
      return true;
    }
    await vscode.continueFromStop();
    return false;
  }, 30_000);
  assert.equal(await vscode.stoppedAt("lib.rs"), line);
  await until("the new code's gravity is shown", async () => (await vscode.variable("gravity")).includes("0.5"));
  assert.equal(await vscode.breakpointLine("lib.rs"), line);
});

step("the scope of the previous generation is there to compare", async () => {
  await until("the old gravity is shown", async () => {
    // A click that came late may have closed it again.
    await vscode.expand("Before reload (generation 0)");
    const values = await vscode.rows("variables").filter({ hasText: "gravity" }).allTextContents();
    return values.some((value) => value.includes("0.5")) && values.some((value) => /gravity\D*1\b/.test(value));
  });
});

step("an unsafe edit is warned of", async () => {
  await vscode.openFile(STATE);
  await vscode.typeAbove("pub seed: u64,", ["pub fuel: f64,"]);
  await vscode.squiggles("warning").first().waitFor();
  await vscode.lens("needs a restart").waitFor();
  await vscode.status.filter({ hasText: "restart" }).waitFor();
});

step("the light bulb shows the running version beside the text", async () => {
  await vscode.select("pub fuel: f64,");
  await vscode.act("show generation 1 beside", ["revert", "show", "explain", "allow"]);
  await vscode.page.locator(".tab.active").filter({ hasText: "your text" }).waitFor();
  const side = (name: string) => vscode.page.locator(`.monaco-diff-editor .editor.${name} .view-line`);
  await side("modified").filter({ hasText: "pub fuel" }).waitFor();
  await side("original").filter({ hasText: "pub seed" }).waitFor();
  assert.equal(await side("original").filter({ hasText: "pub fuel" }).count(), 0);
  await vscode.screenshot("the running version beside the text");
  await vscode.keys("Control+w");
  await vscode.openFile(STATE);
});

step("an allowed rule is silent, and a reverted item is as it runs", async () => {
  await vscode.select("pub fuel: f64,");
  await vscode.act("allow");
  await vscode.line("midflight: allow").waitFor();
  // The reason is for the user to write; until then it silences nothing.
  await vscode.squiggles("warning").first().waitFor();
  await vscode.select("midflight: allow");
  await vscode.keys("End");
  await vscode.type("the tests say so");
  await vscode.squiggles("warning").first().waitFor({ state: "hidden" });
  await vscode.screenshot("allowed");
  await vscode.undoUntil("the comment is gone", async () => (await vscode.line("midflight: allow").count()) === 0);
  await vscode.squiggles("warning").first().waitFor();
  await vscode.select("pub fuel: f64,");
  await vscode.act("revert");
  await vscode.line("fuel").waitFor({ state: "hidden" });
  await vscode.undoUntil("the field is back", async () => (await vscode.line("fuel").count()) === 1);
  await vscode.squiggles("warning").first().waitFor();
});

step("a click on the status bar item offers what can be done now", async () => {
  await vscode.status.click();
  const choices = vscode.page.locator(".quick-input-widget .monaco-list-row");
  await choices.filter({ hasText: "Reload the changed code now" }).waitFor();
  await vscode.screenshot("what can be done now");
  await vscode.pick("Explain", "Explain a rule");
});

step("the page of a rule says why", async () => {
  await vscode.pick("MF0203", "MF0203");
  await vscode.page.locator(".tab.active").filter({ hasText: "MF0203" }).waitFor();
  const page = vscode.page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
  await page.locator("h1").waitFor();
  await vscode.screenshot("page of a rule");
  await vscode.page.locator(".tab").filter({ hasText: "state.rs" }).click();
});

step("an unsafe edit is refused when it is saved", async () => {
  await vscode.save();
  await vscode.notification("the old code keeps running").waitFor();
  await vscode.screenshot("refused");
  assert.equal(await vscode.notification("State").count(), 1, "a refusal is told once");
  await vscode.clickNotification("Keep Running the Old Code");
});

step("undone, the warning is gone and the session goes on", async () => {
  await vscode.undoUntil("the file is as it was", async () => {
    const [fuel, seed] = [vscode.line("fuel"), vscode.wholeLine("pub seed: u64,")];
    return (await fuel.count()) === 0 && (await seed.count()) === 1;
  });
  await vscode.save();
  await vscode.squiggles("warning").first().waitFor({ state: "hidden" });
  await vscode.lens("needs a restart").waitFor({ state: "hidden" });
  await vscode.continueFromStop();
  await vscode.stoppedAt("lib.rs");
});

step("a language server that is killed comes back with a word", async () => {
  const [lsp] = processes(server.directory, "midflight", " lsp");
  assert.ok(lsp !== undefined, "the language server runs");
  process.kill(lsp.pid, "SIGKILL");
  await vscode.notification("language server ended unexpectedly").waitFor();
  await until("another language server runs", () => {
    const now = processes(server.directory, "midflight", " lsp");
    return now.length === 1 && now[0]?.pid !== lsp.pid;
  });
  await vscode.status.filter({ hasText: "Generation 1" }).waitFor();
});

step("a debug adapter that is killed ends the session with a word, and leaves nothing behind", async () => {
  await vscode.dismissNotifications();
  const [dap] = processes(server.directory, "midflight", " dap");
  assert.ok(dap !== undefined, "the debug adapter runs");
  process.kill(dap.pid, "SIGKILL");
  await vscode.notification("debug adapter ended unexpectedly").waitFor();
  await until("the program has ended", () => processes(join(program.root, "target")).length === 0);
  await vscode.status.filter({ hasText: "Generation" }).waitFor({ state: "hidden" });
});
