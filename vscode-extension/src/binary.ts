/** Finds the `midflight` program: the setting `midflight.path`, else the one inside the extension. */
import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

import * as vscode from "vscode";

export interface Binary {
  path: string;
  /** Whether the user chose it in the settings. */
  chosen: boolean;
}

/** The program to start, whether it exists or not. */
export function binary(context: vscode.ExtensionContext): Binary {
  const chosen = vscode.workspace.getConfiguration("midflight").get<string>("path", "").trim();
  if (chosen !== "") {
    return { path: expand(chosen), chosen: true };
  }
  const name = process.platform === "win32" ? "midflight.exe" : "midflight";
  return { path: context.asAbsolutePath(join("bin", name)), chosen: false };
}

/** Why the program can't be started, as a sentence that says what to do; `undefined` when it can. */
export function problem({ path, chosen }: Binary): string | undefined {
  if (isExecutable(path)) {
    return undefined;
  }
  return chosen
    ? `Midflight can't start: the setting midflight.path names ${path}, which is not a program. Correct the setting, or clear it to use the program that came with the extension.`
    : `Midflight can't start: its program is missing from the extension (${path}). Install the package for ${process.platform}-${process.arch}, or build it with "cargo build -p midflight --release" and name it in the setting midflight.path.`;
}

/** Shows the problem with the program, and offers the setting that solves it. */
export async function showProblem(message: string): Promise<void> {
  const openSetting = "Open the Setting";
  if ((await vscode.window.showErrorMessage(message, openSetting)) === openSetting) {
    await vscode.commands.executeCommand("workbench.action.openSettings", "midflight.path");
  }
}

function expand(path: string): string {
  if (path.startsWith("~/")) {
    return join(homedir(), path.slice(2));
  }
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  const absolute = path.replaceAll("${workspaceFolder}", folder ?? "");
  return isAbsolute(absolute) || folder === undefined ? absolute : join(folder, absolute);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
