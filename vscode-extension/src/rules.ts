/** Names of rules. No VS Code in here. */

/** The number of a rule, when it is one; anything else could name a file. */
export function ruleCode(value: unknown): string | undefined {
  return typeof value === "string" && /^MF\d{4}$/.test(value) ? value : undefined;
}

/** The title of a rule's page, without the number that it may begin with. */
export function titleOf(page: string): string {
  const title = /^#\s+(.+)$/m.exec(page)?.[1] ?? "";
  return title.replace(/^MF\d{4}[\s:—–-]*/, "").trim();
}
