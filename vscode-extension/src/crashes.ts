/** When to start a process again that ended by itself. No VS Code in here. */

const WINDOW_MS = 180_000;
const ALLOWED = 4;

/** Remembers the last ends of a process; says whether starting it again makes sense. */
export class Crashes {
  private times: number[] = [];

  /** Counts one more end; `false` when there were too many in the last minutes. */
  startAgain(now: number): boolean {
    this.times = this.times.filter((time) => now - time < WINDOW_MS);
    this.times.push(now);
    return this.times.length <= ALLOWED;
  }

  forget(): void {
    this.times = [];
  }
}
