/** Which text the lines of a breakpoint request mean. No VS Code in here. */
import { createHash } from "node:crypto";

/** Added to `arguments` of a `setBreakpoints` request under the key `midflight`. */
export interface MeantText {
  sha256: string;
  /** Only when no file holds this text. */
  text?: string;
}

/** The text of an editor, and what the file on disk holds (`undefined` when there is none). */
export interface Buffer {
  text: string;
  file: Uint8Array | undefined;
}

const BYTE_ORDER_MARK = "\uFEFF";

/**
 * Names the text that the editor shows. The flag "dirty" can't tell: a file can change on disk a moment before the
 * editor notices, so the two texts themselves are compared. An editor hides a byte order mark; the file's hash has it.
 */
export function meantText({ text, file }: Buffer): MeantText {
  if (file !== undefined && withoutMark(new TextDecoder("utf-8", { ignoreBOM: true }).decode(file)) === text) {
    return { sha256: sha256(file) };
  }
  return { sha256: sha256(text), text };
}

/** Names the text of a file that no editor shows. */
export function fileText(file: Uint8Array): MeantText {
  return { sha256: sha256(file) };
}

function withoutMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
