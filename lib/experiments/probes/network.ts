import { type Attempt, parseAttempt, reasonOf, showAttempt } from './attempts';
import { defineProbe, required } from './probe';
import { count, lines, list } from './words';

export interface Interface {
  name: string;
  mac: string | null;
  addresses: string[];
  /** `eth0@if5`: the other end of a pair, in another namespace. */
  peer: boolean;
  up: boolean;
}

/** `ip -o link` and `ip -o -4 address`, iproute2's and busybox's alike, in one output. */
export function parseInterfaces(output: string): Interface[] {
  const found = new Map<string, Interface>();
  for (const line of lines(output)) {
    const link = /^\d+: ([^:@\s]+)(@\S+?)?: <([^>]*)>/.exec(line);
    const address = /^\d+: ([^:@\s]+)\s+inet (\S+)/.exec(line);
    if (link) {
      const [, name = '', peer, flags = ''] = link;
      const mac = /link\/ether ([0-9a-f:]{17})/.exec(line)?.[1] ?? null;
      found.set(name, {
        name,
        mac,
        addresses: [],
        peer: peer !== undefined,
        up: flags.split(',').includes('UP'),
      });
    } else if (address) {
      found.get(address[1] ?? '')?.addresses.push(address[2] ?? '');
    } else {
      throw new Error(`Not a line about an interface: ${JSON.stringify(line.slice(0, 80))}.`);
    }
  }
  if (found.size === 0) throw new Error('No interface was listed.');
  return [...found.values()];
}

export const interfacesProbe = defineProbe<Interface[]>({
  id: 'interfaces',
  group: 'network',
  question: 'Which interfaces and addresses does it have?',
  script: `
ip -o link
ip -o -4 address`,
  parse: ({ output }) => parseInterfaces(output),
  show: (interfaces) =>
    interfaces.flatMap(({ name, mac, addresses, up }) => [
      `${name} ${mac ?? ''}${up ? '' : ' (down)'}`.trim(),
      ...addresses.map((address) => `  ${address}`),
    ]),
  explain({ container, machine, host }) {
    const card = cardOf(machine);
    const ofMachine = card
      ? `the machine drives a card of its own, ${card.name} ${card.addresses[0] ?? 'without an address'}, whose MAC is on the cable`
      : 'the machine has no card';
    const own = cardOf(container);
    if (!own) return `The container has only a loopback; ${ofMachine}.`;
    const bridge = host?.find(({ addresses }) =>
      addresses.some((it) => own.addresses.some((o) => sameNetwork(it, o))),
    );
    if (host?.some(({ mac, name }) => mac === own.mac && name === own.name) === true) {
      return `The container uses its host’s interfaces; ${ofMachine}.`;
    }
    const behind = bridge ? ` behind its host’s bridge ${bridge.name} (${bridge.addresses[0] ?? ''})` : '';
    return `The container’s ${own.name} ${own.addresses[0] ?? 'without an address'} is ${own.peer ? 'one end of a pair' : 'an interface'} made by software${behind}; ${ofMachine}.`;
  },
});

/** The interface that carries its packets: one that is up and has a MAC, rather than a spare one. */
function cardOf(interfaces: readonly Interface[]): Interface | undefined {
  return interfaces.find(({ mac, up }) => mac !== null && up);
}

/** Two addresses in CIDR notation, of networks of the same size. */
export function sameNetwork(one: string, other: string): boolean {
  const [network, size] = networkOf(one);
  const [otherNetwork, otherSize] = networkOf(other);
  return size === otherSize && network === otherNetwork;
}

function networkOf(cidr: string): [number, number] {
  const [address = '', length = ''] = cidr.split('/');
  const bits = address.split('.').reduce((value, byte) => value * 256 + Number(byte), 0);
  return [Math.floor(bits / 2 ** (32 - Number(length))), Number(length)];
}

/** `ip route`: a line each. */
export const routesProbe = defineProbe<string[]>({
  id: 'routes',
  group: 'network',
  question: 'Where does it send its packets?',
  script: 'ip route',
  parse: ({ output }) => lines(output).map((line) => line.trim()),
  show: (routes) => (routes.length === 0 ? ['no routes'] : routes),
  explain({ container, machine, host }) {
    const gateway = gatewayOf(container);
    const bridge = gateway !== undefined && host?.some((route) => route.includes(`src ${gateway}`)) === true;
    const ofContainer =
      gateway === undefined
        ? 'The container has no way out of its own network'
        : `The container’s way out is ${gateway}${bridge ? ', the address that its host has on the bridge' : ''}`;
    const machineGateway = gatewayOf(machine);
    return machineGateway === undefined
      ? `${ofContainer}; the machine reaches by its own card what is on the cable.`
      : `${ofContainer}; the machine’s is ${machineGateway}, over its own card.`;
  },
});

function gatewayOf(routes: readonly string[]): string | undefined {
  return routes.map((route) => /^default via (\S+)/.exec(route)?.[1]).find((found) => found !== undefined);
}

export type Ping = { result: 'answered'; ttl: number | null } | { result: 'silent'; said: string };

/** What `ping -c 1` printed on both streams. */
export function parsePing(output: string): Ping {
  const answer = /bytes from .*/.exec(output)?.[0];
  if (answer === undefined) {
    const last = lines(output).at(-1) ?? 'no answer';
    return { result: 'silent', said: /100% packet loss/.test(last) ? 'no answer within a second' : last };
  }
  const ttl = /ttl=(\d+)/.exec(answer)?.[1];
  return { result: 'answered', ttl: ttl === undefined ? null : Number(ttl) };
}

export const pingProbe = defineProbe<Ping>({
  id: 'ping',
  group: 'network',
  question: 'Does the machine at the other end of the cable answer it?',
  script: 'ping -c 1 -W 1 "$neighbour" 2>&1',
  parse: ({ output }) => parsePing(output),
  show: (ping) =>
    ping.result === 'answered' ? [`answered${ping.ttl === null ? '' : `, TTL ${ping.ttl}`}`] : [ping.said],
  same: (one, other) => one.result === other.result,
  explain({ container, machine }) {
    if (container.result === 'silent' && machine.result === 'silent')
      return 'Nobody answered either of them.';
    if (container.result === 'silent')
      return 'The machine was answered over its own card; the container was not.';
    const ofMachine =
      machine.result === 'answered'
        ? 'the machine puts its frames on the cable itself'
        : 'the machine was not answered';
    const hops =
      machine.result === 'answered' &&
      container.ttl !== null &&
      machine.ttl !== null &&
      machine.ttl > container.ttl
        ? `, one hop more than the machine’s (TTL ${container.ttl} against ${machine.ttl})`
        : '';
    return `The container’s packets are passed on by its host’s kernel${hops}; ${ofMachine}.`;
  },
});

export interface LinkNeighbour {
  address: string;
  mac: string;
  interface: string;
}

/** `/proc/net/arp`: a heading, then IP, type, flags, MAC, mask, device. Flags 0x0 are questions without an answer. */
export function parseLinkNeighbours(output: string): LinkNeighbour[] {
  return lines(output)
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , flags]) => flags !== '0x0')
    .map(([address, , , mac, , device]) => {
      if (!address || !mac || !device) throw new Error('Expected the columns of /proc/net/arp.');
      return { address, mac, interface: device };
    });
}

export const linkNeighboursProbe = defineProbe<LinkNeighbour[]>({
  id: 'link-neighbours',
  group: 'network',
  question: 'Whose MAC addresses has it met?',
  // Not among the files, which are read first: the ping before this is what makes neighbours known.
  script: 'cat /proc/net/arp',
  parse: ({ output }) => parseLinkNeighbours(output),
  show: (neighbours) =>
    neighbours.length === 0
      ? ['nobody']
      : neighbours.flatMap(({ address, mac, interface: device }) => [`${address} on ${device}`, `  ${mac}`]),
  explain({ container, machine }) {
    const met = (neighbours: readonly LinkNeighbour[]) =>
      neighbours.length === 0
        ? 'nobody yet'
        : list([...new Set(neighbours.map(({ address }) => address))].slice(0, 3));
    return `On its link the container has met ${met(container)}; on the cable the machine has met ${met(machine)}.`;
  },
});

export const rawFramesProbe = defineProbe<Attempt>({
  id: 'raw-frames',
  group: 'reach',
  question: 'Can it send frames of its own making on its link?',
  // An ARP question, built by the program and not by the kernel, to whoever is the way out, or the neighbour.
  script: `
ask_arp() {
  set -- $(ip route | grep '^default')
  arping -f -q -c 1 -w 1 -I eth0 "\${3:-$neighbour}" || { echo 'nobody answered'; false; }
}
attempt ask_arp`,
  parse: ({ output }) => parseAttempt(output),
  show: showAttempt,
  same: (one, other) => one.result === other.result,
  explain({ container, machine }) {
    if (container.result === 'allowed') {
      const reach =
        'CAP_NET_RAW is left to containers so that ping works, and with it the container can forge frames on its host’s bridge';
      return machine.result === 'allowed'
        ? `${reach}; the machine can do so on the cable.`
        : `${reach}; the machine’s question was not answered.`;
    }
    const ofMachine = machine.result === 'allowed' ? 'the machine’s was answered' : 'so was the machine’s';
    return `The container’s frame was refused or not answered (“${reasonOf(container)}”); ${ofMachine}.`;
  },
});

/** Sockets that wait for somebody, by /proc/net/tcp: state 0A. */
export function parseListeners(output: string): number[] {
  const ports = lines(output)
    .map((line) => /^\s*\d+: [0-9A-F]{8}:([0-9A-F]{4}) \S+ 0A /.exec(line)?.[1])
    .filter((port) => port !== undefined)
    .map((port) => parseInt(port, 16));
  return [...new Set(ports)].sort((one, other) => one - other);
}

export const listenersProbe = defineProbe<number[]>({
  id: 'listeners',
  group: 'network',
  question: 'On which TCP ports does somebody listen in it?',
  files: ['/proc/net/tcp'],
  parse: (answer) => parseListeners(required(answer, '/proc/net/tcp')),
  show: (ports) => (ports.length === 0 ? ['none'] : [ports.join(', ')]),
  explain({ container, machine, host }) {
    const own = `The container’s network namespace has ${count(container.length, 'listening port')} of its own`;
    const separate =
      host !== undefined && host.join() !== container.join()
        ? `, not those of its host (${host.length})`
        : '';
    return `${own}${separate}; the machine’s kernel has ${count(machine.length, 'listening port')}.`;
  },
});
