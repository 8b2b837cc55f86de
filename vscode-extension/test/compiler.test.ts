import assert from "node:assert/strict";
import { test } from "node:test";

import { problemsOf } from "../src/debug/compiler.js";
import type { CompilerSpan } from "../src/debug/protocol.js";

function span(file: string, line: number, more: Partial<CompilerSpan> = {}): CompilerSpan {
  return {
    file_name: file,
    line_start: line,
    line_end: line,
    column_start: 5,
    column_end: 9,
    is_primary: true,
    label: null,
    expansion: null,
    ...more,
  };
}

const found = (spans: CompilerSpan[], level = "error") =>
  problemsOf({
    success: false,
    root: "/w",
    diagnostics: [
      {
        message: "mismatched types",
        level,
        code: { code: "E0308" },
        spans,
        children: [
          { level: "help", message: "try this", spans: [] },
          { level: "note", message: "function defined here", spans: [span("src/lib.rs", 2)] },
        ],
      },
    ],
  });

void test("a diagnostic is a problem with its place, its notes and what belongs to it", () => {
  const spans = [span("src/main.rs", 3, { is_primary: false, label: "expected here" }), span("src/main.rs", 7)];
  const [problem] = found(spans);
  assert.ok(problem !== undefined);
  assert.deepEqual(problem.place, {
    file: "/w/src/main.rs",
    start: { line: 6, character: 4 },
    end: { line: 6, character: 8 },
  });
  assert.equal(problem.message, "mismatched types\nhelp: try this");
  assert.deepEqual([problem.severity, problem.code], ["error", "E0308"]);
  assert.deepEqual(
    problem.related.map(({ place, message }) => [place.file, place.start.line, message]),
    [
      ["/w/src/main.rs", 2, "expected here"],
      ["/w/src/lib.rs", 1, "function defined here"],
    ],
  );
});

void test("what a macro of the standard library wrote is shown where it is called", () => {
  const inside = span("/rustc/library/std/src/macros.rs", 90, { expansion: { span: span("src/main.rs", 12) } });
  assert.equal(found([inside], "warning")[0]?.place.file, "/w/src/main.rs");
});

void test("a diagnostic without a place is none for an editor", () => {
  assert.deepEqual(found([]), []);
});
