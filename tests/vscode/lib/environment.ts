/** What `cargo xtask test vscode` hands over. */
import { join } from "node:path";

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") {
    throw new Error(`${name} is not set: start these tests with \`cargo xtask test vscode\``);
  }
  return value;
}

export const environment = {
  /** The packed extension. */
  vsix: required("MIDFLIGHT_VSIX"),
  /** The script that starts code-server. */
  codeServer: required("MIDFLIGHT_CODE_SERVER"),
  chromium: required("MIDFLIGHT_CHROMIUM"),
  /** The debug adapter to work through. */
  debugger: required("MIDFLIGHT_DEBUGGER"),
  /** Where screenshots go, and what is worth keeping between two runs. */
  output: required("MIDFLIGHT_SCREENSHOTS"),
  repository: join(import.meta.dirname, "../../.."),
};
