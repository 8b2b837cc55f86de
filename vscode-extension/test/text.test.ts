import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { meantText } from "../src/debug/text.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const hash = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");

void test("a buffer that equals its file is named by the file", () => {
  assert.deepEqual(meantText({ text: "fn main() {}\n", file: bytes("fn main() {}\n") }), {
    sha256: hash("fn main() {}\n"),
  });
});

void test("a byte order mark counts in the hash, though no editor shows it", () => {
  const file = bytes("\uFEFFfn main() {}\n");
  assert.deepEqual(meantText({ text: "fn main() {}\n", file }), { sha256: hash(file) });
});

void test("a buffer that differs from its file carries its text", () => {
  assert.deepEqual(meantText({ text: "new", file: bytes("old") }), { sha256: hash("new"), text: "new" });
});

void test("a buffer without a file carries its text", () => {
  assert.deepEqual(meantText({ text: "🦀", file: undefined }), { sha256: hash("🦀"), text: "🦀" });
});
