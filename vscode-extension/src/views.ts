/** What the language server has to show: the baseline of a file beside its text, the page of a rule. */
import { basename } from "node:path";

import * as vscode from "vscode";

import { openRulePage } from "./rulePages.js";

/** The notification `midflight/show`. */
export type View =
  | { kind: "rule"; code: string }
  | { kind: "running"; uri: string; label: string; text: string; range: Range };

interface Range {
  start: { line: number; character: number };
  end: { line: number; character: number };
}

const BASELINE = "midflight-baseline";

/** The texts that are compared with, as they were when they were asked for. */
export class Views implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(BASELINE, this);

  constructor(private readonly context: vscode.ExtensionContext) {}

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.toString()) ?? "";
  }

  async show(view: View): Promise<void> {
    if (view.kind === "rule") {
      await openRulePage(this.context, view.code);
      return;
    }
    const uri = vscode.Uri.parse(view.uri);
    const baseline = uri.with({ scheme: BASELINE, query: view.label });
    this.texts.set(baseline.toString(), view.text);
    this.changed.fire(baseline);
    const { start, end } = view.range;
    const selection = new vscode.Range(start.line, start.character, end.line, end.character);
    const title = `${basename(uri.path)}: ${view.label} ↔ your text`;
    await vscode.commands.executeCommand("vscode.diff", baseline, uri, title, { selection });
  }

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
  }
}
