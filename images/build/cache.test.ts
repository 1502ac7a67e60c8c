import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Cache } from './cache';
import { Progress } from './progress';
import type { Job, Step } from './step';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cache-'));
});
afterEach(() => rm(folder, { recursive: true }));

function openCache(signal = new AbortController().signal): Cache {
  return new Cache(folder, new Progress({ write: () => true, isTTY: false }, () => 0), signal);
}

/** A step that writes `content` and counts how often it did. */
function stepOf(name: string, content: () => string, needs: Step[] = []): Step & { builds: number } {
  return {
    name,
    needs,
    builds: 0,
    inputs: async () => ({ content: content() }),
    async build(job: Job) {
      this.builds++;
      await writeFile(join(job.out, 'result'), content());
    },
  };
}

const entriesOf = (step: Step) => readdir(join(folder, step.name)).catch((): string[] => []);

test('equal inputs are built once, by whichever cache comes first', async () => {
  const step = stepOf('letter', () => 'a');
  const first = await openCache().output(step);
  const second = await openCache().output(step);
  expect(step.builds).toBe(1);
  expect(second).toEqual(first);
  expect(await readFile(join(first.folder, 'result'), 'utf8')).toBe('a');
});

test('other inputs are built anew, and the old output stays for going back', async () => {
  let content = 'a';
  const step = stepOf('letter', () => content);
  const first = await openCache().output(step);
  content = 'b';
  const second = await openCache().output(step);
  expect(await readFile(join(second.folder, 'result'), 'utf8')).toBe('b');
  content = 'a';
  expect((await openCache().output(step)).folder).toBe(first.folder);
  expect(step.builds).toBe(2);
});

test('a step is built anew when what it needs has other inputs', async () => {
  let content = 'a';
  const need = stepOf('need', () => content);
  const step = stepOf('step', () => 'same', [need]);
  await openCache().output(step);
  content = 'b';
  const output = await openCache().output(step);
  expect(step.builds).toBe(2);
  expect(output.inputs).toEqual({ content: 'same' });
});

test('a failed build leaves nothing, and the next one starts from the beginning', async () => {
  let broken = true;
  const step: Step = {
    name: 'fragile',
    inputs: async () => ({}),
    async build(job) {
      await writeFile(join(job.out, 'half'), '');
      if (broken) throw new Error('the compiler says no');
    },
  };
  await expect(openCache().output(step)).rejects.toThrow('the compiler says no');
  expect(await entriesOf(step)).toEqual([]);
  broken = false;
  expect(await readdir((await openCache().output(step)).folder)).toEqual(['half']);
});

test('an interrupted build leaves nothing', async () => {
  const controller = new AbortController();
  const step: Step = {
    name: 'slow',
    inputs: async () => ({}),
    async build(job) {
      await writeFile(join(job.out, 'half'), '');
      controller.abort(new Error('ended by SIGINT'));
    },
  };
  await expect(openCache(controller.signal).output(step)).rejects.toThrow('ended by SIGINT');
  expect(await entriesOf(step)).toEqual([]);
});

test('what a killed process left behind is cleaned up and does not block', async () => {
  const step = stepOf('letter', () => 'a');
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const { key } = await openCache().output(step);
  await rm(join(folder, 'letter', key), { recursive: true });
  await mkdir(join(folder, 'letter', `${key}.${dead}.tmp`));
  await writeFile(join(folder, 'letter', `${key}.lock`), String(dead));
  await openCache().output(step);
  expect(await entriesOf(step)).toEqual([key]);
});

test('two caches that want the same at once build it once', async () => {
  const step = stepOf('letter', () => 'a');
  const outputs = await Promise.all([openCache().output(step), openCache().output(step)]);
  expect(outputs[0]).toEqual(outputs[1]);
  expect(step.builds).toBe(1);
});

test('reading a step that was not declared is refused', async () => {
  const other = stepOf('other', () => 'a');
  const step: Step = {
    name: 'curious',
    inputs: async () => ({}),
    build: async (job) => void job.outputOf(other),
  };
  await expect(openCache().output(step)).rejects.toThrow('curious reads other without needing it');
});

test('old outputs are removed, the newest are kept', async () => {
  let version = 0;
  const step = stepOf('many', () => String(version));
  for (version = 0; version < 9; version++) await openCache().output(step);
  const entries = await entriesOf(step);
  expect(entries).toHaveLength(6);
  version = 8;
  expect(entries).toContain((await openCache().output(step)).key);
});
