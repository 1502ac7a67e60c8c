import { HullError } from '../../base/hull-error';
import type { Disposable } from '../../base/lifecycle';
import type { Guest, GuestPty } from '../../guest/guest';
import { crossover } from '../../wire/cable';
import { type StartParts, type StartedMachine, randomMac } from '../../fleet/start-machine';
import type { Side } from './probe';

/** On the cable between the container's host and the machine beside it. */
const cableAddresses = { host: '10.0.0.1', machine: '10.0.0.2' } as const;
/** The bridge that the network hook puts containers on. */
const containerNetwork = '172.17.0.0/16';

/** Who is at the other end of the cable: the container and its host see the machine there, the machine sees the host. */
export const neighbours: Record<Side, string> = {
  container: cableAddresses.machine,
  host: cableAddresses.machine,
  machine: cableAddresses.host,
};

type IdentityParts = Pick<StartParts, 'unixNs' | 'fillRandom'>;

/**
 * Two machines that came from the same snapshot become two computers on one cable: a name, a MAC and an address each,
 * and the way to the containers behind the host. Disposing pulls the cable.
 */
export async function joinPair(
  host: StartedMachine,
  machine: StartedMachine,
  parts: IdentityParts,
): Promise<Disposable> {
  const cable = await crossover(host.machine, machine.machine);
  try {
    await Promise.all([
      identify(host.guest, 'host', parts).then(() =>
        command(host.guest, ['sh', '-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward']),
      ),
      identify(machine.guest, 'machine', parts).then(() =>
        command(machine.guest, ['ip', 'route', 'replace', containerNetwork, 'via', cableAddresses.host]),
      ),
    ]);
  } catch (error) {
    cable.dispose();
    throw error;
  }
  return cable;
}

async function identify(guest: Guest, side: 'host' | 'machine', parts: IdentityParts): Promise<void> {
  const entropy = new Uint8Array(32);
  parts.fillRandom(entropy);
  await guest.setIdentity({
    unixNs: parts.unixNs(),
    entropy,
    hostname: side,
    nic: { mac: randomMac(parts), address: `${cableAddresses[side]}/24` },
  });
}

export const containerId = 'compare';
const bundle = '/var/lib/twinhull/bundles/busybox';
export const traceFile = '/run/compare-trace.jsonl';

const shellSize = { rows: 24, columns: 80 };

/** A shell in a new container on the host, through the runtime and with its trace; one that was left over goes first. */
export async function openContainerShell(host: Guest): Promise<GuestPty> {
  await host.run({ argv: ['hullrun', 'delete', '--force', containerId] });
  return host.openPty({
    argv: ['hullrun', 'run', '--trace', traceFile, '--bundle', bundle, containerId],
    env: { TERM: 'xterm-256color' },
    ...shellSize,
  });
}

/** The same shell, in a machine; with the same prompt, so that only what differs differs. */
export function openMachineShell(machine: Guest): Promise<GuestPty> {
  const env = { TERM: 'xterm-256color', PS1: '\\w \\$ ' };
  return machine.openPty({ argv: ['sh'], env, cwd: '/', ...shellSize });
}

async function command(guest: Guest, argv: [string, ...string[]]): Promise<void> {
  const { status, stderr } = await guest.run({ argv });
  if (status.type === 'exited' && status.code === 0) return;
  throw new HullError(
    'command-failed',
    `“${argv.join(' ')}” failed in the machine: ${new TextDecoder().decode(stderr).trim()}`,
    'Start the comparison again.',
  );
}
