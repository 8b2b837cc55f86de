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
    return new vscode.DebugAdapterExecutable(program.path, ["dap"], cwd === undefined ? {} : { cwd });
  }
}
