import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Emitter } from '../base/emitter';
import { connectGuest } from './connect-guest';
import { frameTypes, nonceBytes, writeFrame, writeHello } from './frame';
import type { ByteChannel } from './guest';

const nonce = new Uint8Array(nonceBytes).fill(7);
const noBytes = new Uint8Array(0);

/** An agent that says what a test tells it to. */
class ScriptedAgent implements ByteChannel {
  private readonly bytes = new Emitter<Uint8Array>();
  private readonly closed = new Emitter<string>();
  sent: Uint8Array[] = [];
  disposed = false;

  readonly onBytes = this.bytes.on;
  readonly onClose = this.closed.on;

  send(bytes: Uint8Array): void {
    this.sent.push(bytes);
  }

  dispose(): void {
    this.disposed = true;
  }

  say(bytes: Uint8Array): void {
    this.bytes.emit(bytes);
  }

  frame(type: number, channel: number, payload: unknown): void {
    const bytes = payload instanceof Uint8Array ? payload : new TextEncoder().encode(JSON.stringify(payload));
    this.say(writeFrame({ type, channel, payload: bytes }));
  }

  greet(): void {
    this.say(writeHello(nonce));
    this.frame(frameTypes.hello, 0, { version: 1, profile: 'test' });
  }

  hangUp(reason: string): void {
    this.closed.emit(reason);
  }
}

async function connected() {
  const agent = new ScriptedAgent();
  const connecting = connectGuest(agent, { randomBytes: () => nonce });
  agent.greet();
  return { agent, guest: await connecting };
}

describe('connecting', () => {
  test('asks again when an agent announces itself', async () => {
    const agent = new ScriptedAgent();
    const connecting = connectGuest(agent, { randomBytes: () => nonce });
    expect(agent.sent).toHaveLength(1);
    agent.say(writeHello(new Uint8Array(nonceBytes)));
    expect(agent.sent).toHaveLength(2);
    agent.greet();
    expect((await connecting).hello).toEqual({ version: 1, profile: 'test' });
  });

  test('rejects on an abort, and lets go of the port', async () => {
    const agent = new ScriptedAgent();
    const controller = new AbortController();
    const connecting = connectGuest(agent, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(connecting).rejects.toThrow('enough');
    expect(agent.disposed).toBe(true);
  });

  test('rejects when the port closes', async () => {
    const agent = new ScriptedAgent();
    const connecting = connectGuest(agent);
    agent.hangUp('the machine was powered off');
    await expect(connecting).rejects.toMatchObject({
      code: 'agent-gone',
      message: 'the agent is gone: the machine was powered off',
    });
  });
});

describe('an agent that makes no sense', () => {
  const cases: Record<string, (agent: ScriptedAgent) => void> = {
    'no JSON': (agent) => agent.frame(frameTypes.opened, 1, new TextEncoder().encode('{')),
    'another shape': (agent) => agent.frame(frameTypes.exit, 1, { type: 'vanished' }),
    'unknown type': (agent) => agent.frame(99, 1, noBytes),
    'unknown type on channel 0': (agent) => agent.frame(99, 0, noBytes),
    'a channel that is not open': (agent) => agent.frame(frameTypes.data, 77, noBytes),
    'a window that is no number': (agent) => agent.frame(frameTypes.window, 1, new Uint8Array(3)),
    'no frame': (agent) => agent.say(new Uint8Array(100).fill(1)),
    'a fault': (agent) => agent.frame(frameTypes.fault, 0, { code: 'lost', message: 'what?' }),
  };
  test.each(Object.entries(cases))('%s: everything that waits rejects', async (_, misbehave) => {
    const { agent, guest } = await connected();
    const process = guest.exec({ argv: ['cat'] });
    const write = process.stdin.write(new Uint8Array(1));
    const metrics = guest.metrics();
    misbehave(agent);
    await expect(process.exit).rejects.toMatchObject({ code: 'agent-malformed' });
    await expect(write).rejects.toMatchObject({ code: 'agent-malformed' });
    await expect(metrics).rejects.toMatchObject({ code: 'agent-malformed' });
    await expect(guest.readFile('/')).rejects.toMatchObject({ code: 'agent-malformed' });
    expect(agent.disposed).toBe(true);
  });

  test('says anything at all: nothing is thrown at whoever brings the bytes', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ type: fc.nat(16), channel: fc.nat(2), payload: fc.uint8Array({ maxLength: 40 }) }),
        ),
        async (frames) => {
          const { agent, guest } = await connected();
          guest.exec({ argv: ['cat'] });
          void guest.openPty({ argv: ['sh'], rows: 1, columns: 1 }).catch(() => {});
          for (const { type, channel, payload } of frames) agent.frame(type, channel, payload);
          guest.dispose();
        },
      ),
    ));
});

test('disposing closes what is open, and everything that waits rejects', async () => {
  const { agent, guest } = await connected();
  const process = guest.exec({ argv: ['cat'] });
  const file = guest.readFile('/etc/hostname');
  agent.sent = [];
  guest.dispose();
  await expect(process.exit).rejects.toMatchObject({ code: 'agent-channel-closed' });
  await expect(file).rejects.toMatchObject({ code: 'agent-channel-closed' });
  expect(agent.sent.map((bytes) => bytes[6])).toEqual([frameTypes.close, frameTypes.close]);
});

test('data that comes before its listener waits, and the end waits for the data', async () => {
  const { agent, guest } = await connected();
  const opening = guest.connect({ type: 'tcp', port: 80 });
  agent.frame(frameTypes.opened, 1, { window: 100, pid: 0 });
  agent.frame(frameTypes.data, 1, new Uint8Array([1, 2]));
  const socket = await opening;
  socket.pause();
  const seen: number[] = [];
  socket.onData((bytes) => seen.push(...bytes));
  agent.frame(frameTypes.data, 1, new Uint8Array([3]));
  agent.frame(frameTypes.end, 1, noBytes);
  expect(seen).toEqual([]);
  let ended = false;
  const ending = socket.ended.then(() => (ended = true));
  await Promise.resolve();
  expect(ended).toBe(false);
  socket.resume();
  await ending;
  expect(seen).toEqual([1, 2, 3]);
});

test('strings that the agent cannot take are refused before they are sent', async () => {
  const { guest } = await connected();
  expect(() => guest.exec({ argv: ['a\0b'] })).toThrow('NUL');
  expect(() => guest.exec({ argv: ['x'.repeat(40_000)] })).toThrow('more than the agent takes');
});
