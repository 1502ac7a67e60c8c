import { formatAddress } from '../wire/formats/addresses';
import type { FieldSpan } from '../wire/formats/field-reader';
import { icmpTypes, parseIcmp } from '../wire/formats/icmp';
import { fold, pseudoHeaderSum, transportChecksum } from '../wire/formats/internet-checksum';
import { type Ipv4Header, isFragment, parseIpv4 } from '../wire/formats/ipv4';
import { type Layer, LayerBuilder } from './layer';
import { hex, nameOf } from './names';

/** @param isQuoted part of a packet, as ICMP's errors send it back: what is missing is no fault */
export function ipv4Layer(
  bytes: Uint8Array,
  base: number,
  isQuoted: boolean,
): { header: Ipv4Header; layer: Layer; payload: Uint8Array; payloadAt: number } {
  const spans: FieldSpan[] = [];
  const { header, payload, fault } = parseIpv4(bytes, spans);
  const [source, destination] = [formatAddress(header.source), formatAddress(header.destination)];
  const headerBytes = spans.reduce((sum, { length }) => sum + length, 0);
  const fragment = [
    header.dontFragment ? 'do not fragment' : '',
    header.moreFragments ? 'more follow' : '',
    header.fragmentOffset > 0 ? `from byte ${header.fragmentOffset}` : '',
  ].filter((word) => word !== '');
  const layer = new LayerBuilder(base, spans)
    .field('version and IHL', { value: `4, ${headerBytes} bytes` })
    .field('type of service', {
      key: 'ip.dsfield.dscp',
      raw: header.dscp,
      value: `DSCP ${header.dscp}, ECN ${header.ecn}`,
    })
    .field('total length', { key: 'ip.len', raw: header.totalLength })
    .field('identification', {
      key: 'ip.id',
      raw: header.identification,
      value: hex(header.identification, 4),
    })
    .field('flags and fragment offset', {
      key: 'ip.frag_offset',
      raw: header.fragmentOffset,
      value: fragment.join(', ') || 'none',
    })
    .bit('more fragments', 'ip.flags.mf', header.moreFragments)
    .bit('do not fragment', 'ip.flags.df', header.dontFragment)
    .field('time to live', { key: 'ip.ttl', raw: header.timeToLive })
    .field('protocol', {
      key: 'ip.proto',
      raw: header.protocol,
      value: nameOf.transport(header.protocol),
    })
    .field('header checksum', { value: hex(header.headerChecksum, 4) })
    .field('source address', { key: 'ip.src', raw: header.source, value: source })
    .field('destination address', { key: 'ip.dst', raw: header.destination, value: destination })
    .field('options', { value: `${header.options.length} bytes` })
    .finish(
      { protocol: 'ip', title: 'Internet Protocol', summary: `${source} → ${destination}` },
      headerBytes,
      isQuoted && fault?.field === 'total length' ? undefined : fault,
    );
  const payloadAt = base + (payload.byteOffset - bytes.byteOffset);
  return { header, layer, payload, payloadAt };
}

export function icmpLayer(
  bytes: Uint8Array,
  base: number,
  isWhole: boolean,
): { layer: Layer; payload: Uint8Array; isError: boolean } {
  const spans: FieldSpan[] = [];
  const { header, payload, fault } = parseIcmp(bytes, spans);
  const isEcho = header.type === icmpTypes.echo || header.type === icmpTypes.echoReply;
  const [identifier, sequence] = [header.restOfHeader >>> 16, header.restOfHeader & 0xffff];
  const about = nameOf.icmp(header.type, header.code);
  const builder = new LayerBuilder(base, spans)
    .field('type', { key: 'icmp.type', raw: header.type, value: nameOf.icmpType(header.type) })
    .field('code', { key: 'icmp.code', raw: header.code })
    .field('checksum', { value: hex(header.checksum, 4) });
  const rest = spans.find(({ field }) => field === 'rest of header');
  if (rest && isEcho) {
    builder
      .place('identifier', { key: 'icmp.ident', raw: identifier }, base + 4, 2)
      .place('sequence number', { key: 'icmp.seq', raw: sequence }, base + 6, 2);
  } else builder.field('rest of header', { value: hex(header.restOfHeader, 8) });
  const layer = builder.finish(
    {
      protocol: 'icmp',
      title: 'Internet Control Message Protocol',
      summary: isEcho ? `${about}, identifier ${identifier}, sequence ${sequence}` : about,
    },
    bytes.length - payload.length,
    isWhole ? fault : undefined,
  );
  return { layer, payload, isError: !isEcho && isErrorType(header.type) };
}

/** Those that send back the beginning of the packet that they are about. */
function isErrorType(type: number): boolean {
  return type === icmpTypes.destinationUnreachable || type === icmpTypes.timeExceeded;
}

export type ChecksumState = 'right' | 'wrong' | 'none' | 'left to the card' | 'not looked at';

/**
 * Whether a TCP or UDP checksum is right. With checksum offload the sender's kernel leaves in the field the sum of the pseudo header
 * and the card does the rest, so that is what a capture inside the machine shows.
 */
export function checksumState(
  header: Ipv4Header,
  segment: Uint8Array,
  checksum: number,
  isWhole: boolean,
): ChecksumState {
  if (!isWhole || isFragment(header) || segment.length < 8) return 'not looked at';
  const { source, destination, protocol } = header;
  if (checksum === 0 && protocol === 17) return 'none';
  if (transportChecksum(source, destination, protocol, segment) === 0) return 'right';
  const withLength = fold(pseudoHeaderSum(source, destination, protocol, segment.length));
  const without = fold(pseudoHeaderSum(source, destination, protocol, 0));
  return checksum === withLength || checksum === without ? 'left to the card' : 'wrong';
}
