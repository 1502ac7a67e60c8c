import { HullError } from '../base/hull-error';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

/** What a device says of itself. Browsers round the memory and cap it; some say nothing. */
export interface Device {
  memoryBytes?: number | undefined;
  cores?: number | undefined;
}

/** How much of a device machines may take. */
export interface Budget {
  memoryBytes: number;
  machines: number;
  device: { memoryBytes: number; cores: number };
}

/** What a machine takes beside its own memory: the emulator, the code that it compiles, and its worker. */
export const overheadBytes = 64 * MiB;

/** The rest is for the system, the browser and the page; phones end a tab that takes much more. */
const shareOfMemory = 1 / 4;

/** A machine that works fills a core, one that waits needs next to nothing. */
const machinesPerCore = 2;

/** A phone of today. */
const unknownDevice = { memoryBytes: 4 * GiB, cores: 4 };

export function budgetOf({ memoryBytes, cores }: Device): Budget {
  const device = {
    memoryBytes: memoryBytes ?? unknownDevice.memoryBytes,
    cores: cores ?? unknownDevice.cores,
  };
  return {
    memoryBytes: device.memoryBytes * shareOfMemory,
    machines: Math.max(2, device.cores * machinesPerCore),
    device,
  };
}

/**
 * Whether the device can carry these machines beside those that are there. The first one is never refused: whether there is
 * room for a single machine is found out by starting it.
 * @throws HullError `over-budget`, with what there would be and what there may be
 */
export function requireBudget(
  budget: Budget,
  present: readonly { memoryBytes: number }[],
  wanted: readonly { memoryBytes: number }[],
): void {
  const all = [...present, ...wanted];
  if (wanted.length === 0 || all.length <= 1) return;
  if (all.length > budget.machines)
    throw overBudget(
      all.length,
      `${budget.machines} at a time are what its ${plural(budget.device.cores, 'processor core')} can carry`,
    );
  const takes = all.reduce((sum, { memoryBytes }) => sum + memoryBytes + overheadBytes, 0);
  if (takes > budget.memoryBytes)
    throw overBudget(
      all.length,
      `they would take about ${inWords(takes)}, and ${inWords(budget.memoryBytes)} of its ` +
        `${inWords(budget.device.memoryBytes)} of memory are for machines`,
    );
}

function overBudget(machines: number, why: string): HullError<'over-budget'> {
  return new HullError(
    'over-budget',
    `${machines} machines are too much for this device: ${why}.`,
    'Power off or remove another machine first, or use a larger computer.',
  );
}

function plural(count: number, what: string): string {
  return count === 1 ? `one ${what}` : `${count} ${what}s`;
}

function inWords(bytes: number): string {
  return bytes < GiB ? `${Math.round(bytes / MiB)} MiB` : `${Number((bytes / GiB).toFixed(1))} GiB`;
}
