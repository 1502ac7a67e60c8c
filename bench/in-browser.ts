import type { Page } from 'playwright-core';
import { readManifest } from '../app/read-manifest';
import { spreadOf } from '../lib/experiments/statistics';
import { launchChromium } from '../scripts/chromium';
import { buildSite, siteFolder } from '../scripts/site/build';
import { serveSite } from '../scripts/site/server';
import { type Bench, type Figure, atMost } from './figure';
import { timeNativeBoot } from './native-qemu';

const rounds = 3;

/** What the page "Numbers" measures, pressed as a person would, and the same kernel in native QEMU between the rounds. */
export const inBrowser: Bench = {
  name: 'in-browser',
  async measure(report) {
    await buildSite();
    const manifest = await readManifest();
    const server = await serveSite(siteFolder);
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(`${server.url}/numbers/`);
      const medians = new Map<string, number[]>();
      const native: number[] = [];
      for (let round = 1; round <= rounds; round += 1) {
        for (const [name, median] of await measureHere(page)) {
          medians.set(name, [...(medians.get(name) ?? []), median]);
        }
        native.push(await timeNativeBoot(manifest));
        report(`round ${round}: ${[...medians].map(([name, all]) => `${name} ${all.at(-1)}`).join(', ')}`);
      }
      return figures(medians, native);
    } finally {
      await browser.close();
      await server.close();
    }
  },
};

/** Presses "Measure here" and reads the medians of the table. */
async function measureHere(page: Page): Promise<Map<string, number>> {
  await page.getByRole('button', { name: /^Measure here/ }).click();
  await page.getByText('Measured.', { exact: true }).waitFor({ timeout: 300_000 });
  const rows = page.getByRole('region', { name: 'Measured here' }).locator('tbody tr');
  const cells = await rows.evaluateAll((all) =>
    all.map((row) => [row.children[0]?.textContent ?? '', row.children[1]?.textContent ?? ''] as const),
  );
  return new Map(cells.map(([name, median]) => [name, Number(median.replaceAll(',', ''))]));
}

function figures(medians: ReadonlyMap<string, readonly number[]>, native: readonly number[]): Figure[] {
  const of = (name: string) => {
    const samples = medians.get(name);
    if (!samples) throw new Error(`the page measured no “${name}”`);
    return samples;
  };
  const seconds = (samples: readonly number[]) => samples.map((ms) => ms / 1e3);
  const cold = of('Cold boot to the prompt');
  const nativeMedian = spreadOf(native)?.median ?? NaN;
  return [
    {
      name: 'cold boot to a usable shell, wall, Chromium worker',
      unit: 's',
      samples: seconds(cold),
      target: atMost(1.2, 's'),
    },
    {
      name: 'the same kernel and root in native qemu-system-i386 -accel tcg',
      unit: 's',
      samples: seconds(native),
    },
    {
      name: 'cold boot in a Chromium worker over native qemu-system-i386 -accel tcg',
      unit: 'x',
      samples: cold.map((ms) => ms / nativeMedian),
      target: atMost(3, 'x'),
    },
    {
      name: 'restore a snapshot to first command output, Chromium',
      unit: 's',
      samples: seconds(of('Snapshot to the first command’s output')),
      target: atMost(0.4, 's'),
    },
    {
      name: 'longest gap between frames of the page while two machines boot',
      unit: 'ms',
      samples: of('Longest gap between frames while two machines boot'),
      target: atMost(50, 'ms'),
    },
  ];
}
