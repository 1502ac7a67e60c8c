import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../base/store';
import { nodeParts } from '../fleet/node-parts';
import { startHost, type StartedMachine } from '../fleet/start-machine';
import { Engine } from './engine';
import { Inventory } from './inventory';
import type { Container } from './schemas';

const patience = () => AbortSignal.timeout(60_000);

let host: StartedMachine;
let engine: Engine;
beforeAll(async () => {
  host = await startHost(nodeParts, 'snapshot');
  engine = new Engine(host.guest);
  await sh(
    'mkdir -p /tmp/tiny/bin && cp /bin/busybox /tmp/tiny/bin/sh && tar -C /tmp/tiny -c . | docker import - tiny',
  );
});
afterAll(() => host.machine.dispose());

async function sh(command: string): Promise<string> {
  const { status, stdout, stderr } = await host.guest.run({ argv: ['sh', '-c', command] }, patience());
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  expect(status, text(stderr)).toEqual({ type: 'exited', code: 0 });
  return text(stdout);
}

async function logOf(
  container: string,
  options: { follow?: boolean; tail?: number },
): Promise<Record<string, string>> {
  const said = { stdout: '', stderr: '' };
  for await (const { stream, bytes } of engine.logs(container, options, patience())) {
    said[stream] += new TextDecoder().decode(bytes);
  }
  return said;
}

test('an inventory follows what is typed', async () => {
  const inventory = new Inventory(engine, host.guest);
  const container = (accept: (container: Container | undefined) => boolean) =>
    until(
      inventory.containers.listing,
      (it) => it.type === 'listed' && accept(it.items.find(({ name }) => name === 'seen')),
      patience(),
    );
  await container((it) => it === undefined);
  await sh('docker run -d --name seen tiny sh -c "while :; do read -t 9 line; done"');
  await container((it) => it?.state === 'running' && it.image === 'tiny');
  await sh('docker kill seen');
  await container((it) => it?.state === 'exited');
  await sh('docker rm seen');
  await container((it) => it === undefined);
  await sh('docker volume create kept');
  await until(
    inventory.volumes.listing,
    (it) => it.type === 'listed' && it.items.some(({ name }) => name === 'kept'),
    patience(),
  );
  inventory.dispose();
});

test('containers are started, stopped, read and removed; doing it twice harms nobody', async () => {
  await sh('docker create --name job tiny sh -c "echo out; echo err >&2; read line"');
  await engine.start('job', patience());
  await sh('docker wait job');
  expect(await logOf('job', { follow: true })).toEqual({ stdout: 'out\n', stderr: 'err\n' });
  await engine.stop('job', patience());
  expect(await engine.inspect('containers', 'job', patience())).toMatchObject({ Name: '/job' });
  await engine.remove('containers', 'job', patience());
  expect((await engine.containers(patience())).map(({ name }) => name)).not.toContain('job');
});

test('a container with a terminal has one output', async () => {
  await sh('docker run -t --name screen tiny sh -c "echo out; echo err >&2"');
  expect(await logOf('screen', { tail: 1 })).toEqual({ stdout: 'err\r\n', stderr: '' });
  await engine.remove('containers', 'screen', patience());
});

test('what the engine refuses is its own sentence', async () => {
  await expect(engine.start('nobody', patience())).rejects.toMatchObject({
    code: 'engine-refused',
    message: 'The engine refused: No such container: nobody.',
  });
  await expect(engine.remove('networks', 'bridge', patience())).rejects.toThrow(
    /bridge is a pre-defined network/,
  );
});

test('an abort ends what is asked and what is followed', async () => {
  const abort = new AbortController();
  const events = await engine.events(abort.signal);
  const next = events.next();
  abort.abort(new Error('enough'));
  await expect(next).rejects.toThrow('enough');
  await expect(engine.images(abort.signal)).rejects.toThrow('enough');
});
