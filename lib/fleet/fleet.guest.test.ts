import { afterAll, beforeAll, expect, test } from 'vitest';
import { budgetOf } from './budget';
import { Fleet } from './fleet';
import { nodeFleet } from './node-fleet';

const GiB = 1024 ** 3;
let fleet: Fleet;

beforeAll(async () => {
  fleet = await Fleet.start(
    // Five machines, and no more.
    { ...nodeFleet(), budget: budgetOf({ memoryBytes: 64 * GiB, cores: 2.5 }) },
    {
      machines: [
        { name: 'left', files: [{ path: '/root/hello', text: 'from the lab\n' }] },
        { name: 'right', images: [{ type: 'pull', image: 'hello-world' }] },
        { name: 'site', profile: 'web' },
        { name: 'broken', files: [{ path: '/proc/no/such', text: '' }] },
      ],
      gateway: {},
    },
    new AbortController().signal,
  );
  await fleet.settled();
});
afterAll(() => (fleet as Fleet | undefined)?.dispose());

async function run(name: string, script: string) {
  const state = fleet.member(name).state.get();
  if (state.type !== 'up' || !state.guest) throw new Error(`${name} is ${JSON.stringify(state)}`);
  const { status, stdout, stderr } = await state.guest.run({ argv: ['sh', '-c', script] });
  return { status, output: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

test('machines are up as described; one that fails says why, and the others go on', async () => {
  expect(fleet.members.get().map(({ name, state }) => `${name} ${state.get().type}`)).toEqual([
    'left up',
    'right up',
    'site up',
    'broken failed',
  ]);
  expect(fleet.member('broken').state.get()).toMatchObject({
    error: { message: expect.stringContaining('/proc/no/such') as string },
  });
  expect(
    fleet.stations
      .get()
      .map(({ name, port }) => `${name} ${port}`)
      .sort(),
  ).toEqual(['left left', 'right right', 'site site']);
  expect((await run('left', 'cat /root/hello; hostname')).output).toBe('from the lab\nleft\n');
  expect((await run('right', 'docker run --rm hello-world')).output).toContain('Hello');
});

test('they reach each other by name, also the one that has no client for DHCP', async () => {
  expect((await run('left', 'ping -c 2 -W 2 right.twinhull')).output).toContain('2 packets received');
  expect((await run('right', 'ping -c 2 -W 2 left')).output).toContain('2 packets received');
  expect((await run('left', 'wget -q -O /dev/null http://site.twinhull/')).status).toEqual({
    type: 'exited',
    code: 0,
  });
});

test('a machine that is reset has its name, its files and its address again', async () => {
  const { machine, state } = fleet.member('left');
  const address = 'ip -4 -o addr show eth0 | grep -o "192.168.7.[0-9]*/24"';
  const before = (await run('left', address)).output;
  const isUp = new Promise<void>((resolve) => {
    const watching = state.subscribe(({ type }) => {
      if (type !== 'up') return;
      watching.dispose();
      resolve();
    });
  });
  await machine.reset();
  await isUp;
  expect((await run('left', `cat /root/hello; hostname; ${address}`)).output).toBe(
    `from the lab\nleft\n${before}`,
  );
  expect((await run('right', 'ping -c 1 -W 2 left')).status).toEqual({ type: 'exited', code: 0 });
});

test('machines come and go while the lab runs, as far as the device can carry them', async () => {
  const metal = await fleet.add({ name: 'metal', profile: 'bare-metal' });
  await expect(fleet.add({ name: 'one-more' })).rejects.toMatchObject({ code: 'over-budget' });
  await expect(fleet.add({ name: 'metal' })).rejects.toMatchObject({ code: 'name-taken' });
  await fleet.settled();
  expect(metal.state.get()).toMatchObject({ type: 'up', guest: undefined });

  const { machine } = fleet.member('right');
  await fleet.remove('right');
  expect(machine.state.get().type).toBe('off');
  expect(
    fleet.stations
      .get()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['left', 'site']);
  expect((await fleet.wire.readPorts()).map(({ name }) => name)).not.toContain('right');
  expect((await run('left', 'ping -c 1 -W 1 right')).status).not.toEqual({ type: 'exited', code: 0 });

  await fleet.addPort({ switch: 'switch', port: 'spare' });
  await fleet.removePort('spare');
});

test('disposed of, it gives everything back; and a start that is called off leaves nothing', async () => {
  const machines = fleet.members.get().map(({ machine }) => machine);
  fleet.dispose();
  expect(machines.map(({ state }) => state.get().type)).toEqual(machines.map(() => 'off'));
  expect(fleet.wire.state.get().type).toBe('failed');
  expect(fleet.members.get()).toEqual([]);

  const abort = new AbortController();
  const late = await Fleet.start(nodeFleet(), { machines: [{ name: 'late' }] }, abort.signal);
  const { machine } = late.member('late');
  abort.abort();
  expect(machine.state.get().type).toBe('off');
  await expect(Fleet.start(nodeFleet(), { machines: [{ name: 'never' }] }, abort.signal)).rejects.toThrow();
});
