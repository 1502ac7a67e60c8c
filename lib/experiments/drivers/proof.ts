export const drivers = ['bridge', 'host', 'none', 'overlay', 'macvlan'] as const;
export type Driver = (typeof drivers)[number];

/** What Docker's documentation promises of each driver, and where. */
export const promises: Readonly<Record<Driver, { text: string; source: string }>> = {
  bridge: {
    text: 'Containers on one bridge network communicate; those on another are isolated from them, even on the same machine. The outside is reached by masquerading, and reaches them through published ports.',
    source: 'https://docs.docker.com/engine/network/drivers/bridge/',
  },
  host: {
    text: 'The container’s network is not isolated from its machine: it shares the machine’s namespace, gets no address of its own, and needs no published ports.',
    source: 'https://docs.docker.com/engine/network/drivers/host/',
  },
  none: {
    text: 'The container is completely isolated: inside there is only the loopback device.',
    source: 'https://docs.docker.com/engine/network/drivers/none/',
  },
  overlay: {
    text: 'One network over several machines, on top of theirs. Containers on it find each other by name and communicate, whichever machine they run on.',
    source: 'https://docs.docker.com/engine/network/drivers/overlay/',
  },
  macvlan: {
    text: 'The container appears on the physical network as a device with a MAC address of its own. Its machine and it do not reach each other.',
    source: 'https://docs.docker.com/engine/network/drivers/macvlan/',
  },
};

/** Where a finding was seen, and what was there. */
export interface Evidence {
  type: 'command' | 'frames' | 'addresses';
  /** "left: docker exec …", "frame from left to the switch" */
  place: string;
  lines: readonly string[];
}

/** One sentence, and whether it holds here and now. */
export interface Finding {
  sentence: string;
  holds: boolean;
  evidence: Evidence;
}

export type DriverStep =
  | { driver: Driver; type: 'waiting' }
  | { driver: Driver; type: 'running' }
  | { driver: Driver; type: 'tried'; findings: readonly Finding[]; ms: number }
  /** It could not be tried to the end. */
  | { driver: Driver; type: 'failed'; error: unknown };
