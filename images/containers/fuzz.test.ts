import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { buildFuzzer } from './native';

const hasClang = spawnSync('clang', ['--version']).status === 0;

test.skipIf(!hasClang)(
  'the web service survives any bytes (skipped without clang, which has libFuzzer)',
  async () => {
    const fuzzer = await buildFuzzer('web');
    try {
      const bounds = ['-runs=100000', '-seed=1', '-max_len=500', '-timeout=20'];
      const { stderr } = await promisify(execFile)(fuzzer.path, bounds, { maxBuffer: 1 << 24 });
      expect(stderr).toContain('Done 100000 runs');
    } finally {
      fuzzer.dispose();
    }
  },
  180_000,
);
