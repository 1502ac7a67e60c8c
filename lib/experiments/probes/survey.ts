import { HullError, messageOf } from '../../base/hull-error';
import type { Guest } from '../../guest/guest';
import { type Gathered, type Surroundings, answerOf, gatherScript, parseGathered } from './gather';
import type { Answer, Probe, ProbeRow, Reading, Side } from './probe';
import { probes } from './table';

/** Who is asked. A side that is down is undefined with the reason, and its cells say so. */
export interface Subjects {
  host: Guest;
  machine: Guest | { down: string };
  /** Name of a running container on the host. */
  containerId: string;
  /** Each side's view of who is at the other end of the cable. */
  neighbours: Record<Side, string>;
  hostProcess: Surroundings['hostProcess'];
}

/** Longer answers are cut: a probe's output is a few kilobytes. */
const answerLimitBytes = 1024 * 1024;

/** Asks every probe on every side, at once, and puts the answers side by side. Rejects only when aborted. */
export async function survey(subjects: Subjects, signal: AbortSignal): Promise<ProbeRow[]> {
  const script = (side: Side) =>
    gatherScript(probes, {
      neighbourAddress: subjects.neighbours[side],
      hostProcess: subjects.hostProcess,
    });
  const { host, machine, containerId } = subjects;
  const [container, beside, below] = await Promise.all([
    ask(host, ['docker', 'exec', '--interactive', containerId, ...shell], script('container'), signal),
    'down' in machine
      ? { type: 'failure' as const, reason: machine.down }
      : ask(machine, shell, script('machine'), signal),
    ask(host, shell, script('host'), signal),
  ]);
  signal.throwIfAborted();
  return probes.map((probe) =>
    probe.row({
      container: answer(container, probe),
      machine: answer(beside, probe),
      host: answer(below, probe),
    }),
  );
}

/** The script comes on standard input, so that `ps` beside it shows a line and not a page. */
const shell = ['sh', '-c', 'eval "$(cat)"'] as const;

async function ask(
  guest: Guest,
  argv: readonly [string, ...string[]],
  script: string,
  signal: AbortSignal,
): Promise<Reading<Gathered>> {
  try {
    const stdin = new TextEncoder().encode(script);
    const { status, stdout, stderr } = await guest.run({ argv, stdin, limit: answerLimitBytes }, signal);
    const gathered = parseGathered(new TextDecoder().decode(stdout));
    if (gathered.outputs.size > 0) return { type: 'value', value: gathered };
    const said = new TextDecoder().decode(stderr).trim().split('\n').at(-1);
    const how = status.type === 'exited' ? `status ${status.code}` : `signal ${status.signal}`;
    return { type: 'failure', reason: said ? said : `The shell ended with ${how} and said nothing.` };
  } catch (thrown) {
    return { type: 'failure', reason: messageOf(thrown) };
  }
}

function answer(gathered: Reading<Gathered>, probe: Probe): Reading<Answer> {
  return gathered.type === 'failure' ? gathered : answerOf(gathered.value, probe);
}

const companion = 'sleep 86399';

/** A process on the host that a container may try to signal: it does nothing, and nobody misses it. */
export async function startHostProcess(host: Guest): Promise<Surroundings['hostProcess']> {
  const { stdout } = await host.run({
    argv: ['sh', '-c', `${companion} </dev/null >/dev/null 2>&1 & echo $!`],
  });
  const pid = Number(new TextDecoder().decode(stdout));
  if (!Number.isSafeInteger(pid) || pid < 2) {
    throw new HullError(
      'no-host-process',
      'The container’s host could not start a process.',
      'Start the comparison again.',
    );
  }
  return { pid, commandLine: companion };
}
