import {
  type StartParts,
  type StartedMachine,
  repairIdentity,
  startHost,
} from '../../lib/fleet/start-machine';
import { plugIn } from '../../lib/wire/plug-in';
import type { Wire } from '../../lib/wire/wire';

const runs = 5;
const port = 5001;
const pings = 50;
/** Some seconds of each. */
const megabytes = { own: 100, v86: 5 } as const;

/** The machine's own card, or v86's on v86's network. */
export type Card = keyof typeof megabytes;

export interface PairSamples {
  /** MB/s, as the receiver saw it. */
  speed: number[];
  /** Round trips in milliseconds, as the guest measured them. */
  pings: number[];
  /** MB/s of a layer of nginx from the gateway's registry; none without a gateway. */
  pulls: number[];
}

/**
 * Two machines on one network: a stream from one to the other, again and again, then pings; with a wire of the product's,
 * also a layer from its gateway's registry. v86's card has a network of its own.
 */
export async function measurePair(
  card: Card,
  parts: StartParts,
  site: { wire: Wire; registryUrl: string } | undefined,
  program: Uint8Array,
  report: (text: string) => void,
): Promise<PairSamples> {
  const both: StartedMachine[] = [];
  try {
    // The gateway has the first address.
    for (const number of [3, 2]) both.push(await start(card, parts, number, program));
    if (site) await joinBySwitch(site.wire, site.registryUrl, both);
    const [left, right] = both as [StartedMachine, StartedMachine];
    const speed: number[] = [];
    // The first run warms up: what is busy is compiled.
    for (let run = 0; run <= runs; run += 1) {
      const { mbPerSecond, miPerMb } = await stream(left, right, megabytes[card]);
      const cost = miPerMb.map((mi) => mi.toFixed(2)).join(' and ');
      report(`${card} card: ${mbPerSecond.toFixed(1)} MB/s, ${cost} Mi/MB`);
      if (run > 0) speed.push(mbPerSecond);
    }
    const roundTrips = await ping(left);
    report(`${card} card: ping ${[...roundTrips].sort((a, b) => a - b)[pings >> 1]} ms`);
    return { speed, pings: roundTrips, pulls: site ? await pull(left, site.registryUrl, report) : [] };
  } finally {
    for (const { machine, guest } of both) {
      guest.dispose();
      machine.dispose();
    }
  }
}

async function joinBySwitch(
  wire: Wire,
  registryUrl: string,
  machines: readonly StartedMachine[],
): Promise<void> {
  await wire.addSwitch('bench');
  await wire.addPort({ switch: 'bench', port: 'gateway' });
  await wire.addGateway('gateway', { registryUrl });
  for (const [index, { machine }] of machines.entries())
    await plugIn(wire, { switch: 'bench', port: `machine-${index}` }, machine);
}

/** Fetches the largest layer of nginx, and throws it away there: the gateway reads, hashes and sends. */
async function pull(
  { guest }: StartedMachine,
  registryUrl: string,
  report: (text: string) => void,
): Promise<number[]> {
  const repository = 'v2/library/nginx';
  const site = 'http://registry.twinhull';
  const shell = async (script: string) => {
    const { status, stdout, stderr } = await guest.run({ argv: ['sh', '-c', script] });
    if (status.type !== 'exited' || status.code !== 0) throw new Error(new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  };
  await shell('echo nameserver 10.0.0.1 > /etc/resolv.conf');
  const manifest = JSON.parse(await shell(`wget -q -O - ${site}/${repository}/manifests/latest`)) as {
    layers: { digest: string; size: number }[];
  };
  const layer = manifest.layers.reduce((one, other) => (other.size > one.size ? other : one));
  const samples: number[] = [];
  for (let run = 0; run <= runs; run += 1) {
    const startedAt = performance.now();
    await shell(`wget -q -O /dev/null ${site}/${repository}/blobs/${layer.digest}`);
    const mbPerSecond = layer.size / 1e3 / (performance.now() - startedAt);
    report(`from ${registryUrl}: ${mbPerSecond.toFixed(1)} MB/s`);
    if (run > 0) samples.push(mbPerSecond);
  }
  return samples;
}

async function start(
  card: Card,
  parts: StartParts,
  number: number,
  program: Uint8Array,
): Promise<StartedMachine> {
  // v86's card cannot be put into a machine that was saved with another one.
  const one = await startHost(parts, card === 'own' ? 'snapshot' : 'cold');
  await repairIdentity(one.guest, parts, {
    mac: `02:00:00:00:00:0${number}`,
    address: `10.0.0.${number}/24`,
  });
  await one.guest.writeFile('/tmp/hulltraffic', program, { mode: 0o755 });
  return one;
}

/** @returns what the receiver saw, and what a megabyte cost sender and receiver */
async function stream(from: StartedMachine, to: StartedMachine, count: number) {
  const receiver = to.guest.exec({ argv: ['/tmp/hulltraffic', 'receive', `${port}`] });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    receiver.onStdout((bytes) => {
      output += new TextDecoder().decode(bytes);
      if (output.startsWith('ready\n')) resolve();
    });
    receiver.onStderr((bytes) => reject(new Error(new TextDecoder().decode(bytes))));
  });
  const instructions = async () =>
    Promise.all([from, to].map(async ({ machine }) => (await machine.readCounters()).instructions));
  const before = await instructions();
  const { status, stderr } = await from.guest.run({
    argv: ['/tmp/hulltraffic', 'send', '10.0.0.2', `${port}`, `${count}`],
  });
  if (status.type !== 'exited' || status.code !== 0) throw new Error(new TextDecoder().decode(stderr));
  await receiver.exit;
  const after = await instructions();
  const [bytes = NaN, us = NaN] = output.slice('ready\n'.length).split(' ').map(Number);
  return {
    mbPerSecond: bytes / us,
    miPerMb: after.map((total, index) => (total - (before[index] ?? 0)) / 1e6 / count),
  };
}

async function ping({ guest }: StartedMachine): Promise<number[]> {
  const { stdout } = await guest.run({ argv: ['ping', '-c', `${pings}`, '-i', '0.1', '10.0.0.2'] });
  return [...new TextDecoder().decode(stdout).matchAll(/time=([\d.]+) ms/g)].map(([, ms]) => Number(ms));
}
