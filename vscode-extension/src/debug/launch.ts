/** Launch configurations as values. No VS Code in here. */
import type { Kind, Target } from "../cargo.js";

/** What users call a kind of target. */
export const LABELS: Record<Kind, string> = { bin: "binary", example: "example", test: "test", bench: "benchmark" };

export interface Launch {
  type: string;
  request: string;
  name: string;
  [key: string]: unknown;
}

/** What the user chose in the settings. */
export interface Settings {
  engine: string;
  adapter: string[];
  runInTerminal: boolean;
}

/** Builds and starts one target of a workspace. */
export function launchOf({ name, build, kind }: Target, root: string): Launch {
  return {
    type: "midflight",
    request: "launch",
    name: `Debug ${kind === "bin" ? "" : `${LABELS[kind]} `}${name} with hot reload`,
    cwd: root,
    // Otherwise libtest keeps what tests print to itself.
    ...(kind === "test" ? { args: ["--nocapture"] } : {}),
    midflight: { cargo: build },
  };
}

/**
 * Fills in the settings where the configuration says nothing of its own. A configuration without a `midflight` key
 * asks for a plain debug session; it stays one.
 */
export function withSettings<T extends Launch>(configuration: T, { engine, adapter, runInTerminal }: Settings): T {
  const filled: T = { ...configuration };
  if (adapter.length > 0 && filled.adapter === undefined) {
    Object.assign(filled, { adapter });
  }
  const own = filled.midflight;
  if (isObject(own) && own.engine === undefined && engine !== "auto") {
    Object.assign(filled, { midflight: { ...own, engine } });
  }
  if (runInTerminal && filled.request === "launch" && filled.runInTerminal === undefined) {
    Object.assign(filled, { runInTerminal });
  }
  // Otherwise the debug console would cover the terminal as soon as it is there.
  if (filled.runInTerminal === true && filled.internalConsoleOptions === undefined) {
    Object.assign(filled, { internalConsoleOptions: "neverOpen" });
  }
  return filled;
}

/** Variables in a configuration are texts; debug adapters want the number of a process. */
export function withProcessNumbers<T extends object>(configuration: T): T {
  const numbers = Object.entries(configuration).filter(
    ([name, value]) => ["pid", "processId"].includes(name) && typeof value === "string" && /^\d+$/.test(value),
  );
  return { ...configuration, ...Object.fromEntries(numbers.map(([name, value]) => [name, Number(value)])) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
