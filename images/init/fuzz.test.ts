import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { buildNative } from './native-agent';

const sanitizers = 'address,undefined';
const hasClang = spawnSync('clang', ['--version']).status === 0;

// For longer: make -C images/init CC=clang ... as below, then let the program run with a corpus folder.
test.skipIf(!hasClang)(
  'any bytes of a client are survived (skipped without clang, which has libFuzzer)',
  async () => {
    const build = await buildNative(
      ['fuzz'],
      [
        'CC=clang',
        `CFLAGS=-g -O1 -fsanitize=fuzzer-no-link,${sanitizers} -fno-sanitize-recover=all`,
        `LDFLAGS=-fsanitize=fuzzer,${sanitizers}`,
      ],
    );
    try {
      const bounds = ['-runs=40000', '-seed=1', '-max_len=2048', '-timeout=20'];
      const { stderr } = await promisify(execFile)(build.path('fuzz'), bounds, { maxBuffer: 1 << 24 });
      expect(stderr).toContain('Done 40000 runs');
    } finally {
      build.dispose();
    }
  },
  180_000,
);
