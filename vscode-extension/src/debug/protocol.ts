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
}

/** The event `midflight/refused`. */
export interface Refusal {
  verdict?: Verdict;
  changes?: Change[];
  remedy?: string;
  message?: string;
}

/** The answer to the request `midflight/reload`. */
export interface ReloadAnswer {
  applied: boolean;
  generation: number;
  verdict: Verdict;
  message: string;
}

/** What a reload brought: one line for the status bar. */
export function generationLine({ generation, changes = [], elapsedMs }: Generation): string {
  const first = changes[0]?.item;
  const more = changes.length > 1 ? ` and ${changes.length - 1} more` : "";
  const what = first === undefined ? "" : `: ${first}${more}`;
  const time = elapsedMs === undefined ? "" : ` (${(elapsedMs / 1000).toFixed(1)} s)`;
  return `Running generation ${generation}${what}${time}`;
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
