/** The running session, and what can be asked of it. */
import * as vscode from "vscode";

import type { ReloadAnswer } from "./protocol.js";

/** The session in front, if it is one of ours. */
export function activeSession(): vscode.DebugSession | undefined {
  const session = vscode.debug.activeDebugSession;
  return session?.type === "midflight" ? session : undefined;
}

/** Builds and swaps now. Saves first, as F5 does. */
export async function reload(log: vscode.LogOutputChannel): Promise<void> {
  const session = activeSession();
  if (session === undefined) {
    void vscode.window.showInformationMessage("There is no Midflight debug session to reload. Start one with F5.");
    return;
  }
  await vscode.workspace.saveAll(false);
  try {
    const { applied, verdict, message } = (await session.customRequest("midflight/reload")) as ReloadAnswer;
    log.info(`Reload: ${message}`);
    // A swap and a refusal are told by events; what is left is that there was nothing to do, or not yet.
    if (!applied && verdict !== "restart") {
      void vscode.window.showInformationMessage(message);
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.error(`Reload: ${reason}`);
    void vscode.window.showErrorMessage(`The reload failed, the old code keeps running: ${reason}`);
  }
}

/** Starts the program anew with the code as it is now. */
export async function restartProgram(): Promise<void> {
  if (activeSession() === undefined) {
    await vscode.commands.executeCommand("workbench.action.debug.start");
  } else {
    await vscode.commands.executeCommand("workbench.action.debug.restart");
  }
}
