/** The text of a file as the process runs it, to compare with. */
import * as vscode from "vscode";

export const RUNNING_TEXTS = "midflight-running";

export class RunningTexts implements vscode.TextDocumentContentProvider {
  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const { session: id } = JSON.parse(uri.query) as { session: string };
    const session = vscode.debug.activeDebugSession;
    if (session?.id !== id) {
      return "";
    }
    const { content } = (await session.customRequest("midflight/text", { path: uri.path })) as { content: string };
    return content;
  }
}

/** The document that shows it. Each generation has a document of its own. */
export function runningText(file: vscode.Uri, session: vscode.DebugSession, generation: number): vscode.Uri {
  return file.with({ scheme: RUNNING_TEXTS, query: JSON.stringify({ session: session.id, generation }) });
}
