import { afterEach, expect, test } from 'vitest';
import { until } from '../base/store';
import { CoreWire } from './core-wire';
import { exampleFrame } from './example-frames';
import type { Frame } from './frame';
import { FramePort } from './frame-port';
import type { FromWire, ToWire } from './protocol';
import { seededRandom } from './seeded-random';
import { SimulatedTime } from './simulated-time';
import { serveWire } from './wire-server';
import { WorkerWire } from './worker-wire';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** The worker's side in this thread, behind messages that are cloned and transferred as a worker's are. */
function newWire(answers = true) {
  const time = new SimulatedTime();
  const core = new CoreWire({ time, random: seededRandom(1), unixNs: () => 0n });
  const { port1, port2 } = new MessageChannel();
  const pageTime = new SimulatedTime();
  const shim = {
    onmessage: undefined as ((event: MessageEvent<FromWire>) => void) | undefined,
    onerror: undefined as ((event: ErrorEvent) => void) | undefined,
    postMessage: (message: ToWire, transfer: Transferable[]) => port1.postMessage(message, transfer),
    terminate: () => port1.close(),
  };
  port1.onmessage = (event: MessageEvent<FromWire>) => shim.onmessage?.(event);
  const serve = serveWire(core, (message, transfer = []) => port2.postMessage(message, transfer));
  port2.onmessage = ({ data }: MessageEvent<ToWire>) => answers && serve(data);
  const wire = new WorkerWire({
    createWorker: () => shim as unknown as Worker,
    after: (delayMs, run) => pageTime.after(delayMs, run),
  });
  ends.push(() => {
    wire.dispose();
    core.dispose();
    port2.close();
  });
  return { wire, core, time, pageTime, shim };
}

test('what is asked of the worker is done there, and answered', async () => {
  const { wire, time } = newWire();
  await wire.addSwitch('office', { ageMs: 1000 });
  await wire.addSwitch('cellar');
  await wire.addPort({ switch: 'office', port: 'red', link: { in: { delayMs: 7 } } });
  await wire.joinSwitches({ switch: 'office', port: 'down' }, { switch: 'cellar', port: 'up' });
  await wire.setLoopGuard(true);
  await wire.setMirrors('office', []);
  await wire.changeLink('red', { out: { loss: 0.5 } });
  const [red] = await wire.readPorts();
  expect(red).toMatchObject({
    name: 'red',
    link: { in: { delayMs: 7, loss: 0 }, out: { delayMs: 0, loss: 0.5 } },
  });
  if (red) await wire.configurePort('red', { ...red.settings, mtu: 9000 });
  await wire.changeLink('red', { in: { delayMs: 0 }, out: { loss: 0 } });

  const { port1, port2 } = new MessageChannel();
  const card = new FramePort(port2, { onFrames: () => {} });
  ends.push(() => card.dispose());
  await wire.attach('red', port1);
  await wire.startCapture({ capture: 'one', ports: ['red'] });
  card.send(exampleFrame({ from: 1 }));
  card.flush();
  while ((await wire.readCapture('one')).next === 0);
  const { packets } = await wire.readCapture('one');
  expect(packets).toMatchObject([{ point: 0, direction: 'in', length: 60 }]);
  expect(await wire.saveCapture('one')).toBeInstanceOf(Uint8Array);
  await wire.endCapture('one');
  expect(await wire.readAddresses('office')).toMatchObject([
    { mac: '02:00:00:00:00:01', vlan: 1, port: 'red' },
  ]);

  const seen = new Promise<string[]>((resolve) => {
    const watching = wire.watchPorts((ports) => {
      watching.dispose();
      resolve(ports.map(({ name }) => name));
    });
  });
  while (time.now() === 0) {
    await wire.readPorts();
    time.run(1);
  }
  expect(await seen).toEqual(['red', 'down', 'up']);
  await wire.addGateway('red', { subnet: '10.1.0.0/16' });
  expect(await wire.readGateway('red')).toMatchObject({ address: '10.1.0.1', leases: [] });
  const abort = new AbortController();
  const asked = wire.fetchHttp('red', { address: '10.1.0.9', port: 80 }, abort.signal);
  abort.abort(new DOMException('enough', 'AbortError'));
  await expect(asked).rejects.toThrow('enough');
  await expect(wire.fetchHttp('red', { address: '10.1.0.9', port: 0 })).rejects.toMatchObject({
    code: 'bad-settings',
  });
  await wire.removeGateway('red');
  await wire.detach('red');
  await wire.removePort('red');
  await wire.removeSwitch('cellar');
  expect(await wire.readPorts()).toEqual([]);
  await expect(wire.removeSwitch('cellar')).rejects.toMatchObject({ code: 'unknown-name' });
});

test('a worker that fails is a state with a reason: what waits rejects, and so does what comes', async () => {
  const { wire, shim } = newWire();
  await wire.addSwitch('office');
  const waiting = wire.readPorts();
  shim.onerror?.({ preventDefault: () => {}, message: 'out of memory' } as ErrorEvent);
  await expect(waiting).rejects.toMatchObject({ code: 'worker-died' });
  expect(wire.state.get()).toMatchObject({ type: 'failed', error: { code: 'worker-died' } });
  await expect(wire.addSwitch('cellar')).rejects.toThrow('out of memory');
});

test('a worker that falls silent is found out', async () => {
  const { wire, pageTime } = newWire(false);
  const failed = until(wire.state, ({ type }) => type === 'failed');
  pageTime.run(10_000);
  expect(await failed).toMatchObject({ error: { code: 'worker-died' } });
});

test('a worker that cannot be started is a state too', async () => {
  const wire = new WorkerWire({
    createWorker: () => {
      throw new Error('forbidden');
    },
    after: (delayMs, run) => new SimulatedTime().after(delayMs, run),
  });
  await expect(wire.addSwitch('office')).rejects.toMatchObject({ code: 'no-worker' });
});

test('when the wire is taken down, a card is told that its cable leads nowhere', async () => {
  const { wire, core } = newWire();
  await wire.addSwitch('office');
  await wire.addPort({ switch: 'office', port: 'red' });
  const { port1, port2 } = new MessageChannel();
  const frames: Frame[] = [];
  const closed = new Promise<void>((resolve) => {
    const card = new FramePort(port2, { onFrames: (some) => frames.push(...some), onClosed: resolve });
    ends.push(() => card.dispose());
  });
  await wire.attach('red', port1);
  core.dispose();
  await closed;
});
