/** The pages of the rules. They come with the extension, so that they are the ones of the rules that it runs. */
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

import * as vscode from "vscode";

import { ruleCode, titleOf } from "./rules.js";

/** Opens the page of a rule, or asks which. */
export async function openRulePage(context: vscode.ExtensionContext, code: unknown): Promise<void> {
  const directory = context.asAbsolutePath("rules");
  const chosen = ruleCode(code) ?? (await askForRule(directory));
  if (chosen === undefined) {
    return;
  }
  const page = vscode.Uri.file(join(directory, `${chosen}.md`));
  try {
    await vscode.workspace.fs.stat(page);
  } catch {
    await vscode.window.showWarningMessage(`There is no page about the rule ${chosen}.`);
    return;
  }
  await vscode.commands.executeCommand("markdown.showPreview", page);
}

async function askForRule(directory: string): Promise<string | undefined> {
  const names = await readdir(directory).catch(() => []);
  const codes = names.flatMap((name) => ruleCode(name.replace(/\.md$/, "")) ?? []).sort();
  const picks = codes.map(async (label) => ({
    label,
    description: titleOf(await readFile(join(directory, `${label}.md`), "utf8")),
  }));
  const pick = await vscode.window.showQuickPick(Promise.all(picks), {
    title: "Explain a rule",
    placeHolder: "The number of the rule, or a word of its name",
    matchOnDescription: true,
  });
  return pick?.label;
}
