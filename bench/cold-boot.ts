import { buildImages } from '../images/build/build-images';
import { timeColdBoot } from '../lib/experiments/boot-timings';
import { nodeParts } from '../lib/fleet/node-parts';
import { type Bench, atMost } from './figure';

const runs = 3;

/** Guest instructions from power on to the prompt, counted by v86 in Node. */
export const coldBoot: Bench = {
  name: 'cold-boot',
  async measure(report) {
    await buildImages();
    const boots = [];
    for (let run = 0; run < runs; run += 1) {
      const boot = await timeColdBoot(nodeParts, new AbortController().signal);
      report(`${(boot.instructions / 1e6).toFixed(1)} Mi, ${Math.round(boot.bootMs)} ms`);
      boots.push(boot);
    }
    return [
      {
        name: 'cold boot to a usable shell, instructions',
        unit: 'Mi',
        samples: boots.map(({ instructions }) => instructions / 1e6),
        target: atMost(45, 'Mi'),
      },
      { name: 'the same, wall, Node', unit: 's', samples: boots.map(({ bootMs }) => bootMs / 1e3) },
    ];
  },
};
