import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectCalm } from './foreign-bytes';
import { parseUdp, writeUdp } from './udp';

const port = fc.nat(0xffff);
const addresses = { source: 0x0a00_0001, destination: 0x0a00_0002 };

test('datagrams survive being written', () => {
  fc.assert(
    fc.property(port, port, fc.uint8Array(), (sourcePort, destinationPort, payload) => {
      const bytes = writeUdp({ sourcePort, destinationPort }, payload, addresses);
      const parsed = parseUdp(bytes, addresses);
      expect(parsed.fault).toBeUndefined();
      expect(parsed.header).toMatchObject({ sourcePort, destinationPort, length: 8 + payload.length });
      expect(parsed.header.checksum).not.toBe(0);
      expect(parsed.payload).toEqual(payload);
    }),
  );
});

test('a datagram of somebody else does not match, and one without a checksum does', () => {
  const bytes = writeUdp({ sourcePort: 1, destinationPort: 2 }, Uint8Array.of(1), addresses);
  expect(parseUdp(bytes, { ...addresses, source: 1 }).fault?.field).toBe('checksum');
  bytes[6] = 0;
  bytes[7] = 0;
  expect(parseUdp(bytes, { ...addresses, source: 1 }).fault).toBeUndefined();
  expect(parseUdp(bytes.subarray(0, 8)).fault?.field).toBe('length');
});

test('any bytes are taken calmly', () => {
  expectCalm(
    (bytes) => parseUdp(bytes, addresses),
    [writeUdp({ sourcePort: 53, destinationPort: 9 }, new Uint8Array(30), addresses)],
  );
});
