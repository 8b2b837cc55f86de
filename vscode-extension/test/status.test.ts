import assert from "node:assert/strict";
import { test } from "node:test";

import { statusFor, wording, worst, type Status } from "../src/status.js";

const status: Status = {
  root: "file:///work/app",
  baseline: { kind: "session", label: "generation 2" },
  generation: 2,
  engine: "hot-lib-reloader",
  counts: { safe: 3, restart: 1 },
  files: [{ uri: "file:///work/app/src/lib.rs", counts: { safe: 2, restart: 1 } }],
  allowed: 2,
  scanning: false,
};

void test("the worst verdict counts, however many better ones there are", () => {
  assert.equal(worst({ safe: 9, deferred: 1 }), "deferred");
  assert.equal(worst({ unknown: 1, restart: 1 }), "restart");
  assert.equal(worst({ safe: 0 }), undefined);
});

void test("in a session the generation is named, with the worst verdict", () => {
  const { text, severity, tooltip } = wording("running", status);
  assert.equal(text, "$(debug-restart) Generation 2: restart");
  assert.equal(severity, "warning");
  assert.ok(tooltip.some((line) => line.includes("generation 2")));
  assert.ok(tooltip.some((line) => line.includes("3 × **safe**")));
});

void test("what of it is in this file is told, and what comments allow", () => {
  const { tooltip } = wording("running", status, "file:///work/app/src/lib.rs");
  assert.ok(tooltip.includes("In this file: 1 × restart, 2 × safe"), tooltip.join());
  assert.ok(tooltip.includes("Allowed by comments: 2"));
  assert.ok(!wording("running", status, "file:///work/app/src/main.rs").tooltip.join().includes("In this file"));
});

void test("without a change there is no verdict", () => {
  assert.equal(wording("running", { ...status, counts: {} }).text, "$(check) Generation 2");
});

void test("without a session the baseline is in the tooltip only", () => {
  const idle: Status = { ...status, baseline: { kind: "git", label: "git HEAD" }, generation: null, counts: {} };
  const { text, tooltip } = wording("running", idle);
  assert.equal(text, "$(check) Midflight");
  assert.match(tooltip[0] ?? "", /git HEAD/);
});

void test("a server that is gone is an error", () => {
  assert.equal(wording("stopped", status).severity, "error");
});

void test("the innermost workspace around the document decides", () => {
  const inner = { ...status, root: "file:///work/app/examples/hot" };
  const sibling = { ...status, root: "file:///work/ap" };
  const all = [sibling, status, inner];
  assert.equal(statusFor(all, "file:///work/app/examples/hot/src/lib.rs"), inner);
  assert.equal(statusFor(all, "file:///work/app/src/lib.rs"), status);
  assert.equal(statusFor(all, undefined), sibling);
});
