/** The real VS Code, as a server for a browser, with the extension installed from its package. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { cpSync, createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { environment } from "./environment.ts";
import { until } from "./until.ts";
import { userEnvironment } from "./program.ts";

/** As VS Code on a desktop behaves, without what isn't ours: chat, welcome pages, telemetry, updates. */
const SETTINGS = {
  "chat.disableAIFeatures": true,
  "editor.minimap.enabled": false,
  "extensions.autoCheckUpdates": false,
  "files.autoSave": "off",
  "git.openRepositoryInParentFolders": "never",
  "security.workspace.trust.startupPrompt": "never",
  "telemetry.telemetryLevel": "off",
  // Its lines are then texts in the page.
  "terminal.integrated.gpuAcceleration": "off",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
};

export class CodeServer {
  readonly address: string;
  private readonly child: ChildProcess;
  /** Holds the extension and all that the user has set. */
  readonly directory: string;

  private constructor(address: string, child: ChildProcess, directory: string) {
    this.address = address;
    this.child = child;
    this.directory = directory;
  }

  /**
   * Installs the extension and starts the server. The browser and the machine are two places to VS Code: paths of
   * programs count only in the machine's settings, so `settings` go there.
   */
  static async start(settings: Record<string, unknown>): Promise<CodeServer> {
    const directory = mkdtempSync(join(tmpdir(), "midflight-vscode-"));
    const user = join(directory, "user");
    for (const [place, chosen] of Object.entries({ User: SETTINGS, Machine: settings })) {
      mkdirSync(join(user, place), { recursive: true });
      writeFileSync(join(user, place, "settings.json"), JSON.stringify(chosen, undefined, 2));
    }
    const dirs = ["--user-data-dir", user, "--extensions-dir", join(directory, "extensions")];
    // Without this it writes a configuration file with a password into the user's home.
    const config = join(directory, "config.yaml");
    writeFileSync(config, "auth: none\n");
    const args = [environment.codeServer, "--config", config, ...dirs];
    const env = userEnvironment();
    execFileSync(process.execPath, [...args, "--install-extension", environment.vsix], { env, stdio: "ignore" });

    const address = `127.0.0.1:${await freePort()}`;
    const flags = ["--auth", "none", "--bind-addr", address, "--disable-telemetry", "--disable-update-check"];
    // A group of its own, so that everything it starts can be ended with it.
    const child = spawn(process.execPath, [...args, ...flags], { env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    const log = createWriteStream(join(environment.output, "code-server.log"));
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    const server = new CodeServer(`http://${address}`, child, directory);
    await until("code-server answers", async () => (await fetch(`${server.address}/healthz`)).ok);
    return server;
  }

  /** The page that shows a folder. */
  folder(path: string): string {
    return `${this.address}/?folder=${encodeURIComponent(path)}`;
  }

  stop(): void {
    if (this.child.pid !== undefined) {
      try {
        process.kill(-this.child.pid, "SIGKILL");
      } catch {
        // It has ended already.
      }
    }
    this.keepLogs();
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  /** VS Code's logs, and the extension's among them, for whoever wants to know why a test failed. */
  private keepLogs(): void {
    const kept = join(environment.output, "logs");
    rmSync(kept, { recursive: true, force: true });
    cpSync(join(this.directory, "user/logs"), kept, { recursive: true, force: true });
  }
}

export interface Process {
  pid: number;
  command: string;
}

/** The processes that have all these words in their command lines. */
export function processes(...words: string[]): Process[] {
  const lines = execFileSync("ps", ["-eo", "pid=,stat=,args="], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => {
    const [, pid, state, command] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    const matches = command !== undefined && words.every((word) => command.includes(word));
    return matches && state?.startsWith("Z") === false ? [{ pid: Number(pid), command }] : [];
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") {
    throw new Error("no free port");
  }
  return address.port;
}
