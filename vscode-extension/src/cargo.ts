/** What there is to run in a Cargo workspace, from `cargo metadata`. No VS Code in here. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";

/** Best first, as a list of targets shows them. */
export const KINDS = ["bin", "example", "test", "bench"] as const;
export type Kind = (typeof KINDS)[number];

/** Something of a package that Cargo makes a program of. */
export interface Target {
  kind: Kind;
  name: string;
  package: string;
  /** The directory of its package. */
  directory: string;
  /** Its first file. */
  source: string;
  /** Arguments for Cargo that build just this one. */
  build: string[];
  /** What `cargo run` would take. */
  default: boolean;
}

export interface Workspace {
  root: string;
  targets: Target[];
}

interface Metadata {
  workspace_root: string;
  packages: {
    name: string;
    manifest_path: string;
    default_run: string | null;
    targets: { name: string; kind: string[]; src_path: string; "required-features"?: string[] }[];
  }[];
}

/** Asks Cargo about the workspace that the directory is in. Runs Cargo: for trusted folders only. */
export async function readWorkspace(directory: string): Promise<Workspace> {
  const args = ["metadata", "--no-deps", "--format-version", "1"];
  const { stdout } = await promisify(execFile)(cargo(), args, { cwd: directory, maxBuffer: 64 * 1024 * 1024 });
  return workspaceOf(JSON.parse(stdout) as Metadata);
}

/** What can be started among what `cargo metadata` lists: binaries first. */
export function workspaceOf({ workspace_root: root, packages }: Metadata): Workspace {
  const targets = packages.flatMap((owner) =>
    owner.targets.flatMap((target): Target[] => {
      const kind = KINDS.find((kind) => target.kind.includes(kind));
      if (kind === undefined) {
        return [];
      }
      const features = target["required-features"] ?? [];
      const select = [`--${kind}`, target.name, ...(features.length === 0 ? [] : ["--features", features.join(",")])];
      return [
        {
          kind,
          name: target.name,
          package: owner.name,
          directory: dirname(owner.manifest_path),
          source: target.src_path,
          build: kind === "test" ? ["test", "--no-run", ...select] : ["build", ...select],
          default: kind === "bin" && owner.default_run === target.name,
        },
      ];
    }),
  );
  const binaries = targets.filter(({ kind }) => kind === "bin");
  const named = targets.map((target) => {
    if (target.kind === "bin" && binaries.length === 1 && !target.build.includes("--features")) {
      // What `cargo build` in a terminal builds too: the same features, so nothing is compiled twice.
      return { ...target, build: ["build"] };
    }
    return isUnique(target, targets) ? target : withPackage(target);
  });
  return { root, targets: named.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind)) };
}

/**
 * The target to start when nobody has said which; `undefined` when the user has to choose. A file of an example, a
 * test or a benchmark means just that; anything else means a binary.
 */
export function obviousTarget(targets: Target[], document: string | undefined): Target | undefined {
  const meant = targets.filter(({ kind }) => kind !== "bin").find((target) => belongsTo(target, document));
  if (meant !== undefined) {
    return meant;
  }
  const [first] = targets;
  const startable = targets.filter(({ kind }) => kind === first?.kind && (kind === "bin" || kind === "example"));
  if (startable.length === 1) {
    return startable[0];
  }
  const around = startable.filter(({ directory }) => document?.startsWith(`${directory}/`));
  const ours = around.length === 1 ? around : startable.filter((target) => target.default);
  return ours.length === 1 ? ours[0] : undefined;
}

/** Its first file; or, where that is a `main.rs` in a directory of its own, any file beside it or below. */
function belongsTo({ source }: Target, document: string | undefined): boolean {
  const isDirectory = basename(source) === "main.rs";
  return document === source || (isDirectory && document?.startsWith(`${dirname(source)}/`) === true);
}

/** The list to choose from: what was chosen last comes first. */
export function inOrder(targets: Target[], last: string | undefined): Target[] {
  return [...targets].sort((a, b) => Number(keyOf(b) === last) - Number(keyOf(a) === last));
}

/** What a choice is remembered by. */
export function keyOf({ kind, package: owner, name }: Target): string {
  return `${kind} ${owner} ${name}`;
}

/** The directory at or above `path`, and inside `top`, that has a Cargo.toml; `top` itself is tried last. */
export function manifestDirectory(path: string, top: string): string | undefined {
  for (let directory = path; directory.startsWith(top); directory = dirname(directory)) {
    if (existsSync(join(directory, "Cargo.toml"))) {
      return directory;
    }
    if (directory === dirname(directory)) {
      break;
    }
  }
  return existsSync(join(top, "Cargo.toml")) ? top : undefined;
}

function isUnique(target: Target, targets: Target[]): boolean {
  return targets.filter(({ kind, name }) => kind === target.kind && name === target.name).length === 1;
}

function withPackage(target: Target): Target {
  const [command = "build", ...rest] = target.build;
  return { ...target, build: [command, "--package", target.package, ...rest] };
}

/** An editor that was started from the desktop often lacks the shell's search path. */
function cargo(): string {
  const program = process.platform === "win32" ? "cargo.exe" : "cargo";
  const home = process.env.CARGO_HOME ?? join(homedir(), ".cargo");
  const installed = join(home, "bin", program);
  return existsSync(installed) ? installed : program;
}
