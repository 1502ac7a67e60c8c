import { launchChromium } from '../scripts/chromium';
import { buildSite, siteFolder } from '../scripts/site/build';
import { serveSite } from '../scripts/site/server';
import { type Bench, atMost } from './figure';

const windowMs = 10_000;
const windows = 3;

/** CPU time of all of Chromium's processes while one machine of the workbench stands at its prompt. */
export const idle: Bench = {
  name: 'idle',
  async measure(report) {
    await buildSite();
    const server = await serveSite(siteFolder);
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      const debugging = await browser.newBrowserCDPSession();
      const cpuSeconds = async () => {
        const { processInfo } = await debugging.send('SystemInfo.getProcessInfo');
        return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0);
      };
      const shares = async () => {
        const samples: number[] = [];
        for (let window = 0; window < windows; window += 1) {
          const [cpuBefore, before] = [await cpuSeconds(), performance.now()];
          await new Promise((resolve) => setTimeout(resolve, windowMs));
          samples.push((100 * 1000 * ((await cpuSeconds()) - cpuBefore)) / (performance.now() - before));
        }
        return samples;
      };
      await page.goto(`${server.url}/workbench/`, { waitUntil: 'networkidle' });
      const empty = await shares();
      report(`the page alone: ${empty.map((share) => share.toFixed(2)).join(', ')} %`);
      await page
        .getByRole('button', { name: /power on|start/i })
        .first()
        .click();
      await page.getByText(/Continued from the site’s own snapshot/).waitFor({ timeout: 60_000 });
      return [
        {
          name: 'CPU of a machine that idles at its prompt',
          unit: '% of a core',
          samples: await shares(),
          target: atMost(2, '% of a core'),
        },
        { name: 'CPU of the same page without a machine', unit: '% of a core', samples: empty },
      ];
    } finally {
      await browser.close();
      await server.close();
    }
  },
};
