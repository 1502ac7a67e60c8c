import { DisposableStack } from '../base/lifecycle';
import { until } from '../base/store';
import { host } from '../fleet/profiles';
import { type StartParts, startHost } from '../fleet/start-machine';
import type { Machine } from '../machine/machine';

/** What stands on the host's console when a person can type. */
export const hostPrompt = 'host:/# ';

export interface ColdBootTiming {
  /** From power on to the prompt; loading comes before it. */
  bootMs: number;
  /** Fetching, checking and compiling what boots. */
  loadMs: number;
  /** Guest instructions from power on to the prompt. */
  instructions: number;
}

/** Boots the host machine from cold to its prompt, and disposes of it. */
export async function timeColdBoot(parts: StartParts, signal: AbortSignal): Promise<ColdBootTiming> {
  const stack = new DisposableStack();
  try {
    const machine = stack.add(parts.createMachine(host));
    const calledAt = parts.now();
    const prompt = promptOf(machine, stack);
    const poweredAt = until(machine.state, ({ type }) => type !== 'off' && type !== 'loading', signal).then(
      () => parts.now(),
    );
    await Promise.all([machine.powerOn({ type: 'cold' }, signal), prompt]);
    const promptAt = await prompt;
    const { instructions } = await machine.readCounters();
    return { bootMs: promptAt - (await poweredAt), loadMs: (await poweredAt) - calledAt, instructions };
  } finally {
    stack.dispose();
  }

  function promptOf(machine: Machine, owner: DisposableStack): Promise<number> {
    return new Promise((resolve, reject) => {
      let tail = '';
      const decoder = new TextDecoder();
      owner.add(
        machine.console.onOutput((bytes) => {
          tail = (tail + decoder.decode(bytes, { stream: true })).slice(-1024);
          if (tail.includes(hostPrompt)) resolve(parts.now());
        }),
      );
      const onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      owner.defer(() => signal.removeEventListener('abort', onAbort));
    });
  }
}

/** From asking for the prebuilt host to the output of a first command in it, loading included. Milliseconds. */
export async function timeRestore(parts: StartParts, signal: AbortSignal): Promise<number> {
  const startedAt = parts.now();
  const stack = new DisposableStack();
  try {
    const { machine, guest } = await startHost(parts, 'snapshot', signal);
    stack.add(machine);
    stack.add(guest);
    await guest.run({ argv: ['echo', 'up'] }, signal);
    return parts.now() - startedAt;
  } finally {
    stack.dispose();
  }
}
