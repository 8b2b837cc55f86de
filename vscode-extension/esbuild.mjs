// Bundles the extension into one file. With `--tests`, bundles the unit tests instead.
import { readdir, rm } from "node:fs/promises";
import { build } from "esbuild";

const tests = process.argv.includes("--tests");

/** @type {import("esbuild").BuildOptions} */
const common = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  logLevel: "warning",
};

if (tests) {
  const entryPoints = (await readdir("test")).map((name) => `test/${name}`);
  await rm("dist/test", { recursive: true, force: true });
  await build({ ...common, entryPoints, outdir: "dist/test" });
} else {
  await build({
    ...common,
    entryPoints: ["src/extension.ts"],
    outdir: "dist",
    external: ["vscode"],
    minify: true,
    sourcemap: true,
    sourcesContent: false,
  });
}
