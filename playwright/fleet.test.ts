import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { BenchPage } from './bench-page';
import { type OpenSite, accessibilityViolations, openSite, overflow } from './open-site';

let site: OpenSite;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());
// A page that stays open keeps its machines, and its core, busy.
afterEach(() => Promise.all(site.browser.contexts().map((context) => context.close())));

async function addMachine(page: Page, kind: RegExp = /^Host/): Promise<void> {
  await page.getByRole('button', { name: 'Add a machine' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a machine' });
  await dialog.getByRole('radio', { name: kind }).check();
  await dialog.getByRole('button', { name: 'Add it' }).click();
}

/** A ping between the two machines is captured inside of them and between them, found, and followed; by the keyboard where that is usual. */
async function followPing(page: Page, bench: BenchPage): Promise<void> {
  await page.getByRole('tab', { name: 'Packets' }).click();
  await page.getByRole('group', { name: /^db/ }).getByText('eth0, network card').waitFor();
  await page.getByRole('button', { name: 'Capture', exact: true }).click();
  await page.getByText('Listening.').waitFor();
  await page.getByRole('tab', { name: 'Machines' }).click();
  await bench.type('clear; ping -c 1 db');
  await bench.shows(/1 packets received/);
  await page.getByRole('tab', { name: 'Packets' }).click();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByText('Stopped.').waitFor();

  const filter = page.getByRole('textbox', { name: 'Filter' });
  await filter.fill('icmp.tipe == 8');
  await page.getByText('did you mean icmp.type?').waitFor();
  await filter.fill('icmp.type == 8 and frame.interface_name == "db/eth0"');
  await page.getByText(/^1 of \d+ packets shown/).waitFor();
  await page.getByRole('grid', { name: 'Packets' }).press('Home');
  await page.getByRole('button', { name: 'Path of this packet' }).click();
  const points = page.getByRole('list', { name: 'Path of the packet' }).getByRole('button');
  expect((await points.allTextContents()).map((text) => /^[^ ]+?(?=eth0,|Switch)/.exec(text)?.[0])).toEqual([
    'host-1/eth0',
    expect.stringMatching(/^switch\//),
    expect.stringMatching(/^switch\//),
    'db/eth0',
  ]);
  await page.getByRole('treeitem', { name: /^Internet Protocol/ }).click();
  for (let steps = 0; (await page.locator('mark').first().textContent()) !== '40 '; steps++) {
    expect(steps).toBeLessThan(20);
    await page.keyboard.press('ArrowDown');
  }
  expect(await page.getByRole('treeitem', { selected: true }).textContent()).toBe('time to live64');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download for Wireshark' }).click();
  expect((await download).suggestedFilename()).toBe('twinhull.pcapng');
  await page.screenshot({ path: 'test-results/packets.png', fullPage: true });
  expect(await accessibilityViolations(page)).toEqual([]);
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await overflow(page)).toBe(0);
  await page.screenshot({ path: 'test-results/packets-phone.png', fullPage: true });
  await page.setViewportSize({ width: 1280, height: 720 });
}

test('two machines on one wire, which come, are renamed and go', async () => {
  const page = await site.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  const bench = await BenchPage.open(page);
  await bench.start('Power on');
  expect(await page.getByRole('tablist', { name: 'Machines' }).count()).toBe(0);
  await addMachine(page);
  await bench.start('Power on');
  await page.getByText('On the wire as host-2.twinhull').waitFor();
  await bench.type('ping -c 2 host-1.twinhull');
  await bench.shows(/2 packets received/);

  await page.getByRole('button', { name: 'Rename' }).click();
  const name = page.getByRole('textbox', { name: 'Name of the machine' });
  await name.fill('host-1');
  await page.getByText('Another machine has this name.').waitFor();
  await name.fill('db');
  await name.press('Enter');
  await page.getByText('On the wire as db.twinhull').waitFor();
  await page.getByRole('tab', { name: 'host-1' }).click();
  await bench.type('ping -c 1 db');
  await bench.shows(/1 packets received/);
  expect(await accessibilityViolations(page)).toEqual([]);

  await page.getByRole('tab', { name: 'Network' }).click();
  await bench.panel.getByText('db.twinhull').waitFor();
  await followPing(page, bench);
  await page.getByRole('tab', { name: 'Network' }).click();
  const picture = page.getByRole('group', { name: 'Picture of the network' });
  const cable = picture.getByRole('button', { name: /^Cable from .* to eth0 of db, / });
  await cable.press('Enter');
  await page.getByRole('button', { name: 'Cut the cable' }).click();
  await page.getByRole('row', { name: /^Cable .* eth0 of db down/ }).waitFor();
  await page.getByRole('button', { name: 'Mend the cable' }).click();
  await page.getByRole('row', { name: /^Cable .* eth0 of db up/ }).waitFor();
  await cable.focus();
  await page.keyboard.press('ArrowDown');
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toMatch(
    /^eth0 192\.168\.7\..*, Network card of db$/,
  );
  expect(await accessibilityViolations(page)).toEqual([]);
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await overflow(page)).toBe(0);
  await picture.getByRole('button', { name: 'db, Machine' }).press('Enter');
  await page.getByRole('button', { name: 'Open a shell' }).click();
  await bench.type('hostname');
  await bench.shows(/^db$/m);
  await page.getByRole('tab', { name: 'db' }).press('Delete');
  await page.getByRole('dialog').getByRole('button', { name: 'Remove it' }).click();
  await page.getByRole('tablist', { name: 'Machines' }).waitFor({ state: 'detached' });
  await bench.type('ping -c 1 -W 1 db');
  await bench.shows(/100% packet loss|bad address/);
  expect(complaints).toEqual([]);
});

test('a screen is shown, in a hidden tab it stands still, and a device has its limits', async () => {
  const page = await site.newPage();
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'deviceMemory', { get: () => 0.5 });
    let isHidden = false;
    Object.defineProperty(Document.prototype, 'hidden', { get: () => isHidden });
    addEventListener('test-hidden', ({ detail }: CustomEventInit<boolean>) => {
      isHidden = detail === true;
      document.dispatchEvent(new Event('visibilitychange'));
    });
  });
  const setHidden = (hidden: boolean) =>
    page.evaluate((detail) => dispatchEvent(new CustomEvent('test-hidden', { detail })), hidden);
  const bench = await BenchPage.open(page);
  await addMachine(page, /^Bare metal/);
  await bench.press('Power on');
  await bench.shows(/Timer interrupts: 0000000\d\d\d/);

  await setHidden(true);
  await page.getByText('Paused: this tab is hidden.').waitFor();
  expect(await page.title()).toMatch(/^Paused: /);
  const stopped = await bench.screen();
  await setHidden(false);
  await page.getByText(/Was paused for .*: the tab was hidden\./).waitFor();
  await expect.poll(() => bench.screen()).not.toBe(stopped);
  expect(await page.title()).not.toMatch(/^Paused: /);

  await page.getByRole('tab', { name: 'host-1' }).click();
  await bench.press('Power on');
  await bench
    .failure()
    .getByText(/2 machines are too much for this device/)
    .waitFor();
  await page.getByRole('tab', { name: 'metal-1' }).click();
  await page.getByRole('button', { name: 'Power off' }).click();
  await page.getByRole('tab', { name: 'host-1' }).click();
  await bench.start('Power on');
});
