/**
 * Which port each address of each VLAN was last seen at. As in the silicon of real switches: 256 rows of 8 places, an
 * address belongs to one row. Nothing grows, nothing is allocated, and removing leaves no holes to skip.
 *
 * An address comes as two integers: the upper 16 bits with the VLAN above them, and the lower 32.
 */
export class MacTable {
  private readonly upper = new Int32Array(places);
  private readonly lower = new Int32Array(places);
  private readonly ports = new Int16Array(places).fill(nowhere);
  private readonly seenAt = new Float64Array(places);

  /** @param ageMs an address that has not been seen for so long is forgotten */
  constructor(private ageMs: number) {}

  setAge(ageMs: number): void {
    this.ageMs = ageMs;
  }

  /** The port, or `nowhere`. */
  find(upper: number, lower: number, now: number): number {
    const place = this.placeOf(upper, lower);
    if (place < 0 || now - (this.seenAt[place] as number) > this.ageMs) return nowhere;
    return this.ports[place] as number;
  }

  /**
   * Remembers where an address is. Returns the port where it was until now, `nowhere` when it is new, and `noRoom` when its row is full of
   * addresses that are still young: it is not learned then, as in a real switch whose table was flooded.
   */
  learn(upper: number, lower: number, port: number, now: number): number {
    let place = this.placeOf(upper, lower);
    if (place >= 0) {
      const before =
        now - (this.seenAt[place] as number) > this.ageMs ? nowhere : (this.ports[place] as number);
      this.seenAt[place] = now;
      this.ports[place] = port;
      return before;
    }
    place = this.freePlace(upper, lower, now);
    if (place < 0) return noRoom;
    this.upper[place] = upper;
    this.lower[place] = lower;
    this.ports[place] = port;
    this.seenAt[place] = now;
    return nowhere;
  }

  /** Forgets a port's addresses, or all. */
  forget(port?: number): void {
    for (let place = 0; place < places; place += 1)
      if (port === undefined || this.ports[place] === port) this.ports[place] = nowhere;
  }

  /** What it knows at this moment, for people. */
  entries(now: number): { vlan: number; mac: number; port: number; ageMs: number }[] {
    const known = [];
    for (let place = 0; place < places; place += 1) {
      const ageMs = now - (this.seenAt[place] as number);
      const port = this.ports[place] as number;
      if (port === nowhere || ageMs > this.ageMs) continue;
      const upper = this.upper[place] as number;
      const mac = (upper & 0xffff) * 2 ** 32 + ((this.lower[place] as number) >>> 0);
      known.push({ vlan: upper >>> 16, mac, port, ageMs });
    }
    return known;
  }

  private placeOf(upper: number, lower: number): number {
    const row = rowOf(upper, lower);
    for (let place = row; place < row + placesInRow; place += 1)
      if (this.lower[place] === lower && this.upper[place] === upper && this.ports[place] !== nowhere)
        return place;
    return -1;
  }

  private freePlace(upper: number, lower: number, now: number): number {
    const row = rowOf(upper, lower);
    for (let place = row; place < row + placesInRow; place += 1)
      if (this.ports[place] === nowhere || now - (this.seenAt[place] as number) > this.ageMs) return place;
    return -1;
  }
}

export const nowhere = -1;
export const noRoom = -2;

const rows = 256;
const placesInRow = 8;
const places = rows * placesInRow;

function rowOf(upper: number, lower: number): number {
  const mixed = Math.imul(lower ^ Math.imul(upper, 0x9e3779b1), 0x85ebca6b);
  return (mixed >>> 24) * placesInRow;
}
