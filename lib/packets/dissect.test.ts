import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeArp } from '../wire/formats/arp';
import { dhcpOptions, writeDhcp } from '../wire/formats/dhcp';
import { dnsTypes, writeDns } from '../wire/formats/dns';
import { etherTypes, writeEthernet } from '../wire/formats/ethernet';
import { writeIcmp } from '../wire/formats/icmp';
import { protocols, writeIpv4 } from '../wire/formats/ipv4';
import { ntpTimestamp, writeNtp } from '../wire/formats/ntp';
import { tcpFlags } from '../wire/formats/tcp';
import { dissect } from './dissect';
import { address, ascii, inVxlan, pingFrame, query, tcpFrame, udpFrame } from './example-packets';
import { fieldOf } from './layer';

const whole = (bytes: Uint8Array) => dissect({ bytes, length: bytes.length });
const protocolsOf = (bytes: Uint8Array) => whole(bytes).layers.map(({ protocol }) => protocol);

/** The bytes of a field, as hexadecimal digits. */
function bytesOf(bytes: Uint8Array, key: string): string {
  const field = fieldOf(whole(bytes).layers, key);
  return Buffer.from(bytes.subarray(field?.at, (field?.at ?? 0) + (field?.length ?? 0))).toString('hex');
}

const answer = {
  ...query,
  response: true,
  answers: [
    {
      name: 'web.twinhull',
      type: dnsTypes.a,
      class: 1,
      timeToLive: 30,
      data: { kind: 'address' as const, address: address('10.0.0.11') },
    },
  ],
};
const lease = writeDhcp({
  op: 1,
  htype: 1,
  hlen: 6,
  hops: 0,
  xid: 0xabcd,
  secs: 0,
  broadcast: false,
  ciaddr: 0,
  yiaddr: 0,
  siaddr: 0,
  giaddr: 0,
  chaddr: 0x02_00_00_00_00_05,
  sname: '',
  file: '',
  options: new Map([
    [dhcpOptions.messageType, Uint8Array.of(3)],
    [dhcpOptions.hostName, ascii('red')],
    [dhcpOptions.requestedAddress, Uint8Array.of(10, 0, 0, 10)],
  ]),
});
const time = writeNtp({
  leap: 0,
  version: 4,
  mode: 3,
  stratum: 0,
  poll: 6,
  precision: -20,
  rootDelay: 0,
  rootDispersion: 0,
  referenceId: 0,
  referenceTimestamp: 0n,
  originTimestamp: 0n,
  receiveTimestamp: 0n,
  transmitTimestamp: ntpTimestamp(1_700_000_000_000),
});
const tag = { tpid: etherTypes.vlan, pcp: 0, dei: false, vid: 10 };
const arp = writeEthernet(
  { destination: 1, source: 2, tags: [tag], etherType: etherTypes.arp },
  writeArp({
    operation: 1,
    senderHardwareAddress: 2,
    senderProtocolAddress: address('10.0.0.10'),
    targetHardwareAddress: 0,
    targetProtocolAddress: address('10.0.0.1'),
  }),
);
const get = ascii('GET /x?y HTTP/1.1\r\nHost: web.twinhull\r\nAccept: */*\r\n\r\n');
const examples = {
  arp,
  ping: pingFrame(3),
  dns: udpFrame([40_000, 53], writeDns(query)),
  dnsAnswer: udpFrame([53, 40_000], writeDns(answer)),
  dhcp: udpFrame([68, 67], lease),
  ntp: udpFrame([40_000, 123], time),
  http: tcpFrame({ flags: tcpFlags.ack | tcpFlags.psh }, get),
  httpAnswer: tcpFrame({}, ascii('HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nabc')),
  tunnel: inVxlan(4096, pingFrame(1, { source: '10.1.0.2', destination: '10.1.0.3' })),
};

test('protocols are found from the outside in, and summed up in a line', () => {
  const told = Object.entries(examples).map(([name, bytes]) => {
    const { source, destination, protocol, info } = whole(bytes).summary;
    return `${name}: ${protocolsOf(bytes).slice(1).join(' ')} | ${source} ${destination} ${protocol} | ${info}`;
  });
  expect(told).toEqual([
    'arp: eth vlan arp | 00:00:00:00:00:02 00:00:00:00:00:01 ARP | who has 10.0.0.1? tell 10.0.0.10',
    'ping: eth ip icmp data | 10.0.0.10 10.0.0.1 ICMP | echo request, identifier 9, sequence 3',
    'dns: eth ip udp dns | 10.0.0.10 10.0.0.1 DNS | web.twinhull A?',
    'dnsAnswer: eth ip udp dns | 10.0.0.10 10.0.0.1 DNS | web.twinhull A: 10.0.0.11',
    'dhcp: eth ip udp dhcp | 10.0.0.10 10.0.0.1 DHCP | request 10.0.0.10 for 02:00:00:00:00:05',
    'ntp: eth ip udp ntp | 10.0.0.10 10.0.0.1 NTP | client, stratum 0',
    'http: eth ip tcp http | 10.0.0.10 10.0.0.1 HTTP | GET /x?y',
    'httpAnswer: eth ip tcp http data | 10.0.0.10 10.0.0.1 HTTP | 404 Not Found',
    'tunnel: eth ip udp vxlan eth ip icmp data | 10.1.0.2 10.1.0.3 VXLAN · ICMP | echo request, identifier 9, sequence 1',
  ]);
});

test('fields are where their bytes are', () => {
  expect(bytesOf(examples.ping, 'ip.src')).toBe('0a00000a');
  expect(bytesOf(examples.ping, 'icmp.seq')).toBe('0003');
  expect(bytesOf(examples.http, 'tcp.dstport')).toBe('0050');
  expect(Buffer.from(bytesOf(examples.http, 'http.request.uri'), 'hex').toString()).toBe('/x?y');
  expect(Buffer.from(bytesOf(examples.http, 'http.host'), 'hex').toString()).toBe('Host: web.twinhull');
  expect(Buffer.from(bytesOf(examples.httpAnswer, 'http.response.code'), 'hex').toString()).toBe('404');
  expect(bytesOf(examples.dns, 'dns.qry.name')).toBe('03776562087477696e68756c6c00');
  // A pointer to the question.
  expect(bytesOf(examples.dnsAnswer, 'dns.resp.name')).toBe('c00c');
  expect(bytesOf(examples.dnsAnswer, 'dns.a')).toBe('0a00000b');
  expect(bytesOf(examples.dhcp, 'dhcp.hostname')).toBe('0c03726564');
  expect(bytesOf(examples.tunnel, 'vxlan.vni')).toBe('001000');
  expect(bytesOf(examples.tunnel, 'ip.src')).toBe('0a010002');
  expect(bytesOf(examples.arp, 'vlan.id')).toBe('000a');
});

test('an error of ICMP has the packet that it is about, without faults for what it leaves out', () => {
  const lost = udpFrame([40_000, 53], writeDns(query)).subarray(14, 14 + 28);
  const message = writeIcmp({ type: 3, code: 3, restOfHeader: 0 }, lost);
  const packet = writeIpv4(
    { protocol: protocols.icmp, source: address('10.0.0.1'), destination: 2 },
    message,
  );
  const bytes = writeEthernet({ destination: 1, source: 2, tags: [], etherType: etherTypes.ipv4 }, packet);
  expect(protocolsOf(bytes).slice(1)).toEqual(['eth', 'ip', 'icmp', 'ip', 'udp']);
  expect(whole(bytes).layers.flatMap(({ fault }) => fault ?? [])).toEqual([]);
  expect(whole(bytes).summary).toEqual({
    source: '10.0.0.1',
    destination: '0.0.0.2',
    protocol: 'ICMP',
    info: 'port unreachable, about 10.0.0.10 → 10.0.0.1',
  });
});

test('checksums are right, wrong, or left to the card, and a superframe is told', () => {
  const checksum = (bytes: Uint8Array) =>
    whole(bytes)
      .layers.find(({ protocol }) => protocol === 'tcp')
      ?.fields.find(({ name }) => name === 'checksum')?.value;
  const right = tcpFrame({}, new Uint8Array(3000));
  expect(checksum(right)).toMatch(/, right$/);
  expect(whole(right).layers[0]).toMatchObject({ title: 'Superframe', summary: '3054 bytes' });
  const wrong = right.slice();
  wrong[60] = 1;
  expect(checksum(wrong)).toMatch(/, wrong$/);
  expect(whole(wrong).summary.info).toContain('[TCP: checksum does not match the packet]');
  const offloaded = right.slice();
  // 10.0.0.10 + 10.0.0.1 + 6 + 3020
  new DataView(offloaded.buffer).setUint16(50, 0x0a00 + 0x000a + 0x0a00 + 0x0001 + 6 + 3020);
  expect(checksum(offloaded)).toMatch(/, left to the card$/);
  expect(whole(offloaded).layers.flatMap(({ fault }) => fault ?? [])).toEqual([]);
});

test('what a capture has cut off is no fault of the sender’s', () => {
  const { layers, summary } = dissect({ bytes: examples.http.subarray(0, 68), length: 2000, seenAt: 'left' });
  expect(layers.flatMap(({ fault }) => fault ?? [])).toEqual([]);
  expect(summary.info).not.toContain('[');
  expect(layers[0]?.summary).toBe('2000 bytes, of which 68 were kept');
});

test('any bytes have layers whose ranges are inside the frame', () => {
  const noise = fc.uint8Array({ maxLength: 300 });
  const altered = fc
    .record({
      frame: fc.constantFrom(...Object.values(examples)),
      length: fc.double({ min: 0, max: 1, noNaN: true }),
      changes: fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { maxLength: 5 }),
    })
    .map(({ frame, length, changes }) => {
      const bytes = frame.slice(0, Math.round(frame.length * length));
      for (const { at, byte } of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
      return bytes;
    });
  fc.assert(
    fc.property(fc.oneof(noise, altered), fc.nat(100), (bytes, more) => {
      const { layers, summary } = dissect({ bytes, length: bytes.length + more });
      expect(layers.length).toBeLessThan(60);
      expect(summary.protocol).not.toBe('');
      const isOutside = ({ at, length }: { at: number; length: number }) =>
        !(at >= 0 && length >= 0 && at + length <= bytes.length);
      const outside = layers.flatMap((layer) => [layer, ...layer.fields].filter(isOutside));
      expect(outside).toEqual([]);
    }),
    { numRuns: 1500 },
  );
});
