import type { Packet } from '../wire/capture/capture';
import type { CapturePoint, LinkKind } from './capture-point';
import { type Change, changesBetween } from './packet-changes';
import { isPartOf, type Recognised, recognise } from './packet-identity';

/** A packet at one of the points that it passed. */
export interface PathStep {
  packet: Packet;
  point: CapturePoint;
  /** 1; more where it was there as so many segments of a superframe, the first of which is `packet`. */
  pieces: number;
  /** Since the first step, by the clocks of the points. */
  afterNs: bigint;
  /** It is known to come after the step before, but its clock says otherwise: that is how much the clocks differ. */
  isClockBehind: boolean;
  /** What is different from the step before. */
  changes: readonly Change[];
}

/** How long a packet is on its way at most. The slowest link may delay it by seconds. */
const longestWayNs = 5_000_000_000n;

/**
 * The same packet at every point that it passed, in the order in which it did, through NAT and through VXLAN.
 *
 * Within a machine, and within the wire, its clock says the order. Between them the cable does: what leaves a card is then at
 * the switch's port, and the other way round.
 * @param points by the packets' `point`
 * @returns nothing for a packet that has nothing to be recognised by
 */
export function pathOf(
  packets: readonly Packet[],
  points: readonly CapturePoint[],
  chosen: Packet,
): readonly PathStep[] {
  const wanted = recognise(chosen);
  if (!wanted) return [];
  const seen: Recognised[] = [];
  for (const packet of packets) {
    const distance = packet.timeNs - chosen.timeNs;
    if (distance > longestWayNs || distance < -longestWayNs) continue;
    const found = packet === chosen ? wanted : recognise(packet);
    if (found) seen.push(found);
  }
  const passages = passagesOf(seen, wanted, points);
  return stepsOf(inOrder(passages), points);
}

interface Passage {
  seen: Recognised;
  pieces: number;
  point: CapturePoint;
  /** Whose clock. */
  clock: string;
}

/** One for each point and direction, the nearest in time where there are more. */
function passagesOf(
  seen: readonly Recognised[],
  wanted: Recognised,
  points: readonly CapturePoint[],
): Passage[] {
  const nearest = new Map<string, Passage>();
  const far = ({ packet }: Recognised) => {
    const distance = packet.timeNs - wanted.packet.timeNs;
    return distance < 0n ? -distance : distance;
  };
  const offer = (found: Recognised, pieces: number) => {
    const { packet, facts } = found;
    const point = points[packet.point];
    if (!point) return;
    // A packet that comes by again has been routed in between.
    const key = `${packet.point} ${packet.direction} ${facts.ip?.ttl ?? ''}`;
    const known = nearest.get(key);
    if (known && (known.seen === wanted || far(known.seen) <= far(found))) return;
    const clock = point.place.type === 'port' ? '' : point.place.machine;
    nearest.set(key, { seen: found, pieces, point, clock });
  };
  offer(wanted, 1);
  for (const found of seen) if (found.identity === wanted.identity) offer(found, 1);
  // Points that have it only in another size.
  const whole = new Set(
    [...nearest.values()].map(({ seen: { packet } }) => `${packet.point} ${packet.direction}`),
  );
  const parts = new Map<string, Recognised[]>();
  for (const found of seen) {
    const key = `${found.packet.point} ${found.packet.direction}`;
    if (whole.has(key)) continue;
    if (isPartOf(found, wanted)) parts.set(key, [...(parts.get(key) ?? []), found]);
    else if (isPartOf(wanted, found)) offer(found, 1);
  }
  for (const group of parts.values()) {
    const first = group[0];
    if (first) offer(first, group.length);
  }
  return [...nearest.values()];
}

/** Links of one machine that give a packet the same time: those nearer to the cable come first on the way in, last on the way out. */
const depths: Readonly<Record<LinkKind, number>> = {
  card: 0,
  vlan: 1,
  macvlan: 1,
  ipvlan: 1,
  vxlan: 1,
  veth: 2,
  bridge: 3,
  loopback: 4,
  other: 4,
};

function depthOf({ seen: { packet }, point: { place } }: Passage): number {
  if (place.type === 'port') return packet.number;
  const depth = depths[place.kind];
  return packet.direction === 'in' ? depth : -depth;
}

function byClock(one: Passage, other: Passage): number {
  const difference = one.seen.packet.timeNs - other.seen.packet.timeNs;
  if (difference !== 0n) return difference < 0n ? -1 : 1;
  return depthOf(one) - depthOf(other);
}

/** Takes the earliest passage that nothing has to come before, again and again. */
function inOrder(passages: readonly Passage[]): Passage[] {
  const lanes = new Map<string, Passage[]>();
  for (const passage of [...passages].sort(byClock))
    lanes.set(passage.clock, [...(lanes.get(passage.clock) ?? []), passage]);
  const before = predecessors([...lanes.values()].flat());
  const ordered: Passage[] = [];
  const isTaken = (passage: Passage) => ordered.includes(passage);
  while (ordered.length < passages.length) {
    const heads = [...lanes.values()].flatMap((lane) => lane.find((passage) => !isTaken(passage)) ?? []);
    const free = heads.filter((passage) => {
      const cause = before.get(passage);
      return cause === undefined || isTaken(cause);
    });
    // Two clocks that contradict each other leave none: then the times have to do.
    const [next] = (free.length > 0 ? free : heads).sort(byClock);
    if (!next) break;
    ordered.push(next);
  }
  return ordered;
}

/** What each passage at an end of a cable has at the other end before it. */
function predecessors(passages: readonly Passage[]): Map<Passage, Passage> {
  const before = new Map<Passage, Passage>();
  const ends = (machine: string | undefined, direction: Packet['direction']) => ({
    ports: passages.filter(
      ({ point: { place }, seen: { packet } }) =>
        place.type === 'port' && place.machine === machine && packet.direction === direction,
    ),
    cards: passages.filter(
      ({ point: { place }, seen: { packet } }) =>
        place.type === 'link' &&
        place.machine === machine &&
        place.kind === 'card' &&
        packet.direction !== direction,
    ),
  });
  const machines = new Set(
    passages.flatMap(({ point: { place } }) => (place.machine === undefined ? [] : [place.machine])),
  );
  for (const machine of machines) {
    const toSwitch = ends(machine, 'in');
    toSwitch.ports.forEach((port, at) => {
      const card = toSwitch.cards[at];
      if (card) before.set(port, card);
    });
    const toCard = ends(machine, 'out');
    toCard.cards.forEach((card, at) => {
      const port = toCard.ports[at];
      if (port) before.set(card, port);
    });
  }
  return before;
}

function stepsOf(passages: readonly Passage[], points: readonly CapturePoint[]): PathStep[] {
  const start = passages[0]?.seen.packet.timeNs ?? 0n;
  return passages.map(({ seen, pieces, point }, index) => {
    const previous = passages[index - 1];
    return {
      packet: seen.packet,
      point: points[seen.packet.point] ?? point,
      pieces,
      afterNs: seen.packet.timeNs - start,
      isClockBehind: previous !== undefined && seen.packet.timeNs < previous.seen.packet.timeNs,
      changes: previous
        ? changesBetween(
            { facts: previous.seen.facts, pieces: previous.pieces },
            { facts: seen.facts, pieces },
          )
        : [],
    };
  });
}
