/** A session in VS Code as a row of steps, each of which builds on the ones before it. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test, type TestContext } from "node:test";

import { CodeServer } from "./codeServer.ts";
import { environment } from "./environment.ts";
import { Program } from "./program.ts";
import { Workbench } from "./workbench.ts";

/** What the steps of a session work with. */
export interface Stage {
  program: Program;
  server: CodeServer;
  vscode: Workbench;
}

/** Opens a copy of an example in VS Code. The result adds a step. */
export function session(example: string, ready: (stage: Stage) => void): (name: string, run: () => Promise<void>) => void {
  const cleanUps: (() => void | Promise<void>)[] = [];
  let vscode: Workbench;
  let failed = false;

  before(async () => {
    const old = readdirSync(environment.output).filter((name) => name.startsWith(example) && name.endsWith(".png"));
    for (const name of old) {
      rmSync(join(environment.output, name));
    }
    const program = Program.copy(example, join(environment.output, "work"));
    program.build();
    const server = await CodeServer.start({ "midflight.adapter": [environment.debugger] });
    cleanUps.push(() => {
      server.stop();
    });
    vscode = await Workbench.open(server.folder(program.root), example);
    cleanUps.push(() => vscode.close());
    ready({ program, server, vscode });
  });

  after(async () => {
    for (const cleanUp of cleanUps.reverse()) {
      await cleanUp();
    }
  });

  // The screen at the end of a step is kept, whether it went well or not.
  return (name, run) => {
    void test(name, { timeout: 90_000 }, async (context: TestContext) => {
      if (failed) {
        context.skip("an earlier step failed");
        return;
      }
      try {
        await run();
        await vscode.screenshot(name);
      } catch (error) {
        failed = true;
        await vscode.screenshot(`FAILED ${name}`);
        throw error;
      }
    });
  };
}
