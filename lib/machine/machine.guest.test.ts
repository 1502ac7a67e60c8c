import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { nodeParts } from '../fleet/node-parts';
import { host, hostSnapshot, web } from '../fleet/profiles';
import { repairIdentity, startHost } from '../fleet/start-machine';
import { HullError } from '../base/hull-error';
import { until } from '../base/store';
import { connectGuest } from '../guest/connect-guest';
import type { Guest } from '../guest/guest';
import type { Machine, MachineProfile, MachineState } from './machine';
import { createNodeMachine } from './node-platform';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

async function shell(guest: Guest, script: string): Promise<string> {
  const { stdout, stderr, status } = await guest.run({ argv: ['sh', '-c', script] });
  expect(text(stderr)).toBe('');
  expect(status).toEqual({ type: 'exited', code: 0 });
  return text(stdout);
}

function failureOf(state: MachineState): string | undefined {
  return state.type === 'failed' ? state.error.code : undefined;
}

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof HullError ? (error.code as string) : error),
  );
}

let machines: Machine[] = [];
function newMachine(profile: MachineProfile = host): Machine {
  const machine = createNodeMachine(profile);
  machines.push(machine);
  return machine;
}
afterEach(() => {
  for (const machine of machines) machine.dispose();
  machines = [];
});

async function restored(): Promise<{ machine: Machine; guest: Guest }> {
  const started = await startHost(nodeParts, 'snapshot');
  machines.push(started.machine);
  return started;
}

describe('a cold boot', () => {
  let machine: Machine;
  let guest: Guest;
  beforeAll(async () => {
    machine = createNodeMachine(host);
    await machine.powerOn({ type: 'cold' });
    guest = await connectGuest(machine.openAgent());
  });
  afterAll(() => machine.dispose());

  test('passes through its phases, each no earlier than the last', () => {
    const marks = machine.phases.get();
    expect(marks.map(({ phase }) => phase)).toEqual(['firmware', 'kernel', 'init', 'agent', 'ready']);
    marks.forEach((mark, index) => {
      const next = marks[index + 1];
      if (!next) return;
      expect(next.atMs).toBeGreaterThanOrEqual(mark.atMs);
      expect(next.instructions).toBeGreaterThan(mark.instructions);
    });
  });

  test('gives who comes late the console from its first line on', () => {
    let replay = '';
    machine.console.onOutput((bytes) => (replay += text(bytes))).dispose();
    expect(replay).toContain('Linux version 6.12');
    expect(replay).toContain('Run /init as init process');
  });

  test('counts what happens at the machine’s borders', async () => {
    // The engine starts behind everything else: until it answers, the processor has no time to halt.
    await shell(guest, 'docker version > /dev/null');
    const before = await machine.readCounters({ scanMemory: true });
    // More than what was used before and is free by now: the kernel gives out such pages first.
    const copied = 8 * Number(await shell(guest, 'stat -c %s /bin/busybox'));
    // Whoever sleeps alone lets the processor halt.
    await shell(guest, 'for copy in $(seq 8); do cat /bin/busybox > /tmp/copy$copy; done; sleep 0.1');
    const after = await machine.readCounters({ scanMemory: true });
    expect(after.instructions).toBeGreaterThan(before.instructions);
    expect(after.interrupts).toBeGreaterThan(before.interrupts);
    expect(after.halts).toBeGreaterThan(before.halts);
    expect(after.portWrites).toBeGreaterThan(before.portWrites);
    expect(after.loadedBytes).toBeGreaterThan(5_000_000);
    expect(after.memoryTotalBytes).toBe(host.memoryBytes);
    await shell(guest, 'rm /tmp/copy*');
    expect(after.memoryTouchedBytes - before.memoryTouchedBytes).toBeGreaterThan(copied / 2);
  });

  test('takes keys and a size on the console', async () => {
    const seen = new Promise<string>((resolve) => {
      let output = '';
      machine.console.onOutput((bytes) => {
        output += text(bytes);
        const size = /size (\d+ \d+) end/.exec(output)?.[1];
        if (size !== undefined) resolve(size);
      });
    });
    machine.console.resize({ rows: 33, columns: 111 });
    machine.console.write(new TextEncoder().encode('echo size $(stty size) end\n'));
    expect(await seen).toBe('33 111');
  });

  test('stands still while it is paused', async () => {
    await machine.pause();
    expect(machine.state.get()).toEqual({ type: 'paused' });
    const { instructions } = await machine.readCounters();
    const answer = shell(guest, 'echo awake');
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect((await machine.readCounters()).instructions).toBe(instructions);
    await machine.resume();
    expect(await answer).toBe('awake\n');
    expect((await machine.readCounters()).instructions).toBeGreaterThan(instructions);
  });

  test('refuses what its state does not allow, and changes nothing', async () => {
    expect(await codeOf(machine.powerOn({ type: 'cold' }))).toBe('wrong-state');
    expect(await codeOf(machine.resume())).toBe('wrong-state');
    expect(machine.state.get()).toEqual({ type: 'running' });
  });

  test('is booted again by a reset, which ends the conversation with the agent', async () => {
    let reason: string | undefined;
    const lost = machine.openAgent();
    lost.onClose((why) => (reason = why));
    await machine.reset();
    expect(reason).toContain('reset');
    guest = await connectGuest(machine.openAgent());
    expect(Number(await shell(guest, 'cut -d. -f1 /proc/uptime'))).toBeLessThan(60);
  });
});

describe('a snapshot', () => {
  test('goes on in another machine, with its own randomness and address', async () => {
    const { machine, guest } = await restored();
    await shell(guest, 'echo kept > /tmp/file');
    const bytes = await machine.snapshot();
    expect(machine.state.get().type).toBe('running');

    const twins: { file: string; random: string; address: string; replay: string }[] = [];
    for (const number of [1, 2]) {
      const twin = newMachine();
      await twin.powerOn({ type: 'snapshot', bytes });
      const there = await connectGuest(twin.openAgent());
      const mac = `02:00:00:00:00:0${number}`;
      await repairIdentity(there, nodeParts, { mac, address: `10.0.0.${number}/24` });
      let replay = '';
      twin.console.onOutput((output) => (replay += text(output))).dispose();
      twins.push({
        file: await shell(there, 'cat /tmp/file'),
        random: await shell(there, 'head -c 16 /dev/urandom | od -An -tx1'),
        address: await shell(there, 'cat /sys/class/net/eth0/address'),
        replay,
      });
      const clock = Number(await shell(there, 'date +%s'));
      expect(Math.abs(clock - Date.now() / 1000)).toBeLessThan(60);
    }
    expect(twins.map(({ file }) => file)).toEqual(['kept\n', 'kept\n']);
    expect(twins.map(({ address }) => address.trim())).toEqual(['02:00:00:00:00:01', '02:00:00:00:00:02']);
    expect(twins[0]?.random).not.toBe(twins[1]?.random);
    expect(twins[0]?.replay).toContain('Linux version 6.12');
  });

  test('tells from the start what memory is in use', async () => {
    const { machine } = await restored();
    const told = (await machine.readCounters()).memoryTouchedBytes;
    const found = (await machine.readCounters({ scanMemory: true })).memoryTouchedBytes;
    expect(told).toBeGreaterThan(found * 0.9);
    expect(told).toBeLessThanOrEqual(found);
  });

  test('of another machine is refused, and a damaged one too', async () => {
    const { machine } = await restored();
    const bytes = await machine.snapshot();
    const other = newMachine(web);
    expect(await codeOf(other.powerOn({ type: 'snapshot', bytes }))).toBe('snapshot-foreign');
    expect(failureOf(other.state.get())).toBe('snapshot-foreign');

    const cut = newMachine();
    expect(
      await codeOf(cut.powerOn({ type: 'snapshot', bytes: bytes.subarray(0, bytes.length - 1000) })),
    ).toBe('snapshot-damaged');
    // A failed machine can be switched on again.
    await cut.powerOn({ type: 'artifact-snapshot', artifact: hostSnapshot });
    expect(cut.state.get()).toEqual({ type: 'running' });
  });
});

describe('a guest that', () => {
  test('panics fails its machine, and no other', async () => {
    const { machine, guest } = await restored();
    const neighbour = await restored();
    const call = guest.run({ argv: ['sh', '-c', 'echo c > /proc/sysrq-trigger'] });
    expect(await codeOf(call)).not.toBe('no error');
    const state = await until(machine.state, ({ type }) => type === 'failed');
    expect(failureOf(state)).toBe('guest-panicked');
    expect(await shell(neighbour.guest, 'echo fine')).toBe('fine\n');
  });

  test('switches itself off has halted', async () => {
    const { machine, guest } = await restored();
    void guest.run({ argv: ['poweroff', '-f'] }).catch(() => {});
    const state = await until(machine.state, ({ type }) => type === 'failed');
    expect(failureOf(state)).toBe('guest-halted');
  });

  test('restarts itself boots again', async () => {
    const { machine, guest } = await restored();
    void guest.run({ argv: ['reboot', '-f'] }).catch(() => {});
    await until(machine.state, ({ type }) => type === 'booting');
    await until(machine.state, ({ type }) => type === 'running');
    expect(machine.phases.get().at(0)?.phase).toBe('firmware');
  });
});

test('a pause or a snapshot that a power off overtakes comes to an end', async () => {
  for (const command of ['pause', 'snapshot'] as const) {
    const { machine } = await restored();
    const pending = machine[command]().then(
      () => 'settled',
      () => 'settled',
    );
    await machine.powerOff();
    expect(await pending).toBe('settled');
    expect(machine.state.get()).toEqual({ type: 'off' });
  }
});

test('a start that is cancelled ends switched off, in any phase', async () => {
  const machine = newMachine();
  for (const phase of ['loading', 'booting'] as const) {
    const controller = new AbortController();
    const start = machine.powerOn({ type: 'cold' }, controller.signal);
    const rejected = expect(start).rejects.toThrow('enough');
    await until(machine.state, ({ type }) => type === phase);
    controller.abort(new Error('enough'));
    await rejected;
    expect(machine.state.get()).toEqual({ type: 'off' });
  }
});
