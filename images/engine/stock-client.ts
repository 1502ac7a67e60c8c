import { type ChildProcessWithoutNullStreams, execFile, execFileSync, spawn } from 'node:child_process';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import type { Disposable } from '../../lib/base/lifecycle';

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  bytes: Uint8Array;
  text: string;
  /** Undefined if the text is no JSON. */
  json: unknown;
}

/** A client that goes on by itself until it is disposed of. */
export interface Followed extends Disposable {
  /** The output so far, as soon as it matches. Rejects if the client ends without it. */
  until(pattern: RegExp): Promise<string>;
  write(text: string): void;
  kill(signal: NodeJS.Signals): void;
  readonly exit: Promise<Ran>;
}

/** A client on a terminal. What people see is on its standard output. */
export interface OnTerminal extends Followed {
  resize(rows: number, columns: number): Promise<void>;
}

/** Why tests with the stock client cannot run on this computer, or false. */
export const withoutDocker = findDocker();

function findDocker(): string | false {
  try {
    execFileSync('docker', ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'there is no docker command line client in PATH';
  }
}

function environment(host: string): NodeJS.ProcessEnv {
  return {
    NODE_ENV: process.env.NODE_ENV,
    PATH: process.env.PATH,
    // Settings of whoever runs the tests would change what the client prints.
    HOME: tmpdir(),
    DOCKER_CONFIG: `${tmpdir()}/no-docker-config`,
    DOCKER_HOST: host,
    DOCKER_BUILDKIT: '0',
    DOCKER_CLI_HINTS: 'false',
    TZ: 'UTC',
  };
}

/** The engine that is published there, as in DOCKER_HOST. */
export const onPort = (port: number) => `tcp://127.0.0.1:${port}`;

export function runClient(port: number, argv: string[], stdin: string | Uint8Array = ''): Promise<Ran> {
  const client = follow(port, argv);
  client.end(stdin);
  return client.exit;
}

/** The client with other settings than those of `runClient`: undefined takes one away. */
export function runClientWith(
  settings: Readonly<Record<string, string | undefined>>,
  argv: string[],
): Promise<Ran> {
  const env = { ...environment(''), ...settings };
  const client = followed(spawn('docker', argv, { env, stdio: 'pipe' }), argv);
  client.end('');
  return client.exit;
}

/**
 * The client on a terminal of its own of 24 rows and 80 columns, which script(1) gives it.
 * @param host as in DOCKER_HOST
 */
export function followOnTerminal(host: string, argv: string[]): OnTerminal {
  const quoted = ['docker', ...argv].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const command = `tty >&3; stty rows 24 columns 80; exec ${quoted} 3>&-`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    env: environment(host),
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  const named = new Promise<string>((resolve) =>
    child.stdio[3]?.once('data', (bytes: Buffer) => resolve(bytes.toString().trim())),
  );
  return {
    ...followed(child, argv),
    async resize(rows, columns) {
      const size = ['rows', String(rows), 'columns', String(columns)];
      await promisify(execFile)('stty', ['-F', await named, ...size]);
    },
  };
}

export function follow(port: number, argv: string[]): Followed & { end(stdin: string | Uint8Array): void } {
  return followed(spawn('docker', argv, { env: environment(onPort(port)), stdio: 'pipe' }), argv);
}

function followed(child: ChildProcessWithoutNullStreams, argv: string[]) {
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const said = (of: keyof typeof chunks) => Buffer.concat(chunks[of]).toString();
  const listeners = new Set<() => void>();
  for (const of of ['stdout', 'stderr'] as const) {
    child[of].on('data', (chunk: Buffer) => {
      chunks[of].push(chunk);
      for (const listener of listeners) listener();
    });
  }
  // A client that fails early leaves its input unread.
  child.stdin.on('error', () => {});
  const exit = new Promise<Ran>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({ code: code ?? -1, stdout: said('stdout'), stderr: said('stderr') }),
    );
  });
  return {
    exit,
    until: (pattern: RegExp) =>
      new Promise<string>((resolve, reject) => {
        const look = () => {
          const all = said('stdout') + said('stderr');
          if (!pattern.test(all)) return;
          listeners.delete(look);
          resolve(all);
        };
        listeners.add(look);
        look();
        exit.then(({ code, stdout, stderr }) => {
          look();
          reject(new Error(`docker ${argv.join(' ')} ended with ${code} and said ${stdout}${stderr}`));
        }, reject);
      }),
    write: (text: string) => void child.stdin.write(text),
    end: (stdin: string | Uint8Array) => child.stdin.end(stdin),
    kill: (signal: NodeJS.Signals) => void child.kill(signal),
    dispose: () => void child.kill('SIGKILL'),
  };
}

/** One request without a client; Uint8Arrays go as they are, other bodies as JSON. */
export function ask(port: number, method: string, path: string, body?: unknown): Promise<Answer> {
  const raw = body instanceof Uint8Array;
  const type = raw ? 'application/x-tar' : 'application/json';
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        port,
        method,
        path,
        agent: false,
        host: '127.0.0.1',
        headers: body === undefined ? {} : { 'Content-Type': type },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const bytes = Buffer.concat(chunks);
          const text = bytes.toString();
          const { statusCode: status = 0, headers } = response;
          resolve({ status, headers, bytes, text, json: parsed(text) });
        });
      },
    );
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : raw ? body : JSON.stringify(body));
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
