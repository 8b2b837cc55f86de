/** The messages that only Midflight's adapter knows, and their words. No VS Code in here. */
import type { Verdict } from "../status.js";

export interface Position {
  line: number;
  character: number;
}

/** A change, as `midflight check` prints it too. */
export interface Change {
  code: string;
  verdict: Verdict;
  item: string;
  file: string;
  range: { start: Position; end: Position };
  /** Where it was, in the text that runs; `null` for what is new. */
  baseline?: { file: string } | null;
  message: string;
  why?: string;
}

/** The event `midflight/generation`, and an entry of the timeline. */
export interface Generation {
  generation: number;
  /** `null` for the one that was launched. */
  verdict?: Verdict | null;
  changes?: Change[];
  /** Unix time in milliseconds. */
  time?: number;
  elapsedMs?: number;
  /** What to say of it, in one line. */
  message?: string;
}

/** The event `midflight/refused`. */
export interface Refusal {
  verdict?: Verdict;
  changes?: Change[];
  remedy?: string;
  message?: string;
  /** The generation that runs on. */
  generation?: number;
}

/** The answer to the request `midflight/reload`. */
export interface ReloadAnswer {
  applied: boolean;
  generation: number;
  verdict: Verdict;
  message: string;
}

/** A diagnostic as Cargo writes it, as far as an editor shows it. */
export interface CompilerDiagnostic {
  message: string;
  level: string;
  code: { code: string } | null;
  spans: CompilerSpan[];
  children: { message: string; level: string; spans: CompilerSpan[] }[];
}

/** A place, lines and columns from 1. */
export interface CompilerSpan {
  file_name: string;
  line_start: number;
  line_end: number;
  column_start: number;
  column_end: number;
  is_primary: boolean;
  label: string | null;
  suggested_replacement?: string | null;
  expansion: { span: CompilerSpan } | null;
}

/** The event `midflight/build`. */
export interface Build {
  success: boolean;
  /** The workspace, which the paths of the diagnostics are relative to. */
  root: string | null;
  diagnostics: CompilerDiagnostic[];
}

/** What a reload brought: one line for the status bar. */
export function generationLine({ generation, message }: Generation): string {
  return message ?? `Running generation ${generation}`;
}

/** Why a reload was refused: one short paragraph for a notification. Nothing is said twice. */
export function refusalText({ changes = [], message, remedy }: Refusal): string {
  const change = worstChange(changes);
  const reason = message ?? change?.message ?? "the change can't be swapped in";
  const others = changes.filter((other) => other !== change && isInTheWay(other)).length;
  const more = others === 0 ? "" : ` (and ${others} more)`;
  const code = change === undefined || reason.includes(change.code) ? "" : ` [${change.code}]`;
  const saysWhatToDo = remedy === undefined || /\brestart\b/i.test(reason);
  const what = saysWhatToDo ? "" : ` ${sentence(remedy)}`;
  return `Not swapped in, the old code keeps running. ${sentence(`${trimEnd(reason)}${code}${more}`)}${what}`;
}

/** The change that a refusal is about. */
export function worstChange(changes: Change[]): Change | undefined {
  return changes.find(({ verdict }) => verdict === "restart") ?? changes.find(isInTheWay) ?? changes[0];
}

function isInTheWay({ verdict }: Change): boolean {
  return verdict === "restart" || verdict === "unknown";
}

function trimEnd(text: string): string {
  return text.trim().replace(/[.\s]+$/, "");
}

function sentence(text: string): string {
  const [first = "", ...rest] = trimEnd(text);
  return `${first.toUpperCase()}${rest.join("")}.`;
}
