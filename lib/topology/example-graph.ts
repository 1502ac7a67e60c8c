import { perfectLink } from '../wire/link/link-settings';
import { plainPort } from '../wire/switch/port-settings';
import type { PortStatus } from '../wire/wire';
import type { Names } from './guest-report';
import type { GraphInput } from './merge';
import { recordedContainers, recordedReport } from './recorded-report';
import { type GuestNamespace, ReportReader } from './report';

/** For tests: a port of a switch as a wire would tell of it. */
export function examplePort(
  name: string,
  peer: PortStatus['peer'],
  rest: Partial<PortStatus> = {},
): PortStatus {
  const totals = {
    inFrames: 0,
    inBytes: 0,
    outFrames: 0,
    outBytes: 0,
    macMoves: 0,
    notLearned: 0,
    drops: {},
  };
  const link = { in: perfectLink, out: perfectLink };
  return {
    name,
    switch: 'office',
    peer,
    carrier: true,
    blocked: false,
    settings: plainPort,
    link,
    totals,
    ...rest,
  };
}

export const recordedNamespaces: readonly GuestNamespace[] = new ReportReader()
  .push(new TextEncoder().encode(recordedReport))
  .flatMap((line) => (line.type === 'namespace' ? [line] : []));

export const recordedNames: Names = {
  containers: Object.entries(recordedContainers).map(([name, id]) => ({
    id,
    name,
    image: 'busybox',
    command: 'sleep 1000',
    state: 'running',
    status: 'Up 3 seconds',
    ports: [],
  })),
  networks: [
    { id: '21f44ddb22f9'.padEnd(64, '0'), name: 'shop', driver: 'bridge', subnets: ['172.18.0.0/16'] },
  ],
};

/** One recorded machine and the gateway on a switch. */
export const recordedInput: GraphInput = {
  ports: [examplePort('left', { type: 'card' }), examplePort('up', { type: 'gateway' })],
  addresses: [{ mac: '1e:fb:62:d7:07:4d', vlan: 1, port: 'left', ageMs: 10 }],
  stations: [{ name: 'alpha', port: 'left', namespaces: recordedNamespaces, names: recordedNames }],
};
