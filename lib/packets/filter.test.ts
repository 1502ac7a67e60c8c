import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tcpFlags } from '../wire/formats/tcp';
import { dissect } from './dissect';
import { ascii, inVxlan, pingFrame, tcpFrame, udpFrame } from './example-packets';
import { parseFilter } from './filter';
import { filterFields } from './filter-fields';

const frames = {
  syn: tcpFrame({ flags: tcpFlags.syn }),
  get: tcpFrame({}, ascii('GET /a HTTP/1.1\r\nHost: web.twinhull\r\n\r\n')),
  other: tcpFrame({ sourcePort: 443, destinationPort: 5000 }, new Uint8Array(9), { source: '10.9.0.1' }),
  ping: pingFrame(1),
  tunnel: inVxlan(4097, pingFrame(2, { source: '10.1.0.2', destination: '10.1.0.3' })),
  udp: udpFrame([9, 10], new Uint8Array(3)),
};
const seen = Object.entries(frames).map(
  ([name, bytes]) => [name, dissect({ bytes, length: bytes.length, seenAt: 'left' }).layers] as const,
);

function kept(filter: string): string {
  const parsed = parseFilter(filter);
  if (parsed.type === 'fault') return `${parsed.fault.at}+${parsed.fault.length}: ${parsed.fault.message}`;
  return seen
    .filter(([, layers]) => parsed.test(layers))
    .map(([name]) => name)
    .join(' ');
}

test('packets are chosen by protocols and fields', () => {
  const all = 'syn get other ping tunnel udp';
  const cases: Record<string, string> = {
    '': all,
    '  ': all,
    tcp: 'syn get other',
    'TCP and not http': 'syn other',
    'tcp.port == 80 and ip.addr == 10.0.0.10': 'syn get',
    'tcp.port eq 0x50': 'syn get',
    'icmp or udp': 'ping tunnel udp',
    'icmp && !vxlan': 'ping',
    'tcp.flags.syn == 1': 'syn',
    'tcp.flags.syn == true': 'syn',
    'ip.src == 10.1.0.0/16': 'tunnel',
    'ip.addr != 10.0.0.10': 'other',
    'vxlan.vni >= 4096': 'tunnel',
    'http.host contains "twin"': 'get',
    'http.request.method == "GET"': 'get',
    'http.host': 'get',
    'not (tcp or udp)': 'ping',
    // `and` binds closer.
    'udp or tcp and tcp.len > 0': 'get other tunnel udp',
    '(udp or tcp) and data.len > 5': 'other tunnel',
    'eth.dst == 00:00:00:00:00:01 and frame.len < 50': 'udp',
    'frame.interface_name == "left"': all,
    'frame.interface_name == right': '',
  };
  for (const [filter, names] of Object.entries(cases))
    expect(`${filter}: ${kept(filter)}`).toBe(`${filter}: ${names}`);
});

test('what cannot be understood is told where, with what to do', () => {
  expect(kept('tcp.prot == 80')).toBe(
    '0+8: There is no field or protocol “tcp.prot”: did you mean tcp.port?',
  );
  expect(kept('hello')).toBe('0+5: There is no field or protocol “hello”: see the list of fields.');
  expect(kept('tcp.port = 80')).toBe('9+1: One = is not a comparison: write ==.');
  expect(kept('tcp.port == web')).toBe(
    '12+3: “web” is not what tcp.port can be: it is a number, such as 80 or 0x50.',
  );
  expect(kept('ip.addr == 10.0.0')).toContain(
    '11+6: “10.0.0” is not what ip.addr can be: it is an address or network',
  );
  expect(kept('tcp.port ==')).toContain('11+0: A value is missing: tcp.port is compared with a number');
  expect(kept('tcp and')).toBe('7+0: A test is missing here, such as tcp.port == 80 or dns.');
  expect(kept('tcp udp')).toBe('4+3: Tests are joined by “and” or “or”: put one of them here.');
  expect(kept('(tcp or udp')).toBe('0+1: This bracket is never closed: add a ) where it ends.');
  expect(kept('tcp)')).toBe('3+1: This bracket closes none: take it out, or open one before.');
  expect(kept('tcp == 80')).toContain('4+2: tcp is a protocol and has no value: compare one of its fields');
  expect(kept('http.host == "web')).toContain('13+4: The quote is never closed');
  expect(kept('tcp & udp')).toContain('4+1: “&” does not join tests');
  expect(kept('ip.src > 10.0.0.0/8')).toContain('9+10: A network is compared with');
  expect(kept('tcp; udp')).toContain('3+1: “;” means nothing');
  expect(kept('not '.repeat(60) + 'tcp')).toContain('more than 50');
  expect(kept('x'.repeat(2000))).toContain('1000+1000: ');
});

test('any text is a filter or has a fault inside it', () => {
  const names = [...filterFields.keys()];
  const part = fc.oneof(
    fc.constantFrom(
      '(',
      ')',
      'and',
      'or',
      'not',
      '!',
      '==',
      '!=',
      '<',
      'contains',
      '"a',
      '"b"',
      '1',
      '10.0.0.1',
      ...names,
    ),
    fc.string({ maxLength: 5 }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), fc.constantFrom('', ' '), (parts, between) => {
      const text = parts.join(between);
      const parsed = parseFilter(text);
      if (parsed.type === 'filter') for (const [, layers] of seen) parsed.test(layers);
      else {
        expect(parsed.fault.at + parsed.fault.length).toBeLessThanOrEqual(text.length);
        expect(parsed.fault.message).toMatch(/[.?]$/);
      }
    }),
    { numRuns: 1000 },
  );
});
