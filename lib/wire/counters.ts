/** Why a frame went no further. The order is that of the columns of `PortCounters`. */
export const dropReasons = [
  'too-short',
  'too-long',
  'malformed',
  'bad-vlan',
  'bad-source',
  'spoofed',
  'storm',
  'blocked',
  'reserved',
  'same-port',
  'queue-full',
  'link-down',
  'lost',
] as const;
export type DropReason = (typeof dropReasons)[number];

/** What one port has seen since it was made. A superframe counts as what a cable would carry in its place; bytes are without FCS. */
export interface PortTotals {
  inFrames: number;
  inBytes: number;
  outFrames: number;
  outBytes: number;
  /** Frames that came from an address last seen at another port. */
  macMoves: number;
  /** Frames whose sender found no place in the address table: it was flooded. */
  notLearned: number;
  /** Only those that are not zero. */
  drops: Partial<Record<DropReason, number>>;
}

const column = (reason: DropReason) => dropReasons.indexOf(reason);

/** What a drop is counted under; see `drop`. */
export const because = {
  tooShort: column('too-short'),
  tooLong: column('too-long'),
  malformed: column('malformed'),
  badVlan: column('bad-vlan'),
  badSource: column('bad-source'),
  spoofed: column('spoofed'),
  storm: column('storm'),
  blocked: column('blocked'),
  reserved: column('reserved'),
  samePort: column('same-port'),
  queueFull: column('queue-full'),
  linkDown: column('link-down'),
  lost: column('lost'),
} as const;

/** The counters themselves. Numbers in one typed array: counting makes no garbage. */
export class PortCounters {
  inFrames = 0;
  inBytes = 0;
  outFrames = 0;
  outBytes = 0;
  macMoves = 0;
  notLearned = 0;
  private readonly drops = new Float64Array(dropReasons.length);

  drop(reason: number, frames = 1): void {
    this.drops[reason] = (this.drops[reason] as number) + frames;
  }

  read(): PortTotals {
    const { inFrames, inBytes, outFrames, outBytes, macMoves, notLearned } = this;
    const drops: PortTotals['drops'] = {};
    for (const [at, reason] of dropReasons.entries()) {
      const count = this.drops[at] ?? 0;
      if (count > 0) drops[reason] = count;
    }
    return { inFrames, inBytes, outFrames, outBytes, macMoves, notLearned, drops };
  }
}
