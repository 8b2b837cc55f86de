/** Starts `midflight dap` for a session. */
import * as vscode from "vscode";

import { binary, problem } from "../binary.js";

export class AdapterFactory implements vscode.DebugAdapterDescriptorFactory {
  constructor(private readonly context: vscode.ExtensionContext) {}

  createDebugAdapterDescriptor(session: vscode.DebugSession): vscode.DebugAdapterDescriptor {
    const program = binary(this.context);
    const reason = problem(program);
    if (reason !== undefined) {
      throw new Error(reason);
    }
    const cwd = session.workspaceFolder?.uri.fsPath;
    const args = ["dap", ...downstream(session.configuration)];
    return new vscode.DebugAdapterExecutable(program.path, args, cwd === undefined ? {} : { cwd });
  }
}

/** A plain session's launch arguments are none of Midflight's business, so the adapter goes on the command line. */
function downstream({ adapter, midflight }: vscode.DebugConfiguration): string[] {
  if (midflight !== undefined || adapter === undefined) {
    return [];
  }
  return ["--", ...(Array.isArray(adapter) ? adapter.map(String) : [String(adapter)])];
}
