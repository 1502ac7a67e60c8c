import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenSite, accessibilityViolations, openSite, overflow } from './open-site';

let site: OpenSite;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

test('two machines on one switch prove what each of the five drivers promises', async () => {
  const page = await site.newPage({ viewport: { width: 1280, height: 1000 } });
  await page.goto('/drivers/');
  await page.getByRole('button', { name: /^Try all five/ }).click();
  await page.getByText('All five were tried').waitFor({ timeout: 110_000 });
  const verdicts = await page
    .getByRole('listitem')
    .filter({ hasText: /hold, in/ })
    .getByText(/hold, in/)
    .allTextContents();
  expect(verdicts).toHaveLength(5);
  for (const verdict of verdicts) expect(verdict).toMatch(/^(\d+) of \1 hold/);

  // The frame that carries a container's frame from machine to machine.
  const frame = page.getByRole('region', { name: 'overlay' }).getByText(/VXLAN/).last();
  expect(await frame.textContent()).toMatch(
    /IPv4 +192\.168\.7\.\d+ → 192\.168\.7\.\d+\n.*→ 4789\nVXLAN +network 4\d{3}[^]*ICMP/,
  );
  await page.screenshot({ path: 'test-results/drivers.png', fullPage: true });
  expect(await accessibilityViolations(page)).toEqual([]);
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await overflow(page)).toBe(0);
});
