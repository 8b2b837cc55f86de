/** The commands: those of the palette, and those that the server's code lenses and the notifications run. */
import * as vscode from "vscode";

import { showTimeline } from "./debug/timeline.js";
import { activeSession, reload, restartProgram } from "./debug/session.js";
import type { LanguageServer } from "./languageServer.js";
import { openRulePage } from "./rulePages.js";
import type { StatusItem } from "./statusItem.js";

export function registerCommands(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  server: LanguageServer,
  status: StatusItem,
): void {
  const register = (command: string, run: (...args: never[]) => unknown): void => {
    context.subscriptions.push(vscode.commands.registerCommand(command, run));
  };
  register("midflight.reload", () => reload(log));
  register("midflight.restart", () => restartProgram());
  register("midflight.showTimeline", () => showTimeline(log));
  register("midflight.restartServer", () => server.restart());
  register("midflight.showLog", () => {
    log.show(true);
  });
  register("midflight.openRulePage", (code?: unknown) => openRulePage(context, code));
  register("midflight.showCommands", () => showCommands(status));
}

interface Choice extends vscode.QuickPickItem {
  command?: string;
  arguments?: unknown[];
}

/** What makes sense now: behind a click on the status bar item. */
async function showCommands(status: StatusItem): Promise<void> {
  const inSession: Choice[] = [
    { label: "$(zap) Reload the changed code now", command: "midflight.reload" },
    { label: "$(debug-restart) Restart the program", command: "midflight.restart" },
    { label: "$(history) Show the generations of this session", command: "midflight.showTimeline" },
  ];
  const outside: Choice[] = [
    { label: "$(debug-alt) Start debugging", description: "F5", command: "workbench.action.debug.start" },
  ];
  const choices: Choice[] = [
    ...(activeSession() === undefined ? outside : inSession),
    { label: "$(warning) Show the verdicts on all changes", command: "workbench.actions.view.problems" },
    { label: "$(book) Explain a rule", command: "midflight.openRulePage" },
    { label: "", kind: vscode.QuickPickItemKind.Separator },
    { label: "$(output) Show the log", command: "midflight.showLog" },
    {
      label: status.serverState === "stopped" ? "$(play) Start the language server" : "$(refresh) Restart the language server",
      command: "midflight.restartServer",
    },
    {
      label: "$(gear) Settings",
      command: "workbench.action.openSettings",
      arguments: ["@ext:midflight-dev.midflight"],
    },
  ];
  const choice = await vscode.window.showQuickPick(choices, { title: "Midflight" });
  if (choice?.command !== undefined) {
    await vscode.commands.executeCommand(choice.command, ...(choice.arguments ?? []));
  }
}
