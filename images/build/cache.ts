import { access, mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { sha256 } from './digest';
import { isAlive, withLock } from './lock';
import type { Progress } from './progress';
import type { Inputs, Job, Output, Step } from './step';

/** Outside the checkout, so that a fresh clone finds what an earlier one has built. */
export const cacheFolder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'twinhull');

/** Outputs kept per step: enough to go back and forth between a few branches. */
const keptOutputs = 6;

/** Builds steps, each at most once, and keeps their outputs under a hash of their inputs. */
export class Cache {
  private readonly outputs = new Map<Step, Promise<Output>>();

  constructor(
    readonly folder: string,
    private readonly progress: Progress,
    private readonly signal: AbortSignal,
  ) {}

  output(step: Step): Promise<Output> {
    const known = this.outputs.get(step);
    if (known) return known;
    const output = this.findOrBuild(step);
    this.outputs.set(step, output);
    return output;
  }

  /** Whether these are there, with all that they need; nothing is built. */
  async hasAll(steps: readonly Step[]): Promise<boolean> {
    for (const step of steps) if ((await this.keyIfThere(step)) === undefined) return false;
    return true;
  }

  private async keyIfThere(step: Step): Promise<string | undefined> {
    const needs: string[] = [];
    for (const need of step.needs ?? []) {
      const key = await this.keyIfThere(need);
      if (key === undefined) return undefined;
      needs.push(key);
    }
    const key = keyOf(step.name, await step.inputs(), needs);
    return (await markUsed(join(this.folder, step.name, key))) ? key : undefined;
  }

  private async findOrBuild(step: Step): Promise<Output> {
    const needs = new Map<Step, Output>();
    // One after another: every long step already uses all cores.
    for (const need of step.needs ?? []) needs.set(need, await this.output(need));
    const own = await step.inputs();
    const key = keyOf(
      step.name,
      own,
      [...needs.values()].map((need) => need.key),
    );
    const inputs = Object.assign({}, ...[...needs.values()].map((need) => need.inputs), own) as Inputs;
    const entry = join(this.folder, step.name, key);
    if (!(await markUsed(entry))) {
      const wait = () => this.progress.update(step.name, 'waiting for another build of the same');
      await withLock(`${entry}.lock`, this.signal, wait, async () => {
        if (!(await markUsed(entry))) await this.build(step, entry, needs, inputs);
      });
    }
    return { folder: join(entry, 'files'), key, inputs };
  }

  private async build(step: Step, entry: string, needs: Map<Step, Output>, inputs: Inputs): Promise<void> {
    const work = `${entry}.${process.pid}.tmp`;
    const built = join(work, 'entry');
    const job: Job = {
      out: join(built, 'files'),
      scratch: join(work, 'scratch'),
      signal: this.signal,
      outputOf: (need) => {
        const output = needs.get(need);
        if (!output) throw new Error(`${step.name} reads ${need.name} without needing it`);
        return output.folder;
      },
      progress: (text) => this.progress.update(step.name, text),
    };
    await removeAbandoned(dirname(entry));
    try {
      this.signal.throwIfAborted();
      await mkdir(job.out, { recursive: true });
      await mkdir(job.scratch);
      this.progress.begin(step.name);
      await step.build(job);
      this.signal.throwIfAborted();
      await writeFile(join(built, 'inputs.json'), `${JSON.stringify(inputs, null, 2)}\n`);
      await renameUnlessThere(built, entry);
      this.progress.end(step.name);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
    await prune(dirname(entry));
  }
}

function keyOf(name: string, inputs: Inputs, needs: readonly string[]): string {
  const sorted = Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1));
  return sha256(JSON.stringify([name, sorted, needs])).slice(0, 16);
}

/** Whether the entry is there; if so, it is the last that will be pruned. */
function markUsed(entry: string): Promise<boolean> {
  const now = new Date();
  return utimes(entry, now, now).then(
    () => true,
    () => false,
  );
}

async function renameUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    await access(to).catch(() => {
      throw error;
    });
  }
}

/** Removes what builds left behind that were killed before they could. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    const pid = /\.(\d+)\.tmp$/.exec(entry)?.[1];
    if (pid && !isAlive(Number(pid))) await rm(join(folder, entry), { recursive: true, force: true });
  }
}

async function prune(folder: string): Promise<void> {
  const outputs = (await readdir(folder)).filter((entry) => /^[0-9a-f]{16}$/.test(entry));
  const aged = await Promise.all(
    outputs.map(async (entry) => ({ entry, usedMs: (await stat(join(folder, entry))).mtimeMs })),
  );
  aged.sort((a, b) => b.usedMs - a.usedMs);
  for (const { entry } of aged.slice(keptOutputs)) {
    await rm(join(folder, entry), { recursive: true, force: true });
  }
}
