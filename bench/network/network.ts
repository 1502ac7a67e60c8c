import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildImages, buildStep } from '../../images/build/build-images';
import { traffic } from '../../images/build/programs';
import type { StartedMachine } from '../../lib/fleet/start-machine';
import { launchChromium } from '../../scripts/chromium';
import { type Bench, type Figure, atLeast, atMost } from '../figure';
import { type Card, type PairSamples, measurePair } from './pair';
import { serveSources } from './sources';
import { switchEnds } from './switch-end';
import { threadParts } from './threads';

/** Two machines and a switch, each in a worker or thread of its own, and two machines with v86's own card. */
export const network: Bench = {
  name: 'network',
  async measure(report) {
    await buildImages();
    const program = await readFile(join(await buildStep(traffic), 'usr/bin/hulltraffic'));
    return [...(await inChromium(program, report)), ...(await inNode(program, report))];
  },
};

async function inChromium(program: Uint8Array, report: (text: string) => void): Promise<Figure[]> {
  const server = await serveSources({ '/hulltraffic': program });
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    page.on('console', (message) => report(message.text()));
    const measure = async (card: Card) => {
      await page.goto(server.url);
      const samples: unknown = await page.evaluate(
        `import('/bench/network/page.ts').then(({ measureInPage }) => measureInPage('${card}'))`,
      );
      return samples as PairSamples;
    };
    return figures('Chromium workers', await measure('own'), await measure('v86'));
  } finally {
    await browser.close();
    await server.close();
  }
}

async function inNode(program: Uint8Array, report: (text: string) => void): Promise<Figure[]> {
  const measure = (card: Card) => {
    const plug = switchEnds(performance);
    const joinBySwitch = async (machines: readonly StartedMachine[]) => {
      for (const { machine } of machines) {
        const { port1, port2 } = new MessageChannel();
        plug(port2);
        await machine.attachNic(port1);
      }
    };
    const onItsOwn = async () => {};
    return measurePair(card, threadParts(card), card === 'own' ? joinBySwitch : onItsOwn, program, report);
  };
  return figures('Node threads', await measure('own'), await measure('v86'));
}

function figures(where: string, own: PairSamples, v86: PairSamples): Figure[] {
  const tcp = 'TCP, machine to machine through the switch';
  return [
    { name: `${tcp}, ${where}`, unit: 'MB/s', samples: own.speed, target: atLeast(12, 'MB/s') },
    {
      name: `the same with v86’s own card and its \`inbrowser\` backend, ${where}`,
      unit: 'MB/s',
      samples: v86.speed,
    },
    {
      name: `${tcp}, over v86’s own, ${where}`,
      unit: 'x',
      samples: own.speed.map((speed, run) => speed / (v86.speed[run] ?? NaN)),
      target: atLeast(4, 'x'),
    },
    {
      name: `ping machine to machine, median, ${where}`,
      unit: 'ms',
      samples: own.pings,
      target: atMost(1.5, 'ms'),
    },
    { name: `the same ping with v86’s own card, ${where}`, unit: 'ms', samples: v86.pings },
  ];
}
