/**
 * Runs `midflight lsp` for the window, and starts it again when it ends by itself.
 *
 * The server runs in untrusted folders too: it reads sources and starts nothing. It is told whether the folder is
 * trusted, and is started anew when that changes.
 */
import * as vscode from "vscode";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  State,
  type CloseHandlerResult,
  type LanguageClientOptions,
} from "vscode-languageclient/node";

import { binary, problem, showProblem } from "./binary.js";
import { Crashes } from "./crashes.js";
import type { Status } from "./status.js";
import type { StatusItem } from "./statusItem.js";

export class LanguageServer implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private readonly crashes = new Crashes();
  private readonly listeners: vscode.Disposable[];

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
    private readonly status: StatusItem,
  ) {
    this.listeners = [
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.restart()),
      vscode.workspace.onDidChangeConfiguration(async (event) => {
        if (event.affectsConfiguration("midflight.path")) {
          await this.restart();
        }
      }),
    ];
  }

  async start(): Promise<void> {
    const program = binary(this.context);
    const reason = problem(program);
    if (reason !== undefined) {
      this.status.serverIs("stopped");
      this.log.error(reason);
      void showProblem(reason);
      return;
    }
    this.status.serverIs("starting");
    this.log.info(`Starting ${program.path} lsp`);
    const client = new LanguageClient(
      "midflight",
      "Midflight",
      { command: program.path, args: ["lsp"] },
      this.options(),
    );
    client.onDidChangeState(({ newState }) => {
      this.status.serverIs(
        newState === State.Running ? "running" : newState === State.Starting ? "starting" : "stopped",
      );
    });
    client.onNotification("midflight/status", (status: Status) => {
      this.status.update(status);
    });
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      this.log.error("The language server did not start:", error);
      void this.offerRestart("Midflight's language server did not start, so edits get no verdicts.");
    }
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client?.needsStop() === true) {
      // A server that has just died can't answer; that is no reason to keep the window open.
      await client.stop().catch((error: unknown) => {
        this.log.warn("The language server did not stop in order:", error);
      });
    }
  }

  /** Starts the server anew: by the user, or because something it depends on changed. */
  async restart(): Promise<void> {
    this.crashes.forget();
    await this.stop();
    await this.start();
  }

  dispose(): void {
    for (const listener of this.listeners) {
      listener.dispose();
    }
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: [
        { scheme: "file", language: "rust" },
        { scheme: "file", pattern: "**/Cargo.toml" },
      ],
      initializationOptions: { trusted: vscode.workspace.isTrusted },
      outputChannel: this.log,
      traceOutputChannel: this.log,
      initializationFailedHandler: () => false,
      errorHandler: {
        error: (error) => {
          this.log.error("The conversation with the language server failed:", error);
          return { action: ErrorAction.Continue };
        },
        closed: () => this.closed(),
      },
    };
  }

  /** The server ended by itself. Once is worth a word and a new start; again and again, it stays off. */
  private closed(): CloseHandlerResult {
    if (this.crashes.startAgain(Date.now())) {
      this.log.error("The language server ended unexpectedly; starting it again.");
      void this.tellAboutCrash();
      return { action: CloseAction.Restart, handled: true };
    }
    this.log.error("The language server keeps ending unexpectedly; it stays off.");
    void this.offerRestart("Midflight's language server keeps ending unexpectedly, so edits get no verdicts.");
    return { action: CloseAction.DoNotRestart, handled: true };
  }

  private async tellAboutCrash(): Promise<void> {
    const showLog = "Show the Log";
    const message =
      "Midflight's language server ended unexpectedly and was started again. A running debug session is not affected.";
    if ((await vscode.window.showWarningMessage(message, showLog)) === showLog) {
      this.log.show(true);
    }
  }

  private async offerRestart(message: string): Promise<void> {
    const restart = "Start It Again";
    const showLog = "Show the Log";
    const choice = await vscode.window.showErrorMessage(message, restart, showLog);
    if (choice === restart) {
      await this.restart();
    } else if (choice === showLog) {
      this.log.show(true);
    }
  }
}
