import { expect, test } from 'vitest';
import { Store } from '@/lib/base/store';
import type { Network } from '@/lib/fleet/network';
import type { Guest } from '@/lib/guest/guest';
import type { GuestLink, Seat } from './bench';
import { Cable } from './cable';

/** After everything that waits for nothing else. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Says what it is told, and does it when the test lets it. */
function network() {
  const told: string[] = [];
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const later = (what: string) => {
    told.push(what);
    return new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }));
  };
  const fake = {
    addPort: ({ port }: { port: string }) => later(`add ${port}`),
    join: (name: string, { guest }: { guest: { label: string } }) => later(`join ${name} ${guest.label}`),
    leave: (port: string) => void told.push(`leave ${port}`),
    removePort: async (port: string) => void told.push(`remove ${port}`),
  };
  const settle = async (end: (one: (typeof waiting)[number]) => void) => {
    for (const one of waiting.splice(0)) end(one);
    await turn();
  };
  return {
    network: fake as unknown as Network,
    told: () => told.splice(0),
    done: () => settle(({ resolve }) => resolve()),
    fails: () => settle(({ reject }) => reject(new Error('no'))),
  };
}

function bench() {
  const link = new Store<GuestLink>({ type: 'none' });
  return {
    link,
    seat: new Store({ machine: {} } as Seat),
    speaks: (label: string) =>
      link.set({ type: 'connected', guest: { label } as unknown as Guest, afterMs: 0 }),
    falls: () => link.set({ type: 'none' }),
  };
}

test('a port first, then whoever speaks, for as long as it does', async () => {
  const [wire, one] = [network(), bench()];
  const cable = new Cable('a', one);
  one.speaks('first');
  expect(wire.told()).toEqual([]);
  cable.connect(wire.network);
  expect(wire.told()).toEqual(['add a']);
  await wire.done();
  expect(wire.told()).toEqual(['join a first']);
  await wire.done();
  one.falls();
  expect(wire.told()).toEqual(['leave a']);
  one.speaks('second');
  expect(wire.told()).toEqual(['join a second']);
});

test('a machine that falls silent while it joins leaves at once, and the next one joins afterwards', async () => {
  const [wire, one] = [network(), bench()];
  const cable = new Cable('a', one);
  cable.connect(wire.network);
  await wire.done();
  one.speaks('first');
  one.falls();
  one.speaks('second');
  expect(wire.told()).toEqual(['add a', 'join a first', 'leave a']);
  await wire.fails();
  expect(wire.told()).toEqual(['join a second']);
  expect(cable.failure.get()).toBeUndefined();
});

test('another name is another port; another wire is another beginning; and the end takes the port along', async () => {
  const [wire, other, one] = [network(), network(), bench()];
  const cable = new Cable('a', one);
  one.speaks('it');
  cable.connect(wire.network);
  await wire.done();
  await wire.done();
  wire.told();
  cable.rename('b');
  expect(wire.told()).toEqual(['remove a', 'add b']);
  await wire.done();
  expect(wire.told()).toEqual(['join b it']);
  await wire.done();
  cable.connect(other.network);
  expect(other.told()).toEqual(['add b']);
  await other.done();
  expect(other.told()).toEqual(['join b it']);
  await other.done();
  cable.dispose();
  expect(other.told()).toEqual(['remove b']);
  one.speaks('later');
  expect(other.told()).toEqual([]);
});

test('what fails is told, until something changes', async () => {
  const [wire, one] = [network(), bench()];
  const cable = new Cable('a', one);
  one.speaks('it');
  cable.connect(wire.network);
  await wire.done();
  await wire.fails();
  expect(cable.failure.get()).toMatchObject({ message: 'no' });
  one.falls();
  expect(cable.failure.get()).toBeUndefined();
});
