import type { StartedMachine } from '../../fleet/start-machine';
import type { Guest } from '../../guest/guest';

/** How a trial is run inside something: the words in front of a command. */
export interface Place {
  guest: Guest;
  prefix: readonly string[];
}

/** A machine and the way into it. */
export type Measured = Pick<StartedMachine, 'guest' | 'machine'>;

const panic = 'echo c >/proc/sysrq-trigger';

/**
 * Tells the kernel to panic. Where that works nobody is left to answer, so this resolves only where it was refused,
 * with the reason that the system gave; otherwise it rejects when the agent is gone.
 */
export async function tryToCrash({ guest, prefix }: Place): Promise<string> {
  const { stderr } = await guest.run(inside(prefix, panic));
  const said = new TextDecoder().decode(stderr).trim();
  return said.slice(said.lastIndexOf(': ') + 1).trim() || 'it gives no reason';
}

/** What passed until a fixed piece of work was done. */
export interface WorkCost {
  /** On the page's clock. */
  ms: number;
  /** That the machine executed meanwhile, for whomever; unlike the time they do not depend on the real computer's load. */
  instructions: number;
}

export interface BusyResult {
  /** With nobody else busy. */
  alone: { host: WorkCost; machine: WorkCost };
  /** While a loop kept a processor busy elsewhere. */
  beside: { host: WorkCost; machine: WorkCost };
}

/** Counted in the shell, which starts no process for it: about 9 million instructions. */
const work = 'i=0; while [ $i -lt 500 ]; do i=$((i+1)); done';
/** Processor time after which the loop is killed: in a place that may lose contact with us it must not last for ever. */
const busyAtMostSeconds = 30;
const calm = '/tmp/calm';

/** Has the same work done on the container's host and in the machine, first in peace and then beside a busy loop. */
export async function measureBusyNeighbour(
  place: Place,
  { host, machine }: { host: Measured; machine: Measured },
  now: () => number,
  signal: AbortSignal,
): Promise<BusyResult> {
  const cost = async ({ guest, machine: emulated }: Measured): Promise<WorkCost> => {
    const before = await emulated.readCounters();
    const startedAt = now();
    await guest.run({ argv: ['sh', '-c', work] }, signal);
    const ms = now() - startedAt;
    const after = await emulated.readCounters();
    return { ms, instructions: after.instructions - before.instructions };
  };
  // One after the other: both machines at once would share the processors of the real computer.
  const measure = async () => ({ host: await cost(host), machine: await cost(machine) });

  const alone = await measure();
  await place.guest.run(inside(place.prefix, `mkdir -p /tmp; rm -f ${calm}`), signal);
  const loop = place.guest.exec(
    inside(place.prefix, `echo; ulimit -t ${busyAtMostSeconds}; until [ -e ${calm} ]; do :; done`),
  );
  try {
    await new Promise<void>((resolve, reject) => {
      const subscription = loop.onStdout(() => {
        subscription.dispose();
        resolve();
      });
      loop.exit.then(() => reject(new Error('The busy loop ended before it began.')), reject);
    });
    return { alone, beside: await measure() };
  } finally {
    await place.guest.run(inside(place.prefix, `: >${calm}`));
    await loop.exit;
    loop.dispose();
  }
}

function inside(prefix: readonly string[], script: string): { argv: [string, ...string[]] } {
  const [program = 'sh', ...rest] = prefix.concat('sh', '-c', script);
  return { argv: [program, ...rest] };
}
