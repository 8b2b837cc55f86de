/** A program with a keyboard: started in VS Code's terminal, and attached to where it runs already. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";

import { processes } from "./lib/codeServer.ts";
import type { Program } from "./lib/program.ts";
import { session } from "./lib/session.ts";
import { until } from "./lib/until.ts";
import type { Workbench } from "./lib/workbench.ts";

const MAIN = "src/main.rs";
const BREAKPOINT = "// breakpoint: answer";

let program: Program;
let vscode: Workbench;
const step = session("tests/fixtures/prompt", (stage) => {
  ({ program, vscode } = stage);
});

step("the folder is trusted", () => vscode.trustFolder());

step("a launch.json with options of the debug adapter's own has no problems", async () => {
  await vscode.openFile(".vscode/launch.json");
  // Something that is wrong, to know when it was looked at.
  await vscode.replace("true", "7");
  await vscode.squiggles("warning").first().waitFor();
  await vscode.undoUntil("it is as it was", async () => (await vscode.line("true").count()) === 1);
  await vscode.squiggles("warning").first().waitFor({ state: "hidden" });
  assert.equal(await vscode.squiggles("error").count(), 0);
});

step("the program starts in the terminal and answers what is typed there", async () => {
  await vscode.openFile(MAIN);
  await vscode.goToLine(program.lineOf(MAIN, BREAKPOINT));
  await vscode.keys("F9", "F5");
  await vscode.terminal("Say something.");
  await vscode.typeIntoTerminal("hello");
  assert.equal(await vscode.stoppedAt("main.rs"), program.lineOf(MAIN, BREAKPOINT));
  await vscode.expand("Locals");
  assert.match(await vscode.variable("line"), /"hello"/);
});

step("the function is swapped, and the program goes on where it was", async () => {
  await vscode.focusEditor();
  await vscode.replace("You said {loud}.", "You whispered {loud}.");
  await vscode.save();
  await until("the status names the function", () => vscode.says("Swapped `answer`"), 30_000);
  await vscode.focusEditor();
  await vscode.continueFromStop();
  await vscode.terminal("You said HELLO.");
  await vscode.typeIntoTerminal("again");
  assert.equal(await vscode.stoppedAt("main.rs"), program.lineOf(MAIN, BREAKPOINT));
  await vscode.focusEditor();
  await vscode.continueFromStop();
  await vscode.terminal("You whispered AGAIN.");
});

step("started again, it is in the terminal again, and the first one has ended", async () => {
  const [first] = processes(program.root, "target/debug/prompt");
  await vscode.command("Midflight: Restart the Program");
  await until("the status says that it was restarted", () => vscode.says("Restarted"), 60_000);
  await vscode.typeIntoTerminal("anew");
  assert.equal(await vscode.stoppedAt("main.rs"), program.lineOf(MAIN, BREAKPOINT));
  const now = processes(program.root, "target/debug/prompt").map(({ pid }) => pid);
  assert.ok(first !== undefined && !now.includes(first.pid), "the first process has ended");
  await vscode.keys("Shift+F5");
  await until("the program has ended", () => processes(program.root, "target/debug/prompt").length === 0);
});

step("a process that runs already is picked, says why nothing is swapped, and lives on without the debugger", async () => {
  const running = spawn(program.path("target/debug/prompt"), { stdio: ["pipe", "ignore", "ignore"] });
  try {
    await vscode.command("Debug: Select and Start Debugging");
    await vscode.pick("debug What runs already", "What runs already");
    await vscode.pick("prompt", program.path("target/debug/prompt"));
    await vscode.status.filter({ hasText: "Generation 0" }).waitFor();
    // It runs until it is attached to, which is a moment later.
    await until("it stops at the breakpoint", async () => {
      running.stdin.write("hello\n");
      return (await vscode.stoppedAt("main.rs", 2_000)) === program.lineOf(MAIN, BREAKPOINT);
    });
    await vscode.focusEditor();
    await vscode.replace("You whispered {loud}.", "You sang {loud}.");
    await vscode.save();
    const refusal = vscode.notification("it was not built and started by Midflight");
    await refusal.getByRole("button", { name: "Keep Running the Old Code" }).waitFor();
    assert.equal(await refusal.getByRole("button", { name: "Restart Now" }).count(), 0, "who has started it can");
    await vscode.screenshot("nothing is swapped into what was not built here");
    await vscode.keys("Shift+F5");
    await vscode.status.filter({ hasText: "Generation" }).waitFor({ state: "hidden" });
    assert.equal(running.exitCode ?? running.signalCode, null, "it lives on without the debugger");
  } finally {
    running.kill("SIGKILL");
  }
});
