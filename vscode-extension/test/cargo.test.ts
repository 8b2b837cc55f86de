import assert from "node:assert/strict";
import { test } from "node:test";

import { obviousTarget, workspaceOf } from "../src/cargo.js";

function crate(name: string, targets: [kind: string, name: string][], defaultRun: string | null = null) {
  return {
    name,
    manifest_path: `/w/${name}/Cargo.toml`,
    default_run: defaultRun,
    targets: targets.map(([kind, target]) => ({ name: target, kind: [kind] })),
  };
}

const targetsOf = (...packages: ReturnType<typeof crate>[]) =>
  workspaceOf({ workspace_root: "/w", packages }).targets;

void test("libraries and tests can't be started", () => {
  const targets = targetsOf(crate("app", [["lib", "app"], ["bin", "app"], ["test", "it"]]));
  assert.deepEqual(
    targets.map(({ build }) => build),
    [["build"]],
  );
});

void test("the only binary is the one, whatever examples there are", () => {
  const targets = targetsOf(crate("app", [["example", "demo"], ["bin", "app"]]));
  assert.equal(obviousTarget(targets, undefined)?.name, "app");
});

void test("of several binaries, only the one that is meant is built", () => {
  const targets = targetsOf(crate("app", [["bin", "one"], ["bin", "two"]]));
  assert.deepEqual(targets[0]?.build, ["build", "--bin", "one"]);
});

void test("of several binaries, the one around the document is meant", () => {
  const targets = targetsOf(crate("app", [["bin", "app"]]), crate("tool", [["bin", "tool"]]));
  assert.equal(obviousTarget(targets, "/w/tool/src/main.rs")?.name, "tool");
  assert.equal(obviousTarget(targets, "/w/shared/src/lib.rs"), undefined);
});

void test("of several binaries, the one that cargo run takes is meant", () => {
  const targets = targetsOf(crate("app", [["bin", "one"], ["bin", "two"]], "two"));
  assert.equal(obviousTarget(targets, "/w/app/src/lib.rs")?.name, "two");
});

void test("binaries of one name are told apart by their packages", () => {
  const targets = targetsOf(crate("a", [["bin", "server"]]), crate("b", [["bin", "server"]]));
  assert.deepEqual(targets[1]?.build, ["build", "--package", "b", "--bin", "server"]);
});
