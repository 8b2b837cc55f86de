/**
 * Runs `midflight lsp` for the window, and starts it again when it ends by itself.
 *
 * The server runs in untrusted folders too: it reads sources and starts nothing. It is told whether the folder is
 * trusted, and is started anew when that changes.
 */
import { createInterface } from "node:readline";

import * as vscode from "vscode";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  State,
  type LanguageClientOptions,
} from "vscode-languageclient/node";

import { binary, problem, showProblem } from "./binary.js";
import { Crashes } from "./crashes.js";
import type { Status } from "./status.js";
import type { StatusItem } from "./statusItem.js";
import type { View, Views } from "./views.js";

export class LanguageServer implements vscode.Disposable {
  private client: LanguageClient | undefined;
  /** The program that was started last. */
  private running = "";
  private readonly crashes = new Crashes();
  private readonly listeners: vscode.Disposable[];
  /** Starts and stops, one after the other. */
  private work: Promise<void> = Promise.resolve();
  private restartIsWaiting = false;
  /** What the server said last, outside the protocol: the reason when it doesn't start. */
  private lastWords = "";

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
    private readonly status: StatusItem,
    private readonly views: Views,
  ) {
    this.listeners = [
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.restart()),
      vscode.workspace.onDidChangeConfiguration(async (event) => {
        // Granting trust changes the setting's value only where the folder has one of its own.
        if (event.affectsConfiguration("midflight.path") && binary(this.context).path !== this.running) {
          await this.restart();
        }
      }),
    ];
  }

  start(): Promise<void> {
    return this.next(() => this.startNow());
  }

  stop(): Promise<void> {
    return this.next(() => this.stopNow());
  }

  /** Starts the server anew: by the user, or because something it depends on changed. */
  restart(): Promise<void> {
    this.crashes.forget();
    if (this.restartIsWaiting) {
      return this.work;
    }
    this.restartIsWaiting = true;
    return this.next(async () => {
      this.restartIsWaiting = false;
      await this.stopNow();
      await this.startNow();
    });
  }

  dispose(): void {
    for (const listener of this.listeners) {
      listener.dispose();
    }
  }

  private next(task: () => Promise<void>): Promise<void> {
    this.work = this.work.then(task).catch((error: unknown) => {
      this.log.error(error instanceof Error ? error : String(error));
    });
    return this.work;
  }

  private async startNow(): Promise<void> {
    const program = binary(this.context);
    this.running = program.path;
    const reason = problem(program);
    if (reason !== undefined) {
      this.status.serverIs("stopped");
      this.log.error(reason);
      void showProblem(reason);
      return;
    }
    this.status.serverIs("starting");
    this.lastWords = "";
    this.log.info(`Starting ${program.path} lsp`);
    const server = { command: program.path, args: ["lsp"] };
    const client: LanguageClient = new LanguageClient("midflight", "Midflight", server, this.options(() => client));
    client.onNotification("midflight/status", (status: Status) => {
      this.status.update(status);
    });
    client.onNotification("midflight/show", (view: View) => this.views.show(view));
    this.client = client;
    try {
      await client.start();
      this.status.serverIs("running");
    } catch (error) {
      this.client = undefined;
      this.status.serverIs("stopped");
      this.log.error("The language server did not start:", error);
      const because = this.lastWords === "" ? "" : ` It said: ${this.lastWords}`;
      void this.offerRestart(`Midflight's language server did not start, so edits get no verdicts.${because}`);
    }
  }

  private async stopNow(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client?.state === State.Running) {
      // A server that has just died can't answer; that is no reason to keep the window open.
      await client.stop().catch((error: unknown) => {
        this.log.warn("The language server did not stop in order:", error);
      });
    }
  }

  private options(client: () => LanguageClient): LanguageClientOptions {
    const relay = (input: NodeJS.ReadableStream): void => {
      createInterface({ input }).on("line", (line) => {
        this.lastWords = line;
        this.log.info(line);
      });
    };
    return {
      documentSelector: [
        { scheme: "file", language: "rust" },
        { scheme: "file", pattern: "**/Cargo.toml" },
      ],
      initializationOptions: { trusted: vscode.workspace.isTrusted, views: true },
      outputChannel: this.log,
      traceOutputChannel: this.log,
      stdioOptions: { stdout: () => undefined, stderr: relay },
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        // The client's own way of starting again knows neither of trust nor of settings that have changed.
        closed: () => {
          void this.ended(client());
          return { action: CloseAction.DoNotRestart, handled: true };
        },
      },
    };
  }

  /** The server ended by itself. Once is worth a word and a new start; again and again, it stays off. */
  private async ended(client: LanguageClient): Promise<void> {
    if (this.client !== client || client.state === State.Starting) {
      return;
    }
    this.client = undefined;
    this.status.serverIs("stopped");
    if (!this.crashes.startAgain(Date.now())) {
      this.log.error("The language server keeps ending unexpectedly; it stays off.");
      void this.offerRestart("Midflight's language server keeps ending unexpectedly, so edits get no verdicts.");
      return;
    }
    this.log.error("The language server ended unexpectedly; starting it again.");
    void this.tellAboutCrash();
    await this.start();
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
