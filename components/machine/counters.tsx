'use client';

import { type ReadonlyStore, Store } from '@/lib/base/store';
import type { Machine, MachineCounters } from '@/lib/machine/machine';
import { formatBytes, formatInstructions } from '../ui/format';
import { useStore } from '../ui/use-store';

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

const rows: readonly { label: string; title: string; read: (counters: MachineCounters) => string }[] = [
  {
    label: 'Instructions',
    title: 'Executed by the emulated processor since power on',
    read: ({ instructions }) => formatInstructions(instructions),
  },
  {
    label: 'MIPS',
    title: 'Million instructions per second, over the last interval',
    read: ({ mips }) => tenths.format(mips),
  },
  {
    label: 'Port I/O',
    title: 'Reads and writes of the devices’ ports',
    read: ({ portReads, portWrites }) => `${whole.format(portReads)} / ${whole.format(portWrites)}`,
  },
  {
    label: 'Interrupts',
    title: 'Taken by the processor',
    read: ({ interrupts }) => whole.format(interrupts),
  },
  {
    label: 'HLT',
    title: 'Times the processor has stopped until the next interrupt: how an idle machine waits',
    read: ({ halts }) => whole.format(halts),
  },
  {
    label: 'Frames',
    title: 'Ethernet frames sent and received',
    read: ({ framesSent, framesReceived }) => `${whole.format(framesSent)} / ${whole.format(framesReceived)}`,
  },
  {
    label: 'Memory touched',
    title: 'Pages of the guest’s memory that are not zero',
    read: ({ memoryTouchedBytes, memoryTotalBytes }) =>
      `${formatBytes(memoryTouchedBytes)} / ${formatBytes(memoryTotalBytes)}`,
  },
  { label: 'Downloaded', title: 'For this run', read: ({ loadedBytes }) => formatBytes(loadedBytes) },
];

const none: ReadonlyStore<MachineCounters | undefined> = new Store(undefined);

/**
 * Totals since power on. Not announced: they change twice a second, for as long as the machine runs, so this alone is
 * drawn anew when they do.
 */
export function Counters({ of: machine }: { of: Machine | undefined }) {
  const counters = useStore<MachineCounters | undefined>(machine?.counters ?? none);
  return (
    <dl className="text-sm">
      {rows.map(({ label, title, read }) => (
        <div key={label} title={title} className="flex justify-between gap-2 border-b border-line py-1">
          <dt className="text-muted">{label}</dt>
          <dd className="text-right tabular-nums">{counters ? read(counters) : '–'}</dd>
        </div>
      ))}
    </dl>
  );
}
