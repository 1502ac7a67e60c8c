import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectGuest } from '../../lib/guest/connect-guest';
import type { Guest, GuestEvent } from '../../lib/guest/guest';
import { host, web } from '../../lib/fleet/profiles';
import type { Machine, MachineProfile } from '../../lib/machine/machine';
import { createNodeMachine } from '../../lib/machine/node-platform';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

async function boot(profile: MachineProfile): Promise<Machine> {
  const machine = createNodeMachine(profile);
  await machine.powerOn({ type: 'cold' });
  return machine;
}

async function sh(guest: Guest, script: string): Promise<string> {
  const { status, stdout, stderr } = await guest.run({ argv: ['sh', '-ec', script] });
  expect([text(stderr), status]).toEqual(['', { type: 'exited', code: 0 }]);
  return text(stdout).trim();
}

/** What the console has said, and a wait for something in it. */
function watchConsole(machine: Machine): { until(pattern: RegExp): Promise<void>; forget(): void } {
  let said = '';
  let wake = () => {};
  machine.console.onOutput((bytes) => {
    said += text(bytes);
    wake();
  });
  return {
    forget: () => (said = ''),
    until: async (pattern) => {
      while (!pattern.test(said)) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}

describe('the host', () => {
  let machine: Machine;
  let guest: Guest;
  beforeAll(async () => {
    machine = await boot(host);
    guest = await connectGuest(machine.openAgent());
  });
  afterAll(() => machine.dispose());

  test('says which profile it is', () => {
    expect(guest.hello).toEqual({ version: 1, profile: 'host' });
  });

  test('has what programs and containers expect to be mounted', async () => {
    const mounts = await sh(guest, 'cut -d" " -f2,3 /proc/mounts');
    for (const wanted of [
      '/proc proc',
      '/sys sysfs',
      '/dev devtmpfs',
      '/dev/pts devpts',
      '/dev/shm tmpfs',
      '/run tmpfs',
      '/sys/fs/cgroup cgroup2',
    ]) {
      expect(mounts.split('\n')).toContain(wanted);
    }
    expect((await sh(guest, 'cat /sys/fs/cgroup/cgroup.subtree_control')).split(' ')).toEqual(
      expect.arrayContaining(['cpu', 'memory', 'pids']),
    );
    expect(await sh(guest, 'hostname; ping -c 1 127.0.0.1 | grep -c "1 packets received"')).toBe('host\n1');
  });

  test('pivot_root works from a mount namespace of its own, without a copy of the root', async () => {
    const inside = `
      mkdir -p /tmp/new && mount -t tmpfs new /tmp/new && mkdir /tmp/new/old /tmp/new/bin
      cp /bin/busybox /tmp/new/bin/ && cd /tmp/new && pivot_root . old
      exec /bin/busybox ls /`;
    expect(await sh(guest, `unshare -m sh -ec '${inside}'`)).toBe('bin\nold');
    expect(await sh(guest, 'ls -d /tmp/new/* 2>/dev/null | wc -l')).toBe('0');
  });

  test('its shell has job control and comes back when it ends', async () => {
    const console = watchConsole(machine);
    const type = (line: string) => machine.console.write(new TextEncoder().encode(`${line}\n`));
    type('sleep 1000 & jobs; tty');
    await console.until(/Running\s+sleep 1000/);
    await console.until(/\/dev\/hvc0/);
    console.forget();
    type('exit');
    await console.until(/service shell died/);
    await console.until(/host:\/# /);
  });

  test('the agent is started again when it dies, and its clients are told', async () => {
    const process = guest.exec({ argv: ['sleep', '1000'] });
    await guest.run({ argv: ['sh', '-c', 'kill -9 $PPID'] }).catch(() => {});
    await expect(process.exit).rejects.toMatchObject({ code: 'agent-gone' });
    guest = await connectGuest(machine.openAgent());
    expect(await sh(guest, 'echo again')).toBe('again');
  });

  test('the OOM killer spares the agent, and takes what it has started', async () => {
    expect(await sh(guest, 'cat /proc/$PPID/oom_score_adj /proc/$$/oom_score_adj')).toBe('-1000\n0');
  });

  test('orphans are reaped', async () => {
    await sh(guest, 'for i in 1 2 3 4 5 6 7 8; do (true &) ; done');
    await sh(guest, 'while grep -qs "^State:.Z" /proc/[0-9]*/status; do :; done');
  });

  test('a terminal, files and connections work as they do outside', async () => {
    const pty = await guest.openPty({ argv: ['sh', '-c', 'stty size; tty'], rows: 31, columns: 77 });
    let said = '';
    pty.onData((bytes) => (said += text(bytes)));
    await pty.exit;
    expect(said).toMatch(/^31 77\r\n\/dev\/pts\/0\r\n$/);
    const content = crypto.getRandomValues(new Uint8Array(60_000));
    await guest.writeFile('/tmp/file', content);
    expect(await guest.readFile('/tmp/file')).toEqual(content);
    await expect(guest.connect({ type: 'tcp', port: 9 })).rejects.toMatchObject({ code: 'connect-failed' });
    const metrics = await guest.metrics();
    expect(metrics.memoryTotal).toBeGreaterThan(metrics.memoryAvailable);
  });

  test('a restored twin has a new client, and takes on an identity of its own', async () => {
    const abandoned = guest.exec({ argv: ['sh', '-c', 'exec sleep 4321'] });
    const state = await machine.snapshot();
    const randoms = [];
    for (const twin of [1, 2]) {
      const other = createNodeMachine(host);
      try {
        await other.powerOn({ type: 'snapshot', bytes: state });
        const client = await connectGuest(other.openAgent());
        const unixNs = 1_900_000_000_000_000_000n + BigInt(twin);
        const nic = { mac: `02:00:00:00:00:0${twin}`, address: `10.9.8.${twin}/24` };
        const entropy = crypto.getRandomValues(new Uint8Array(32));
        await client.setIdentity({ unixNs, entropy, hostname: `twin${twin}`, nic });
        expect(await sh(client, 'hostname; cat /sys/class/net/eth0/address')).toBe(`twin${twin}\n${nic.mac}`);
        expect(await sh(client, 'ip -4 addr show eth0')).toContain(`inet ${nic.address}`);
        expect(Number(await sh(client, 'date +%s'))).toBeGreaterThanOrEqual(1_900_000_000);
        expect(await sh(client, 'grep -l sleep.432[1] /proc/[0-9]*/cmdline || echo gone')).toBe('gone');
        randoms.push(await sh(client, 'head -c 16 /dev/urandom | md5sum'));
      } finally {
        other.dispose();
      }
    }
    expect(randoms[0]).not.toBe(randoms[1]);
    abandoned.dispose();
  });

  test('what of an identity cannot be had is named', async () => {
    const identity = { unixNs: 1_800_000_000_000_000_000n, entropy: new Uint8Array(32) };
    const attempt = (nic: { mac: string; address: string }) => guest.setIdentity({ ...identity, nic });
    await expect(attempt({ mac: 'nonsense', address: '' })).rejects.toMatchObject({ code: 'mac-failed' });
    await expect(attempt({ mac: '', address: '10.0.0.1/33' })).rejects.toMatchObject({
      code: 'address-failed',
    });
  });
});

describe('the web machine', () => {
  test('tells of its service: when it is ready, when it dies, and when it is ready again', async () => {
    const machine = await boot(web);
    try {
      const guest = await connectGuest(machine.openAgent());
      const events: GuestEvent[] = [];
      let wake = () => {};
      guest.onEvent((event) => {
        events.push(event);
        wake();
      });
      const count = async (wanted: number) => {
        while (events.length < wanted) await new Promise<void>((resolve) => (wake = resolve));
      };
      await count(1);
      // The web machine has no shell: its service is found by name.
      const pid = await pidOf(guest, 'hullweb');
      await guest.writeFile(`/proc/${pid}/oom_score_adj`, new TextEncoder().encode('1000'));
      await guest.writeFile('/proc/sysrq-trigger', new TextEncoder().encode('f'));
      await count(3);
      expect(events).toEqual([
        { type: 'service-ready', name: 'web' },
        { type: 'process-died', pid, status: { type: 'signaled', signal: 9 }, name: 'web' },
        { type: 'service-ready', name: 'web' },
      ]);
    } finally {
      machine.dispose();
    }
  });
});

async function pidOf(guest: Guest, name: string): Promise<number> {
  const { processes } = await guest.metrics();
  for (let pid = 1; pid < processes * 10; pid++) {
    const comm = await guest.readFile(`/proc/${pid}/comm`).then(text, () => '');
    if (comm.trim() === name) return pid;
  }
  throw new Error(`no process ${name}`);
}
