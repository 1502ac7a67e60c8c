import { availableParallelism, totalmem } from 'node:os';
import { createNodeWire } from '../wire/node-wire';
import { budgetOf } from './budget';
import type { FleetParts } from './fleet';
import { nodeParts } from './node-parts';

const registryFolder = new URL('../../public/registry/', import.meta.url);

/** What Node starts fleets with: in this process, with the registry that `npm run images` laid out. */
export function nodeFleet(): FleetParts {
  return {
    ...nodeParts,
    createWire: () => createNodeWire(),
    gateway: { registryUrl: registryFolder.href },
    budget: budgetOf({ memoryBytes: totalmem(), cores: availableParallelism() }),
  };
}
