/** Everything of the debug type `midflight`. */
import * as vscode from "vscode";

import { AdapterFactory } from "./adapter.js";
import { BreakpointTexts } from "./breakpoints.js";
import { ConfigurationProvider, DynamicConfigurations } from "./configuration.js";
import { SessionEvents } from "./events.js";
import { pickProcess } from "./pickProcess.js";
import { CompilerProblems } from "./problems.js";
import { RUNNING_TEXTS, RunningTexts } from "./runningTexts.js";
import { AdapterWatch } from "./watch.js";

const DEBUG_TYPE = "midflight";

export function registerDebugging(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): void {
  const { debug } = vscode;
  context.subscriptions.push(
    debug.registerDebugConfigurationProvider(DEBUG_TYPE, new ConfigurationProvider(log, context.workspaceState)),
    debug.registerDebugConfigurationProvider(
      DEBUG_TYPE,
      new DynamicConfigurations(log),
      vscode.DebugConfigurationProviderTriggerKind.Dynamic,
    ),
    debug.registerDebugAdapterDescriptorFactory(DEBUG_TYPE, new AdapterFactory(context)),
    debug.registerDebugAdapterTrackerFactory(DEBUG_TYPE, new BreakpointTexts(log)),
    debug.registerDebugAdapterTrackerFactory(DEBUG_TYPE, new AdapterWatch(log)),
    vscode.commands.registerCommand("midflight.pickProcess", pickProcess),
    new SessionEvents(log),
    new CompilerProblems(),
    vscode.workspace.registerTextDocumentContentProvider(RUNNING_TEXTS, new RunningTexts()),
  );
}
