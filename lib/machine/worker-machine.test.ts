import { expect, test } from 'vitest';
import { HullError } from '../base/hull-error';
import { toDisposable } from '../base/lifecycle';
import { CoreMachine } from './core-machine';
import type { MachineProfile } from './machine';
import { serveMachine } from './machine-server';
import { nodePlatform } from './node-platform';
import type { AssetSource } from './platform';
import type { FromWorker, ToWorker } from './protocol';
import { WorkerMachine } from './worker-machine';

const profile: MachineProfile = {
  name: 'test',
  memoryBytes: 96 << 20,
  boot: { type: 'kernel', kernel: 'kernel', root: 'root', commandLine: '' },
  console: 'serial',
  ready: { type: 'agent' },
};

const never = () => new Promise<never>(() => {});
const hanging: AssetSource = {
  readManifest: never,
  read: never,
  transferredBytes: () => undefined,
  importModule: never,
  compile: never,
};

/** The worker's own code behind the Worker interface, on this thread; it can fall silent or fail. */
class ThreadlessWorker {
  onmessage: ((event: { data: FromWorker }) => void) | undefined;
  onerror: ((event: { message: string; preventDefault(): void }) => void) | undefined;
  private silent = false;
  terminated = false;
  private serve: ReturnType<typeof serveMachine> | undefined;

  constructor(private readonly assets: AssetSource) {}

  postMessage(message: ToWorker, transfer: Transferable[] = []): void {
    const arrived = structuredClone(message, { transfer });
    queueMicrotask(() => {
      if (this.terminated || this.silent) return;
      if (arrived.type !== 'create') return this.serve?.(arrived);
      const machine = new CoreMachine(arrived.profile, nodePlatform({ assets: this.assets }));
      this.serve = serveMachine(machine, (answer) => {
        const data = structuredClone(answer);
        queueMicrotask(() => this.terminated || this.onmessage?.({ data }));
      });
    });
  }

  fail(message: string): void {
    this.onerror?.({ message, preventDefault: () => {} });
  }

  fallSilent(): void {
    this.silent = true;
  }

  terminate(): void {
    this.terminated = true;
  }
}

function page(assets: AssetSource = hanging) {
  const workers: ThreadlessWorker[] = [];
  const timers: (() => void)[] = [];
  const machine = new WorkerMachine(profile, {
    createWorker: () => {
      const worker = new ThreadlessWorker(assets);
      workers.push(worker);
      return worker as unknown as Worker;
    },
    assetsUrl: 'http://site.test/machine/',
    scheduler: {
      soon: () => toDisposable(() => {}),
      after: (_, run) => {
        timers.push(run);
        return toDisposable(() => {});
      },
    },
  });
  const passTime = async () => {
    for (const run of timers.splice(0)) run();
    await settle();
  };
  return { machine, workers, passTime };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

async function failure(promise: Promise<unknown>): Promise<HullError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(HullError);
  return error as HullError;
}

test('no worker runs before the first power on', () => {
  const { machine, workers } = page();
  machine.console.write(Uint8Array.of(1));
  machine.dispose();
  expect(workers).toEqual([]);
});

test('a browser that starts no workers says so', async () => {
  const machine = new WorkerMachine(profile, {
    createWorker: () => {
      throw new Error('blocked by policy');
    },
    assetsUrl: '',
    scheduler: nodePlatform().scheduler,
  });
  const error = await failure(machine.powerOn({ type: 'cold' }));
  expect(error.code).toBe('no-worker');
  expect(error.remedy).not.toBe('');
  expect(machine.state.get()).toEqual({ type: 'failed', error });
});

test('a worker whose script does not run says so', async () => {
  const { machine, workers } = page();
  const start = failure(machine.powerOn({ type: 'cold' }));
  workers[0]?.fail('not found');
  expect((await start).code).toBe('no-worker');
});

test('an error of the worker’s machine arrives whole', async () => {
  const { machine } = page({ ...hanging, readManifest: () => Promise.reject(new Error('404')) });
  const error = await failure(machine.powerOn({ type: 'cold' }));
  expect(error.code).toBe('asset-missing');
  expect(error.message).toContain('manifest.json');
  expect(error.remedy).not.toBe('');
  const state = machine.state.get();
  expect(state.type === 'failed' && state.error.code).toBe('asset-missing');
});

test('a worker that fails takes its calls and channels with it, and the next power on starts another', async () => {
  const { machine, workers } = page();
  const start = failure(machine.powerOn({ type: 'cold' }));
  await settle();
  const agent = machine.openAgent();
  const reasons: string[] = [];
  agent.onClose((reason) => reasons.push(reason));
  const counters = failure(machine.readCounters());
  workers[0]?.fallSilent();
  const snapshot = failure(machine.snapshot());
  workers[0]?.fail('out of memory');
  expect((await start).code).toBe('worker-died');
  expect((await snapshot).code).toBe('worker-died');
  await Promise.race([counters, settle()]);
  expect(reasons).toHaveLength(1);
  expect(workers[0]?.terminated).toBe(true);

  void machine.powerOn({ type: 'cold' }).catch(() => {});
  expect(workers).toHaveLength(2);
  expect(machine.state.get().type).toBe('loading');
});

test('a worker that falls silent is given up, one that answers is not', async () => {
  const { machine, workers, passTime } = page();
  const start = failure(machine.powerOn({ type: 'cold' }));
  for (let turn = 0; turn < 20; turn += 1) await passTime();
  expect(machine.state.get().type).toBe('loading');
  workers[0]?.fallSilent();
  for (let turn = 0; turn < 6; turn += 1) await passTime();
  expect((await start).code).toBe('worker-died');
  expect(workers[0]?.terminated).toBe(true);
});

test('power off ends the worker, and cancelling a start does the same with the caller’s reason', async () => {
  const { machine, workers } = page();
  const controller = new AbortController();
  const start = machine.powerOn({ type: 'cold' }, controller.signal);
  const rejected = expect(start).rejects.toThrow('enough');
  await settle();
  controller.abort(new Error('enough'));
  await rejected;
  expect(machine.state.get()).toEqual({ type: 'off' });
  expect(workers[0]?.terminated).toBe(true);
  await machine.powerOff();
  expect(machine.state.get()).toEqual({ type: 'off' });
});

test('a machine with a cable keeps its worker when it is powered off', async () => {
  const { machine, workers } = page();
  const { port1, port2 } = new MessageChannel();
  const start = failure(machine.powerOn({ type: 'cold' }));
  await machine.attachNic(port1);
  await machine.powerOff();
  expect((await start).code).toBe('wrong-state');
  expect(machine.state.get()).toEqual({ type: 'off' });
  expect(workers[0]?.terminated).toBe(false);
  machine.dispose();
  expect(workers[0]?.terminated).toBe(true);
  port2.close();
});

test('a second power on is refused while the first is under way', async () => {
  const { machine } = page();
  void machine.powerOn({ type: 'cold' }).catch(() => {});
  expect((await failure(machine.powerOn({ type: 'cold' }))).code).toBe('wrong-state');
  machine.dispose();
});
