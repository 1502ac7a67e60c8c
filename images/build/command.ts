import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Lines of output kept for the message of a failed command. */
const keptLines = 30;

export interface CommandOptions {
  cwd?: string;
  /** Added to a minimal environment; nothing else of the caller's reaches a build. */
  env?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
  /** Standard output and error, line by line. */
  onLine?(line: string): void;
}

/** Runs a program to its end and returns its standard output. A failure carries the last lines that it printed. */
export function run(argv: readonly [string, ...string[]], options: CommandOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0], argv.slice(1), {
      cwd: options.cwd,
      signal: options.signal,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '/',
        LC_ALL: 'C',
        NODE_ENV: 'production',
        ...options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stdout: string[] = [];
    const last: string[] = [];
    const take = (line: string) => {
      last.push(line);
      if (last.length > keptLines) last.shift();
      options.onLine?.(line);
    };
    createInterface(child.stdout).on('line', (line) => {
      stdout.push(line);
      take(line);
    });
    createInterface(child.stderr).on('line', take);
    child.once('error', reject);
    child.once('close', (status, signal) => {
      if (status === 0) return resolve(stdout.join('\n'));
      const end = signal ? `was ended by ${signal}` : `failed with status ${status}`;
      reject(new Error(`\`${argv.join(' ')}\` ${end}:\n${last.join('\n')}`));
    });
  });
}
