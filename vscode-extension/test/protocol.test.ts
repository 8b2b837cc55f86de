import assert from "node:assert/strict";
import { test } from "node:test";

import { Crashes } from "../src/crashes.js";
import { launchOf, withSettings, type Launch } from "../src/debug/launch.js";
import { generationLine, refusalText, type Change } from "../src/debug/protocol.js";
import { ruleCode, titleOf } from "../src/rules.js";

const start = { line: 3, character: 4 };
const change: Change = {
  code: "MF0203",
  verdict: "restart",
  item: "world::State",
  file: "world/src/state.rs",
  range: { start, end: start },
  message: "field `fuel` was added",
};

void test("a refusal names the rule, the reason and the remedy", () => {
  assert.equal(
    refusalText({ changes: [{ ...change, verdict: "safe" }, change], remedy: "Restart the program" }),
    "Not swapped in, the old code keeps running. Field `fuel` was added [MF0203]. Restart the program.",
  );
});

void test("a refusal says nothing twice", () => {
  assert.equal(
    refusalText({ changes: [change], message: "`State` grew; restart to apply [MF0203]", remedy: "restart it" }),
    "Not swapped in, the old code keeps running. `State` grew; restart to apply [MF0203].",
  );
});

void test("a refusal without changes still says something", () => {
  assert.equal(
    refusalText({ message: "the program does not build." }),
    "Not swapped in, the old code keeps running. The program does not build.",
  );
});

void test("a new generation is told in the adapter's words", () => {
  const message = "Swapped `step` in 0.6 s (paused 18 ms), generation 2";
  assert.equal(generationLine({ generation: 2, message }), message);
});

void test("settings fill what a configuration leaves open, and nothing else", () => {
  const target = { kind: "bin", name: "app", package: "app", directory: "/w", source: "/w/src/main.rs", build: ["build"], default: false } as const;
  const launch = launchOf({ ...target, build: [...target.build] }, "/w");
  const settings = { engine: "restart", adapter: ["lldb-dap-19"], runInTerminal: false };
  assert.deepEqual(withSettings(launch, settings).midflight, { cargo: ["build"], engine: "restart" });
  const own = { ...launch, adapter: ["codelldb"], midflight: { engine: "none" } };
  assert.deepEqual(withSettings(own, settings), own);
  const plain = { type: "midflight", request: "launch", name: "plain", program: "/w/app" };
  assert.ok(!("midflight" in withSettings(plain, settings)));
  assert.equal(withSettings<Launch>(launch, { ...settings, runInTerminal: true }).runInTerminal, true);
  const outside: Launch = { ...launch, runInTerminal: false };
  assert.equal(withSettings(outside, { ...settings, runInTerminal: true }).runInTerminal, false);
  const attach: Launch = { ...launch, request: "attach" };
  assert.ok(!("runInTerminal" in withSettings(attach, { ...settings, runInTerminal: true })));
  const inTerminal: Launch = { ...launch, runInTerminal: true };
  assert.equal(withSettings(inTerminal, settings).internalConsoleOptions, "neverOpen", "the terminal is to be seen");
  const both: Launch = { ...inTerminal, internalConsoleOptions: "openOnSessionStart" };
  assert.equal(withSettings(both, settings).internalConsoleOptions, "openOnSessionStart");
});

void test("only numbers of rules name pages", () => {
  assert.equal(ruleCode("MF0203"), "MF0203");
  assert.equal(ruleCode("../../etc/passwd"), undefined);
  assert.equal(titleOf("# MF0203: struct field added\n\ntext"), "struct field added");
});

void test("a process that keeps ending is not started for ever", () => {
  const crashes = new Crashes();
  const ends = [0, 1, 2, 3, 4].map((time) => crashes.startAgain(time));
  assert.deepEqual(ends, [true, true, true, true, false]);
  assert.ok(crashes.startAgain(1_000_000));
});
