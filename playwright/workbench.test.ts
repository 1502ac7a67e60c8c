import { readFile } from 'node:fs/promises';
import type { Page, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { BenchPage } from './bench-page';
import { type OpenSite, accessibilityViolations, openSite, overflow } from './open-site';

let site: OpenSite;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());
// A page that stays open keeps its machine, and its core, busy.
afterEach(() => Promise.all(site.browser.contexts().map((context) => context.close())));

const openBench = async (...options: Parameters<OpenSite['newPage']>) =>
  BenchPage.open(await site.newPage(...options));

describe('a machine on the bench', () => {
  test('starts from the prebuilt snapshot, says what that cost, and answers', async () => {
    const bench = await openBench();
    await bench.start('Power on');
    await bench.page
      .getByText(/Continued from the site’s own snapshot: .* downloaded, ready after/)
      .waitFor();
    await bench.type('uname -a');
    await bench.shows(/^Linux \S+ 6\.12\./m);
  });

  test('boots cold with the kernel’s messages and the phases of the boot', async () => {
    const bench = await openBench();
    await bench.start('Boot cold');
    await bench.page.getByRole('button', { name: 'Plain text' }).click();
    await bench.page
      .getByRole('region', { name: 'Console as text' })
      .getByText('Run /init as init process')
      .waitFor();
    for (const phase of ['Firmware', 'Kernel', 'Init', 'Agent', 'Ready']) {
      await bench.page.getByRole('row', { name: new RegExp(`^${phase} [\\d.]+ m?s [\\d.]+ Mi$`) }).waitFor();
    }
  });

  test('fetches a tool when it is called, and says which one could not be fetched', async () => {
    const bench = await openBench();
    const lost = (route: Route) => route.fulfill({ status: 404 });
    await bench.page.context().route('**/machine/ss.*', lost);
    await bench.start('Power on');
    await bench.type('strace -V | head -1');
    await bench.shows(/^strace -- version \d/m);
    await bench.type('ss -tln');
    await bench.failure().getByText('tools/bin/ss').waitFor();
    await bench.page.context().unroute('**/machine/ss.*', lost);
    await bench.type('ss -tln');
    await bench.shows(/^State +Recv-Q/m);
    await bench.failure().waitFor({ state: 'detached' });
  });

  test('has more shells, which end without it', async () => {
    const bench = await openBench();
    await bench.start('Power on');
    await bench.page.getByRole('button', { name: 'New shell' }).click();
    await bench.page.getByRole('tab', { name: 'Shell 1', selected: true }).waitFor();
    await bench.type('tty; stty size');
    await bench.shows(/^\/dev\/pts\/\d+\n(?!24 80)\d+ \d+$/m);
    await bench.type('exit 3');
    await bench.page.getByText('This shell has ended: exit status 3.').waitFor();
    await bench.page.getByRole('tab', { name: 'Shell 1' }).press('Delete');
    await bench.page.getByRole('tab', { name: 'Console', selected: true }).waitFor();
    await bench.type('echo $((40 + 2))');
    await bench.shows(/^42$/m);
  });

  test('pauses, goes on, resets and powers off', async () => {
    const bench = await openBench();
    const { page } = bench;
    const power = page.getByRole('group', { name: 'Power' });
    await bench.start('Power on');
    await power.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('status').getByText('Paused').waitFor();
    await bench.type('echo typed-while-paused-$((1 + 1))');
    await power.getByRole('button', { name: 'Resume' }).click();
    await bench.shows(/^typed-while-paused-2$/m);
    await power.getByRole('button', { name: 'Reset' }).click();
    await page
      .getByRole('status')
      .getByText(/Booting/)
      .first()
      .waitFor();
    await bench.isUp();
    await power.getByRole('button', { name: 'Power off' }).click();
    await page.getByRole('status').getByText('Off', { exact: true }).waitFor();
    await bench.start('Power on');
  });
});

describe('snapshots', () => {
  test('are saved in the browser and survive the page', async () => {
    const bench = await openBench();
    const { page } = bench;
    await bench.start('Power on');
    await bench.type('echo kept > /root/note');
    await page.getByRole('button', { name: 'Save in this browser' }).click();
    await page.getByText(/Saved as “Snapshot 1”/).waitFor();

    await page.reload();
    await bench.saved('Snapshot 1').getByRole('button', { name: 'Rename' }).click();
    await page.getByRole('textbox', { name: 'Name of the snapshot' }).fill('With a note');
    await page.keyboard.press('Enter');
    await bench.saved('With a note').getByRole('button', { name: 'Restore' }).click();
    await bench.isUp();
    await page.getByText(/Restored from “With a note”/).waitFor();
    await bench.type('cat /root/note');
    await bench.shows(/^kept$/m);

    await bench.saved('With a note').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete it' }).click();
    await page.getByText('None saved yet.').waitFor();
  });

  test('go to a file and come back from it, also in place of a running machine', async () => {
    const bench = await openBench();
    const { page } = bench;
    await bench.start('Power on');
    await bench.type('echo from-a-file > /root/note');
    const file = await downloadedSnapshot(bench);
    await bench.type('rm /root/note');
    await page
      .getByLabel('Snapshot file')
      .setInputFiles({ name: 'mine.snapshot', mimeType: '', buffer: file });
    await page.getByRole('dialog').getByRole('button', { name: 'Replace it' }).click();
    await page.getByText(/Restored from “mine.snapshot”/).waitFor();
    await bench.type('cat /root/note');
    await bench.shows(/^from-a-file$/m);
  });

  test.each([
    ['of another build', foreign, /belongs to another machine/],
    ['that is cut off', (file: Buffer) => file.subarray(0, file.length / 2), /cannot be read/],
    ['that is no snapshot', () => Buffer.from('hello'), /cannot be read/],
  ])('a file %s is refused with a sentence, and what runs goes on', async (_, spoil, sentence) => {
    const bench = await openBench();
    const { page } = bench;
    await bench.start('Power on');
    const file = spoil(await downloadedSnapshot(bench));
    await page.getByLabel('Snapshot file').setInputFiles({ name: 'x.snapshot', mimeType: '', buffer: file });
    await bench.failure().getByText(sentence).waitFor();
    await bench.type('echo still-$((1 + 1))');
    await bench.shows(/^still-2$/m);
  });

  test('that do not fit into the browser are offered as a file', async () => {
    const bench = await openBench();
    const { page } = bench;
    await bench.start('Power on');
    const session = await page.context().newCDPSession(page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: site.url, quotaSize: 64 * 1024 });
    await page.getByRole('button', { name: 'Save in this browser' }).click();
    await bench.failure().getByText('The browser has no room left for this snapshot').waitFor();
    const download = page.waitForEvent('download');
    await bench.failure().getByRole('button', { name: 'Download it as a file' }).click();
    expect((await readFile(await (await download).path())).subarray(0, 8).toString()).toBe('TWINHULL');
  });

  test('stay out of a browser that stores nothing, which says so', async () => {
    const page = await site.newPage();
    await page.addInitScript(() => {
      IDBFactory.prototype.open = () => {
        throw new DOMException('denied', 'SecurityError');
      };
    });
    const bench = await BenchPage.open(page);
    await bench.failure().getByText('The browser does not let this site store anything.').waitFor();
    await bench.start('Power on');
    expect((await downloadedSnapshot(bench)).length).toBeGreaterThan(1_000_000);
  });
});

describe('what goes wrong has a sentence and a way back', () => {
  test.each([
    ['missing', (route: Route) => route.fulfill({ status: 404 }), /could not be loaded/],
    ['cut off by the network', (route: Route) => route.abort(), /could not be loaded/],
    ['truncated', altered((body) => body.subarray(0, -1)), /is not what this site was built with: it has/],
    ['altered', altered(flipByte), /is not what this site was built with: its SHA-256/],
  ])('an asset is %s', async (_, spoil, sentence) => {
    const bench = await openBench();
    const asset = '**/machine/snapshot-host.*';
    await bench.page.route(asset, spoil);
    await bench.press('Power on');
    await bench.failure().getByText(sentence).waitFor();
    await bench.page.unroute(asset);
    await bench.failure().getByRole('button', { name: 'Try again' }).click();
    await bench.isUp();
  });

  test('the manifest is missing', async () => {
    const bench = await openBench();
    await bench.page.route('**/machine/manifest.json', (route) => route.fulfill({ status: 404 }));
    await bench.press('Power on');
    await bench.failure().getByText('The machine\'s part "manifest.json" could not be loaded.').waitFor();
  });

  test.each([
    ['the machine', 'no longer answers', 'A part of this page could not be loaded.', 'Power on'],
    ['the terminal', 'xterm-helper-textarea', 'The terminal could not be loaded.', 'Load it again'],
  ])('the script of %s is missing', async (_, content, sentence, wayBack) => {
    const bench = await openBench();
    const scripts = '**/_next/static/chunks/*.js';
    await bench.page.route(scripts, withoutScriptsThatHold(content));
    await bench.press('Power on');
    await bench.failure().getByText(sentence).waitFor();
    await bench.page.unroute(scripts);
    await bench.page.getByRole('main').getByRole('button', { name: wayBack }).first().click();
    await bench.isUp();
  });

  test('the worker is killed', async () => {
    const bench = await openBench();
    await bench.start('Power on');
    for (const worker of bench.page.workers())
      void worker.evaluate(() => self.close()).catch(() => undefined);
    await bench
      .failure()
      .getByText(/The worker that ran this machine is gone/)
      .waitFor();
    await bench.failure().getByRole('button', { name: 'Power on again' }).click();
    await bench.isUp();
  });

  test('the guest’s kernel panics', async () => {
    const bench = await openBench();
    await bench.start('Power on');
    await bench.type('echo c > /proc/sysrq-trigger');
    await bench
      .failure()
      .getByText(/The guest's kernel gave up: .*sysrq/)
      .waitFor();
    await bench.shows(/Kernel panic - not syncing: sysrq triggered crash/);
    await bench.failure().getByRole('button', { name: 'Power on again' }).click();
    await bench.isUp();
  });

  test('the guest runs out of memory', async () => {
    const bench = await openBench();
    await bench.start('Power on');
    await bench.type('tail /dev/zero');
    await bench
      .failure()
      .getByText(/ran out of memory, so the kernel ended “tail”/)
      .waitFor();
    await bench.type('echo still-$((1 + 1))');
    await bench.shows(/^still-2$/m);
  });

  test.each([
    ['WebAssembly', /does not run WebAssembly/],
    ['Worker', /would not start the worker/],
  ])('the browser has no %s', async (name, sentence) => {
    const page = await site.newPage();
    await page.addInitScript((missing) => Reflect.deleteProperty(globalThis, missing), name);
    // Workers have globals of their own: there it is missing because of what the page's script is served with.
    if (name === 'WebAssembly') await withoutWebAssembly(page);
    const bench = await BenchPage.open(page);
    await bench.press('Power on');
    await bench.failure().getByText(sentence).waitFor();
  });
});

test('over plain HTTP the machine says what is missing, and the page goes on', async () => {
  const page = await site.newPage({ baseURL: site.insecureUrl });
  const bench = await BenchPage.open(page);
  await bench.press('Power on');
  await bench
    .failure()
    .getByText(/came over plain HTTP/)
    .waitFor();
});

test('twenty machines in a row give their memory back', async () => {
  const bench = await openBench();
  const power = bench.page.getByRole('group', { name: 'Power' });
  const sizes: number[] = [];
  for (let run = 0; run < 20; run++) {
    await bench.start('Power on');
    await power.getByRole('button', { name: 'Power off' }).click();
    await bench.page.getByRole('status').getByText('Off', { exact: true }).waitFor();
    sizes.push(await rendererBytes(site));
  }
  // Each has 128 MiB of memory. What the first ones leave behind is code and caches.
  const growth = Math.min(...sizes.slice(-5)) - Math.max(...sizes.slice(2, 7));
  expect(growth).toBeLessThan(128 * 1024 * 1024);
});

describe('everybody can use it', () => {
  test.each(['light', 'dark'] as const)('no violations in %s while it runs', async (colorScheme) => {
    const bench = await openBench({ colorScheme });
    await bench.start('Power on');
    await bench.page.getByRole('button', { name: 'New shell' }).click();
    await bench.page.getByRole('tab', { name: 'Shell 1', selected: true }).waitFor();
    await bench.page.getByRole('button', { name: 'Save in this browser' }).click();
    await bench.saved('Snapshot 1').waitFor();
    expect(await accessibilityViolations(bench.page)).toEqual([]);
    await bench.panel.getByRole('button', { name: 'Screen reader' }).click();
    await bench.panel.getByRole('button', { name: 'Plain text' }).click();
    await bench.panel.getByRole('region', { name: 'Shell 1 as text' }).getByText('BusyBox').waitFor();
    await bench.saved('Snapshot 1').getByRole('button', { name: 'Delete' }).click();
    expect(await accessibilityViolations(bench.page)).toEqual([]);
  });

  test('fits a phone, and has the keys that its keyboard lacks', async () => {
    const bench = await openBench({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
    await bench.start('Power on');
    expect(await overflow(bench.page)).toBe(0);
    await bench.type('sleep 1000');
    await bench.page.getByRole('group', { name: 'Keys' }).getByRole('button', { name: 'Ctrl+C' }).tap();
    await bench.type('echo back-$((1 + 1))');
    await bench.shows(/^back-2$/m);
  });

  test('Shift+Tab leaves the terminal, Tab stays in it', async () => {
    const bench = await openBench();
    await bench.start('Power on');
    const screen = bench.panel.getByRole('textbox');
    await screen.focus();
    await bench.page.keyboard.press('Tab');
    expect(await screen.evaluate((element) => element === document.activeElement)).toBe(true);
    await bench.page.keyboard.press('Shift+Tab');
    const focused = bench.page.locator(':focus');
    expect(await focused.textContent()).toBe('Skip past the terminal');
    await focused.press('Enter');
    await bench.page.keyboard.press('Tab');
    expect(await focused.textContent()).toBe('Plain text');
  });

  test('the terminal follows the theme', async () => {
    const bench = await openBench({ colorScheme: 'light' });
    await bench.start('Power on');
    const background = () =>
      bench.panel
        .locator('.xterm-scrollable-element')
        .evaluate((element) => getComputedStyle(element).backgroundColor);
    const light = await background();
    await bench.page.getByText('Dark', { exact: true }).click();
    await expect.poll(background).not.toBe(light);
  });

  test('leaving ends the machine, with a warning only when something would be lost', async () => {
    const bench = await openBench();
    const { page } = bench;
    const asked: string[] = [];
    page.on('dialog', (dialog) => {
      asked.push(dialog.type());
      void dialog.dismiss();
    });
    await bench.start('Power on');
    await page.getByRole('link', { name: 'Numbers', exact: true }).click();
    await page.waitForURL('**/numbers/');
    expect(asked).toEqual([]);
    await expect.poll(() => page.workers()).toEqual([]);
    await page.goBack();
    await bench.start('Power on');
    await bench.type('true');
    await page.getByRole('link', { name: 'Numbers', exact: true }).click();
    expect(asked).toEqual(['confirm']);
    await page.close({ runBeforeUnload: true });
    await expect.poll(() => asked).toEqual(['confirm', 'beforeunload']);
  });
});

async function downloadedSnapshot(bench: BenchPage): Promise<Buffer> {
  const download = bench.page.waitForEvent('download');
  await bench.page.getByRole('button', { name: 'Download as a file' }).click();
  return readFile(await (await download).path());
}

/** Memory of all the browser's page processes that is in use now. */
async function rendererBytes({ browser }: OpenSite): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const pids = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  const statuses = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/status`, 'utf8')));
  const kibibytes = statuses.map((status) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]));
  return kibibytes.reduce((sum, each) => sum + each, 0) * 1024;
}

/** The same snapshot, made with another kernel. */
function foreign(file: Buffer): Buffer {
  const headerBytes = file.readUInt32LE(12);
  const header = file.subarray(16, 16 + headerBytes).toString();
  const changed = header.replace(
    /("kernel":")(.)/,
    (_, before: string, digit: string) => before + (digit === '0' ? '1' : '0'),
  );
  return Buffer.concat([file.subarray(0, 16), Buffer.from(changed), file.subarray(16 + headerBytes)]);
}

function flipByte(body: Buffer): Buffer {
  const changed = Buffer.from(body);
  changed[1000] = (changed[1000] ?? 0) ^ 1;
  return changed;
}

function altered(change: (body: Buffer) => Buffer): (route: Route) => Promise<void> {
  return async (route) => {
    const response = await route.fetch();
    await route.fulfill({
      status: 200,
      contentType: 'application/octet-stream',
      body: change(await response.body()),
    });
  };
}

function withoutScriptsThatHold(content: string): (route: Route) => Promise<void> {
  return async (route) => {
    const response = await route.fetch();
    await ((await response.text()).includes(content) ? route.abort() : route.fulfill({ response }));
  };
}

/** Puts a line before every worker's script that takes WebAssembly away. */
async function withoutWebAssembly(page: Page): Promise<void> {
  await page.context().route('**/_next/static/**', async (route) => {
    const response = await route.fetch();
    const body = await response.text();
    await route.fulfill({ response, body: `delete globalThis.WebAssembly;${body}` });
  });
}
