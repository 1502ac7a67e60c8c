import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type axeCore from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launchChromium, otherHost } from '../scripts/chromium';
import { siteFolder } from '../scripts/site/build';
import { type SiteServer, serveSite } from '../scripts/site/server';

/** The built site in a real browser. One for each test file: open it in `beforeAll`, close it in `afterAll`. */
export interface OpenSite {
  readonly url: string;
  /** The same site from a host that is not this computer, as far as the browser knows: plain HTTP is no secure context there. */
  readonly insecureUrl: string;
  readonly browser: Browser;
  /** A page in a context of its own: storage and cache begin empty. */
  newPage(options?: BrowserContextOptions): Promise<Page>;
  close(): Promise<void>;
}

export async function openSite(): Promise<OpenSite> {
  const server: SiteServer = await serveSite(siteFolder);
  const browser = await launchChromium();
  return {
    url: server.url,
    insecureUrl: server.url.replace('127.0.0.1', otherHost),
    browser,
    newPage: async (options) => (await browser.newContext({ baseURL: server.url, ...options })).newPage(),
    close: async () => {
      await browser.close();
      await server.close();
    },
  };
}

/** Violations of WCAG 2.2 A and AA, as "rule: selectors". */
export async function accessibilityViolations(page: Page): Promise<string[]> {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // Evaluated over the debugging protocol, which the page's policy does not judge.
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof axeCore };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    const { violations } = await axe.run(document, { runOnly: { type: 'tag', values: tags } });
    return violations.map(
      (rule) => `${rule.id}: ${rule.nodes.map((node) => node.target.join(' ')).join(', ')}`,
    );
  });
}

/** By how many pixels the page is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    // Narrower than the window by the gutter that is kept free for a scroll bar.
    return Math.max(0, scrollWidth - clientWidth);
  });
}
