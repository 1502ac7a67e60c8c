import fc from 'fast-check';
import { expect, test } from 'vitest';
import { broadcastMac } from './addresses';
import { parseArp, writeArp } from './arp';
import { expectCalm } from './foreign-bytes';

const packet = fc.record({
  operation: fc.nat(0xffff),
  senderHardwareAddress: fc.nat(broadcastMac),
  senderProtocolAddress: fc.nat(0xffff_ffff),
  targetHardwareAddress: fc.nat(broadcastMac),
  targetProtocolAddress: fc.nat(0xffff_ffff),
});

test('packets survive being written', () => {
  fc.assert(
    fc.property(packet, (fields) => {
      expect(parseArp(writeArp(fields))).toEqual({
        header: fields,
        payload: new Uint8Array(0),
        fault: undefined,
      });
    }),
  );
});

test('a packet for another network names the field, and has the rest', () => {
  const bytes = writeArp({
    operation: 1,
    senderHardwareAddress: 2,
    senderProtocolAddress: 3,
    targetHardwareAddress: 4,
    targetProtocolAddress: 5,
  });
  bytes[4] = 8;
  const { header, fault } = parseArp(bytes);
  expect(fault?.field).toBe('hardware address length');
  expect(header.targetProtocolAddress).toBe(5);
  expect(parseArp(bytes.subarray(0, 20)).header).toMatchObject({
    senderProtocolAddress: 3,
    targetHardwareAddress: 0,
  });
});

test('any bytes are taken calmly', () => {
  expectCalm(parseArp, fc.sample(packet, 5).map(writeArp));
});
