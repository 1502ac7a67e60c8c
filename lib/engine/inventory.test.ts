import { expect, test } from 'vitest';
import { Emitter } from '../base/emitter';
import { until } from '../base/store';
import type { GuestEvent } from '../guest/guest';
import { Inventory } from './inventory';
import type { EngineEvent, Volume } from './schemas';

/** An engine of volumes alone, whose lists and events come when the test says so. */
function fakeEngine() {
  const guestEvents = new Emitter<GuestEvent>();
  const asked: ((volumes: Volume[]) => void)[] = [];
  let say: (event: EngineEvent | 'end') => void = () => undefined;
  const engine = {
    containers: async () => [],
    images: async () => [],
    networks: async () => [],
    volumes: () => new Promise<Volume[]>((resolve) => asked.push(resolve)),
    async events() {
      const heard = new Emitter<EngineEvent | 'end'>();
      say = (event) => heard.emit(event);
      const next = () => new Promise<EngineEvent | 'end'>((resolve) => void heard.on(resolve));
      let coming = next();
      return (async function* () {
        for (;;) {
          const event = await coming;
          coming = next();
          if (event === 'end') return;
          yield event;
        }
      })();
    },
  };
  return {
    engine,
    guest: { onEvent: guestEvents.on },
    guestEvents,
    asked,
    say: (event: EngineEvent | 'end') => say(event),
  };
}

const volume = (name: string): Volume => ({ name, driver: 'local', mountpoint: `/v/${name}` });
const happened = (type: string, action: string): EngineEvent => ({
  type,
  action,
  unixMs: 0,
  id: 'x',
  attributes: {},
});
const settle = () => new Promise(setImmediate);

test('lists a kind anew when something happened to it, once for all that happens meanwhile', async () => {
  const { engine, guest, asked, say } = fakeEngine();
  const inventory = new Inventory(engine, guest);
  await until(inventory.watch, ({ type }) => type === 'watching');
  await settle();
  expect(asked.length).toBe(1);
  for (let i = 0; i < 5; i++) {
    say(happened('volume', 'create'));
    await settle();
  }
  expect(asked.length).toBe(1);
  asked[0]?.([volume('old')]);
  await settle();
  expect(inventory.volumes.listing.get()).toEqual({ type: 'listed', items: [volume('old')] });
  expect(asked.length).toBe(2);
  asked[1]?.([volume('new')]);
  await settle();
  expect(inventory.volumes.listing.get()).toEqual({ type: 'listed', items: [volume('new')] });
  say(happened('volume', 'mount'));
  say(happened('container', 'start'));
  await settle();
  expect(asked.length).toBe(2);
  inventory.dispose();
});

test('an engine that ends is lost, and found again when the guest says that it is ready', async () => {
  const { engine, guest, guestEvents, asked, say } = fakeEngine();
  const inventory = new Inventory(engine, guest);
  await until(inventory.watch, ({ type }) => type === 'watching');
  await settle();
  say('end');
  await until(inventory.watch, ({ type }) => type === 'lost');
  guestEvents.emit({ type: 'service-ready', name: 'engine' });
  await until(inventory.watch, ({ type }) => type === 'watching');
  await settle();
  // The answer to the first question came too late to be of any use.
  asked[0]?.([volume('before')]);
  asked[1]?.([volume('after')]);
  await settle();
  expect(inventory.volumes.listing.get()).toEqual({ type: 'listed', items: [volume('after')] });
  inventory.dispose();
});

test('nothing changes after it was disposed of', async () => {
  const { engine, guest, asked } = fakeEngine();
  const inventory = new Inventory(engine, guest);
  await until(inventory.watch, ({ type }) => type === 'watching');
  inventory.dispose();
  await settle();
  asked[0]?.([volume('late')]);
  await settle();
  expect(inventory.volumes.listing.get()).toEqual({ type: 'loading' });
});
