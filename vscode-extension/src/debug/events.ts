/** The events that only Midflight's adapter sends: a swap was applied, a swap was refused, a snapshot was taken. */
import * as vscode from "vscode";

import { generationLine, refusalText, worstChange, type Generation, type Refusal } from "./protocol.js";
import { restartProgram } from "./session.js";
import { showChange } from "./showChange.js";

const SHOW_LINE_MS = 8_000;

export class SessionEvents implements vscode.Disposable {
  private readonly listener: vscode.Disposable;
  /** A save while a refusal is still on the screen must not pile a second one on it. */
  private shown: string | undefined;

  constructor(private readonly log: vscode.LogOutputChannel) {
    this.listener = vscode.debug.onDidReceiveDebugSessionCustomEvent(({ session, event, body }) => {
      switch (event) {
        case "midflight/generation":
          this.applied(body as Generation);
          break;
        case "midflight/refused":
          void this.refused(body as Refusal, session);
          break;
        case "midflight/scopeSnapshot":
          this.log.trace("Snapshot:", JSON.stringify(body));
          break;
      }
    });
  }

  dispose(): void {
    this.listener.dispose();
  }

  private applied(generation: Generation): void {
    const line = generationLine(generation);
    this.log.info(line);
    this.shown = undefined;
    vscode.window.setStatusBarMessage(`$(zap) ${line}`, SHOW_LINE_MS);
  }

  private async refused(refusal: Refusal, session: vscode.DebugSession): Promise<void> {
    const text = refusalText(refusal);
    this.log.warn(text);
    if (this.shown === text) {
      return;
    }
    this.shown = text;
    const keep = "Keep Running the Old Code";
    const restart = "Restart Now";
    const show = "Show the Change";
    const change = worstChange(refusal.changes ?? []);
    // What the session was attached to is started by somebody else.
    const canRestart = session.configuration.request !== "attach";
    const actions = [keep, ...(canRestart ? [restart] : []), ...(change === undefined ? [] : [show])];
    const choice = await vscode.window.showWarningMessage(text, ...actions);
    if (this.shown === text) {
      this.shown = undefined;
    }
    if (choice === restart) {
      await restartProgram();
    } else if (choice === show && change !== undefined) {
      await showChange(change, session, refusal.generation);
    }
  }
}
