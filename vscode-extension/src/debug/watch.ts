/** Notes in the log how the adapter of a session fares, and tells the user when it ended by itself. */
import type { DebugProtocol } from "@vscode/debugprotocol";
import * as vscode from "vscode";

export class AdapterWatch implements vscode.DebugAdapterTrackerFactory {
  constructor(private readonly log: vscode.LogOutputChannel) {}

  createDebugAdapterTracker(session: vscode.DebugSession): vscode.DebugAdapterTracker {
    let stopping = false;
    let ended = false;
    return {
      onWillStartSession: () => {
        this.log.info(`Debug session "${session.name}" starts.`);
      },
      onWillStopSession: () => {
        stopping = true;
      },
      onDidSendMessage: (message: DebugProtocol.ProtocolMessage) => {
        ended ||= isEvent(message, "terminated");
        if (isEvent(message, "output")) {
          quieten(message as DebugProtocol.OutputEvent);
        }
      },
      onError: (error) => {
        this.log.error(`Debug session "${session.name}":`, error);
      },
      onExit: (code, signal) => {
        this.log.info(`The debug adapter of "${session.name}" ended (${how(code, signal)}).`);
        if (!stopping && !ended) {
          void this.tell(session, how(code, signal));
        }
      },
    };
  }

  private async tell(session: vscode.DebugSession, how: string): Promise<void> {
    const again = "Start Again";
    const showLog = "Show the Log";
    const message = `Midflight's debug adapter ended unexpectedly (${how}), so the session "${session.name}" is over. Your sources and breakpoints are as they were.`;
    const choice = await vscode.window.showErrorMessage(message, again, showLog);
    if (choice === again) {
      await vscode.debug.startDebugging(session.workspaceFolder, session.configuration);
    } else if (choice === showLog) {
      this.log.show(true);
    }
  }
}

function isEvent(message: DebugProtocol.ProtocolMessage, name: string): boolean {
  return message.type === "event" && (message as DebugProtocol.Event).event === name;
}

/**
 * For editors without this extension the adapter prints why nothing was reloaded as important output, which VS Code
 * shows as a notification. Here the event `midflight/refused` shows a better one, with something to click, and what
 * does not compile is in the Problems view.
 */
function quieten({ body }: DebugProtocol.OutputEvent): void {
  const isShownElsewhere = /^midflight: Not reloaded(: |\. The program does not build)/.test(body.output);
  if (body.category === "important" && isShownElsewhere) {
    body.category = "console";
  }
}

/** VS Code does not always know what ended a process. */
function how(code: number | undefined | null, signal: string | undefined | null): string {
  if (signal) {
    return `signal ${signal}`;
  }
  return typeof code === "number" ? `exit status ${code}` : "it crashed or was killed";
}
