import { gzipSync } from 'node:zlib';
import { buildSite, siteFolder } from '../scripts/site/build';
import { launchChromium } from '../scripts/chromium';
import { serveSite } from '../scripts/site/server';
import { type Bench, atMost } from './figure';

const pages = ['/', '/workbench/', '/compare/'];

/** JavaScript that a page loads by itself, before anyone presses anything, compressed with gzip; the largest page counts. */
export const pageJavascript: Bench = {
  name: 'page-javascript',
  async measure(report) {
    await buildSite();
    const server = await serveSite(siteFolder);
    const browser = await launchChromium();
    try {
      const sizes: number[] = [];
      for (const path of pages) {
        const page = await browser.newPage();
        let bytes = 0;
        page.on('response', (response) => {
          if (response.request().resourceType() !== 'script') return;
          void response.body().then((body) => (bytes += gzipSync(body, { level: 9 }).length));
        });
        await page.goto(server.url + path, { waitUntil: 'networkidle' });
        await page.close();
        report(`${path} ${(bytes / 1e3).toFixed(1)} kB`);
        sizes.push(bytes / 1e3);
      }
      return [
        {
          name: 'page JavaScript before anyone presses a button, gzip',
          unit: 'kB',
          samples: [Math.max(...sizes)],
          target: atMost(200, 'kB'),
        },
      ];
    } finally {
      await browser.close();
      await server.close();
    }
  },
};
