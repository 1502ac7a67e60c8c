import { HullError } from '../../lib/base/hull-error';
import { DisposableStack } from '../../lib/base/lifecycle';
import { until } from '../../lib/base/store';
import type { Machine, MachineState } from '../../lib/machine/machine';
import { rawTerminal, terminalSize } from './terminal';

/** Ctrl-], as in telnet: no program of note wants it. */
const leaveKey = 0x1d;

type Ending = Extract<MachineState, { type: 'off' | 'failed' }>;

/** Before a machine is started in vain. */
export function requireTerminal(): void {
  if (process.stdin.isTTY && process.stdout.isTTY) return;
  throw new HullError(
    'no-terminal',
    'The console needs a terminal, and this is none.',
    'Give a command: npm run machine -- uname -a',
  );
}

/** The machine's console on this terminal, until Ctrl-] or until the machine has ended. */
export async function runConsole(machine: Machine): Promise<number> {
  const { stdin, stdout } = process;
  const owned = new DisposableStack();
  const resize = () => machine.console.resize(terminalSize());
  process.stderr.write('The console of the machine. Ctrl-] leaves.\r\n');
  try {
    owned.add(rawTerminal());
    owned.add(machine.console.onOutput((bytes) => void stdout.write(bytes)));
    stdout.on('resize', resize);
    owned.defer(() => stdout.off('resize', resize));
    resize();
    const left = new Promise<void>((resolve) => {
      const onData = (chunk: Buffer) => {
        const leave = chunk.indexOf(leaveKey);
        machine.console.write(new Uint8Array(leave < 0 ? chunk : chunk.subarray(0, leave)));
        if (leave >= 0) resolve();
      };
      stdin.on('data', onData);
      owned.defer(() => void stdin.off('data', onData).pause());
    });
    const ended = until(
      machine.state,
      (state): state is Ending => state.type === 'off' || state.type === 'failed',
    );
    const ending = await Promise.race([left, ended]);
    if (ending?.type === 'failed') throw ending.error;
    return 0;
  } finally {
    owned.dispose();
    process.stderr.write('\r\n');
  }
}
