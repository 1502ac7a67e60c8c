import { HullError } from '../base/hull-error';
import { type StartParts, type StartedMachine, startHost } from './start-machine';

/**
 * A host whose engine answers its client: what somebody has who types `docker run`. The client is fetched when it is
 * first read, so it is asked something here; the cost includes that.
 * @throws HullError `no-engine` when the client complains
 */
export async function startEngine(
  parts: StartParts,
  from: 'snapshot' | 'cold',
  signal: AbortSignal,
): Promise<StartedMachine> {
  const startedAt = parts.now();
  const started = await startHost(parts, from, signal);
  const { machine, guest } = started;
  try {
    // init listens for the engine from the beginning: this answers when the engine does.
    const { status, stderr } = await guest.run({ argv: ['docker', 'version'] }, signal);
    if (status.type !== 'exited' || status.code !== 0) throw noEngine(new TextDecoder().decode(stderr));
    const ms = parts.now() - startedAt;
    const { loadedBytes, instructions } = await machine.readCounters();
    const shared = machine.share.get().arrivedBytes;
    return { ...started, cost: { ms, loadedBytes: loadedBytes + shared, instructions } };
  } catch (error) {
    guest.dispose();
    machine.dispose();
    throw error;
  }
}

function noEngine(said: string): HullError<'no-engine'> {
  return new HullError(
    'no-engine',
    `The machine is up, but its container engine does not answer: ${said.trim()}`,
    'Try again, or boot it cold in the workbench and look at /var/log/hulld.log.',
  );
}
