import type { FieldSpan } from '../wire/formats/field-reader';
import type { Ipv4Header } from '../wire/formats/ipv4';
import { parseTcp, type TcpHeader, type TcpOptions, tcpFlags } from '../wire/formats/tcp';
import { parseUdp, type UdpHeader } from '../wire/formats/udp';
import { checksumState } from './ipv4-layer';
import { type Layer, LayerBuilder } from './layer';
import { hex } from './names';

export interface Transport<H> {
  header: H;
  layer: Layer;
  payload: Uint8Array;
  payloadAt: number;
}

const checksumFault = (state: string) =>
  state === 'wrong' ? { field: 'checksum', reason: 'does not match the packet', offset: 0 } : undefined;

/** @param isWhole all bytes of the packet are there */
export function udpLayer(
  bytes: Uint8Array,
  base: number,
  ip: Ipv4Header,
  isWhole: boolean,
): Transport<UdpHeader> {
  const spans: FieldSpan[] = [];
  const { header, payload, fault } = parseUdp(bytes, undefined, spans);
  const { sourcePort, destinationPort, length, checksum } = header;
  const isLengthRight = length >= 8 && length <= bytes.length;
  const state = checksumState(ip, bytes.subarray(0, length), checksum, isWhole && isLengthRight);
  const layer = new LayerBuilder(base, spans)
    .field('source port', { key: 'udp.srcport', raw: sourcePort })
    .field('destination port', { key: 'udp.dstport', raw: destinationPort })
    .field('length', { key: 'udp.length', raw: length })
    .field('checksum', { value: `${hex(checksum, 4)}, ${state}` })
    .finish(
      {
        protocol: 'udp',
        title: 'User Datagram Protocol',
        summary: `${sourcePort} → ${destinationPort}, ${Math.max(0, length - 8)} bytes`,
      },
      Math.min(8, bytes.length),
      isWhole ? (fault ?? checksumFault(state)) : undefined,
    );
  return { header, layer, payload, payloadAt: base + (payload.byteOffset - bytes.byteOffset) };
}

const flagNames = Object.entries(tcpFlags).map(([name, bit]) => [name, bit] as const);

export function flagsText(flags: number): string {
  const set = flagNames.filter(([, bit]) => (flags & bit) !== 0).map(([name]) => name.toUpperCase());
  return set.join(' ') || 'none';
}

function optionsText(options: TcpOptions): string {
  const { maximumSegmentSize, windowScale, sackPermitted, sack, timestamps } = options;
  return [
    maximumSegmentSize === undefined ? '' : `maximum segment size ${maximumSegmentSize}`,
    windowScale === undefined ? '' : `window scale ${windowScale}`,
    sackPermitted ? 'SACK permitted' : '',
    sack ? `SACK ${sack.map(({ left, right }) => `${left}–${right}`).join(' ')}` : '',
    timestamps ? `timestamps ${timestamps.value}, ${timestamps.echoReply}` : '',
  ]
    .filter((text) => text !== '')
    .join(', ');
}

/** @param isWhole all bytes of the packet are there */
export function tcpLayer(
  bytes: Uint8Array,
  base: number,
  ip: Ipv4Header,
  isWhole: boolean,
): Transport<TcpHeader> {
  const spans: FieldSpan[] = [];
  const { header, payload, fault } = parseTcp(bytes, undefined, spans);
  const { sourcePort, destinationPort, sequenceNumber, acknowledgmentNumber, flags, window } = header;
  const state = checksumState(ip, bytes, header.checksum, isWhole);
  const hasFlags = spans.some(({ field }) => field === 'data offset and flags');
  const headerBytes = bytes.length - payload.length;
  const builder = new LayerBuilder(base, spans)
    .field('source port', { key: 'tcp.srcport', raw: sourcePort })
    .field('destination port', { key: 'tcp.dstport', raw: destinationPort })
    .field('sequence number', { key: 'tcp.seq', raw: sequenceNumber })
    .field('acknowledgment number', { key: 'tcp.ack', raw: acknowledgmentNumber })
    .field('data offset and flags', {
      key: 'tcp.flags',
      raw: flags,
      value: `${headerBytes} bytes, ${flagsText(flags)}`,
    });
  if (hasFlags)
    for (const [name, bit] of flagNames)
      builder.bit(name.toUpperCase(), `tcp.flags.${name}`, (flags & bit) !== 0);
  builder
    .field('window', { key: 'tcp.window', raw: window })
    .field('checksum', { value: `${hex(header.checksum, 4)}, ${state}` })
    .field('urgent pointer', { value: String(header.urgentPointer) })
    .field('options', { value: optionsText(header.options) || 'none' });
  if (payload.length > 0 || hasFlags)
    builder.place(
      'payload',
      { key: 'tcp.len', raw: payload.length, value: `${payload.length} bytes` },
      base + headerBytes,
      payload.length,
    );
  const layer = builder.finish(
    {
      protocol: 'tcp',
      title: 'Transmission Control Protocol',
      summary:
        `${sourcePort} → ${destinationPort}, ${flagsText(flags)}, seq ${sequenceNumber}` +
        ((flags & tcpFlags.ack) === 0 ? '' : `, ack ${acknowledgmentNumber}`) +
        `, ${payload.length} bytes`,
    },
    headerBytes,
    isWhole ? (fault ?? checksumFault(state)) : undefined,
  );
  return { header, layer, payload, payloadAt: base + headerBytes };
}
