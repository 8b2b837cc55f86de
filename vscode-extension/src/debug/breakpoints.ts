/**
 * Says with each `setBreakpoints` request which text its lines mean.
 *
 * VS Code sends lines of the buffer at one time and lines of the saved file at another, and its own flag
 * (`sourceModified`) does not tell which. The adapter maps lines between texts, so it has to know.
 */
import { readFileSync } from "node:fs";

import type { DebugProtocol } from "@vscode/debugprotocol";
import * as vscode from "vscode";

import { fileText, meantText, type MeantText } from "./text.js";

export class BreakpointTexts implements vscode.DebugAdapterTrackerFactory {
  constructor(private readonly log: vscode.LogOutputChannel) {}

  createDebugAdapterTracker(): vscode.DebugAdapterTracker {
    return {
      // VS Code sends the very object that the trackers have seen, so what is added here arrives.
      onWillReceiveMessage: (message: DebugProtocol.ProtocolMessage) => {
        if (!isSetBreakpoints(message)) {
          return;
        }
        const { arguments: args } = message;
        const path = args.source.path;
        if (path === undefined) {
          return;
        }
        const meant = textAt(path);
        if (meant !== undefined) {
          Object.assign(args, { midflight: meant });
          const held = meant.text === undefined ? "the saved file" : "the unsaved buffer";
          this.log.debug(`setBreakpoints ${path}: lines of ${held}, ${meant.sha256.slice(0, 12)}`);
        }
      },
    };
  }
}

function isSetBreakpoints(message: DebugProtocol.ProtocolMessage): message is DebugProtocol.SetBreakpointsRequest {
  return message.type === "request" && (message as DebugProtocol.Request).command === "setBreakpoints";
}

function textAt(path: string): MeantText | undefined {
  const file = read(path);
  const document = vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === "file" && uri.fsPath === path);
  if (document !== undefined) {
    return meantText({ text: document.getText(), file });
  }
  return file === undefined ? undefined : fileText(file);
}

/** Trackers can't wait, so neither can this; sources are small. */
function read(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
