import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkout } from '../../images/build/checkout';
import { buildImages, buildStep } from '../../images/build/build-images';
import { traffic } from '../../images/build/programs';
import { createNodeWire } from '../../lib/wire/node-wire';
import { launchChromium } from '../../scripts/chromium';
import { type Bench, type Figure, atLeast, atMost } from '../figure';
import { type Card, type PairSamples, measurePair } from './pair';
import { serveSources } from './sources';
import { threadParts } from './threads';

/** Two machines on the product's wire, in workers or threads of their own, and two machines with v86's own card. */
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
  const wire = createNodeWire();
  const registryUrl = pathToFileURL(join(checkout, 'public/registry/')).href;
  const measure = async (card: Card) =>
    measurePair(
      card,
      await threadParts(card),
      card === 'own' ? { wire, registryUrl } : undefined,
      program,
      report,
    );
  try {
    return figures('Node threads', await measure('own'), await measure('v86'));
  } finally {
    wire.dispose();
  }
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
    {
      name: `TCP, gateway to machine (registry pull), ${where}`,
      unit: 'MB/s',
      samples: own.pulls,
      target: atLeast(12, 'MB/s'),
    },
    { name: `the same ping with v86’s own card, ${where}`, unit: 'ms', samples: v86.pings },
  ];
}
