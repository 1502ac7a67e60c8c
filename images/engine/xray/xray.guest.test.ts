import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GuestSocket } from '../../../lib/guest/guest';
import { type Engine, startEngine, withoutDocker } from '../engine-fixture';

interface Event {
  type: string;
  unixNs: number;
  ns: number;
  method?: string;
  path?: string;
  status?: number;
  container?: string;
  step?: { step: string; syscall: string; ok: boolean; detail: string };
}

/** Connects to the stream (STREAM.md). `until` gives the events so far once calls with all these ends of paths are told. */
async function watch(engine: Engine) {
  const socket: GuestSocket = await engine.guest.connect({ type: 'unix', path: '/run/docker/xray.sock' });
  const text = new TextDecoder();
  const events: Event[] = [];
  let rest = '';
  let look = () => {};
  socket.onData((bytes) => {
    const lines = (rest + text.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) events.push(JSON.parse(line) as Event);
    look();
  });
  // The engine may not have noticed us yet: what it tells of is what comes then.
  while (events.length === 0) await engine.api('GET', '/v1.47/_ping');
  events.length = 0;
  return {
    until: (...ends: string[]) =>
      new Promise<Event[]>((resolve) => {
        look = () => {
          if (ends.every((end) => events.some(isCall(end))))
            resolve(events.splice(0).sort((a, b) => a.unixNs - b.unixNs));
        };
        look();
      }),
    dispose: () => socket.dispose(),
  };
}

const isCall = (end: string) => (event: Event) => event.type === 'call' && (event.path ?? '').endsWith(end);

describe.skipIf(withoutDocker)(`x-ray${withoutDocker ? `: ${withoutDocker}` : ''}`, () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine();
  });
  afterAll(() => engine.dispose());

  test('what docker run and exec did is told as calls and steps', async () => {
    const stream = await watch(engine);
    const ran = engine.docker('run', '--name', 'seen', 'busybox', 'true');
    const events = await stream.until('/start', '/attach');
    expect((await ran).code).toBe(0);
    const id = await engine.tell('inspect', '-f', '{{.Id}}', 'seen');

    const calls = events.filter(({ type }) => type === 'call');
    const told = calls.map(
      ({ method, path, status }) => `${method} ${path?.replace(/^\/v[\d.]+/, '')} ${status}`,
    );
    expect(told).toEqual(
      expect.arrayContaining([
        'POST /containers/create 201',
        `POST /containers/${id}/attach 101`,
        `POST /containers/${id}/start 204`,
      ]),
    );

    const steps = events.filter(({ type }) => type === 'step');
    expect(new Set(steps.map(({ container }) => container))).toEqual(new Set([id]));
    const syscalls = steps.map(({ step }) => step?.syscall);
    for (const wanted of ['clone3', 'fsmount', 'move_mount', 'pivot_root', 'seccomp', 'execve'])
      expect(syscalls).toContain(wanted);
    const executed = steps.find(({ step }) => step?.syscall === 'execve' && step.ok);
    expect(executed).toMatchObject({ ns: 0, step: { process: 'container', detail: '/bin/true' } });
    // They lie in the call that asked for them, on one clock.
    const start = calls.find(isCall('/start'));
    if (!start) throw new Error('no start was told');
    for (const { unixNs } of steps) {
      expect(unixNs).toBeGreaterThanOrEqual(start.unixNs);
      expect(unixNs).toBeLessThanOrEqual(start.unixNs + start.ns);
    }

    const other = await engine.tell('run', '-d', '--name', 'goes-on', 'busybox', 'sleep', '1000');
    await engine.tell('exec', 'goes-on', 'true');
    const later = await stream.until(`/${other}/start`, '/exec', '/json');
    const entered = later.filter(({ step }) => step?.syscall === 'setns' && step.ok);
    expect(new Set(entered.map(({ container }) => container))).toEqual(new Set([other]));
    stream.dispose();
  });

  test('a failed start is told as well, and a refused call', async () => {
    const stream = await watch(engine);
    await engine.docker('run', '--name', 'never', 'busybox', '/nosuch');
    const events = await stream.until('/start');
    expect(events.filter(({ type }) => type === 'step').length).toBeGreaterThan(100);
    expect(events.find(isCall('/start'))).toMatchObject({ status: 400 });
    stream.dispose();
  });

  test('nobody watches: the runtime is not told to trace, and nothing is left', async () => {
    const stream = await watch(engine);
    stream.dispose();
    // The engine notices soon. From then on a shim is started without the option.
    const record =
      'mkdir -p /tmp/bin && cp /usr/bin/hullrun /tmp/hullrun.real && ' +
      'printf \'#!/bin/sh\\ncase "$*" in *" run "*) echo "$*" > /tmp/argv ;; esac\\nexec /tmp/hullrun.real "$@"\\n\' > /tmp/wrapper && ' +
      'chmod 755 /tmp/wrapper && mount --bind /tmp/wrapper $(command -v hullrun)';
    await engine.host(record);
    const traced = `until docker run --rm busybox true && ! grep -q -- --trace /tmp/argv; do :; done; cat /tmp/argv`;
    expect(await engine.host(traced)).toMatch(/ run .*--detach/);
    expect(await engine.host('find /run/docker /tmp -name "trace*"')).toBe('');
  });
});
