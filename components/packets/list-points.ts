import { messageOf } from '@/lib/base/hull-error';
import { Engine } from '@/lib/engine/engine';
import type { Station } from '@/lib/fleet/station';
import { type CapturePoint, pointAt } from '@/lib/packets/capture-point';
import type { CaptureChoice } from '@/lib/packets/capture-session';
import { type GuestLink, listLinks } from '@/lib/packets/guest-tap';
import type { Wire } from '@/lib/wire/wire';

/** A place where packets can be seen. */
export interface ListedPoint {
  point: CapturePoint;
  /** Absent for ports of the switch. */
  inside?: { station: Station; link: GuestLink };
}

export interface PointGroup {
  /** The switch's or machine's name. */
  title: string;
  kind: 'switch' | 'machine';
  points: readonly ListedPoint[];
  /** Why a machine's own links are not there. */
  trouble?: string;
}

/** Ports of the switches, and of each machine the links of its own namespace and of its containers'. */
export async function listPoints(
  wire: Pick<Wire, 'readPorts'>,
  stations: readonly Station[],
  signal: AbortSignal,
): Promise<PointGroup[]> {
  const [ports, machines] = await Promise.all([
    wire.readPorts(),
    Promise.all(stations.map((station) => machineGroup(station, signal))),
  ]);
  const switches = new Map<string, ListedPoint[]>();
  for (const { name, switch: owner } of ports) {
    const machine = stations.find(({ port }) => port === name)?.name;
    const place = { type: 'port' as const, port: name, ...(machine === undefined ? {} : { machine }) };
    switches.set(owner, [...(switches.get(owner) ?? []), { point: pointAt(place) }]);
  }
  return [
    ...[...switches].map(([title, points]): PointGroup => ({ title, kind: 'switch', points })),
    ...machines.sort((one, other) => (one.title < other.title ? -1 : 1)),
  ];
}

async function machineGroup(station: Station, signal: AbortSignal): Promise<PointGroup> {
  const { name, guest } = station;
  try {
    const links = (await listLinks(guest, signal)).filter(({ kind }) => kind !== 'loopback');
    const isOwn = ({ container, network }: GuestLink) => container === undefined && network === undefined;
    const names = links.every(isOwn) ? noNames : await engineNames(guest, signal);
    const points = links.map((link): ListedPoint => {
      const { container, network } = link;
      const place = {
        type: 'link' as const,
        machine: name,
        ...(container === undefined ? {} : { container: names.container(container) }),
        ...(network === undefined ? {} : { network: names.network(network) }),
        link: link.link,
        kind: link.kind,
      };
      return { point: pointAt(place), inside: { station, link } };
    });
    return { title: name, kind: 'machine', points };
  } catch (cause) {
    signal.throwIfAborted();
    return { title: name, kind: 'machine', points: [], trouble: messageOf(cause) };
  }
}

interface Names {
  container(id: string): string;
  /** @param beginning of the id */
  network(beginning: string): string;
}

const noNames: Names = { container: (id) => id.slice(0, 12), network: (beginning) => beginning };

/** A machine without an engine has namespaces all the same, and those their ids. */
async function engineNames(guest: Station['guest'], signal: AbortSignal): Promise<Names> {
  try {
    const engine = new Engine(guest);
    const [containers, networks] = await Promise.all([engine.containers(signal), engine.networks(signal)]);
    return {
      container: (id) => containers.find((each) => each.id === id)?.name ?? noNames.container(id),
      network: (beginning) => networks.find(({ id }) => id.startsWith(beginning))?.name ?? beginning,
    };
  } catch {
    signal.throwIfAborted();
    return noNames;
  }
}

/** What a capture of these listens at. */
export function choiceOf(points: readonly ListedPoint[]): CaptureChoice {
  const guests = new Map<Station, { point: CapturePoint; link: GuestLink }[]>();
  for (const { point, inside } of points) {
    if (!inside) continue;
    guests.set(inside.station, [...(guests.get(inside.station) ?? []), { point, link: inside.link }]);
  }
  return {
    ports: points.filter(({ inside }) => !inside).map(({ point }) => point),
    guests: [...guests].map(([{ name, guest }, links]) => ({ machine: name, guest, links })),
  };
}
