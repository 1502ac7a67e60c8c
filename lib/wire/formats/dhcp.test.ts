import fc from 'fast-check';
import { expect, test } from 'vitest';
import { broadcastMac } from './addresses';
import { addressOption, dhcpOptions, messageType, parseDhcp, textOption, words, writeDhcp } from './dhcp';
import { expectCalm } from './foreign-bytes';

const u8 = fc.nat(255);
const u32 = fc.nat(0xffff_ffff);
const message = fc.record({
  op: u8,
  htype: u8,
  hlen: u8,
  hops: u8,
  xid: u32,
  secs: fc.nat(0xffff),
  broadcast: fc.boolean(),
  ciaddr: u32,
  yiaddr: u32,
  siaddr: u32,
  giaddr: u32,
  chaddr: fc.nat(broadcastMac),
  sname: fc.stringMatching(/^[a-z]{0,64}$/),
  file: fc.stringMatching(/^[a-z]{0,128}$/),
  options: fc
    .array(
      fc.tuple(
        fc.integer({ min: 1, max: 254 }).filter((code) => code !== dhcpOptions.overload),
        fc.uint8Array({ maxLength: 600 }),
      ),
      { maxLength: 8 },
    )
    .map((entries) => new Map(entries)),
});

test('messages survive being written, also with options longer than 255 bytes', () => {
  fc.assert(
    fc.property(message, (fields) => {
      const { header, fault } = parseDhcp(writeDhcp(fields));
      expect(fault).toBeUndefined();
      expect(header).toEqual(fields);
    }),
  );
});

const plain = {
  op: 1,
  htype: 1,
  hlen: 6,
  hops: 0,
  xid: 9,
  secs: 0,
  broadcast: false,
  ciaddr: 0,
  yiaddr: 0,
  siaddr: 0,
  giaddr: 0,
  chaddr: 0x0200_0000_0001,
  sname: '',
  file: '',
};

test('options are read by what they hold', () => {
  const options = new Map([
    [dhcpOptions.messageType, Uint8Array.of(3)],
    [dhcpOptions.requestedAddress, words(0x0a00_0005)],
    [dhcpOptions.hostName, new TextEncoder().encode('one\0')],
    [dhcpOptions.router, new Uint8Array(2)],
  ]);
  const { header } = parseDhcp(writeDhcp({ ...plain, options }));
  expect(messageType(header)).toBe(3);
  expect(addressOption(header, dhcpOptions.requestedAddress)).toBe(0x0a00_0005);
  expect(addressOption(header, dhcpOptions.router)).toBeUndefined();
  expect(textOption(header, dhcpOptions.hostName)).toBe('one');
});

test('the two text fields may hold options too', () => {
  const bytes = writeDhcp({ ...plain, options: new Map([[dhcpOptions.overload, Uint8Array.of(3)]]) });
  bytes.set([12, 2, 97, 98, 255], 108);
  bytes.set([15, 1, 99, 255], 44);
  const { header, fault } = parseDhcp(bytes);
  expect(fault).toBeUndefined();
  expect(textOption(header, dhcpOptions.hostName)).toBe('ab');
  expect(textOption(header, dhcpOptions.domainName)).toBe('c');
  expect(header).toMatchObject({ sname: '', file: '' });
});

test('BOOTP without the cookie is told, with all its fields', () => {
  const bytes = writeDhcp({ ...plain, options: new Map() });
  bytes.fill(0, 236, 240);
  const { header, fault } = parseDhcp(bytes);
  expect(fault).toMatchObject({ field: 'magic cookie', offset: 236 });
  expect(header.chaddr).toBe(plain.chaddr);
});

test('any bytes are taken calmly', () => {
  expectCalm(parseDhcp, fc.sample(message, 10).map(writeDhcp));
});
