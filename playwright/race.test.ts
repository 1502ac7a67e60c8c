import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { type OpenSite, accessibilityViolations, openSite, overflow } from './open-site';

let site: OpenSite;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

const startRace = (page: Page) => page.getByRole('button', { name: /^Start the race/ }).click();
const runAgain = (page: Page) => page.getByRole('button', { name: 'Run again' });

async function race(page: Page): Promise<void> {
  await page.goto('/');
  await startRace(page);
  await runAgain(page).waitFor({ timeout: 60_000 });
}

describe('a race', () => {
  let page: Page;
  beforeAll(async () => {
    page = await site.newPage({ viewport: { width: 1280, height: 1000 }, acceptDownloads: true });
    await race(page);
  });

  test('ends with both lanes ready, and says what the head start cost', async () => {
    expect(await page.getByRole('region', { name: 'Machine', exact: true }).textContent()).toContain(
      'ready in',
    );
    expect(await page.getByRole('region', { name: 'Container', exact: true }).textContent()).toContain(
      'ready in',
    );
    expect(await page.getByText('machine and engine are already up').textContent()).toMatch(
      /restored from a prebuilt snapshot, .+ MB/,
    );
  });

  test('looks as the README shows it', async () => {
    // TWINHULL_UPDATE_SCREENSHOTS=1 renews the README's picture.
    const folder = process.env['TWINHULL_UPDATE_SCREENSHOTS'] ? 'docs' : 'test-results';
    const picture = await page.screenshot({ path: `${folder}/race.png` });
    expect(picture.length).toBeGreaterThan(10_000);
  });

  test('shows a kernel that boots and every phase in a table', async () => {
    const printed = await page.getByRole('region', { name: 'What the machine prints' }).textContent();
    expect(printed).toContain('hullweb');
    const phases = await page
      .getByRole('table', { name: /Machine, phase by phase/ })
      .getByRole('rowheader')
      .allTextContents();
    expect(phases).toEqual(
      expect.arrayContaining(['Load and verify', 'Firmware', 'Kernel', 'Init', 'Service']),
    );
    const steps = await page
      .getByRole('table', { name: /Container, phase by phase/ })
      .getByRole('rowheader')
      .allTextContents();
    expect(steps).toEqual(
      expect.arrayContaining([
        'Client',
        'Create call',
        'Network',
        'Namespaces',
        'Cgroup',
        'Mounts',
        'Privileges',
        'Service',
      ]),
    );
  });

  test('can be downloaded as it was measured', async () => {
    const [csv, json] = [await download(page, /CSV/), await download(page, /JSON/)];
    expect(csv.split('\r\n')[0]).toBe('run,lane,ready_ms,instructions,memory_bytes,loaded_bytes,phases');
    const result = JSON.parse(json) as {
      samples: { lane: string; readyMs: number; instructions: number }[];
      caveats: string[];
    };
    expect(result.samples.map(({ lane }) => lane).sort()).toEqual(['container', 'machine']);
    const instructions = (lane: string) =>
      result.samples.find((sample) => sample.lane === lane)?.instructions ?? 0;
    expect(instructions('container')).toBeGreaterThan(0);
    expect(instructions('machine')).toBeGreaterThan(0);
    expect(result.caveats.length).toBeGreaterThan(0);
  });

  test('runs again on the same host, one lane after the other', async () => {
    await page.getByLabel('one after the other').check();
    await runAgain(page).click();
    await page.getByRole('heading', { name: '2 runs' }).waitFor({ timeout: 60_000 });
    await runAgain(page).waitFor();
    expect(await accessibilityViolations(page)).toEqual([]);
  });

  test('can be run with the keyboard alone', async () => {
    await runAgain(page).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '3 runs' }).waitFor({ timeout: 60_000 });
  });

  test('fits a phone with its results', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await overflow(page)).toBe(0);
  });
});

test('stops when asked, and starts again', async () => {
  const page = await site.newPage();
  await page.goto('/');
  await startRace(page);
  await page.getByRole('button', { name: 'Stop' }).click();
  await startRace(page);
  await runAgain(page).waitFor({ timeout: 60_000 });
});

test('a kernel that arrives altered fails the machine’s lane with a sentence; the container still finishes', async () => {
  const page = await site.newPage();
  await page.route(/\/machine\/kernel\./, async (route) => {
    const response = await route.fetch();
    const body = await response.body();
    body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 1;
    await route.fulfill({ response, body, headers: { 'content-type': 'application/octet-stream' } });
  });
  await page.goto('/');
  await startRace(page);
  const machine = page.getByRole('region', { name: 'Machine', exact: true });
  await machine.getByRole('alert').waitFor({ timeout: 60_000 });
  expect(await machine.getByRole('alert').textContent()).toContain('kernel');
  await page
    .getByRole('region', { name: 'Container', exact: true })
    .getByText(/ready in/)
    .waitFor({ timeout: 60_000 });
});

async function download(page: Page, name: RegExp): Promise<string> {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name }).click(),
  ]);
  return readFile(await file.path(), 'utf8');
}
