import { afterEach, describe, expect, test } from 'vitest';
import { CoreWire } from './core-wire';
import { exampleFrame } from './example-frames';
import type { Frame } from './frame';
import { headerBytes } from './frame-header';
import { FramePort } from './frame-port';
import { seededRandom } from './seeded-random';
import { SimulatedTime } from './simulated-time';
import type { NewPort } from './wire';

const wires: CoreWire[] = [];
const cards: FramePort[] = [];
afterEach(() => {
  for (const card of cards.splice(0)) card.dispose();
  for (const wire of wires.splice(0)) wire.dispose();
});

function newWire() {
  const time = new SimulatedTime();
  const epochNs = 1_700_000_000_000_000_000n;
  const unixNs = () => epochNs + BigInt(Math.round(time.now() * 1e6));
  const wire = new CoreWire({ time, random: seededRandom(1), unixNs });
  wires.push(wire);
  return { time, wire };
}

/** A station that remembers the marks of what it got. */
async function station(wire: CoreWire, port: NewPort) {
  await wire.addPort(port);
  const got: number[] = [];
  const links: boolean[] = [];
  const send = wire.connect(port.port, {
    receive: (frame) => got.push(frame[headerBytes + 14] ?? 0),
    onLink: (up) => links.push(up),
  });
  return { got, links, send };
}

async function status(wire: CoreWire, name: string) {
  const found = (await wire.readPorts()).find((port) => port.name === name);
  if (!found) throw new Error(`no port ${name}`);
  return found;
}

/** Three switches, each joined to both others, with a station each. */
async function triangle() {
  const { time, wire } = newWire();
  for (const name of ['a', 'b', 'c']) await wire.addSwitch(name);
  for (const [one, other] of [
    ['a', 'b'],
    ['b', 'c'],
    ['c', 'a'],
  ] as const)
    await wire.joinSwitches(
      { switch: one, port: `${one}-${other}` },
      { switch: other, port: `${other}-${one}` },
    );
  const stations = {
    a: await station(wire, { switch: 'a', port: 'on-a' }),
    b: await station(wire, { switch: 'b', port: 'on-b' }),
    c: await station(wire, { switch: 'c', port: 'on-c' }),
  };
  return { time, wire, ...stations };
}

describe('several switches', () => {
  test('a loop is broken at one cable: everybody hears everything once', async () => {
    const { wire, a, b, c } = await triangle();
    a.send(exampleFrame({ from: 1, mark: 1 }));
    expect([a.got, b.got, c.got]).toEqual([[], [1], [1]]);
    c.send(exampleFrame({ from: 3, to: 1, mark: 2 }));
    expect([a.got, b.got, c.got]).toEqual([[2], [1], [1]]);
    const blocked = (await wire.readPorts()).filter((port) => port.blocked).map(({ name }) => name);
    expect(blocked).toEqual(['c-a', 'a-c']);
  });

  test('when a cable is cut, the other way opens at once; when it is mended, nothing goes round', async () => {
    const { wire, a, b, c } = await triangle();
    a.send(exampleFrame({ from: 1, to: 2, mark: 1 }));
    b.send(exampleFrame({ from: 2, to: 1, mark: 2 }));
    await wire.changeLink('a-b', { in: { up: false } });
    expect((await wire.readPorts()).filter((port) => port.blocked)).toEqual([]);
    expect(await status(wire, 'b-a')).toMatchObject({ carrier: false });
    a.send(exampleFrame({ from: 1, to: 2, mark: 3 }));
    expect(b.got).toEqual([1, 3]);
    await wire.changeLink('a-b', { in: { up: true } });
    for (const one of [a, b, c]) one.got.length = 0;
    b.send(exampleFrame({ from: 2, mark: 4 }));
    expect([a.got, b.got, c.got]).toEqual([[4], [], [4]]);
  });

  test('without the guard a frame goes round until the storm guards end it, with bounded work in each turn', async () => {
    const { time, wire, a, b } = await triangle();
    await wire.setLoopGuard(false);
    a.send(exampleFrame({ from: 1, mark: 1 }));
    const inFirstTurn = b.got.length;
    expect(inFirstTurn).toBeGreaterThan(2);
    expect(inFirstTurn).toBeLessThan(3000);
    time.run(1000);
    const totals = await wire.readPorts();
    const storms = totals.reduce((sum, { totals: { drops } }) => sum + (drops.storm ?? 0), 0);
    expect(storms).toBeGreaterThan(0);
    // What goes round is dropped faster than it multiplies: it has died down by itself, or does when the loop is broken.
    await wire.setLoopGuard(true);
    time.run(1000);
    a.got.length = b.got.length = 0;
    a.send(exampleFrame({ from: 1, mark: 9 }));
    expect(b.got).toEqual([9]);
  });

  test('a loop with no guard at all costs bounded memory, and who is not behind it is served', async () => {
    const { time, wire, a } = await triangle();
    const neighbour = await station(wire, { switch: 'a', port: 'beside-a' });
    neighbour.send(exampleFrame({ from: 4 }));
    await wire.setLoopGuard(false);
    for (const { name, settings } of await wire.readPorts())
      await wire.configurePort(name, { ...settings, stormFramesPerSecond: 0 });
    for (let mark = 0; mark < 5000; mark += 1) a.send(exampleFrame({ from: 1, mark: mark & 127 }));
    expect(() => time.runUntilIdle(5)).toThrow('still busy');
    a.send(exampleFrame({ from: 1, to: 4, mark: 200 }));
    expect(neighbour.got).toContain(200);
    const ports = await wire.readPorts();
    const full = ports.reduce((sum, { totals: { drops } }) => sum + (drops['queue-full'] ?? 0), 0);
    expect(full).toBeGreaterThan(0);
    await wire.removeSwitch('c');
    time.runUntilIdle(10);
    expect((await wire.readPorts()).map(({ name }) => name)).toEqual([
      'a-b',
      'b-a',
      'on-a',
      'on-b',
      'beside-a',
    ]);
  });
});

test('a link is cut in mid-transfer and healed after 30 s: what was under way is counted, then all arrives', async () => {
  const { time, wire } = newWire();
  await wire.addSwitch('office');
  const link = { in: { delayMs: 20 }, out: { delayMs: 20 } };
  const left = await station(wire, { switch: 'office', port: 'left', link });
  const right = await station(wire, { switch: 'office', port: 'right', link });
  right.send(exampleFrame({ from: 2 }));
  time.run(100);
  for (let mark = 0; mark < 100; mark += 1) {
    if (mark === 50) await wire.changeLink('right', { in: { up: false }, out: { up: false } });
    left.send(exampleFrame({ from: 1, to: 2, mark }));
    time.run(1);
  }
  expect(right.links).toEqual([true, false]);
  expect(await status(wire, 'right')).toMatchObject({
    carrier: false,
    totals: { drops: { 'link-down': 20 } },
  });
  time.run(30_000);
  await wire.changeLink('right', { in: { up: true }, out: { up: true } });
  expect(right.links).toEqual([true, false, true]);
  left.send(exampleFrame({ from: 1, to: 2, mark: 200 }));
  time.run(40);
  expect(right.got).toEqual([...Array.from({ length: 11 }, (_, mark) => mark), 200]);
});

describe('a card on a MessagePort', () => {
  async function plug(wire: CoreWire, port: string, onFrames: (frames: Frame[]) => void, holds = false) {
    const { port1, port2 } = new MessageChannel();
    const gone = { resolve: () => {} };
    const closed = new Promise<void>((resolve) => (gone.resolve = resolve));
    const card = new FramePort(port2, { onFrames, onClosed: gone.resolve }, { holds });
    cards.push(card);
    await wire.attach(port, port1);
    return { card, closed };
  }

  const until = async (holds: () => boolean | Promise<boolean>) => {
    while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
  };

  test('a batch arrives as a batch', async () => {
    const { wire } = newWire();
    await wire.addSwitch('office');
    const batches: number[] = [];
    await wire.addPort({ switch: 'office', port: 'red' });
    await wire.addPort({ switch: 'office', port: 'blue' });
    const red = await plug(wire, 'red', () => {});
    await plug(wire, 'blue', (frames) => batches.push(frames.length));
    for (let mark = 0; mark < 40; mark += 1) red.card.send(exampleFrame({ from: 1, mark }));
    red.card.flush();
    await until(() => batches.length > 0);
    expect(batches).toEqual([40]);
  });

  test('one that takes nothing loses frames beyond a window and a queue, and nobody else waits', async () => {
    const { wire } = newWire();
    await wire.addSwitch('office');
    const sender = await station(wire, { switch: 'office', port: 'sender' });
    await wire.addPort({ switch: 'office', port: 'paused' });
    let arrived = 0;
    const { card } = await plug(wire, 'paused', (frames) => (arrived += frames.length), true);
    card.send(exampleFrame({ from: 2 }));
    card.flush();
    await until(() => sender.got.length > 0);
    for (let sent = 0; sent < 5000; sent += 1) sender.send(exampleFrame({ from: 1, to: 2 }));
    await until(() => arrived === 1024);
    expect((await status(wire, 'paused')).totals.drops).toEqual({ 'queue-full': 5000 - 1024 - 1000 });
    card.taken(1024, 1024 * 72);
    await until(() => arrived === 2024);
  });

  test('one that goes away leaves an empty socket, and a second one takes its place', async () => {
    const { wire } = newWire();
    await wire.addSwitch('office');
    await wire.addPort({ switch: 'office', port: 'red' });
    const first = await plug(wire, 'red', () => {});
    expect(await status(wire, 'red')).toMatchObject({ peer: { type: 'card' }, carrier: true });
    first.card.dispose();
    await until(async () => !(await status(wire, 'red')).carrier);
    expect(await status(wire, 'red')).toMatchObject({ peer: { type: 'nothing' } });
    const second = await plug(wire, 'red', () => {});
    await plug(wire, 'red', () => {});
    await second.closed;
    expect(await status(wire, 'red')).toMatchObject({ peer: { type: 'card' }, carrier: true });
  });
});

test('a capture has what passed its ports, with times and directions, and is saved as a file', async () => {
  const { time, wire } = newWire();
  await wire.addSwitch('office');
  const red = await station(wire, { switch: 'office', port: 'red' });
  const blue = await station(wire, { switch: 'office', port: 'blue', link: { out: { delayMs: 5 } } });
  await wire.startCapture({ capture: 'one', ports: ['red', 'blue'] });
  red.send(exampleFrame({ from: 1, to: 2 }));
  time.run(3);
  blue.send(exampleFrame({ from: 2, to: 1 }));
  const { packets, next } = await wire.readCapture('one');
  expect(
    packets.map(({ point, direction, timeNs, length }) => [
      point,
      direction,
      timeNs % 1_000_000_000n,
      length,
    ]),
  ).toEqual([
    [0, 'in', 0n, 60],
    [1, 'out', 0n, 60],
    [1, 'in', 3_000_000n, 60],
    [0, 'out', 3_000_000n, 60],
  ]);
  expect((await wire.readCapture('one', next)).packets).toEqual([]);
  expect((await wire.saveCapture('one')).length).toBeGreaterThan(4 * 92);
  await wire.endCapture('one');
  await expect(wire.readCapture('one')).rejects.toThrow('no capture “one”');
});

test('what is not there, is there already, or makes no sense, is said and changes nothing', async () => {
  const { wire } = newWire();
  await wire.addSwitch('office');
  await wire.addPort({ switch: 'office', port: 'red' });
  await wire.joinSwitches({ switch: 'office', port: 'up' }, { switch: 'office', port: 'down' });
  const before = await wire.readPorts();
  const wrong = [
    wire.addSwitch('office'),
    wire.removeSwitch('cellar'),
    wire.addPort({ switch: 'office', port: 'red' }),
    wire.addPort({ switch: 'office', port: 'blue', settings: { vlans: { type: 'access', vlan: 5000 } } }),
    wire.addPort({ switch: 'office', port: 'blue', link: { in: { loss: 2 } } }),
    wire.joinSwitches({ switch: 'office', port: 'new' }, { switch: 'cellar', port: 'other' }),
    wire.changeLink('red', { out: { delayMs: Number.NaN } }),
    wire.attach('up', new MessageChannel().port1),
    wire.setMirrors('office', [{ from: 'red', to: 'green', direction: 'in' }]),
    wire.startCapture({ capture: 'one', ports: ['green'] }),
  ];
  const codes = (await Promise.allSettled(wrong)).map((one) =>
    one.status === 'rejected' ? (one.reason as { code: string }).code : 'done',
  );
  expect(codes).toEqual([
    'name-taken',
    'unknown-name',
    'name-taken',
    'bad-settings',
    'bad-settings',
    'unknown-name',
    'bad-settings',
    'not-a-socket',
    'unknown-name',
    'unknown-name',
  ]);
  expect(await wire.readPorts()).toEqual(before);
});

test('the same seed, the same hours: two runs agree to the last counter', async () => {
  const run = async () => {
    const { time, wire } = newWire();
    await wire.addSwitch('office');
    const bad = { delayMs: 30, jitterMs: 20, loss: 0.05, bitsPerSecond: 1_000_000, queueBytes: 20_000 };
    const left = await station(wire, { switch: 'office', port: 'left', link: { in: bad, out: bad } });
    const right = await station(wire, { switch: 'office', port: 'right' });
    right.send(exampleFrame({ from: 2 }));
    for (let step = 0; step < 2000; step += 1) {
      left.send(exampleFrame({ from: 1, to: 2, bytes: 1000 }));
      time.run(7);
    }
    time.runUntilIdle();
    return { got: right.got.length, ports: await wire.readPorts() };
  };
  const first = await run();
  expect(first.got).toBeGreaterThan(1000);
  expect(await run()).toEqual(first);
});
