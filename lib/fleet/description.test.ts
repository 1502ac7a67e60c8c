import { describe, expect, test } from 'vitest';
import { type LabDescription, profileOf, readLab, readMachine, startOf } from './description';
import { host, web } from './profiles';

const MiB = 1024 * 1024;

describe('a description', () => {
  test('may leave out almost everything', () => {
    const { switches, trunks, machines, gateway } = readLab({ machines: [{ name: 'host-1' }] });
    expect(switches).toEqual([{ name: 'switch' }]);
    expect(trunks).toEqual([]);
    expect(gateway).toBeUndefined();
    expect(machines).toEqual([{ name: 'host-1', profile: 'host' }]);
    expect(machines.map(startOf)).toEqual(['snapshot']);
    expect(machines.map(profileOf)).toEqual([host]);
  });

  test('says where machines are plugged in, and what they have', () => {
    const lab: LabDescription = {
      switches: [{ name: 'left' }, { name: 'right', ageMs: 1000 }],
      trunks: [
        {
          one: { switch: 'left', port: 'left-right' },
          other: { switch: 'right', port: 'right-left' },
          link: { in: { delayMs: 20 }, out: { up: false } },
        },
      ],
      machines: [
        { name: 'a', port: { switch: 'right', settings: { vlans: { type: 'access', vlan: 20 } } } },
        { name: 'b', port: null, memoryMiB: 256, files: [{ path: '/root/x', text: 'x', mode: 0o600 }] },
        { name: 'c', profile: 'web' },
        { name: 'd', profile: 'bare-metal' },
      ],
      gateway: { switch: 'right', settings: { subnet: '192.168.5.0/24' } },
    };
    const read = readLab(lab);
    expect(read).toMatchObject(lab);
    expect(read.machines.map(startOf)).toEqual(['snapshot', 'cold', 'cold', 'cold']);
    expect(read.machines.map((machine) => profileOf(machine).memoryBytes)).toEqual([
      host.memoryBytes,
      256 * MiB,
      web.memoryBytes,
      16 * MiB,
    ]);
  });
});

describe('what cannot be is refused, and said where', () => {
  const trunk = (one: string, other: string) => ({
    one: { switch: one, port: 'p' },
    other: { switch: other, port: 'q' },
  });
  test.each<[string, unknown, RegExp]>([
    ['no object', 7, /expected object/],
    [
      'a name that is no host name',
      { machines: [{ name: 'Host 1' }] },
      /machines\.0\.name: must be 1 to 32 small/,
    ],
    [
      'a name of the gateway',
      { machines: [{ name: 'registry' }] },
      /machines\.0\.name: is a name that the gateway has/,
    ],
    ['two of a name', { machines: [{ name: 'a' }, { name: 'a' }] }, /two machines are called “a”/],
    ['an unknown profile', { machines: [{ name: 'a', profile: 'mac' }] }, /must be one of host, web/],
    ['a key that means nothing', { machines: [{ name: 'a', ram: 5 }] }, /machines\.0: .*ram/],
    [
      'an unknown switch',
      { machines: [{ name: 'a', port: { switch: 'x' } }] },
      /machine “a”: there is no switch “x”/,
    ],
    ['a trunk to nowhere', { trunks: [trunk('switch', 'x')] }, /trunks\.0\.other: there is no switch “x”/],
    [
      'a port of two',
      { trunks: [trunk('switch', 'switch')], machines: [{ name: 'p' }] },
      /two ports are called “p”/,
    ],
    [
      'a snapshot with other memory',
      { machines: [{ name: 'a', memoryMiB: 64, from: 'snapshot' }] },
      /only a host with 128 MiB/,
    ],
    [
      'files for who has none',
      { machines: [{ name: 'a', profile: 'memtest', files: [{ path: '/a', text: '' }] }] },
      /takes no port, no files/,
    ],
    [
      'images without an engine',
      { machines: [{ name: 'a', profile: 'web', images: [{ type: 'pull', image: 'x' }] }] },
      /only a host has an engine/,
    ],
    [
      'a link that loses more than all',
      { machines: [{ name: 'a', port: { link: { in: { loss: 2 } } } }] },
      /machines\.0\.port\.link\.in\.loss/,
    ],
    [
      'a network without room',
      { gateway: { settings: { subnet: '10.0.0.0/31' } } },
      /gateway\.settings\.subnet/,
    ],
  ])('%s', (_, description, sentence) => {
    expect(() => readLab(description)).toThrow(sentence);
  });

  test('the first five of many', () => {
    const machines = Array.from({ length: 8 }, () => ({ name: '-' }));
    expect(() => readLab({ machines })).toThrow(/; and 3 more\.$/);
  });
});

test('a machine alone is read as in a lab', () => {
  expect(readMachine({ name: 'late' })).toEqual({ name: 'late', profile: 'host' });
  expect(() => readMachine({ name: 'Late' })).toThrow(/must be 1 to 32/);
});
