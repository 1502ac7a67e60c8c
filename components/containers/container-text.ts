import type { Container } from '@/lib/engine/schemas';

const plainStates: Record<Container['state'], string> = {
  created: 'Created, never started',
  running: 'Running',
  paused: 'Paused',
  restarting: 'Restarting',
  removing: 'Being removed',
  exited: 'Ended',
  dead: 'Dead: it could not be removed',
};

/** What the engine says of it, without the times that go by while it is shown. */
export function stateText({ state, status }: Pick<Container, 'state' | 'status'>): string {
  const code = /^(?:Exited|Restarting) \((\d+)\)/.exec(status)?.[1];
  const health = /\((healthy|unhealthy|health: starting)\)$/.exec(status)?.[1];
  const detail = code === undefined ? health : `status ${code}`;
  return detail === undefined ? plainStates[state] : `${plainStates[state]}, ${detail}`;
}

type Port = Pick<Container['ports'][number], 'private' | 'public' | 'protocol'>;

/** "8080 → 80/tcp", or "80/tcp" where the port is not published; each once. */
export function portsText(ports: readonly Port[]): string {
  const texts = ports.map((port) => {
    const inside = `${port.private}/${port.protocol}`;
    return port.public === undefined ? inside : `${port.public} → ${inside}`;
  });
  return [...new Set(texts)].join(', ');
}

/** Ports of the machine at which a container can be visited, each once. */
export function publishedPorts(ports: readonly Port[]): number[] {
  return [...new Set(ports.flatMap((port) => (port.protocol === 'tcp' ? (port.public ?? []) : [])))];
}

/** Docker's short form: 12 digits, without the algorithm. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}
