/**
 * Wires the language server and the debug adapter of the `midflight` program into VS Code.
 *
 * Both are separate processes that know nothing of each other; so are their halves in here. What they share is the
 * log and the status bar item.
 */
import * as vscode from "vscode";

import { registerCommands } from "./commands.js";
import { registerDebugging } from "./debug/register.js";
import { LanguageServer } from "./languageServer.js";
import { StatusItem } from "./statusItem.js";
import { Views } from "./views.js";

let server: LanguageServer | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel("Midflight", { log: true });
  const status = new StatusItem();
  const views = new Views(context);
  server = new LanguageServer(context, log, status, views);
  context.subscriptions.push(log, status, views, server);

  registerCommands(context, log, server, status);
  registerDebugging(context, log);
  await server.start();
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
