import { randomFillSync } from 'node:crypto';
import { connectGuest } from '../guest/connect-guest';
import { createNodeMachine } from '../machine/node-platform';
import type { StartParts } from './start-machine';

/** What Node starts machines with: in this process, from the artifacts that `npm run images` laid out. */
export const nodeParts: StartParts = {
  createMachine: (profile) => createNodeMachine(profile),
  connectGuest,
  now: () => performance.now(),
  unixNs: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e3)) * 1000n,
  fillRandom: (bytes) => void randomFillSync(bytes),
};
