import { expect, test } from 'vitest';
import { afterText, changeText, directionText, printable, sinceText } from './packet-text';

test('times are told to what matters', () => {
  expect([0n, 12_345_678n, 3_000_000_000n, -1_500_000n].map(sinceText)).toEqual([
    '0.000000',
    '0.012345',
    '3.000000',
    '−0.001500',
  ]);
  expect([0n, 35_400n, 1_234_000n, -400_000n, 52_000_000n].map(afterText)).toEqual([
    '+0 µs',
    '+35 µs',
    '+1.23 ms',
    '−400 µs',
    '+52.0 ms',
  ]);
});

test('changes and directions are words', () => {
  expect(changeText({ what: 'tunnel', from: '', to: 'VXLAN 4096' })).toBe('wrapped in VXLAN 4096');
  expect(changeText({ what: 'VLAN tag', from: '10', to: '' })).toBe('VLAN tag 10 removed');
  expect(changeText({ what: 'time to live', from: '64', to: '63' })).toBe('time to live 64 → 63');
  expect(directionText({ type: 'port', port: 'left' }, 'in')).toBe('into the switch');
  expect(directionText({ type: 'link', machine: 'left', link: 'eth0', kind: 'card' }, 'out')).toBe('sent');
});

test('bytes that cannot be read are dots', () => {
  const bytes = Uint8Array.of(72, 105, 13, 10, 0, 255);
  expect(printable(bytes, true)).toBe('Hi\n..');
  expect(printable(bytes, false)).toBe('Hi....');
});
