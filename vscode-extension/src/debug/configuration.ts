/**
 * Completes launch configurations, and makes them up where there are none: F5 on a Cargo project just works.
 *
 * Cargo is asked what there is to run, which runs Cargo: never in a folder that isn't trusted.
 */
import { dirname } from "node:path";

import * as vscode from "vscode";

import { inOrder, keyOf, manifestDirectory, obviousTarget, readWorkspace, type Target, type Workspace } from "../cargo.js";
import { LABELS, launchOf, withProcessNumbers, withSettings } from "./launch.js";

/** What goes wrong is told in one message here; VS Code is then told to do nothing more. */
const GIVE_UP = undefined;

export class ConfigurationProvider implements vscode.DebugConfigurationProvider {
  constructor(
    private readonly log: vscode.LogOutputChannel,
    private readonly memory: vscode.Memento,
  ) {}

  async resolveDebugConfiguration(
    folder: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
  ): Promise<vscode.DebugConfiguration | undefined> {
    if (!vscode.workspace.isTrusted) {
      void vscode.window.showErrorMessage(
        "Midflight builds and starts nothing in a folder that you don't trust. Trust the folder (Workspaces: Manage Workspace Trust), then start again.",
      );
      return GIVE_UP;
    }
    const settings = vscode.workspace.getConfiguration("midflight", folder);
    const chosen = {
      engine: settings.get("engine", "auto"),
      adapter: settings.get<string[]>("adapter", []),
      runInTerminal: settings.get("runInTerminal", false),
    };
    if (isEmpty(configuration)) {
      const launch = await this.launchWithoutConfiguration(folder);
      return launch === undefined ? GIVE_UP : withSettings(launch, chosen);
    }
    return withSettings(configuration, chosen);
  }

  /** Last of all: `${command:pickProcess}` and the like are filled in. */
  resolveDebugConfigurationWithSubstitutedVariables(
    _folder: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
  ): vscode.DebugConfiguration {
    return withProcessNumbers(configuration);
  }

  private async launchWithoutConfiguration(
    folder: vscode.WorkspaceFolder | undefined,
  ): Promise<vscode.DebugConfiguration | undefined> {
    const document = currentDocument();
    const workspace = await workspaceAround(folder, document, this.log, tell);
    if (workspace === undefined) {
      return undefined;
    }
    if (workspace.targets.length === 0) {
      tell(`The Cargo workspace in ${workspace.root} has no binary, example, test or benchmark of its own, so there is nothing to start.`);
      return undefined;
    }
    const target = obviousTarget(workspace.targets, document) ?? (await askForTarget(workspace, this.memory));
    return target === undefined ? undefined : launchOf(target, workspace.root);
  }
}

/** One configuration for each target: the list under "Midflight" in the Run and Debug view. */
export class DynamicConfigurations implements vscode.DebugConfigurationProvider {
  constructor(private readonly log: vscode.LogOutputChannel) {}

  async provideDebugConfigurations(folder: vscode.WorkspaceFolder | undefined): Promise<vscode.DebugConfiguration[]> {
    if (!vscode.workspace.isTrusted) {
      return [];
    }
    const workspace = await workspaceAround(folder, currentDocument(), this.log, () => undefined);
    return workspace?.targets.map((target) => launchOf(target, workspace.root)) ?? [];
  }
}

async function workspaceAround(
  folder: vscode.WorkspaceFolder | undefined,
  document: string | undefined,
  log: vscode.LogOutputChannel,
  onProblem: (message: string) => void,
): Promise<Workspace | undefined> {
  const top = (folder ?? vscode.workspace.workspaceFolders?.[0])?.uri.fsPath;
  if (top === undefined) {
    onProblem("Open the folder of a Cargo project first; then Midflight can build it and start it.");
    return undefined;
  }
  const directory = manifestDirectory(document === undefined ? top : dirname(document), top) ?? (await anyManifest(top));
  if (directory === undefined) {
    onProblem(
      `There is no Cargo.toml in ${top}. Open the folder of a Cargo project, or say in a launch.json which program to start.`,
    );
    return undefined;
  }
  try {
    return await readWorkspace(directory);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.error(`cargo metadata in ${directory}: ${reason}`);
    onProblem(`Cargo can't read the project in ${directory}: ${lastLine(reason)}`);
    return undefined;
  }
}

/** The outermost Cargo.toml below a folder that has none itself. */
async function anyManifest(top: string): Promise<string | undefined> {
  const pattern = new vscode.RelativePattern(top, "**/Cargo.toml");
  const found = await vscode.workspace.findFiles(pattern, "**/{target,node_modules}/**", 100);
  const paths = found.map(({ fsPath }) => dirname(fsPath));
  return paths.sort((a, b) => a.length - b.length || a.localeCompare(b))[0];
}

async function askForTarget({ root, targets }: Workspace, memory: vscode.Memento): Promise<Target | undefined> {
  const remembered = `midflight.target ${root}`;
  const picks = inOrder(targets, memory.get(remembered)).map((target) => ({
    label: target.name,
    description: `${LABELS[target.kind]} of ${target.package}`,
    target,
  }));
  const pick = await vscode.window.showQuickPick(picks, {
    title: "Debug with hot reload",
    placeHolder: "The program to build and start",
    matchOnDescription: true,
  });
  if (pick !== undefined) {
    await memory.update(remembered, keyOf(pick.target));
  }
  return pick?.target;
}

function currentDocument(): string | undefined {
  const uri = vscode.window.activeTextEditor?.document.uri;
  return uri?.scheme === "file" ? uri.fsPath : undefined;
}

/** VS Code hands over an almost empty configuration when there is no launch.json. */
function isEmpty({ type, request, name }: Partial<vscode.DebugConfiguration>): boolean {
  return !type || !request || !name;
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.trim() ?? text;
}

function tell(message: string): void {
  void vscode.window.showErrorMessage(message);
}
