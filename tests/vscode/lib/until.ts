/** Waiting for a condition, never for a time. */

const INTERVAL_MS = 50;

/** Waits until `condition` holds; says what was waited for when it doesn't in time. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 20_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  let problem: unknown;
  while (Date.now() < deadline) {
    try {
      if (await condition()) {
        return;
      }
      problem = undefined;
    } catch (error) {
      problem = error;
    }
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
  const reason = problem instanceof Error ? `: ${problem.message}` : "";
  throw new Error(`waited ${timeoutMs / 1000} s in vain until ${what}${reason}`);
}
