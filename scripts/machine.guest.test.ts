import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';

const program = new URL('machine.ts', import.meta.url).pathname;

let children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
});

function start(...given: string[]): ChildProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...given]);
  children.push(child);
  return child;
}

interface Finished {
  status: number | null;
  stdout: Buffer;
  stderr: string;
}

function finish(child: ChildProcess): Promise<Finished> {
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) =>
    child.on('close', (status) => resolve({ status, stdout: Buffer.concat(stdout), stderr })),
  );
}

function machine(...given: string[]): Promise<Finished> {
  const child = start(...given);
  child.stdin?.end();
  return finish(child);
}

/** Waits for the line that names the port. */
function published(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const [, port] = /127\.0\.0\.1:(\d+) leads to/.exec(text) ?? [];
      if (port !== undefined) resolve(Number(port));
    });
    child.on('close', () => reject(new Error(text)));
  });
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

describe('a command', () => {
  test('prints our kernel', async () => {
    const { status, stdout, stderr } = await machine('uname', '-a');
    expect(stdout.toString()).toMatch(/^Linux host 6\.12\.\d+-twinhull .* i686/);
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  test('both outputs and the status come through', async () => {
    const { status, stdout, stderr } = await machine(
      '--cold',
      '--',
      'sh',
      '-c',
      'echo out; echo err >&2; exit 7',
    );
    expect([stdout.toString(), stderr, status]).toEqual(['out\n', 'err\n', 7]);
  });

  test('the status says which signal ended it', async () => {
    expect((await machine('sh', '-c', 'kill -9 $$')).status).toBe(137);
  });

  test('one that does not exist is a sentence, and status 127', async () => {
    const { status, stderr } = await machine('no-such-program');
    expect(stderr).toContain('no-such-program could not be run: No such file or directory\n');
    expect(status).toBe(127);
  });

  test('8 MB come back unchanged', async () => {
    const input = randomBytes(8 * 1024 * 1024);
    const child = start('cat');
    const finished = finish(child);
    child.stdin?.end(input);
    expect(hash((await finished).stdout)).toBe(hash(input));
  });

  test('Ctrl-C and kill reach it', async () => {
    const child = start('sh', '-c', 'trap "echo caught; exit 5" TERM; echo up; while :; do sleep 0.1; done');
    const finished = finish(child);
    child.stdout?.once('data', () => child.kill('SIGTERM'));
    const { status, stdout } = await finished;
    expect([stdout.toString(), status]).toEqual(['up\ncaught\n', 5]);
  });

  test('a reader that goes away ends it', async () => {
    const child = start('yes');
    child.stdout?.once('data', () => child.stdout?.destroy());
    const status = await new Promise((resolve) => child.on('exit', resolve));
    expect(status).toBe(141);
  });
});

describe('what is wrong is said in a sentence', () => {
  test('arguments', async () => {
    const { status, stderr } = await machine('--profile', 'mainframe');
    expect(stderr).toMatch(/^there is no profile mainframe/);
    expect(status).toBe(1);
  });

  test('a kernel that gives up under a command', async () => {
    const { status, stderr } = await machine('sh', '-c', 'echo c > /proc/sysrq-trigger');
    expect(stderr).toContain("The guest's kernel gave up: Kernel panic - not syncing: sysrq triggered crash");
    expect(status).toBe(1);
  });

  test('a console without a terminal', async () => {
    const { status, stderr } = await machine();
    expect(stderr).toMatch(/^The console needs a terminal/);
    expect(status).toBe(1);
  });
});

describe('--publish', () => {
  test('forwards HTTP to the web machine, also many connections at once, and ends with SIGINT', async () => {
    const child = start('--profile', 'web', '--publish', '0:80');
    const port = await published(child);
    const url = `http://127.0.0.1:${port}/`;
    const first = await fetch(url);
    expect(first.status).toBe(200);
    const text = await first.text();
    const answers = await Promise.all(Array.from({ length: 40 }, async () => (await fetch(url)).text()));
    expect(new Set(answers.map(({ length }) => length > 0))).toEqual(new Set([true]));
    expect(text.length).toBeGreaterThan(0);

    // A client that goes away in the middle of its request stops nobody else.
    await new Promise<void>((resolve) => {
      const rude = connect(port, '127.0.0.1', () => {
        rude.write('GET / HTTP/1.1\r\n');
        rude.resetAndDestroy();
      });
      rude.on('close', () => resolve());
    });
    expect((await fetch(url)).status).toBe(200);

    const exit = new Promise((resolve) => child.on('exit', resolve));
    child.kill('SIGINT');
    expect(await exit).toBe(0);
  });

  test('half-closes, and a port where nobody listens is a reset and a sentence', async () => {
    const command = 'nc -ll -p 7000 -e sha256sum & echo up; sleep 1000';
    const child = start('--publish', '0:7000', '--', 'sh', '-c', command);
    const up = new Promise((resolve) => child.stdout?.once('data', resolve));
    const port = await published(child);
    await up;
    const input = randomBytes(1024 * 1024);
    let answer = '';
    // The listener may still be on its way.
    while (answer === '') {
      answer = await new Promise<string>((resolve) => {
        let text = '';
        const socket = connect(port, '127.0.0.1', () => socket.end(input));
        socket.on('data', (chunk) => (text += chunk.toString()));
        socket.on('error', () => {});
        socket.on('close', () => resolve(text));
      });
    }
    expect(answer).toContain(hash(input));
  });
});
