/** What the compiler finds while a session is built or reloaded, in the Problems view. */
import * as vscode from "vscode";

import { problemsOf, type Place, type Problem } from "./compiler.js";
import type { Build } from "./protocol.js";

const SHOW_LINE_MS = 8_000;

const SEVERITIES = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
};

export class CompilerProblems implements vscode.Disposable {
  private readonly collection = vscode.languages.createDiagnosticCollection("midflight-build");
  private readonly listeners = [
    vscode.debug.onDidReceiveDebugSessionCustomEvent(({ event, body }) => {
      if (event === "midflight/build") {
        this.show(body as Build);
      }
    }),
    vscode.debug.onDidTerminateDebugSession(({ type }) => {
      if (type === "midflight") {
        this.collection.clear();
      }
    }),
  ];

  dispose(): void {
    vscode.Disposable.from(...this.listeners, this.collection).dispose();
  }

  /** Each build tells everything anew. */
  private show(build: Build): void {
    const files = new Map<string, vscode.Diagnostic[]>();
    for (const problem of problemsOf(build)) {
      const { file } = problem.place;
      files.set(file, [...(files.get(file) ?? []), shown(problem)]);
    }
    this.collection.clear();
    for (const [file, diagnostics] of files) {
      this.collection.set(vscode.Uri.file(file), diagnostics);
    }
    if (!build.success) {
      vscode.window.setStatusBarMessage("$(error) The program does not build: see the Problems view", SHOW_LINE_MS);
    }
  }
}

function shown({ place, message, severity, code, related }: Problem): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(range(place), message, SEVERITIES[severity]);
  diagnostic.source = "cargo";
  if (code !== undefined) {
    diagnostic.code = page(code);
  }
  diagnostic.relatedInformation = related.map(
    ({ place, message }) =>
      new vscode.DiagnosticRelatedInformation(new vscode.Location(vscode.Uri.file(place.file), range(place)), message),
  );
  return diagnostic;
}

function range({ start, end }: Place): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

/** Errors have a page each; lints have none under their name alone. */
function page(code: string): string | { value: string; target: vscode.Uri } {
  const target = vscode.Uri.parse(`https://doc.rust-lang.org/error_codes/${code}.html`);
  return /^E\d{4}$/.test(code) ? { value: code, target } : code;
}
