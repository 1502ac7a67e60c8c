import { setTimeout } from 'node:timers/promises';
import type { Locator, Page } from 'playwright-core';

/** Long enough for a cold boot on a busy computer. */
const patienceMs = 60_000;

/** The workbench as a person uses it. */
export class BenchPage {
  constructor(readonly page: Page) {}

  static async open(page: Page): Promise<BenchPage> {
    page.setDefaultTimeout(patienceMs);
    await page.goto('/workbench/');
    return new BenchPage(page);
  }

  /** Presses a start button and waits for the prompt and the agent. */
  async start(label: 'Power on' | 'Boot cold'): Promise<void> {
    await this.press(label);
    await this.isUp();
  }

  async press(label: 'Power on' | 'Boot cold'): Promise<void> {
    await this.page.getByRole('main').getByRole('button', { name: label }).first().click();
  }

  async isUp(): Promise<void> {
    // The prompt, after which the kernel may have something to say.
    await this.shows(/^\S+:\S+#/m);
    await this.page.getByRole('button', { name: 'New shell', disabled: false }).waitFor();
  }

  /** The innermost panel that is shown. */
  get panel(): Locator {
    return this.page.locator('[role="tabpanel"]:not(:has([role="tabpanel"])):visible');
  }

  /** Types a line into the terminal that is shown. */
  async type(line: string): Promise<void> {
    await this.panel.getByRole('textbox').focus();
    await this.page.keyboard.type(`${line}\n`);
  }

  /** A long line, all at once. */
  async paste(line: string): Promise<void> {
    await this.panel.getByRole('textbox').focus();
    await this.page.keyboard.insertText(line);
    await this.page.keyboard.press('Enter');
  }

  /** Waits until the shown terminal's screen holds a match. */
  async shows(pattern: RegExp): Promise<void> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const screen = await this.screen();
      if (pattern.test(screen)) return;
      if (Date.now() > deadline) throw new Error(`The screen never showed ${pattern}. It shows:\n${screen}`);
      await setTimeout(50);
    }
  }

  /** The rows that are in sight, without the blanks that xterm.js fills them with. */
  async screen(): Promise<string> {
    const rows = await this.panel.locator('.xterm-rows > div').allTextContents();
    return rows.map((row) => row.replaceAll('\u00a0', ' ').trimEnd()).join('\n');
  }

  failure(): Locator {
    return this.page.getByRole('main').getByRole('alert');
  }

  saved(name: string): Locator {
    return this.page.getByRole('listitem').filter({ hasText: name });
  }
}
