import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Disposable } from '../../lib/base/lifecycle';

export interface NativeProgram extends Disposable {
  path: string;
}

const checks = '-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all';
const fuzzing = '-g -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all';

/** A guest program compiled for this computer, with the sanitizers. @param folder below images/containers */
export function buildNative(folder: string, target: string): Promise<NativeProgram> {
  return build(folder, target, ['CC=cc', `CFLAGS=${checks}`, `LDFLAGS=${checks}`]);
}

/** The folder's libFuzzer target. */
export function buildFuzzer(folder: string): Promise<NativeProgram> {
  const link = 'LDFLAGS=-fsanitize=fuzzer,address,undefined';
  return build(folder, 'fuzz', ['CC=clang', `CFLAGS=${fuzzing}`, link]);
}

async function build(folder: string, target: string, variables: readonly string[]): Promise<NativeProgram> {
  const out = await mkdtemp(join(tmpdir(), 'twinhull-native-'));
  const path = join(out, target);
  const sources = join(import.meta.dirname, folder);
  await promisify(execFile)('make', ['-C', sources, '-s', ...variables, `BUILD=${out}`, path]);
  return { path, dispose: () => void rm(out, { recursive: true, force: true }) };
}
