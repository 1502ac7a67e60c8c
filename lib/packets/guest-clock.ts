/** How a guest's clock stands to ours, as far as asking can tell. */
export interface ClockReading {
  /** The guest's minus ours. */
  offsetNs: bigint;
  /** Half the time that the question took: it is wrong by no more than this. */
  errorNs: bigint;
}

/** After so many questions an answer is forgotten, because clocks drift. */
const remembered = 16;

/** Compares two clocks as NTP does: the answer to the quickest question is the most exact. */
export class GuestClock {
  private readings: ClockReading[] = [];

  /** @returns the best of the last ones; none before the first answer */
  get best(): ClockReading | undefined {
    let best = this.readings[0];
    for (const reading of this.readings) if (best && reading.errorNs < best.errorNs) best = reading;
    return best;
  }

  /** @param guestNs what the guest's clock said at a time between `askedNs` and `heardNs` of ours */
  add(askedNs: bigint, guestNs: bigint, heardNs: bigint): void {
    const errorNs = (heardNs - askedNs) / 2n + 1n;
    const reading = { offsetNs: guestNs - (askedNs + heardNs) / 2n, errorNs };
    const { best } = this;
    // They contradict each other: the guest was paused, or somebody has set its clock.
    if (best && distance(best, reading) > best.errorNs + errorNs) this.readings = [];
    this.readings = [...this.readings.slice(1 - remembered), reading];
  }

  /** A time of the guest's clock, on ours. */
  toOurs(guestNs: bigint): bigint {
    return guestNs - (this.best?.offsetNs ?? 0n);
  }
}

function distance(one: ClockReading, other: ClockReading): bigint {
  const difference = one.offsetNs - other.offsetNs;
  return difference < 0n ? -difference : difference;
}
