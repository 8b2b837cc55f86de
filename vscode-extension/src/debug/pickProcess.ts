/** Asks which process to attach to: behind `${command:pickProcess}` in a launch configuration. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

import * as vscode from "vscode";

import { PS_ARGUMENTS, processesOf } from "./processes.js";

const TITLE = "Attach with hot reload";

/** Its number as a text, as VS Code puts it into the configuration; nothing where the user wants none after all. */
export async function pickProcess(): Promise<string | undefined> {
  const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
  let list: string;
  try {
    list = (await promisify(execFile)("ps", PS_ARGUMENTS, { maxBuffer: 1 << 24 })).stdout;
  } catch {
    // Without `ps`, as on Windows, the user knows better.
    return vscode.window.showInputBox({ title: TITLE, prompt: "The number of the process (its pid)", validateInput });
  }
  const picks = processesOf(list, folders).map(({ id, name, command }) => ({
    label: name,
    description: String(id),
    detail: command,
  }));
  const pick = await vscode.window.showQuickPick(picks, {
    title: TITLE,
    placeHolder: "The process to debug",
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return pick?.description;
}

function validateInput(text: string): string | undefined {
  return /^\d+$/.test(text.trim()) ? undefined : "A number, as a task manager shows it.";
}
