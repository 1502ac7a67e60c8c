import type { GraphEdge, Meter } from './graph';

/** Frames a second, lately. */
export interface Rate {
  forward: number;
  backward: number;
}

/** What one port or interface has counted since it was made. */
export interface Count {
  /** Frames that it has sent, and received. */
  out: number;
  in: number;
}

/** Who counts: a meter's own. */
export const meterKey = (meter: Meter): string =>
  meter.type === 'port' ? `port ${meter.port}` : `link ${meter.station}/${meter.namespace}/${meter.index}`;

/** Counts that are nearer together say little: of two batches that came at once, or of a clock that stood. */
const shortestMs = 200;

interface Sample {
  atMs: number;
  counts: ReadonlyMap<string, Count>;
  rates: ReadonlyMap<string, Count>;
}

/** Rates from counters. Each source (the wire, a network namespace) comes when it likes. */
export class Traffic {
  private readonly samples = new Map<string, Sample>();

  /** @param counts by `meterKey`; those that a source no longer names are forgotten */
  take(source: string, counts: ReadonlyMap<string, Count>, nowMs: number): void {
    const before = this.samples.get(source);
    const seconds = Math.max(nowMs - (before?.atMs ?? nowMs), shortestMs) / 1000;
    const rates = new Map<string, Count>();
    for (const [key, count] of counts) {
      const old = before?.counts.get(key);
      // What has begun anew counts from zero.
      if (old && count.out >= old.out && count.in >= old.in)
        rates.set(key, { out: (count.out - old.out) / seconds, in: (count.in - old.in) / seconds });
    }
    this.samples.set(source, { atMs: nowMs, counts, rates });
  }

  /** Forgets sources that are gone, and takes those that were silent for so long for quiet. */
  settle(nowMs: number, quietAfterMs: number, isThere: (source: string) => boolean): void {
    for (const [source, sample] of this.samples) {
      if (!isThere(source)) this.samples.delete(source);
      else if (nowMs - sample.atMs > quietAfterMs)
        // The next count is compared with now, when it was still the same.
        this.samples.set(source, { ...sample, atMs: nowMs, rates: new Map() });
    }
  }

  /** By the edge's id; those without traffic are left out. */
  of(edges: readonly GraphEdge[]): Map<string, Rate> {
    const rates = new Map<string, Rate>();
    for (const { id, meter } of edges) {
      const rate = meter && this.find(meterKey(meter));
      if (!rate || (rate.out === 0 && rate.in === 0)) continue;
      rates.set(
        id,
        meter.out === 'forward'
          ? { forward: rate.out, backward: rate.in }
          : { forward: rate.in, backward: rate.out },
      );
    }
    return rates;
  }

  private find(key: string): Count | undefined {
    for (const { rates } of this.samples.values()) {
      const rate = rates.get(key);
      if (rate) return rate;
    }
    return undefined;
  }
}
