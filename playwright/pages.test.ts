import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenSite, accessibilityViolations, openSite, overflow } from './open-site';

const pages = ['/', '/compare/', '/drivers/', '/workbench/', '/numbers/'];

let site: OpenSite;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

describe.each(pages)('%s', (path) => {
  test.each(['light', 'dark'] as const)('is accessible in %s', async (colorScheme) => {
    const page = await site.newPage({ colorScheme });
    await page.goto(path);
    expect(await accessibilityViolations(page)).toEqual([]);
  });

  test('fits a phone', async () => {
    const page = await site.newPage({ viewport: { width: 360, height: 740 } });
    await page.goto(path);
    expect(await overflow(page)).toBe(0);
  });

  test('loads nothing of a machine, breaks no policy and writes no error before a press', async () => {
    const page = await site.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requests.push(new URL(request.url()).pathname));
    await page.goto(path, { waitUntil: 'networkidle' });
    expect(complaints).toEqual([]);
    expect(requests.filter((request) => /\/machine\/.*\.(bin|mjs|wasm|cpio|zst)/.test(request))).toEqual([]);
  });
});

test('a chosen theme stays', async () => {
  const page = await site.newPage({ colorScheme: 'light' });
  await page.goto('/');
  await page.getByText('Dark', { exact: true }).click();
  await page.goto('/numbers/');
  expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('dark');
});

test('an unknown page says so and leads back', async () => {
  const page = await site.newPage();
  const response = await page.goto('/nothing-here/');
  expect(response?.status()).toBe(404);
  await page.getByRole('link', { name: 'Race', exact: true }).first().click();
  await page.waitForURL(`${site.url}/`);
});
