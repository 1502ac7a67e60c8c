import { connectGuest } from '../guest/connect-guest';
import { createBrowserMachine } from '../machine/browser-machine';
import type { StartParts } from './start-machine';

/** What a page starts machines with. @param assetsUrl the folder of the manifest, relative to the page or absolute */
export function browserParts(assetsUrl: string): StartParts {
  return {
    createMachine: (profile) => createBrowserMachine(profile, { assetsUrl }),
    connectGuest,
    now: () => performance.now(),
    unixNs: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e3)) * 1000n,
    fillRandom: (bytes) => void crypto.getRandomValues(bytes),
  };
}
