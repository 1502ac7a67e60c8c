import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dissect, ensureTshark } from '../../scripts/tshark';
import { nodeParts } from '../fleet/node-parts';
import { repairIdentity, startHost, type StartedMachine } from '../fleet/start-machine';
import { crossover } from './cable';
import type { CoreWire } from './core-wire';
import { createNodeWire } from './node-wire';
import { plugIn } from './plug-in';
import { seededRandom } from './seeded-random';
import { plainPort } from './switch/port-settings';

let left: StartedMachine;
let right: StartedMachine;

async function host(number: number): Promise<StartedMachine> {
  const one = await startHost(nodeParts, 'snapshot');
  await repairIdentity(one.guest, nodeParts, {
    mac: `02:00:00:00:00:0${number}`,
    address: `10.0.0.${number}/24`,
  });
  return one;
}

beforeAll(async () => {
  left = await host(1);
  right = await host(2);
});
afterAll(() => {
  for (const one of [left, right] as (StartedMachine | undefined)[]) one?.machine.dispose();
});

async function run({ guest }: StartedMachine, script: string) {
  const { status, stdout } = await guest.run({ argv: ['sh', '-c', script] });
  return { status, output: new TextDecoder().decode(stdout) };
}

const ping = (from: StartedMachine, address: string) => run(from, `ping -c 3 -W 2 ${address}`);
const unreached = { type: 'exited', code: 1 };

test('two machines reach each other over a cable, and no longer when it is pulled out', async () => {
  const cable = await crossover(left.machine, right.machine);
  expect((await ping(left, '10.0.0.2')).output).toContain('3 packets received');
  expect((await ping(right, '10.0.0.1')).output).toContain('3 packets received');
  const { framesSent, framesReceived } = await left.machine.readCounters();
  expect(framesSent).toBeGreaterThanOrEqual(6);
  expect(framesReceived).toBeGreaterThanOrEqual(6);
  cable.dispose();
  expect((await ping(left, '10.0.0.2')).status).toEqual(unreached);
});

describe('on a switch', () => {
  let wire: CoreWire;

  beforeEach(async () => {
    wire = createNodeWire({ random: seededRandom(1) });
    await wire.addSwitch('office');
    await plugIn(wire, { switch: 'office', port: 'left' }, left.machine);
    await plugIn(wire, { switch: 'office', port: 'right' }, right.machine);
  });
  afterEach(() => wire.dispose());

  test('machines reach each other, and Wireshark reads what passed', async (context) => {
    await wire.startCapture({ capture: 'all', ports: ['left', 'right'] });
    expect((await ping(left, '10.0.0.2')).output).toContain('3 packets received');
    expect((await wire.readAddresses('office')).map(({ mac, port }) => `${mac} ${port}`).sort()).toEqual([
      '02:00:00:00:00:01 left',
      '02:00:00:00:00:02 right',
    ]);
    const { missing } = await ensureTshark();
    if (missing !== undefined) context.skip(missing);
    const folder = await mkdtemp(join(tmpdir(), 'twinhull-wire-'));
    try {
      const file = join(folder, 'all.pcapng');
      await writeFile(file, await wire.saveCapture('all'));
      const fields = ['frame.interface_name', 'icmp.type', 'icmp.checksum.status'];
      const { lines, complaints } = dissect(file, fields, 'icmp and ip.src == 10.0.0.1');
      expect(complaints).toBe('');
      const good = '1';
      const asked = [
        ['left', '8', good],
        ['right', '8', good],
      ];
      expect(lines).toEqual([...asked, ...asked, ...asked]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('a VLAN of its own keeps a machine apart', async () => {
    await wire.configurePort('right', { ...plainPort, vlans: { type: 'access', vlan: 20 } });
    expect((await ping(left, '10.0.0.2')).status).toEqual(unreached);
    await wire.configurePort('left', { ...plainPort, vlans: { type: 'access', vlan: 20 } });
    expect((await ping(left, '10.0.0.2')).output).toContain('3 packets received');
  });

  test('bytes arrive whole over a link that delays and loses, and over one that is cut and mended', async () => {
    const bytes = 400_000;
    // BusyBox's nc ends when its other end has nothing more to say, so the receiver's input stays open.
    const transfer = async () => {
      const listening = 'until grep -q " 00000000:1389 " /proc/net/tcp; do :; done';
      await run(left, `sleep 60 | nc -l -p 5001 > /tmp/got 2> /dev/null & ${listening}`);
      const { output: sent } = await run(
        right,
        `head -c ${bytes} /dev/urandom > /tmp/sent; nc 10.0.0.1 5001 < /tmp/sent; sha256sum < /tmp/sent`,
      );
      expect((await run(left, 'sha256sum < /tmp/got')).output).toBe(sent);
      await run(left, 'killall sleep');
    };
    await wire.changeLink('right', { in: { delayMs: 5, loss: 0.02 } });
    await transfer();
    const [, lossy] = await wire.readPorts();
    expect(lossy?.totals.drops.lost).toBeGreaterThan(0);

    await wire.changeLink('right', { in: { loss: 0, delayMs: 0, bitsPerSecond: 8_000_000 } });
    const before = (await wire.readPorts())[1]?.totals.inBytes ?? 0;
    const whole = transfer();
    while (((await wire.readPorts())[1]?.totals.inBytes ?? 0) < before + bytes / 4)
      await new Promise((resolve) => setImmediate(resolve));
    await wire.changeLink('right', { in: { up: false } });
    expect((await wire.readPorts())[1]).toMatchObject({ carrier: false });
    await wire.changeLink('right', { in: { up: true } });
    await whole;
  });
});
