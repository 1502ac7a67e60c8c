import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Emitter } from '../../lib/base/emitter';
import { type Disposable, toDisposable } from '../../lib/base/lifecycle';
import type { ByteChannel } from '../../lib/guest/guest';

const portFd = 4;
const folder = import.meta.dirname;

/** Targets of the Makefile, compiled for this computer with the sanitizers, in a folder of their own. */
export async function buildNative(
  targets: readonly string[],
  variables: readonly string[] = [],
): Promise<NativeBuild> {
  const out = await mkdtemp(join(tmpdir(), 'twinhull-init-'));
  const sanitizers = '-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all';
  const given = ['CC=cc', `CFLAGS=${sanitizers}`, `LDFLAGS=${sanitizers}`, ...variables, `BUILD=${out}`];
  const goals = targets.map((target) => join(out, target));
  await promisify(execFile)('make', ['-C', folder, '-s', ...given, ...goals]);
  return {
    path: (target) => join(out, target),
    dispose: () => void rm(out, { recursive: true, force: true }),
  };
}

export interface NativeBuild extends Disposable {
  path(target: string): string;
}

export interface NativeAgent extends Disposable {
  /** A client's end of the port. Disposing of it leaves the agent running: another can be opened. */
  openPort(): ByteChannel;
  /** init's end of the events' socket: one JSON text a call. */
  tell(json: string): void;
  readonly exit: Promise<number | null>;
  readonly stderr: () => string;
}

/** The agent as a process of this computer, with sockets where a guest has its port. */
export function startNativeAgent(path: string): NativeAgent {
  const child: ChildProcess = spawn(path, ['native', String(portFd)], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'],
  });
  const port = child.stdio[portFd] as unknown as Duplex;
  const events = child.stdio[portFd - 1] as unknown as Duplex;
  const bytes = new Emitter<Uint8Array>();
  const closed = new Emitter<string>();
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  port.on('data', (chunk: Buffer) => bytes.emit(new Uint8Array(chunk)));
  port.on('error', () => {});
  const exit = new Promise<number | null>((resolve) => child.on('exit', resolve));
  void exit.then(() => closed.emit('the process has ended'));
  return {
    exit,
    stderr: () => stderr,
    tell: (json) => void events.write(json),
    dispose: () => void child.kill('SIGKILL'),
    openPort() {
      const subscriptions: Disposable[] = [];
      const own = (subscription: Disposable) => {
        subscriptions.push(subscription);
        return subscription;
      };
      return {
        send: (chunk) => void port.write(chunk),
        onBytes: (listener) => own(bytes.on(listener)),
        onClose: (listener) => own(closed.on(listener)),
        dispose: toDisposable(() => subscriptions.forEach((subscription) => subscription.dispose())).dispose,
      };
    },
  };
}
