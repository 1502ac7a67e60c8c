import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll } from 'vitest';
import type { Disposable } from '../../../../lib/base/lifecycle';
import type { ExitStatus, GuestSocket } from '../../../../lib/guest/guest';
import { bootRuntimeHost, type RuntimeHost } from '../../../runtime/test/runtime-host';

/** Where the tests put it, beside the installed one. */
const shimPath = '/tmp/hull-shim';

/** The shim as `make` builds it with the cross compiler's own C library. */
async function compile(): Promise<Uint8Array> {
  const out = await mkdtemp(join(tmpdir(), 'twinhull-shim-'));
  try {
    const target = join(out, 'hull-shim');
    await promisify(execFile)('make', ['-C', join(import.meta.dirname, '..'), '-s', `BUILD=${out}`, target]);
    return await readFile(target);
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

/** A connection to a shim. What comes is kept. */
export class Connection implements Disposable {
  private chunks: Uint8Array[] = [];
  private waiting: (() => void)[] = [];
  private closed = false;

  constructor(readonly socket: GuestSocket) {
    const wake = () => this.waiting.splice(0).forEach((resolve) => resolve());
    socket.onData((bytes) => {
      this.chunks.push(bytes);
      wake();
    });
    const close = () => {
      this.closed = true;
      wake();
    };
    socket.ended.then(close, close);
  }

  private async until<T>(look: () => T | null): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== null) return found;
      if (this.closed) throw new Error(`the shim has closed the connection; it has said: ${this.text()}`);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  text(): string {
    return Buffer.concat(this.chunks).toString();
  }

  write(text: string): Promise<void> {
    return this.socket.write(new TextEncoder().encode(text));
  }

  /** A line that matches, once it has come. */
  line(pattern: RegExp): Promise<RegExpExecArray> {
    return this.until(() => new RegExp(`^${pattern.source}$`, 'm').exec(this.text()));
  }

  /** Resolves when this has come. */
  async said(text: string): Promise<void> {
    await this.until(() => this.text().includes(text) || null);
  }

  /** Everything to the end. */
  async all(): Promise<Buffer> {
    await this.socket.ended;
    return Buffer.concat(this.chunks);
  }

  dispose(): void {
    this.socket.dispose();
  }
}

/** One shim and the process that it holds. */
export class Shim {
  constructor(
    private readonly host: RuntimeHost,
    readonly directory: string,
    readonly id: string,
    /** How the shim itself ends. */
    readonly end: Promise<ExitStatus>,
  ) {}

  private async connect(greeting: string): Promise<Connection> {
    const path = `${this.directory}/shim.sock`;
    const connection = new Connection(await this.host.guest.connect({ type: 'unix', path }));
    await connection.write(`${greeting}\n`);
    return connection;
  }

  control(): Promise<Connection> {
    return this.connect('control');
  }

  async attach(...streams: ('stdin' | 'stdout' | 'stderr')[]): Promise<Connection> {
    const attach = await this.connect(['attach', ...streams].join(' '));
    await attach.line(/ok/);
    return attach;
  }

  file(name: string): Promise<string> {
    return this.host.sh(`cat ${this.directory}/${name}`);
  }

  async log(name = 'log'): Promise<{ log: string; stream: string; time: string }[]> {
    const text = new TextDecoder().decode(await this.host.guest.readFile(`${this.directory}/${name}`));
    expectWholeLines(text);
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { log: string; stream: string; time: string });
  }
}

function expectWholeLines(text: string): void {
  if (text !== '' && !text.endsWith('\n'))
    throw new Error(`the log ends with half a record: ${text.slice(-80)}`);
}

export class ShimHost {
  private count = 0;

  constructor(readonly runtime: RuntimeHost) {}

  get guest() {
    return this.runtime.guest;
  }

  sh(script: string): Promise<string> {
    return this.runtime.sh(script);
  }

  /** Starts a shim and waits until it can be connected to. */
  private async launch(directory: string, id: string, options: readonly string[]): Promise<Shim> {
    const argv = ['sh', '-c', 'echo $$ >"$0"; exec "$@"', `${directory}/shim.pid`] as const;
    const process = this.guest.exec({ argv: [...argv, shimPath, ...options, directory, id] });
    // A test that fails leaves its shim to the end of the machine.
    process.exit.catch(() => {});
    await this.sh(`until [ -S ${directory}/shim.sock ]; do usleep 5000; done`);
    return new Shim(this.runtime, directory, id, process.exit);
  }

  /** A shim with a container of busybox that runs this script. `changes` are to the bundle's config.json. */
  async container(script: string, options: readonly string[] = [], changes: object = {}): Promise<Shim> {
    const id = `shim-${++this.count}`;
    const directory = `/tmp/${id}`;
    const terminal = options.includes('--tty');
    const bundle = await this.runtime.bundle({
      process: { args: ['sh', '-c', script], terminal },
      ...changes,
    });
    await this.sh(`mkdir ${directory} && mv ${bundle} ${directory}/bundle`);
    return this.launch(directory, id, ['--log', `${directory}/log`, ...options]);
  }

  /** A shim of a further process in a container. */
  async exec(container: Shim, script: string, options: readonly string[] = []): Promise<Shim> {
    const directory = `${container.directory}/exec-${++this.count}`;
    const process = {
      args: ['sh', '-c', script],
      cwd: '/',
      env: ['PATH=/bin:/usr/bin:/sbin'],
      user: { uid: 0, gid: 0 },
      terminal: options.includes('--tty'),
      consoleSize: { height: 7, width: 70 },
    };
    await this.sh(`mkdir ${directory}`);
    await this.guest.writeFile(
      `${directory}/process.json`,
      new TextEncoder().encode(JSON.stringify(process)),
    );
    return this.launch(directory, container.id, ['--exec', `${directory}/process.json`, ...options]);
  }

  /** Runs a container to its end. @returns the status that the shim told */
  async run(shim: Shim): Promise<number> {
    const control = await shim.control();
    await control.write('start\n');
    const [, status] = await control.line(/exited (\d+) \d+/);
    await shim.end;
    return Number(status);
  }

  /** What a container leaves to its engine to remove. */
  async forget(shim: Shim): Promise<void> {
    await this.sh(`hullrun delete --force ${shim.id}; rm -rf ${shim.directory}`);
  }
}

/** One machine for a test file, with the shim in it. */
export function bootShimHost(): { readonly host: ShimHost } {
  const booted = bootRuntimeHost();
  let host: ShimHost;
  beforeAll(async () => {
    host = new ShimHost(booted.host);
    await host.guest.writeFile(shimPath, await compile(), { mode: 0o755 });
  }, 120_000);
  return {
    get host() {
      return host;
    },
  };
}

/** Docker's frames as [stream, text], neighbours of one stream put together. */
export function framesOf(bytes: Buffer): [number, string][] {
  const frames: [number, Buffer][] = [];
  for (let at = 0; at < bytes.length;) {
    const stream = bytes.readUInt8(at);
    const end = at + 8 + bytes.readUInt32BE(at + 4);
    if (bytes.readUIntBE(at + 1, 3) !== 0 || end > bytes.length) throw new Error(`no frame at byte ${at}`);
    const last = frames.at(-1);
    const payload = bytes.subarray(at + 8, end);
    if (last?.[0] === stream) last[1] = Buffer.concat([last[1], payload]);
    else frames.push([stream, payload]);
    at = end;
  }
  return frames.map(([stream, payload]) => [stream, payload.toString()]);
}

/** What follows the answer to an attach. */
export function afterAnswer(bytes: Buffer): Buffer {
  if (bytes.subarray(0, 3).toString() !== 'ok\n') throw new Error('the attach was not answered');
  return bytes.subarray(3);
}
