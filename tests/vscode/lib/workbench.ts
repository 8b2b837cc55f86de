/**
 * VS Code as a user sees it: what is on the screen is read from the page, what is done is done with keys and clicks.
 */
import { join } from "node:path";

import { chromium, type Browser, type Locator, type Page } from "playwright-core";

import { environment } from "./environment.ts";
import { until } from "./until.ts";

/** A click of which nothing is seen for so long is lost. */
const LOST_MS = 3000;

export class Workbench {
  readonly page: Page;
  private readonly browser: Browser;
  private screenshots = 0;

  private readonly name: string;

  private constructor(browser: Browser, page: Page, name: string) {
    this.browser = browser;
    this.page = page;
    this.name = name;
  }

  /** Its screenshots begin with `name`. */
  static async open(address: string, name: string): Promise<Workbench> {
    const browser = await chromium.launch({ executablePath: environment.chromium, args: ["--no-sandbox"] });
    const page = await browser.newPage({ viewport: { width: 1500, height: 950 } });
    page.setDefaultTimeout(20_000);
    await page.goto(address);
    await page.locator(".monaco-workbench .explorer-folders-view .monaco-list-row").first().waitFor();
    return new Workbench(browser, page, name);
  }

  async close(): Promise<void> {
    await this.browser.close();
  }

  /** Numbered in the order of the session, and named after what they should show. */
  async screenshot(name: string): Promise<void> {
    this.screenshots += 1;
    const number = String(this.screenshots).padStart(2, "0");
    const file = `${this.name} ${number} ${name}.png`.replaceAll(/[^\w.]+/g, "-");
    // Notifications fade in: they are shown as they end up.
    await this.page.screenshot({ path: join(environment.output, file), animations: "disabled" });
  }

  async keys(...keys: string[]): Promise<void> {
    for (const key of keys) {
      await this.page.keyboard.press(key);
    }
  }

  /** Runs a command by its title in the command palette. */
  async command(title: string): Promise<void> {
    const box = this.page.locator(".quick-input-widget");
    const row = box.locator(".monaco-list-row").filter({ hasText: title });
    // The palette has the commands that there were when it opened; a window that has only just opened gets more.
    await until(`the command palette has ${title}`, async () => {
      await this.keys("Escape", "F1");
      await box.locator("input").fill(`>${title}`);
      await box.locator(".monaco-list-row").first().waitFor();
      return (await row.count()) > 0;
    });
    await this.pick(`>${title}`, title);
  }

  /** Types into the box that is open on top, and takes the first entry that holds `label`. */
  async pick(filter: string, label: string): Promise<void> {
    const box = this.page.locator(".quick-input-widget");
    await box.locator("input").fill(filter);
    const row = box.locator(".monaco-list-row").filter({ hasText: label }).first();
    await row.waitFor();
    // The list is drawn anew when more entries are found, and a click that comes just then is lost.
    await until(`"${label}" is chosen`, async () => {
      if (await row.isVisible()) {
        await row.click({ timeout: LOST_MS });
      }
      // What was chosen may open the box again, with other entries.
      await row.waitFor({ state: "hidden", timeout: LOST_MS });
      return true;
    });
  }

  async trustFolder(): Promise<void> {
    await this.command("Workspaces: Manage Workspace Trust");
    await this.page.locator(".workspace-trust-editor").getByRole("button", { name: "Trust", exact: true }).click();
    await this.page.locator(".statusbar-item").filter({ hasText: "Restricted Mode" }).waitFor({ state: "hidden" });
    await this.keys("Control+w");
  }

  async openFile(path: string): Promise<void> {
    await this.keys("Control+p");
    const name = path.split("/").at(-1) ?? path;
    await this.pick(path, name);
    await this.page.locator(".tab.active").filter({ hasText: name }).waitFor();
    await this.page.locator(".editor-instance .view-line").first().waitFor();
  }

  /** Puts the cursor at the start of a line, counted from 1. */
  async goToLine(line: number, column = 1): Promise<void> {
    await this.focusEditor();
    await this.keys("Control+g");
    const box = this.page.locator(".quick-input-widget");
    await box.locator("input").fill(`:${line}:${column}`);
    await this.keys("Enter");
    await box.waitFor({ state: "hidden" });
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  /** Selects the next place of a text, by means of the find widget. */
  async select(text: string): Promise<void> {
    const find = this.page.locator(".editor-instance .find-widget.visible");
    // The key goes where the keyboard is: to a view that takes it in between, it means something else.
    await until("the find widget is open", async () => {
      await this.focusEditor();
      await this.keys("Control+f");
      // Pressed again too soon, it would open a second time, after it was closed.
      return appears(find);
    });
    await find.locator("textarea").first().fill(text);
    await find.locator(".matchesCount").filter({ hasText: /\d+ of \d+/ }).waitFor();
    // Escape closes one thing at a time; a notification comes first.
    await until("the find widget is closed", async () => {
      await this.keys("Escape");
      return !(await find.isVisible());
    });
  }

  /** Puts the keyboard back into the text, wherever it was. */
  async focusEditor(): Promise<void> {
    // A view that opens may take the keyboard a moment later.
    await until("the editor has the keyboard", async () => {
      await this.keys("Control+1");
      return (await this.page.locator(".editor-instance .monaco-editor.focused").count()) > 0;
    });
  }

  /** Types over a text. */
  async replace(text: string, replacement: string): Promise<void> {
    await this.select(text);
    await this.type(replacement);
  }

  /** Types lines above the text, indented as it is. */
  async typeAbove(text: string, lines: string[]): Promise<void> {
    await this.select(text);
    await this.keys("ArrowLeft");
    for (const line of lines) {
      await this.type(line);
      await this.keys("Enter");
    }
  }

  /** Presses Undo until it is as it should be. */
  async undoUntil(what: string, condition: () => Promise<boolean>): Promise<void> {
    await this.focusEditor();
    await until(what, async () => {
      if (await condition()) {
        return true;
      }
      await this.keys("Control+z");
      return false;
    });
  }

  async save(): Promise<void> {
    await this.keys("Control+s");
    await this.page.locator(".tab.active.dirty").waitFor({ state: "hidden" });
  }

  /** A line of the open editor by the text that it holds. */
  line(text: string): Locator {
    return this.page.locator(".editor-instance .view-line").filter({ hasText: text });
  }

  /** A line that holds this text and no more, but for its indentation. */
  wholeLine(text: string): Locator {
    const words = text.split(" ").map((word) => word.replaceAll(/[^\w]/g, "\\$&"));
    return this.page.locator(".editor-instance .view-line").filter({ hasText: new RegExp(`^\\s*${words.join("\\s")}$`) });
  }

  squiggles(severity: "error" | "warning" | "info" | "hint"): Locator {
    return this.page.locator(`.editor-instance .squiggly-${severity}`);
  }

  lens(text: string): Locator {
    return this.page.locator(".codelens-decoration a, .codelens-decoration span").filter({ hasText: text });
  }

  /** Takes what the light bulb offers at the cursor. All of `offered` must be there, and are seen on a screenshot. */
  async act(action: string, offered: string[] = []): Promise<void> {
    const rows = this.page.locator(".action-widget .monaco-list-row.action");
    // Until the server has answered, the menu says that there is nothing; diagnostics that arrive meanwhile close it.
    await until(`the light bulb offers to ${action}`, async () => {
      await this.keys("Escape", "Control+.");
      return appears(rows.filter({ hasText: action }).first());
    });
    for (const name of offered) {
      await rows.filter({ hasText: name }).first().waitFor();
    }
    if (offered.length > 0) {
      await this.screenshot("what the light bulb offers");
    }
    await rows.filter({ hasText: action }).first().click();
    await rows.first().waitFor({ state: "hidden" });
  }

  /** Waits until a line of the terminal holds this text. */
  async terminal(text: string): Promise<void> {
    await this.page.locator(".terminal-wrapper.active .xterm-rows > div").filter({ hasText: text }).first().waitFor();
  }

  /** Types a line into the terminal. */
  async typeIntoTerminal(line: string): Promise<void> {
    const keyboard = this.page.locator(".terminal-wrapper.active .xterm-helper-textarea");
    await until("the terminal has the keyboard", async () => {
      await keyboard.focus();
      return keyboard.evaluate((it) => it === document.activeElement);
    });
    await this.type(line);
    await this.keys("Enter");
  }

  get status(): Locator {
    return this.page.locator('.statusbar-item[id="midflight-dev.midflight.midflight.status"]');
  }

  /** Whether anything in the status bar says this. */
  async says(text: string): Promise<boolean> {
    return (await this.page.locator(".statusbar-item").filter({ hasText: text }).count()) > 0;
  }

  notification(text: string): Locator {
    return this.page.locator(".notifications-toasts .notification-toast").filter({ hasText: text });
  }

  /** The list in the Problems view, opened. */
  async problems(): Promise<Locator> {
    const view = this.page.locator(".markers-panel");
    if (!(await view.isVisible())) {
      await this.keys("Control+Shift+m");
      await view.waitFor();
      // It takes the keyboard a moment after it is shown.
      const panel = this.page.locator(".part.panel");
      await until("the Problems view has the keyboard", () => panel.evaluate((it) => it.contains(document.activeElement)));
    }
    return view.locator(".monaco-list-row");
  }

  /** The rows of a view in the Run and Debug side bar. */
  rows(view: "variables" | "call-stack" | "breakpoints"): Locator {
    return this.page.locator(`.debug-${view} .monaco-list-row`);
  }

  /** The value that the Variables view shows for a name: the first one from above. */
  async variable(name: string): Promise<string> {
    const row = this.rows("variables").filter({ hasText: name }).first();
    await row.waitFor();
    return (await row.textContent()) ?? "";
  }

  /** Opens a scope of the Variables view that is closed. A view that is drawn anew meanwhile may not hear of a click. */
  async expand(scope: string): Promise<void> {
    const row = this.rows("variables").filter({ hasText: scope }).first();
    const opened = this.page
      .locator('.debug-variables .monaco-list-row[aria-expanded="true"]')
      .filter({ hasText: scope })
      .first();
    await row.waitFor();
    await until(`${scope} is open`, async () => {
      if (!(await opened.isVisible())) {
        await row.click();
      }
      return appears(opened);
    });
  }

  /** The line that the Breakpoints view shows for the breakpoint in a file. */
  async breakpointLine(file: string): Promise<number> {
    const row = this.rows("breakpoints").filter({ hasText: file }).first();
    return Number((await row.locator(".line-number").textContent())?.split(":")[0]);
  }

  /** Presses Continue if the program is stopped. */
  async continueFromStop(): Promise<void> {
    if (await this.page.locator(".debug-toolbar .codicon-debug-continue").isVisible()) {
      await this.keys("F5");
    }
  }

  async clickNotification(action: string): Promise<void> {
    await this.page.locator(".notification-toast").getByRole("button", { name: action }).click();
  }

  async dismissNotifications(): Promise<void> {
    await this.command("Notifications: Clear All Notifications");
  }

  /** Where the debugger stands: the number beside the highlighted line, once that is in the file. */
  async stoppedAt(file: string, timeoutMs = 20_000): Promise<number> {
    let line: number | undefined;
    await until(
      `the program stops in ${file}`,
      async () => {
        line = await this.highlightedLine();
        return line !== undefined && (await this.page.locator(".tab.active").filter({ hasText: file }).isVisible());
      },
      timeoutMs,
    );
    return line ?? NaN;
  }

  private highlightedLine(): Promise<number | undefined> {
    return this.page.evaluate(() => {
      const highlight = document.querySelector(".editor-instance .debug-top-stack-frame-line");
      if (highlight === null) {
        return undefined;
      }
      const { top, bottom } = highlight.getBoundingClientRect();
      const middle = (top + bottom) / 2;
      const numbers = [...document.querySelectorAll(".editor-instance .line-numbers")];
      const beside = numbers.find((number) => {
        const box = number.getBoundingClientRect();
        return box.top <= middle && middle <= box.bottom;
      });
      return beside === undefined ? undefined : Number(beside.textContent);
    });
  }
}

/** Whether it is there soon. */
function appears(it: Locator): Promise<boolean> {
  return it
    .waitFor({ timeout: 2_000 })
    .then(() => true)
    .catch(() => false);
}
