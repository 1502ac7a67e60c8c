import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { type Disposable, DisposableStack, toDisposable } from '../../lib/base/lifecycle';
import type { ExecSpec, ExitStatus, Guest, GuestProcess, GuestPty, GuestStream } from '../../lib/guest/guest';
import { rawTerminal, terminalSize } from './terminal';

/** The streams of this program, or a test's. */
export interface CommandStreams {
  stdin: Readable;
  stdout: Writable;
  stderr: Writable;
}

/** The shell's way to put an ending into one number. */
export function exitCode(status: ExitStatus): number {
  return status.type === 'exited' ? status.code : 128 + status.signal;
}

/** Runs a command in the guest with these streams; a terminal of the guest's own when we are at one. */
export async function runCommand(
  guest: Guest,
  argv: ExecSpec['argv'],
  streams: CommandStreams,
): Promise<number> {
  const { stdin, stdout } = process;
  const atTerminal = streams.stdin === stdin && stdin.isTTY && streams.stdout === stdout && stdout.isTTY;
  return atTerminal ? runAtTerminal(guest, argv) : runWithPipes(guest, argv, streams);
}

async function runAtTerminal(guest: Guest, argv: ExecSpec['argv']): Promise<number> {
  const owned = new DisposableStack();
  const env = { TERM: process.env.TERM ?? 'xterm' };
  const pty = await guest.openPty({ argv, env, ...terminalSize() });
  try {
    owned.add(rawTerminal());
    owned.add(feed(process.stdin, pty));
    owned.add(drain(pty, pty.onData, process.stdout, pty));
    const onResize = () => pty.resize(terminalSize());
    process.stdout.on('resize', onResize);
    owned.defer(() => process.stdout.off('resize', onResize));
    return exitCode(await pty.exit);
  } finally {
    owned.dispose();
  }
}

async function runWithPipes(guest: Guest, argv: ExecSpec['argv'], streams: CommandStreams): Promise<number> {
  const owned = new DisposableStack();
  const child = guest.exec({ argv });
  owned.add(drain(child, child.onStdout, streams.stdout, child));
  owned.add(drain(child, child.onStderr, streams.stderr, child));
  owned.add(feed(streams.stdin, child.stdin));
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const forward = () => void child.kill(constants.signals[name]);
    process.on(name, forward);
    owned.defer(() => process.off(name, forward));
  }
  try {
    return exitCode(await child.exit);
  } finally {
    owned.dispose();
  }
}

/** Input into the guest, no faster than it is read there. */
function feed(from: Readable, to: Pick<GuestStream, 'write' | 'end'>): Disposable {
  const onData = (chunk: Buffer) => {
    from.pause();
    // A program that has ended takes no more: its exit says so.
    to.write(chunk).then(
      () => from.resume(),
      () => {},
    );
  };
  const onEnd = () => void to.end().catch(() => {});
  from.on('data', onData);
  from.once('end', onEnd);
  return toDisposable(() => {
    from.off('data', onData);
    from.off('end', onEnd);
    from.pause();
    from.unpipe();
  });
}

/** Output of the guest, no faster than it is taken here. A reader that goes away ends the command, as SIGPIPE would. */
function drain(
  source: Pick<GuestProcess, 'pause' | 'resume'>,
  onData: (listener: (bytes: Uint8Array) => void) => Disposable,
  to: Writable,
  command: Pick<GuestProcess | GuestPty, 'kill'>,
): Disposable {
  const owned = new DisposableStack();
  const onDrain = () => source.resume();
  let isTaken = true;
  const onError = () => {
    isTaken = false;
    void command.kill(constants.signals.SIGPIPE);
    // Its end comes after what it had written.
    source.resume();
  };
  to.on('drain', onDrain);
  to.on('error', onError);
  owned.defer(() => to.off('drain', onDrain));
  owned.add(
    onData((bytes) => {
      if (isTaken && !to.write(bytes)) source.pause();
    }),
  );
  return owned;
}
