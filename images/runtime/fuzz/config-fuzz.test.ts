import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';

const run = promisify(execFile);
const folder = join(import.meta.dirname, '..');
const sources = [
  'config',
  'config-linux',
  'config-process',
  'config-resources',
  'config-seccomp',
  'seccomp-words',
]
  .concat(['json-parse', 'json-read', 'word', 'arena', 'error', 'file', 'sys', 'trace'])
  .map((name) => join(folder, `lib/${name}.c`));
/** Enough for some minutes of a person's typing; the same every time. */
const runs = 20_000;

/** What is missing for a build with sanitizers on this computer; it need not be able to build for others. */
async function missing(): Promise<string | undefined> {
  const headers = '#include <yajl/yajl_parse.h>\n#include <seccomp.h>\n#include <sys/capability.h>\n';
  const scratch = await mkdtemp(join(tmpdir(), 'hullrun-headers-'));
  try {
    await writeFile(join(scratch, 'headers.c'), `${headers}int main(void) { return 0; }\n`);
    await run('clang', [
      '-fsanitize=address,fuzzer-no-link',
      join(scratch, 'headers.c'),
      '-o',
      join(scratch, 'a'),
    ]);
    return undefined;
  } catch {
    return 'needs clang with its sanitizers, libyajl-dev, libseccomp-dev and libcap-dev';
  } finally {
    await rm(scratch, { recursive: true });
  }
}

const reason = await missing();
let scratch: string | undefined;
afterAll(async () => {
  if (scratch) await rm(scratch, { recursive: true });
});

test(
  'config.json from a stranger is read or refused, never a fault',
  { timeout: 300_000 },
  async ({ skip }) => {
    if (reason) skip(reason);
    scratch = await mkdtemp(join(tmpdir(), 'hullrun-fuzz-'));
    const program = join(scratch, 'fuzz');
    const seeds = join(scratch, 'seeds');
    await mkdir(seeds);
    await copyFile(join(folder, 'default-config.json'), join(seeds, 'default'));
    await writeFile(
      join(seeds, 'small'),
      '{"ociVersion":"1.0.2","process":{"args":["a"],"cwd":"/"},"root":{"path":"r"},"linux":{"namespaces":[{"type":"mount"}]}}',
    );
    await run('clang', [
      ...['-g', '-O1', '-std=gnu11', '-D_GNU_SOURCE', '-fsanitize=fuzzer,address,undefined'],
      '-fno-sanitize-recover=undefined',
      ...[join(folder, 'fuzz/config-fuzz.c'), ...sources, '-lyajl', '-lcap', '-o', program],
    ]);
    const { stderr } = await run(program, [`-runs=${runs}`, '-seed=1', '-max_len=20000', seeds], {
      cwd: scratch,
      maxBuffer: 16 * 1024 * 1024,
    });
    expect(stderr).toContain(`Done ${runs} runs`);
  },
);
