import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import type { Disposable } from '../../../lib/base/lifecycle';

const sanitizers = 'address,undefined';

/** A target of the Makefile, compiled for this computer with the sanitizers, in a folder of its own. */
export async function buildNative(
  target: 'hull-shim' | 'fuzz',
): Promise<Disposable & { readonly path: string }> {
  const out = await mkdtemp(join(tmpdir(), 'twinhull-shim-'));
  const fuzzing = target === 'fuzz';
  const flags = (fuzzer: string) =>
    `-g -O1 -fsanitize=${fuzzing ? `${fuzzer},` : ''}${sanitizers} -fno-sanitize-recover=all`;
  const given = [
    `CC=${fuzzing ? 'clang' : 'cc'}`,
    `CFLAGS=${flags('fuzzer-no-link')}`,
    `LDFLAGS=${flags('fuzzer')}`,
    `BUILD=${out}`,
  ];
  await promisify(execFile)('make', ['-C', import.meta.dirname, '-s', ...given, join(out, target)]);
  return { path: join(out, target), dispose: () => void rm(out, { recursive: true, force: true }) };
}

/** Lines of a stream, as far as they have come. */
export class Lines {
  private text = '';

  constructor(readonly stream: Duplex) {
    stream.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
    stream.on('error', () => {});
  }

  write(text: string): void {
    this.stream.write(text);
  }

  /** Everything, once the other end has closed. */
  async all(): Promise<string> {
    if (!this.stream.readableEnded) await new Promise((resolve) => this.stream.once('close', resolve));
    return this.text;
  }

  async line(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = new RegExp(`^${pattern.source}$`, 'm').exec(this.text);
      if (found !== null) return found;
      if (this.stream.destroyed) throw new Error(`the shim has closed the connection after: ${this.text}`);
      await new Promise<void>((resolve) => {
        this.stream.once('data', () => resolve());
        this.stream.once('close', () => resolve());
      });
    }
  }
}

/** A shim as a process of this computer, with a shell script for a runtime. */
export class NativeShim {
  readonly control: Lines;
  readonly exit: Promise<number | null>;

  private constructor(
    readonly directory: string,
    child: ChildProcess,
  ) {
    this.control = new Lines(child.stdio[3] as unknown as Duplex);
    this.exit = new Promise((resolve) => child.once('exit', resolve));
  }

  /** @param runtime the body of a script that gets the runtime's arguments; $pid is where the process id belongs */
  static async start(program: string, runtime: string, options: readonly string[] = []): Promise<NativeShim> {
    const directory = await mkdtemp(join(tmpdir(), 'twinhull-shim-run-'));
    const script = `#!/bin/sh\npid=${directory}/pid\n${runtime}\n`;
    await writeFile(join(directory, 'runtime'), script, { mode: 0o755 });
    const argv = ['--runtime', join(directory, 'runtime'), ...options, directory, 'one'];
    const child = spawn(program, argv, { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
    return new NativeShim(directory, child);
  }

  connect(greeting: string): Lines {
    const socket: Socket = connect({ path: join(this.directory, 'shim.sock'), allowHalfOpen: true });
    const lines = new Lines(socket);
    socket.once('end', () => socket.end());
    lines.write(`${greeting}\n`);
    return lines;
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true, force: true });
  }
}
