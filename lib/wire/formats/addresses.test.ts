import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  broadcastMac,
  broadcastOf,
  contains,
  formatAddress,
  formatMac,
  isGroupMac,
  parseAddress,
  parseMac,
  parseSubnet,
} from './addresses';

test('addresses survive being written', () => {
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), fc.nat(broadcastMac), (address, mac) => {
      expect(parseAddress(formatAddress(address))).toBe(address);
      expect(parseMac(formatMac(mac))).toBe(mac);
    }),
  );
  expect(formatMac(0x02_00_00_00_00_01)).toBe('02:00:00:00:00:01');
  expect(parseAddress('10.0.0.1')).toBe(0x0a00_0001);
});

test('what is no address is none', () => {
  for (const text of ['', '10.0.0', '10.0.0.256', '10.0.0.01', '1.2.3.4.5', 'a.b.c.d', '-1.0.0.0'])
    expect(parseAddress(text)).toBeUndefined();
  for (const text of ['', '02:00:00:00:00', '02:00:00:00:00:0g', '020000000001'])
    expect(parseMac(text)).toBeUndefined();
  for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8'])
    expect(parseSubnet(text)).toBeUndefined();
});

test('a subnet has its addresses and no others', () => {
  const subnet = parseSubnet('10.1.2.3/24');
  expect(subnet).toEqual({ address: 0x0a01_0200, prefixLength: 24 });
  if (!subnet) return;
  expect(contains(subnet, 0x0a01_02ff)).toBe(true);
  expect(contains(subnet, 0x0a01_0300)).toBe(false);
  expect(formatAddress(broadcastOf(subnet))).toBe('10.1.2.255');
  expect(contains({ address: 0, prefixLength: 0 }, 0xffff_ffff)).toBe(true);
});

test('group addresses are told from those of cards', () => {
  expect(isGroupMac(broadcastMac)).toBe(true);
  expect(isGroupMac(0x0100_5e00_0001)).toBe(true);
  expect(isGroupMac(0x0200_0000_0001)).toBe(false);
});
