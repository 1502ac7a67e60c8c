import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type OpenSite, accessibilityViolations, openSite, overflow } from './open-site';

let site: OpenSite;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());
// A page that stays open keeps two machines, and their cores, busy.
afterEach(() => Promise.all(site.browser.contexts().map((context) => context.close())));

type Lane = 'machine' | 'container';

/** Long enough for two restores on a busy computer. */
const patienceMs = 90_000;

/** /compare with both shells at their prompts. */
async function openComparison(...options: Parameters<OpenSite['newPage']>): Promise<Page> {
  const page = await site.newPage(...options);
  page.setDefaultTimeout(patienceMs);
  await page.goto('/compare/');
  await page.getByRole('button', { name: /^Start both/ }).click();
  await shows(page, 'machine', /^\/ #$/m);
  await shows(page, 'container', /^\/ #$/m);
  return page;
}

function lane(page: Page, name: Lane) {
  return page.getByRole('group', { name: `In a ${name}` });
}

/** The rows of a lane's terminal that are in sight, without the blanks that xterm.js fills them with. */
async function screen(page: Page, name: Lane): Promise<string> {
  const rows = await lane(page, name).locator('.xterm-rows > div').allTextContents();
  return rows.map((row) => row.replaceAll('\u00a0', ' ').trimEnd()).join('\n');
}

function shows(page: Page, name: Lane, text: RegExp): Promise<void> {
  return expect.poll(() => screen(page, name), { timeout: patienceMs, interval: 100 }).toMatch(text);
}

async function type(page: Page, name: Lane, command: string): Promise<void> {
  await lane(page, name).getByRole('textbox').focus();
  await page.keyboard.type(`${command}\n`);
}

function row(page: Page, question: string) {
  return page.getByRole('row').filter({ hasText: question });
}

test('what is typed once goes to both shells, and lines that differ are marked', async () => {
  const page = await openComparison();
  await type(page, 'container', 'hostname; echo $((40 + 2))');
  await shows(page, 'machine', /^machine$[^]*^42$/m);
  await shows(page, 'container', /^container$[^]*^42$/m);
  // The two names, and docker's warning that this kernel has no swap to limit.
  await page.getByText(/\d lines alike, 3 marked with ≠/).waitFor();
  // The mark is a sign in the terminal, not only a colour.
  const mark = page.locator('.terminal-mark').first();
  await mark.waitFor();
  expect(await mark.evaluate((element) => getComputedStyle(element, '::after').content)).toContain('≠');

  await page.getByLabel('Type into both at once').uncheck();
  await type(page, 'container', 'echo only-here');
  await shows(page, 'container', /^only-here$/m);
  await page.getByRole('button', { name: 'Plain text' }).first().click();
  expect(await page.getByRole('region', { name: 'Shell in a machine as text' }).innerText()).not.toContain(
    'only-here',
  );
});

test('the table is filled with what both answer, and can be kept', async () => {
  const page = await openComparison();
  await page.getByRole('table').waitFor();
  await row(page, 'What is it called?')
    .filter({ hasText: /machine.*container.*host/s })
    .waitFor();
  await row(page, 'How long did it take to start?').filter({ hasText: 'restored from a snapshot' }).waitFor();
  await row(page, 'Which capabilities does its root have?').filter({ hasText: 'SYS_ADMIN' }).waitFor();
  await row(page, 'Does the machine at the other end of the cable answer it?')
    .filter({ hasText: 'TTL 63 against 64' })
    .waitFor();
  expect(await page.getByText('No answer:').count()).toBe(0);
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download CSV' }).click();
  expect((await download).suggestedFilename()).toBe('twinhull-compare.csv');

  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText(/^Answers of .*Paused\.$/).waitFor();
  await page.getByLabel('Type into both at once').uncheck();
  await type(page, 'machine', 'hostname another');
  await page.getByRole('button', { name: 'Ask now' }).click();
  await row(page, 'What is it called?')
    .filter({ hasText: /changed\s*another/ })
    .waitFor();
});

test('a panic ends the machine and not the container’s host, and the machine comes back', async () => {
  const page = await openComparison();
  await page.getByRole('button', { name: 'In the container' }).first().click();
  await page
    .getByText(/The container was refused: Read-only file system\. The container’s host answers/)
    .waitFor();
  await page.getByRole('button', { name: 'In the machine' }).first().click();
  await page.getByText(/panic.*The container’s host answers/).waitFor();
  await type(page, 'container', 'echo still $((1 + 1))');
  await shows(page, 'container', /^still 2$/m);
  await page.getByRole('button', { name: 'Restart the machine from its snapshot' }).click();
  await page
    .getByRole('button', { name: 'Restart the machine from its snapshot' })
    .waitFor({ state: 'detached' });
  await shows(page, 'machine', /^\/ #$/m);
  await page.getByLabel('Type into both at once').uncheck();
  await type(page, 'machine', 'ping -c 1 10.0.0.1');
  await shows(page, 'machine', /bytes from 10\.0\.0\.1/);
});

test('a busy container takes from its host and not from the machine', async () => {
  const page = await openComparison();
  await page.getByRole('button', { name: 'In the container' }).last().click();
  const sentence = await page.getByText(/^While the container was busy/).innerText();
  const [onHost, inMachine] = [...sentence.matchAll(/([\d.]+) times/g)].map(([, ratio]) => Number(ratio));
  expect(onHost).toBeGreaterThan(1.2);
  expect(inMachine).toBeLessThan(1.2);
});

test('a container that ends can be started again', async () => {
  const page = await openComparison();
  await page.getByLabel('Type into both at once').uncheck();
  await type(page, 'container', 'exit 3');
  await page.getByText('The container’s shell has ended: exit status 3.').waitFor();
  await page.getByRole('button', { name: 'Start a new container' }).click();
  await shows(page, 'container', /^\/ #$/m);
});

test('a snapshot that does not arrive is a failure with a way back', async () => {
  const page = await site.newPage();
  page.setDefaultTimeout(patienceMs);
  await page.route('**/snapshot-host.*', (route) => route.abort());
  await page.goto('/compare/');
  await page.getByRole('button', { name: /^Start both/ }).click();
  await page.getByRole('main').getByRole('alert').waitFor();
  await page.unrouteAll();
  await page.getByRole('button', { name: /^Start both/ }).click();
  await shows(page, 'container', /^\/ #$/m);
});

test('is accessible in both themes and fits a phone', async () => {
  const page = await openComparison();
  await page.getByRole('table').waitFor();
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect([colorScheme, await accessibilityViolations(page)]).toEqual([colorScheme, []]);
  }
  await page.setViewportSize({ width: 360, height: 740 });
  // Terminals take their new width a moment later.
  await expect.poll(() => overflow(page), { timeout: patienceMs }).toBeLessThanOrEqual(0);
  // Laid out as cards, it is still a table to those who hear it.
  expect(await page.getByRole('row').count()).toBeGreaterThan(20);
  expect(await page.getByRole('cell').count()).toBeGreaterThan(60);
  expect(await accessibilityViolations(page)).toEqual([]);
});
