/** What the language server says about a workspace, and how the status bar words it. No VS Code in here. */

/** From best to worst. */
export const VERDICTS = ["safe", "deferred", "reset", "unknown", "restart"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** The notification `midflight/status`. */
export interface Status {
  root: string;
  baseline: { kind: "session" | "build" | "git" | "none"; label: string };
  generation: number | null;
  engine: string;
  counts: Partial<Record<Verdict, number>>;
  /** Of these, the ones in each open document that has any. */
  files: { uri: string; counts: Partial<Record<Verdict, number>> }[];
  /** Changes that comments allow; in no count. */
  allowed: number;
  scanning: boolean;
}

/** What the status bar shows when there is no status of a workspace. */
export type ServerState = "starting" | "stopped" | "running";

export interface Wording {
  text: string;
  /** Lines of Markdown. */
  tooltip: string[];
  severity: "plain" | "warning" | "error";
}

const MEANING: Record<Verdict, string> = {
  safe: "can be swapped in",
  deferred: "works from the next call, start or new value on",
  reset: "works, some state starts over",
  unknown: "only the build can tell",
  restart: "needs a restart",
};

const ICON: Record<Verdict, string> = {
  safe: "$(pass)",
  deferred: "$(clock)",
  reset: "$(history)",
  unknown: "$(question)",
  restart: "$(debug-restart)",
};

/** The worst verdict that any change has; `undefined` when nothing changed. */
export function worst(counts: Status["counts"]): Verdict | undefined {
  return VERDICTS.findLast((verdict) => (counts[verdict] ?? 0) > 0);
}

/** The status of the innermost workspace that holds the document, else of the first one. */
export function statusFor(statuses: Iterable<Status>, uri: string | undefined): Status | undefined {
  const all = [...statuses];
  const holding = all.filter(({ root }) => uri?.startsWith(root.endsWith("/") ? root : `${root}/`));
  const innermost = holding.sort((a, b) => b.root.length - a.root.length)[0];
  return innermost ?? all[0];
}

/** How the status bar words the state of things. */
export function wording(server: ServerState, status: Status | undefined, document?: string): Wording {
  if (server === "stopped") {
    return {
      text: "$(error) Midflight",
      tooltip: ["The language server is not running: no verdicts.", "Click to start it or to see the log."],
      severity: "error",
    };
  }
  if (server === "starting" || status === undefined) {
    const doing = server === "starting" ? "Starting the language server." : "No Cargo workspace is open yet.";
    return { text: "Midflight", tooltip: [doing], severity: "plain" };
  }
  if (status.scanning) {
    return {
      text: "$(sync~spin) Midflight",
      tooltip: ["Reading the workspace.", engineLine(status)],
      severity: "plain",
    };
  }
  const verdict = worst(status.counts);
  return {
    text: verdict === undefined ? `$(check) ${name(status)}` : `${ICON[verdict]} ${name(status)}: ${verdict}`,
    tooltip: [baselineLine(status), ...countLines(status.counts), ...fileLines(status, document), engineLine(status)],
    severity: verdict === "restart" ? "warning" : "plain",
  };
}

function name({ baseline, generation }: Status): string {
  return baseline.kind === "session" && generation !== null ? `Generation ${generation}` : "Midflight";
}

function baselineLine({ baseline }: Status): string {
  switch (baseline.kind) {
    case "none":
      return "There is nothing to compare with yet: no debug session, no build, no git commit.";
    case "session":
      return `Compared with what the process runs: **${baseline.label}**`;
    default:
      return `Compared with: **${baseline.label}** (no debug session is running)`;
  }
}

function countLines(counts: Status["counts"]): string[] {
  const lines = VERDICTS.flatMap((verdict) => {
    const count = counts[verdict] ?? 0;
    return count === 0 ? [] : [`${ICON[verdict]} ${count} × **${verdict}**: ${MEANING[verdict]}`];
  });
  return lines.length === 0 ? ["Nothing has changed."] : lines.reverse();
}

/** What of it is in the document, and what comments allow. */
function fileLines({ files, allowed }: Status, document: string | undefined): string[] {
  const counts = files.find(({ uri }) => uri === document)?.counts ?? {};
  const here = VERDICTS.flatMap((verdict) => ((counts[verdict] ?? 0) === 0 ? [] : [`${counts[verdict]} × ${verdict}`]));
  return [
    ...(here.length === 0 ? [] : [`In this file: ${here.reverse().join(", ")}`]),
    ...(allowed === 0 ? [] : [`Allowed by comments: ${allowed}`]),
  ];
}

function engineLine({ engine }: Status): string {
  return `Engine: **${engine}**`;
}
