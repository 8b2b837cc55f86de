/** All generations of the session: when they began to run, and what changed. */
import * as vscode from "vscode";

import type { Generation } from "./protocol.js";
import { activeSession } from "./session.js";
import { showChange } from "./showChange.js";

export async function showTimeline(log: vscode.LogOutputChannel): Promise<void> {
  const session = activeSession();
  if (session === undefined) {
    void vscode.window.showInformationMessage("There is no Midflight debug session. Start one with F5.");
    return;
  }
  let generations: Generation[];
  try {
    ({ generations = [] } = (await session.customRequest("midflight/timeline")) as { generations?: Generation[] });
  } catch (error) {
    log.error("The adapter does not give the timeline:", error);
    void vscode.window.showErrorMessage("The debug adapter could not say which generations there were; see the log.");
    return;
  }
  const pick = await vscode.window.showQuickPick([...generations].reverse().map(entry), {
    title: "Generations of this session, the newest first",
    matchOnDetail: true,
  });
  const change = pick?.generation.changes?.[0];
  if (change !== undefined) {
    await showChange(change, session);
  }
}

function entry(generation: Generation): vscode.QuickPickItem & { generation: Generation } {
  const { generation: number, time, verdict, changes = [] } = generation;
  const clock = time === undefined ? "" : new Date(time).toLocaleTimeString();
  return {
    label: `Generation ${number}`,
    description: [clock, verdict].filter(Boolean).join(" · "),
    detail: changes.length === 0 && number === 0 ? "as launched" : changes.map(({ item }) => item).join(", "),
    generation,
  };
}
