import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Packet } from '../wire/capture/capture';
import { tcpFlags } from '../wire/formats/tcp';
import { pingFrame, tcpFrame } from './example-packets';
import { followTcp, mostStreamBytes, type TcpStream } from './tcp-stream';

const { syn, ack, fin } = tcpFlags;
const text = (words: string) => Uint8Array.from(words, (character) => character.charCodeAt(0));

/** Packets of a client at 40000 and a server at 80. */
function conversation() {
  const packets: Packet[] = [];
  const add = (bytes: Uint8Array, length = bytes.length) => {
    const number = packets.length;
    const packet: Packet = { number, point: 0, direction: 'in', timeNs: BigInt(number), bytes, length };
    packets.push(packet);
    return packet;
  };
  return {
    packets,
    add,
    client: (sequenceNumber: number, payload = '', flags: number = ack) =>
      add(tcpFrame({ sequenceNumber: sequenceNumber >>> 0, flags }, text(payload))),
    server: (sequenceNumber: number, payload = '', flags: number = ack) =>
      add(
        tcpFrame(
          { sequenceNumber: sequenceNumber >>> 0, flags, sourcePort: 80, destinationPort: 40_000 },
          text(payload),
          {
            source: '10.0.0.1',
            destination: '10.0.0.10',
          },
        ),
      ),
  };
}

const told = (stream: TcpStream | undefined) =>
  stream?.parts.map(({ from, bytes, missing }) =>
    missing > 0 ? `${from} [${missing}]` : `${from} ${new TextDecoder().decode(bytes)}`,
  );

test('both directions are put in order, what was sent twice once, across the wrap of the numbers', () => {
  const { packets, client, server } = conversation();
  client(-3, '', syn);
  server(99, '', syn | ack);
  client(-2, 'GET /');
  client(-2, 'GET /');
  client(8, 'third');
  client(3, '12345');
  const chosen = server(100, 'hello');
  client(13, '', ack | fin);
  const stream = followTcp(packets, chosen);
  expect(stream).toMatchObject({ client: '10.0.0.10:40000', server: '10.0.0.1:80', isCutShort: false });
  expect(told(stream)).toEqual(['client GET /', 'client 12345', 'client third', 'server hello']);
  expect(stream?.said).toEqual({ client: 15, server: 5 });
});

test('what the capture does not have is a gap', () => {
  const { packets, client, server, add } = conversation();
  const chosen = client(1000, 'ab');
  client(1010, 'cd');
  server(1, 'x');
  // Cut by the capture: 4 of its bytes are not kept.
  add(tcpFrame({ sequenceNumber: 1012 }, text('efghij')).subarray(0, -4), 60);
  client(1018, 'kl');
  expect(told(followTcp(packets, chosen))).toEqual([
    'client ab',
    'server x',
    'client [8]',
    'client cd',
    'client ef',
    'client [4]',
    'client kl',
  ]);
});

test('the next connection of the same ports is another stream, and so is what another point saw', () => {
  const { packets, client } = conversation();
  client(1, '', syn);
  const first = client(2, 'one');
  client(500, '', syn);
  client(500, '', syn);
  const second = client(501, 'two');
  packets.push({
    ...second,
    number: 9,
    point: 1,
    bytes: tcpFrame({ sequenceNumber: 504 }, text('elsewhere')),
  });
  expect(told(followTcp(packets, first))).toEqual(['client one']);
  expect(told(followTcp(packets, second))).toEqual(['client two']);
  expect(followTcp(packets, { ...first, bytes: pingFrame(1) })).toBeUndefined();
});

test('never more than its limit', () => {
  const { packets, add } = conversation();
  const piece = new Uint8Array(60_000);
  for (let at = 0; at < 30; at++) add(tcpFrame({ sequenceNumber: at * piece.length }, piece));
  const stream = followTcp(packets, packets[3] as Packet);
  expect(stream?.said.client).toBe(mostStreamBytes);
  expect(stream?.isCutShort).toBe(true);
});

test('whatever the order of the segments, each byte is there once', () => {
  const cuts = fc.array(fc.record({ at: fc.nat(60), length: fc.integer({ min: 1, max: 20 }) }), {
    maxLength: 20,
  });
  fc.assert(
    fc.property(cuts, fc.nat(0xffff_ffff), (pieces, base) => {
      const { packets, client } = conversation();
      client(base - 1, '', syn);
      const letter = (at: number) => String.fromCharCode(33 + at);
      for (const { at, length } of pieces)
        client(base + at, Array.from({ length }, (_, index) => letter(at + index)).join(''));
      const stream = followTcp(packets, packets[0] as Packet);
      let at = 0;
      for (const { bytes, missing } of stream?.parts ?? []) {
        at += missing;
        expect(new TextDecoder().decode(bytes)).toBe(
          Array.from(bytes, (_, index) => letter(at + index)).join(''),
        );
        at += bytes.length;
      }
      expect(at).toBe(pieces.reduce((most, piece) => Math.max(most, piece.at + piece.length), 0));
    }),
  );
});
