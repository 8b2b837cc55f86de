/** The status bar item: baseline, generation and the worst verdict of the workspace that is being edited. */
import * as vscode from "vscode";

import { statusFor, wording, type ServerState, type Status } from "./status.js";

export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("midflight.status", vscode.StatusBarAlignment.Left, 10);
  private readonly statuses = new Map<string, Status>();
  private readonly editorListener = vscode.window.onDidChangeActiveTextEditor(() => {
    this.draw();
  });
  private state: ServerState = "starting";

  constructor() {
    this.item.name = "Midflight";
    this.item.command = "midflight.showCommands";
    this.draw();
    this.item.show();
  }

  serverIs(state: ServerState): void {
    this.state = state;
    if (state !== "running") {
      this.statuses.clear();
    }
    this.draw();
  }

  update(status: Status): void {
    this.statuses.set(status.root, status);
    this.draw();
  }

  get serverState(): ServerState {
    return this.state;
  }

  dispose(): void {
    this.editorListener.dispose();
    this.item.dispose();
  }

  private draw(): void {
    const document = vscode.window.activeTextEditor?.document.uri.toString();
    const { text, tooltip, severity } = wording(this.state, statusFor(this.statuses.values(), document), document);
    this.item.text = text;
    const trust = vscode.workspace.isTrusted ? [] : ["Restricted Mode: nothing is built or started."];
    this.item.tooltip = new vscode.MarkdownString([...tooltip, ...trust].join("\n\n"), true);
    this.item.backgroundColor =
      severity === "plain" ? undefined : new vscode.ThemeColor(`statusBarItem.${severity}Background`);
  }
}
