import assert from "node:assert/strict";
import { test } from "node:test";

import { inOrder, keyOf, obviousTarget, workspaceOf } from "../src/cargo.js";

function crate(name: string, targets: [kind: string, name: string][], defaultRun: string | null = null) {
  return {
    name,
    manifest_path: `/w/${name}/Cargo.toml`,
    default_run: defaultRun,
    targets: targets.map(([kind, target]) => ({ name: target, kind: [kind], src_path: source(name, kind, target) })),
  };
}

const source = (owner: string, kind: string, target: string): string =>
  `/w/${owner}/${{ bin: "src/main.rs", example: `examples/${target}.rs`, test: `tests/${target}/main.rs` }[kind] ?? "src/lib.rs"}`;

const targetsOf = (...packages: ReturnType<typeof crate>[]) =>
  workspaceOf({ workspace_root: "/w", packages }).targets;

void test("libraries can't be started", () => {
  const targets = targetsOf(crate("app", [["lib", "app"], ["bin", "app"]]));
  assert.deepEqual(
    targets.map(({ build }) => build),
    [["build"]],
  );
});

void test("the file that is open decides between examples, tests and binaries", () => {
  const targets = targetsOf(crate("app", [["test", "it"], ["example", "demo"], ["bin", "app"], ["bench", "fast"]]));
  assert.deepEqual(
    targets.map(({ kind }) => kind),
    ["bin", "example", "test", "bench"],
  );
  assert.deepEqual(obviousTarget(targets, "/w/app/examples/demo.rs")?.build, ["build", "--example", "demo"]);
  assert.deepEqual(obviousTarget(targets, "/w/app/tests/it/helper.rs")?.build, ["test", "--no-run", "--test", "it"]);
  assert.equal(obviousTarget(targets, "/w/app/src/other.rs")?.name, "app");
});

void test("a workspace with nothing but tests leaves the choice to the user", () => {
  const targets = targetsOf(crate("app", [["test", "one"]]));
  assert.equal(obviousTarget(targets, undefined), undefined);
});

void test("what was chosen last comes first", () => {
  const [one, two] = targetsOf(crate("app", [["bin", "one"], ["bin", "two"]]));
  assert.ok(one !== undefined && two !== undefined);
  assert.deepEqual(inOrder([one, two], keyOf(two)), [two, one]);
  assert.deepEqual(inOrder([one, two], undefined), [one, two]);
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
