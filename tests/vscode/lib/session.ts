/** A session in VS Code as a row of steps, each of which builds on the ones before it. */
import { readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
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

/** Opens a copy of a program in VS Code, by its folder in the repository. The result adds a step. */
export function session(folder: string, ready: (stage: Stage) => void): (name: string, run: () => Promise<void>) => void {
  const name = basename(folder);
  const cleanUps: (() => void | Promise<void>)[] = [];
  let vscode: Workbench;
  let failed = false;

  before(async () => {
    const old = readdirSync(environment.output).filter((file) => file.startsWith(name) && file.endsWith(".png"));
    for (const file of old) {
      rmSync(join(environment.output, file));
    }
    const program = Program.copy(folder, join(environment.output, "work"));
    program.build();
    const server = await CodeServer.start({ "midflight.adapter": [environment.debugger] });
    cleanUps.push(() => {
      server.stop();
    });
    vscode = await Workbench.open(server.folder(program.root), name);
    cleanUps.push(() => vscode.close());
    ready({ program, server, vscode });
  });

  after(async () => {
    for (const cleanUp of cleanUps.reverse()) {
      await cleanUp();
    }
  });

  // The screen at the end of a step is kept, whether it went well or not.
  return (what, run) => {
    void test(what, { timeout: 90_000 }, async (context: TestContext) => {
      if (failed) {
        context.skip("an earlier step failed");
        return;
      }
      try {
        await run();
        await vscode.screenshot(what);
      } catch (error) {
        failed = true;
        await vscode.screenshot(`FAILED ${what}`);
        throw error;
      }
    });
  };
}
