import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

import { withProcessNumbers } from "../src/debug/launch.js";
import { PS_ARGUMENTS, processesOf } from "../src/debug/processes.js";

void test("processes of the workspace come first, the newest of them first", () => {
  const list = [
    "    1 /sbin/init splash",
    "   17 [kworker/0:1]",
    "  300 /work/app/target/debug/app --level 3",
    " 4000 /usr/bin/less",
    "  420 /work/app/target/debug/app",
    "  500 /work/application/run",
    "",
  ].join("\n");
  const found = processesOf(list, ["/work/app"]);
  assert.deepEqual(found.map(({ id }) => id), [420, 300, 4000, 500, 1]);
  assert.deepEqual(found[1], { id: 300, name: "app", command: "/work/app/target/debug/app --level 3" });
});

void test("ps knows what it is asked for", () => {
  const found = processesOf(execFileSync("ps", PS_ARGUMENTS, { encoding: "utf8" }), []);
  const own = found.find(({ id }) => id === process.pid);
  assert.match(own?.command ?? "", /node/);
});

void test("a process is a number, wherever it came from", () => {
  const asked = { request: "attach", pid: "4711", processId: "x", args: "12" };
  assert.deepEqual(withProcessNumbers(asked), { request: "attach", pid: 4711, processId: "x", args: "12" });
});
