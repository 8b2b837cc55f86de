/** A copy of a program, as a user would have it: a git repository that was built once. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { environment } from "./environment.ts";

/** Variables of the surrounding `cargo xtask` that would change how the program is built. */
const BUILD_VARIABLES = /^(CARGO_(?!HOME$)|RUST(C|FLAGS|DOC))/;

export class Program {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /**
   * A fresh copy in a directory of its own. What Cargo has compiled of an earlier copy is kept: dependencies take
   * most of the time.
   */
  static copy(folder: string, directory: string): Program {
    mkdirSync(directory, { recursive: true });
    const name = basename(folder);
    const root = join(realpathSync(directory), name);
    const target = join(root, "target");
    const kept = join(dirname(root), `${name}-target`);
    if (existsSync(target)) {
      rmSync(kept, { recursive: true, force: true });
      renameSync(target, kept);
    }
    rmSync(root, { recursive: true, force: true });
    const source = join(environment.repository, folder);
    cpSync(source, root, { recursive: true, filter: (path) => basename(path) !== "target" });
    if (existsSync(kept)) {
      renameSync(kept, target);
    }
    // Generations of an earlier run have nothing to do with this one.
    rmSync(join(target, "midflight"), { recursive: true, force: true });
    const program = new Program(root);
    program.git("init", "--quiet", "--initial-branch=main");
    program.git("add", "--all");
    program.git("-c", "user.name=Test", "-c", "user.email=test@localhost", "commit", "--quiet", "-m", "As it was");
    return program;
  }

  build(): void {
    execFileSync("cargo", ["build", "--quiet"], { cwd: this.root, stdio: "inherit", env: userEnvironment() });
  }

  path(file: string): string {
    return join(this.root, file);
  }

  text(file: string): string {
    return readFileSync(this.path(file), "utf8");
  }

  /** The line, counted from 1, of the only one that holds this text. */
  lineOf(file: string, text: string): number {
    const lines = this.text(file).split("\n");
    const found = lines.flatMap((line, index) => (line.includes(text) ? [index + 1] : []));
    const [line, ...more] = found;
    if (line === undefined || more.length > 0) {
      throw new Error(`${file} has ${found.length} lines with "${text}"`);
    }
    return line;
  }

  private git(...args: string[]): void {
    execFileSync("git", args, { cwd: this.root, stdio: ["ignore", "ignore", "inherit"] });
  }
}

/** The environment of a user, not that of `cargo xtask`. */
export function userEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !BUILD_VARIABLES.test(name)));
}
