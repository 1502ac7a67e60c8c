import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildStep } from '../../build/build-images';
import { checkout } from '../../build/checkout';
import { run } from '../../build/command';
import { stockCompose } from '../../build/stock-compose';

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Docker's own plugin for this computer. */
export async function buildStockPlugin(): Promise<string> {
  return join(await buildStep(stockCompose), 'docker-compose');
}

/** Builds our plugin for this computer; `discard` removes it. */
export async function buildPlugin(): Promise<{ path: string; discard(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'compose-plugin-'));
  const path = join(folder, 'docker-compose');
  await run(['go', 'build', '-trimpath', '-o', path, './cmd/docker-compose'], {
    cwd: join(checkout, 'images/engine'),
    env: { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly' },
  });
  return { path, discard: () => rm(folder, { recursive: true, force: true }) };
}

/**
 * Runs a plugin as the docker client does: with the word compose before its arguments.
 * @param folder with the Compose file
 */
export function runPlugin(
  path: string,
  port: number,
  folder: string,
  argv: string[],
  stdin = '',
): Promise<Ran> {
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: 'test' as const,
    // Settings of whoever runs the tests would change what the plugin does.
    HOME: folder,
    DOCKER_CONFIG: folder,
    DOCKER_HOST: `tcp://127.0.0.1:${port}`,
    DOCKER_BUILDKIT: '0',
    // By this a plugin knows that it is the client's, and no program of its own.
    DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND: 'docker',
    COMPOSE_PROGRESS: 'plain',
    COMPOSE_MENU: 'false',
  };
  const child = spawn(path, ['compose', ...argv], { cwd: folder, env, stdio: 'pipe' });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => (said[stream] += text));
  }
  // A plugin that fails early leaves its input unread.
  child.stdin.on('error', () => {});
  child.stdin.end(stdin);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? -1, ...said }));
  });
}
