import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dissect as wireshark, ensureTshark } from '../../scripts/tshark';
import { writePcapng } from '../wire/capture/pcapng';
import { writeDns } from '../wire/formats/dns';
import { tcpFlags } from '../wire/formats/tcp';
import { pointAt, pointText } from './capture-point';
import { dissect } from './dissect';
import { ascii, inVxlan, pingFrame, query, tcpFrame, udpFrame } from './example-packets';
import { parseFilter } from './filter';
import { fieldOf } from './layer';

const points = [
  pointAt({ type: 'port', port: 'left', machine: 'left' }),
  pointAt({ type: 'link', machine: 'left', container: 'web', link: 'eth0', kind: 'veth' }),
];
const frames = [
  pingFrame(3, { eth: { tags: [{ tpid: 0x8100, pcp: 0, dei: false, vid: 10 }] } }),
  tcpFrame({ flags: tcpFlags.syn, options: { maximumSegmentSize: 1460 } }),
  tcpFrame({ flags: tcpFlags.ack | tcpFlags.psh }, ascii('GET /a HTTP/1.1\r\nHost: web.twinhull\r\n\r\n')),
  udpFrame([40_000, 53], writeDns(query)),
  inVxlan(4097, pingFrame(4, { source: '10.1.0.2', destination: '10.1.0.3' })),
  tcpFrame({ sequenceNumber: 5 }, new Uint8Array(20_000)),
];
/** Innermost values, as numbers and texts that both write alike. */
const keys = [
  'frame.len',
  'vlan.id',
  'ip.src',
  'ip.dst',
  'ip.ttl',
  'icmp.seq',
  'tcp.srcport',
  'tcp.dstport',
  'tcp.len',
  'udp.dstport',
  'dns.qry.name',
  'vxlan.vni',
  'http.request.method',
  'http.host',
];

test(
  'Wireshark opens the file, sees the points, and decodes and filters as we do',
  { timeout: 300_000 },
  async (context) => {
    const { missing } = await ensureTshark();
    if (missing !== undefined) context.skip(missing);
    const folder = await mkdtemp(join(tmpdir(), 'twinhull-packets-'));
    try {
      const file = join(folder, 'all.pcapng');
      const packets = frames.map((bytes, at) => ({
        point: at % 2,
        timeNs: BigInt(at),
        bytes,
        length: bytes.length,
      }));
      const told = points.map(({ name, place }) => ({ name, description: pointText(place) }));
      await writeFile(file, writePcapng({ points: told, packets, limits: { snapBytes: 65_557 } }));
      const { lines, complaints } = wireshark(file, ['frame.interface_name', ...keys]);
      expect(complaints).toBe('');
      const seen = frames.map((bytes, at) => ({
        name: points[at % 2]?.name,
        layers: dissect({ bytes, length: bytes.length, seenAt: points[at % 2]?.name ?? '' }).layers,
      }));
      const ours = seen.map(({ name, layers }) => [
        name,
        ...keys.map((key) => (fieldOf(layers, key)?.value ?? '').replace(/ bytes$/, '')),
      ]);
      // In a tunnel Wireshark tells the outer values too, first.
      const theirs = lines.map((fields) => fields.map((field) => field.split(',').at(-1) ?? ''));
      expect(theirs).toEqual(ours);
      for (const filter of [
        'tcp.port == 80 and ip.addr == 10.0.0.10',
        'not tcp',
        'vxlan.vni == 4097 or dns',
        'ip.dst == 10.1.0.0/16',
      ]) {
        const parsed = parseFilter(filter);
        if (parsed.type === 'fault') throw new Error(parsed.fault.message);
        const kept = seen.flatMap(({ layers }, at) => (parsed.test(layers) ? [String(at + 1)] : []));
        expect(wireshark(file, ['frame.number'], filter).lines.flat()).toEqual(kept);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
