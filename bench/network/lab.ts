import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildImages, buildStep } from '../../images/build/build-images';
import { traffic } from '../../images/build/programs';
import { nodeFleet } from '../../lib/fleet/node-fleet';
import { launchChromium } from '../../scripts/chromium';
import { type Bench, type Figure, atLeast, atMost } from '../figure';
import { type LabSamples, type Way, measureLab } from './lab-round';
import { serveSources } from './sources';
import { threadParts } from './threads';

const rounds = 3;

/** What two hosts on a switch are for: a swarm, an overlay network, the public registry. */
export const lab: Bench = {
  name: 'lab',
  async measure(report) {
    await buildImages();
    const program = await readFile(join(await buildStep(traffic), 'usr/bin/hulltraffic'));
    return [...(await inChromium(program, report)), ...(await inNode(program, report))];
  },
};

/** A page for each round: the first one fills the browser's caches, and counts too. */
async function inChromium(program: Uint8Array, report: (text: string) => void): Promise<Figure[]> {
  const server = await serveSources({ '/hulltraffic': program });
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    page.on('console', (message) => report(message.text()));
    const all: LabSamples[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await page.goto(server.url);
      const samples: unknown = await page.evaluate(
        "import('/bench/network/page.ts').then(({ measureLabInPage }) => measureLabInPage())",
      );
      all.push(samples as LabSamples);
    }
    return figures('Chromium workers', all);
  } finally {
    await browser.close();
    await server.close();
  }
}

async function inNode(program: Uint8Array, report: (text: string) => void): Promise<Figure[]> {
  const parts = { ...nodeFleet(), ...(await threadParts('own')) };
  const all: LabSamples[] = [];
  for (let round = 0; round < rounds; round += 1) all.push(await measureLab(parts, program, report));
  return figures('Node threads', all);
}

function figures(where: string, all: readonly LabSamples[]): Figure[] {
  const share = (way: Way) =>
    all.flatMap(({ speeds }) =>
      speeds[way].map((speed, run) => (100 * speed) / (speeds['machine to machine'][run] ?? NaN)),
    );
  return [
    {
      name: `container to container over overlay on two machines, of machine-to-machine, ${where}`,
      unit: '%',
      samples: share('overlay'),
      target: atLeast(60, '%'),
    },
    {
      name: `container to container over one bridge, of machine-to-machine, ${where}`,
      unit: '%',
      samples: share('one bridge'),
      target: atLeast(90, '%'),
    },
    {
      name: `\`docker pull\` of the 8 MB nginx image from the public registry, ${where}`,
      unit: 's',
      samples: all.map(({ pullSeconds }) => pullSeconds),
      target: atMost(4, 's'),
    },
    {
      name: `two hosts up from snapshots, swarm joined, overlay ping answers, ${where}`,
      unit: 's',
      samples: all.map(({ swarmSeconds }) => swarmSeconds),
      target: atMost(6, 's'),
    },
  ];
}
