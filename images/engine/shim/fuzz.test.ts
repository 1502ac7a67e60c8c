import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { buildNative } from './native-shim';

const hasClang = spawnSync('clang', ['--version']).status === 0;

test.skipIf(!hasClang)(
  'lines, runtimes’ logs and output of any bytes are survived (skipped without clang, which has libFuzzer)',
  async () => {
    const fuzzer = await buildNative('fuzz');
    try {
      const bounds = ['-runs=300000', '-seed=1', '-max_len=400', '-timeout=20'];
      const { stderr } = await promisify(execFile)(fuzzer.path, bounds, { maxBuffer: 1 << 24 });
      expect(stderr).toContain('Done 300000 runs');
    } finally {
      fuzzer.dispose();
    }
  },
  180_000,
);
