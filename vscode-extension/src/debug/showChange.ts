/** Opens the place of a change. */
import { basename, isAbsolute, join } from "node:path";

import * as vscode from "vscode";

import type { Change } from "./protocol.js";
import { runningText } from "./runningTexts.js";

/** Shows a change beside what the process runs; what is new there is just shown. */
export async function showChange(change: Change, session: vscode.DebugSession, generation?: number): Promise<void> {
  const { file, range, baseline } = change;
  const uri = await locate(file, session);
  if (uri === undefined) {
    void vscode.window.showWarningMessage(`The changed file ${file} was not found.`);
    return;
  }
  const { start, end } = range;
  const selection = new vscode.Range(start.line, start.character, end.line, end.character);
  if (generation === undefined || baseline?.file !== file) {
    await vscode.window.showTextDocument(uri, { selection });
    return;
  }
  const running = runningText(uri, session, generation);
  const title = `${basename(file)}: generation ${generation}, which runs ↔ your text`;
  await vscode.commands.executeCommand("vscode.diff", running, uri, title, { selection });
}

/** Files of changes are relative to the Cargo workspace, which is not always the folder that is open. */
async function locate(file: string, session: vscode.DebugSession): Promise<vscode.Uri | undefined> {
  const cwd: unknown = session.configuration.cwd;
  const folders = vscode.workspace.workspaceFolders?.map(({ uri }) => uri.fsPath) ?? [];
  const roots = [...(typeof cwd === "string" ? [cwd] : []), ...folders];
  const candidates = isAbsolute(file) ? [file] : roots.map((root) => join(root, file));
  for (const candidate of candidates) {
    const uri = vscode.Uri.file(candidate);
    try {
      await vscode.workspace.fs.stat(uri);
      return uri;
    } catch {
      continue;
    }
  }
  return undefined;
}
