import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectGuest } from '../../lib/guest/connect-guest';
import { bufferPayloadBytes, frameTypes, writeFrame } from '../../lib/guest/frame';
import type { Guest, GuestEvent } from '../../lib/guest/guest';
import { writeOpen } from '../../lib/guest/messages';
import { buildNative, type NativeAgent, type NativeBuild, startNativeAgent } from './native-agent';

// The agent runs on this computer and not in a guest: the same C source, sockets for ports, sanitizers on.

let build: NativeBuild;
let agent: NativeAgent;
let guest: Guest;
let folder: string;

beforeAll(async () => {
  build = await buildNative(['agent']);
}, 120_000);
afterAll(() => build.dispose());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'twinhull-agent-'));
  agent = startNativeAgent(build.path('agent'));
  guest = await connectGuest(agent.openPort());
});
afterEach(async () => {
  guest.dispose();
  agent.dispose();
  await rm(folder, { recursive: true, force: true });
  expect(agent.stderr()).not.toContain('Sanitizer');
});

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (string: string) => new TextEncoder().encode(string);

test('says who it is', () => {
  expect(guest.hello).toEqual({ version: 1, profile: 'native' });
});

describe('exec', () => {
  test('hands over arguments, environment, folder and input; returns both outputs and the status', async () => {
    const script = 'echo "$1 $GREETING $PWD"; cat; echo oops >&2; exit 3';
    const result = await guest.run({
      argv: ['sh', '-c', script, 'sh', 'an argument'],
      env: { GREETING: 'hello', HOME: '/elsewhere' },
      cwd: folder,
      stdin: bytes('typed\n'),
    });
    expect(text(result.stdout)).toBe(`an argument hello ${folder}\ntyped\n`);
    expect(text(result.stderr)).toBe('oops\n');
    expect(result.status).toEqual({ type: 'exited', code: 3 });
  });

  test('moves 8 MB through a process unchanged', async () => {
    const input = randomBytes(8 * 1024 * 1024);
    const { stdout } = await guest.run({ argv: ['cat'], stdin: input });
    expect(hash(stdout)).toBe(hash(input));
  });

  test('tells of the signal that ended a process', async () => {
    const process = guest.exec({ argv: ['sleep', '1000'] });
    await process.kill(15);
    await expect(process.exit).resolves.toEqual({ type: 'signaled', signal: 15 });
  });

  test('says which program could not be run, and why', async () => {
    await expect(guest.run({ argv: ['no-such-program'] })).rejects.toMatchObject({
      code: 'exec-failed',
      message: 'no-such-program could not be run: No such file or directory',
    });
    await expect(guest.run({ argv: ['true'], cwd: '/no/such/folder' })).rejects.toMatchObject({
      code: 'exec-failed',
    });
  });

  test('ends although a process left behind holds the output', async () => {
    const { stdout } = await guest.run({ argv: ['sh', '-c', 'sleep 1000 & echo $!'] });
    process.kill(Number(text(stdout)));
  });

  test('a process that reads no input ends all the same', async () => {
    const { status } = await guest.run({ argv: ['true'], stdin: randomBytes(1024 * 1024) });
    expect(status).toEqual({ type: 'exited', code: 0 });
  });

  test('gives up on more output than was asked for, and on an abort', async () => {
    await expect(guest.run({ argv: ['yes'], limit: 1000 })).rejects.toMatchObject({
      code: 'output-too-long',
    });
    const controller = new AbortController();
    const pidFile = join(folder, 'pid');
    const run = guest.run({ argv: ['sh', '-c', `echo $$ > ${pidFile}; exec sleep 1000`] }, controller.signal);
    await guest.run({ argv: ['sh', '-c', `until [ -s ${pidFile} ]; do :; done`] });
    controller.abort(new Error('enough'));
    await expect(run).rejects.toThrow('enough');
    await guest.run({ argv: ['sh', '-c', `while kill -0 $(cat ${pidFile}) 2>/dev/null; do :; done`] });
  });

  test('refuses one channel more than it can serve, and serves on', async () => {
    const processes = Array.from({ length: 256 }, () => guest.exec({ argv: ['cat'] }));
    expect(() => guest.exec({ argv: ['cat'] })).toThrow('256 processes');
    for (const process of processes) void process.stdin.end();
    await Promise.all(processes.map((process) => process.exit));
    await guest.run({ argv: ['true'] });
  });
});

describe('flow control', () => {
  test('a writer waits for a process that does not read', async () => {
    const process = guest.exec({ argv: ['sleep', '1000'] });
    let written = false;
    const write = process.stdin.write(randomBytes(1024 * 1024)).finally(() => (written = true));
    await guest.run({ argv: ['true'] });
    expect(written).toBe(false);
    process.dispose();
    await expect(write).rejects.toMatchObject({ code: 'agent-channel-closed' });
  });

  test('a paused reader stops a process that writes without end, and others go on', async () => {
    const pty = await guest.openPty({ argv: ['yes'], rows: 24, columns: 80 });
    let received = 0;
    const more = () => new Promise<void>((resolve) => (wake = resolve));
    let wake = () => {};
    pty.pause();
    pty.onData((data) => {
      received += data.length;
      wake();
    });
    await guest.run({ argv: ['sh', '-c', 'echo other'] });
    expect(received).toBe(0);
    pty.resume();
    while (received < 1024 * 1024) await more();
    pty.dispose();
  });
});

describe('PTY', () => {
  test('is a terminal of the given size, follows a resize, and has job control', async () => {
    const pty = await guest.openPty({ argv: ['sh'], env: { PS1: '' }, rows: 33, columns: 101 });
    const output = new Output(pty.onData);
    await pty.write(bytes('stty size; tty\n'));
    await output.until(/33 101\r\n\/dev\/pts\/\d+\r\n/);
    pty.resize({ rows: 20, columns: 70 });
    await pty.write(bytes('stty size\n'));
    await output.until(/20 70\r\n/);
    await pty.write(bytes("sh -c 'echo u''p; exec sleep 1000'\n"));
    await output.until(/up\r\n/);
    await pty.write(bytes('\x03'));
    await output.until(/\^C/);
    await pty.write(bytes('echo status $?\n'));
    await output.until(/status 130/);
    await pty.end();
    await expect(pty.exit).resolves.toEqual({ type: 'exited', code: 0 });
  });

  test('delivers the last words of a program', async () => {
    for (let i = 0; i < 20; i++) {
      const pty = await guest.openPty({ argv: ['seq', '1', '2000'], rows: 24, columns: 80 });
      const output = new Output(pty.onData);
      await pty.exit;
      expect(output.text.endsWith('2000\r\n')).toBe(true);
    }
  });
});

describe('files', () => {
  test('come back as they were written', async () => {
    const path = join(folder, 'file');
    const content = randomBytes(3_000_001);
    await guest.writeFile(path, content, { mode: 0o600 });
    expect(hash(await readFile(path))).toBe(hash(content));
    expect(hash(await guest.readFile(path))).toBe(hash(content));
    await guest.writeFile(path, new Uint8Array(0));
    expect(await guest.readFile(path)).toHaveLength(0);
  });

  test('an error names the path', async () => {
    await expect(guest.readFile('/no/such')).rejects.toMatchObject({
      code: 'file-failed',
      message: '/no/such could not be read: No such file or directory',
    });
    await expect(guest.readFile('/')).rejects.toThrow('Is a directory');
    await expect(guest.writeFile('/no/such', bytes('x'))).rejects.toThrow('/no/such could not be written');
    await expect(guest.writeFile('/dev/full', bytes('x'))).rejects.toThrow('No space left');
  });
});

describe('connect', () => {
  let server: Server;
  afterEach(() => void server.close());

  /** Answers each connection, once the client has half-closed it, with what came. */
  const listen = (path: string | number) =>
    new Promise<number>((resolve) => {
      server = createServer({ allowHalfOpen: true }, (socket) => {
        const parts: Buffer[] = [];
        socket.on('data', (part) => parts.push(part));
        socket.on('end', () => socket.end(Buffer.concat(parts)));
      });
      server.listen(path, () => {
        const address = server.address();
        resolve(address && typeof address === 'object' ? address.port : 0);
      });
    });

  test('half-closes in both directions, over TCP and unix sockets', async () => {
    const path = join(folder, 'socket');
    await listen(path);
    const content = randomBytes(1_000_000);
    const socket = await guest.connect({ type: 'unix', path });
    const output = new Output(socket.onData);
    await socket.write(content);
    await socket.end();
    await socket.ended;
    expect(hash(output.bytes)).toBe(hash(content));
  });

  test('many at once', async () => {
    const port = await listen(0);
    const lengths = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const socket = await guest.connect({ type: 'tcp', port });
        const output = new Output(socket.onData);
        await socket.write(new Uint8Array(i * 100));
        await socket.end();
        await socket.ended;
        return output.bytes.length;
      }),
    );
    expect(lengths).toEqual(Array.from({ length: 200 }, (_, i) => i * 100));
  });

  test('an error names the address', async () => {
    const port = await listen(0);
    await new Promise((resolve) => server.close(resolve));
    await expect(guest.connect({ type: 'tcp', port })).rejects.toMatchObject({
      code: 'connect-failed',
      message: `no connection to 127.0.0.1:${port} in the guest: Connection refused`,
    });
    await expect(guest.connect({ type: 'unix', path: '/no/such' })).rejects.toThrow('/no/such');
    await expect(guest.connect({ type: 'tcp', host: 'no address', port: 1 })).rejects.toThrow(
      'Invalid argument',
    );
  });
});

test('metrics are plausible', async () => {
  const metrics = await guest.metrics();
  expect(metrics.memoryTotal).toBeGreaterThan(metrics.memoryFree);
  expect(metrics.memoryAvailable).toBeGreaterThan(0);
  expect(metrics.processes).toBeGreaterThan(1);
});

test('readiness is told to those who come later, unless the service has died since', async () => {
  const told = [
    { type: 'service-ready', name: 'web' },
    { type: 'service-ready', name: 'shop' },
    { type: 'process-died', pid: 7, status: { type: 'exited', code: 1 }, name: 'web' },
  ];
  const seen: GuestEvent[] = [];
  let wake = () => {};
  guest.onEvent((event) => {
    seen.push(event);
    wake();
  });
  for (const event of told) {
    const heard = new Promise<void>((resolve) => (wake = resolve));
    agent.tell(JSON.stringify(event));
    await heard;
  }
  expect(seen).toEqual(told);

  const later = await connectGuest(agent.openPort());
  const repeated: GuestEvent[] = [];
  later.onEvent((event) => repeated.push(event));
  await later.metrics();
  expect(repeated).toEqual([{ type: 'service-ready', name: 'shop' }]);
});

describe('a new client', () => {
  test('ends what the last one has left, wherever its last frame was cut', async () => {
    const pidFile = join(folder, 'pid');
    const command = `echo $$ > ${pidFile}; exec sleep 1000`;
    const frame = writeFrame({
      type: frameTypes.open,
      channel: 9,
      payload: writeOpen.exec({ argv: ['sh', '-c', command] }),
    });
    for (const cut of [1, 11, 12, 13, frame.length - 1]) {
      const raw = agent.openPort();
      guest.exec({ argv: ['sh', '-c', command] });
      await guest.run({ argv: ['sh', '-c', `until [ -s ${pidFile} ]; do :; done`] });
      raw.send(frame.subarray(0, cut));
      // No farewell: this is how a machine looks after a restore.
      const next = await connectGuest(agent.openPort());
      await next.run({
        argv: ['sh', '-c', `while kill -0 $(cat ${pidFile}) 2>/dev/null; do :; done; rm ${pidFile}`],
      });
      guest = next;
    }
  });

  test('a half-sent order is not carried out', async () => {
    const path = join(folder, 'victim');
    await writeFile(path, 'precious');
    const order = writeFrame({ type: frameTypes.open, channel: 9, payload: writeOpen.write(path, 0o644) });
    agent.openPort().send(order.subarray(0, order.length - 4));
    guest = await connectGuest(agent.openPort());
    expect(await readFile(path, 'utf8')).toBe('precious');
  });
});

describe('what is no frame', () => {
  test('ends the conversation with a reason and leaves the agent alive', async () => {
    const process = guest.exec({ argv: ['cat'] });
    agent.openPort().send(bytes('this is not a frame'));
    await expect(process.exit).rejects.toMatchObject({ code: 'agent-malformed' });
    guest = await connectGuest(agent.openPort());
    await guest.run({ argv: ['true'] });
  });

  test('on a channel, ends that channel only', async () => {
    const process = guest.exec({ argv: ['cat'] });
    const other = guest.exec({ argv: ['cat'] });
    agent.openPort().send(writeFrame({ type: 200, channel: 1, payload: new Uint8Array(3) }));
    await expect(process.exit).rejects.toMatchObject({ code: 'malformed' });
    void other.stdin.end();
    await other.exit;
  });

  test('more bytes than the window allows end the channel', async () => {
    const process = guest.exec({ argv: ['sleep', '1000'] });
    const raw = agent.openPort();
    await guest.run({ argv: ['true'] });
    for (let i = 0; i < 40; i++) {
      raw.send(
        writeFrame({ type: frameTypes.data, channel: 1, payload: new Uint8Array(bufferPayloadBytes) }),
      );
    }
    await expect(process.exit).rejects.toMatchObject({ code: 'window-exceeded' });
  });
});

test('everything that waits is told when the agent is gone', async () => {
  const process = guest.exec({ argv: ['cat'] });
  const run = guest.run({ argv: ['cat'], stdin: new Uint8Array(1 << 20) });
  const pty = await guest.openPty({ argv: ['sh'], rows: 24, columns: 80 });
  agent.dispose();
  const gone = { code: 'agent-gone' };
  await Promise.all([
    expect(process.exit).rejects.toMatchObject(gone),
    expect(run).rejects.toMatchObject(gone),
    expect(pty.exit).rejects.toMatchObject(gone),
  ]);
  await expect(guest.metrics()).rejects.toMatchObject(gone);
});

function hash(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** What a stream has said, and a wait for something in it. */
class Output {
  bytes = Buffer.alloc(0);
  private wake = () => {};

  constructor(onData: (listener: (bytes: Uint8Array) => void) => unknown) {
    onData((data) => {
      this.bytes = Buffer.concat([this.bytes, data]);
      this.wake();
    });
  }

  get text(): string {
    return this.bytes.toString();
  }

  async until(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.text)) await new Promise<void>((resolve) => (this.wake = resolve));
  }
}
