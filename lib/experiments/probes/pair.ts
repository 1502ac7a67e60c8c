import { HullError } from '../../base/hull-error';
import type { Disposable } from '../../base/lifecycle';
import type { Guest, GuestPty } from '../../guest/guest';
import { crossover } from '../../wire/cable';
import { Engine } from '../../engine/engine';
import { type StartParts, type StartedMachine, randomMac } from '../../fleet/start-machine';
import { EngineWatch } from '../engine-watch';
import { containerStart } from './container-start';
import type { Side } from './probe';
import type { ContainerStart } from './start';

/** On the cable between the container's host and the machine beside it. */
const cableAddresses = { host: '10.0.0.1', machine: '10.0.0.2' } as const;

/** Who is at the other end of the cable: the container and its host see the machine there, the machine sees the host. */
export const neighbours: Record<Side, string> = {
  container: cableAddresses.machine,
  host: cableAddresses.machine,
  machine: cableAddresses.host,
};

type IdentityParts = Pick<StartParts, 'unixNs' | 'fillRandom'>;

/**
 * Two machines that came from the same snapshot become two computers on one cable: a name, a MAC and an address each.
 * Containers go out under their host's address, as the engine arranges it. Disposing pulls the cable.
 */
export async function joinPair(
  host: StartedMachine,
  machine: StartedMachine,
  parts: IdentityParts,
): Promise<Disposable> {
  const cable = await crossover(host.machine, machine.machine);
  try {
    await Promise.all([identify(host.guest, 'host', parts), identify(machine.guest, 'machine', parts)]);
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
/** What stands before a command that is to run in the container. */
export const inContainer = ['docker', 'exec', containerId] as const;

const shellSize = { rows: 24, columns: 80 };

/** As a page of a textbook has it; with limits, so that there is something to see of them. */
const runShell = (
  `docker run --interactive --tty --rm --name ${containerId} --hostname container ` +
  '--memory 128m --pids-limit 256 busybox'
).split(' ') as [string, ...string[]];

export interface ContainerShell {
  shell: GuestPty;
  /** Known once the container runs; undefined when it does not come to that. */
  start: Promise<ContainerStart | undefined>;
}

/** A shell in a new container on the host, as `docker run` gives it; one that was left over goes first. */
export async function openContainerShell(
  host: Guest,
  { unixNs }: Pick<StartParts, 'unixNs'>,
  signal: AbortSignal,
): Promise<ContainerShell> {
  const engine = new Engine(host);
  await engine.remove('containers', containerId, signal, { force: true }).catch((cause: unknown) => {
    if (!(cause instanceof HullError && cause.code === 'engine-refused')) throw cause;
  });
  const unixMs = () => Number(unixNs() / 1000n) / 1000;
  const watch = await EngineWatch.open(host, engine, unixMs, signal);
  const startedUnixMs = unixMs();
  try {
    const shell = await host.openPty({ argv: runShell, env: { TERM: 'xterm-256color' }, ...shellSize });
    const start = Promise.race([watch.started(signal), shell.exit])
      .then(() => containerStart(watch.doings(startedUnixMs)))
      .catch(() => undefined)
      .finally(() => watch.dispose());
    return { shell, start };
  } catch (error) {
    watch.dispose();
    throw error;
  }
}

/** The same shell, in a machine; with the same prompt, so that only what differs differs. */
export function openMachineShell(machine: Guest): Promise<GuestPty> {
  const env = { TERM: 'xterm-256color', PS1: '\\w \\$ ' };
  return machine.openPty({ argv: ['sh'], env, cwd: '/', ...shellSize });
}
