import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Bench, type Figure, atMost } from './figure';

/** With the caches as they are on this computer, filled once before. */
export const freshCloneFull: Bench = {
  name: 'fresh-clone-full',
  onlyByName: 'clones what is committed and takes a minute',
  measure: (report) =>
    freshClone(
      { name: 'fresh clone to served site, 2 cores, caches full', unit: 's', perUnitMs: 1e3, limit: 60 },
      report,
    ),
};

/** With an empty artifact cache; npm's and apt's own caches stay. */
export const freshCloneEmpty: Bench = {
  name: 'fresh-clone-empty',
  onlyByName: 'compiles a kernel',
  async measure(report) {
    const cache = await mkdtemp(join(tmpdir(), 'twinhull-cache-'));
    try {
      return await freshClone(
        { name: 'fresh clone to served site, 2 cores, caches empty', unit: 'min', perUnitMs: 60e3, limit: 8 },
        report,
        { XDG_CACHE_HOME: cache },
      );
    } finally {
      await rm(cache, { recursive: true, force: true });
    }
  },
};

async function freshClone(
  figure: { name: string; unit: string; perUnitMs: number; limit: number },
  report: (text: string) => void,
  environment: Readonly<Record<string, string>> = {},
): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'twinhull-clone-'));
  try {
    await promisify(execFile)('git', ['clone', '--quiet', '.', folder]);
    const startedAt = performance.now();
    await served(folder, { ...process.env, ...environment, PORT: '0' }, report);
    const samples = [(performance.now() - startedAt) / figure.perUnitMs];
    return [{ name: figure.name, unit: figure.unit, samples, target: atMost(figure.limit, figure.unit) }];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs the README's command until it prints the address, then ends it. */
function served(folder: string, env: NodeJS.ProcessEnv, report: (text: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('npm ci --no-audit --no-fund && exec npm start', {
      cwd: folder,
      env,
      shell: true,
      detached: true,
    });
    let output = '';
    let isServed = false;
    child.stdout.on('data', (bytes: Buffer) => {
      output = (output + bytes.toString()).slice(-4000);
      for (const line of bytes.toString().split('\n')) if (line.startsWith('▸')) report(line);
      if (!output.includes('Twinhull is at') || isServed) return;
      isServed = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    });
    child.stderr.on('data', (bytes: Buffer) => (output = (output + bytes.toString()).slice(-4000)));
    child.once('error', reject);
    child.once('close', () =>
      isServed ? resolve() : reject(new Error(`the site was not served:\n${output}`)),
    );
  });
}
