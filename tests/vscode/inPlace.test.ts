/**
 * Edit and continue on an ordinary Cargo program, as a user of VS Code has it: F5, edit, save. No `launch.json`, no
 * framework.
 */
import assert from "node:assert/strict";

import type { Program } from "./lib/program.ts";
import { session } from "./lib/session.ts";
import { until } from "./lib/until.ts";
import type { Workbench } from "./lib/workbench.ts";

const MAIN = "src/main.rs";
const BREAKPOINT = "// breakpoint: play";

let program: Program;
let vscode: Workbench;
const step = session("examples/plain", (stage) => {
  ({ program, vscode } = stage);
});

step("the folder is trusted", async () => {
  await vscode.trustFolder();
  await vscode.openFile(MAIN);
});

step("F5 starts an ordinary program and stops at the breakpoint", async () => {
  const line = program.lineOf(MAIN, BREAKPOINT);
  await vscode.goToLine(line);
  await vscode.keys("F9", "F5");
  assert.equal(await vscode.stoppedAt("main.rs", 60_000), line);
  await vscode.status.filter({ hasText: "Generation 0" }).waitFor();
});

step("saved at a breakpoint, the function is swapped and the status says so", async () => {
  await vscode.typeAbove("player.score += 1;", ["let bonus = 41;"]);
  await vscode.replace("player.score += 1;", "player.score += 1 + bonus;");
  await vscode.save();
  await until("the status names the function", () => vscode.says("Swapped `play`"), 30_000);
  assert.ok(await vscode.says("generation 1"));
});

step("the frame that finishes the old code says so, and shows the text that it runs", async () => {
  const line = program.lineOf(MAIN, BREAKPOINT) - 1;
  assert.equal(await vscode.stoppedAt("generation 0"), line);
  await vscode.line("player.score += 1; // breakpoint: play").waitFor();
  await vscode.rows("call-stack").filter({ hasText: "plain::play (generation 0)" }).first().waitFor();
});

step("continued, the breakpoint is hit in the new code, a line further down", async () => {
  const line = program.lineOf(MAIN, BREAKPOINT);
  await vscode.focusEditor();
  await until("the program stops in the new code", async () => {
    await vscode.continueFromStop();
    return (await vscode.stoppedAt("main.rs")) === line;
  });
  assert.equal(await vscode.breakpointLine("main.rs"), line);
  assert.match(await vscode.variable("bonus"), /41/);
});

step("what does not compile is in the Problems view", async () => {
  await vscode.replace("let bonus = 41;", 'let bonus = "41";');
  await vscode.save();
  await vscode.squiggles("error").first().waitFor({ timeout: 30_000 });
  const problems = await vscode.problems();
  await problems.filter({ hasText: "cannot add" }).first().waitFor();
  assert.equal(await vscode.page.locator(".notification-toast").count(), 0, "the Problems view says it, nothing else");
});

step("the next good build clears it", async () => {
  await vscode.replace('let bonus = "41";', "let bonus = 43;");
  await vscode.save();
  await vscode.squiggles("error").first().waitFor({ state: "hidden", timeout: 30_000 });
  await until("the status names the function", () => vscode.says("generation 2"), 30_000);
  await vscode.stoppedAt("generation 1");
});

step("a layout that live data has is refused, with three buttons", async () => {
  await vscode.openFile(MAIN);
  await vscode.typeAbove("score: u32,", ["luck: u64,"]);
  await vscode.replace("score: 0, hand", "luck: 7, score: 0, hand");
  await vscode.replace("Player { name, score, hand }", "Player { name, score, hand, .. }");
  await vscode.save();
  const refusal = vscode.notification("the old code keeps running");
  await refusal.waitFor({ timeout: 30_000 });
  for (const action of ["Keep Running the Old Code", "Restart Now", "Show the Change"]) {
    await refusal.getByRole("button", { name: action }).waitFor();
  }
  assert.match((await refusal.textContent()) ?? "", /luck/);
});

step("the change is shown beside the text that runs", async () => {
  await vscode.clickNotification("Show the Change");
  const diff = vscode.page.locator(".diff-editor, .monaco-diff-editor").first();
  await diff.waitFor();
  await vscode.page.locator(".tab.active").filter({ hasText: "generation 2" }).waitFor();
  await diff.locator(".modified .view-line").filter({ hasText: "luck" }).first().waitFor();
});

step("the program is restarted with it, in the same session", async () => {
  await vscode.keys("Control+w");
  await vscode.command("Midflight: Restart the Program");
  await until("the status says that it was restarted", () => vscode.says("Restarted"), 60_000);
  assert.ok(await vscode.says("generation 3"));
  const line = program.lineOf(MAIN, BREAKPOINT);
  assert.equal(await vscode.stoppedAt("main.rs"), line);
  assert.equal(await vscode.breakpointLine("main.rs"), line);
  await vscode.rows("call-stack").filter({ hasText: "plain::play" }).first().waitFor();
  assert.equal(await vscode.rows("call-stack").filter({ hasText: "generation 2" }).count(), 0, "nothing of the old process is left");
  await until("the variables are those of the new process", async () => (await vscode.variable("bonus")).includes("43"));
});

step("and the next edit is swapped into the new process", async () => {
  await vscode.replace("let bonus = 43;", "let bonus = 44;");
  await vscode.save();
  await until("the status names the function", () => vscode.says("generation 4"), 30_000);
});
