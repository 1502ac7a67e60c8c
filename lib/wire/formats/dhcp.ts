// RFC 2131: Dynamic Host Configuration Protocol; options of RFC 2132, long ones of RFC 3396
import type { Ipv4Address, Mac } from './addresses';
import { type FieldSpan, FieldReader, type Parsed } from './field-reader';
import { FieldWriter } from './field-writer';

export const dhcpServerPort = 67;
export const dhcpClientPort = 68;

export const dhcpOperations = { bootRequest: 1, bootReply: 2 } as const;

export const dhcpMessageTypes = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const;

export const dhcpOptions = {
  pad: 0,
  subnetMask: 1,
  router: 3,
  domainNameServer: 6,
  hostName: 12,
  domainName: 15,
  interfaceMtu: 26,
  broadcastAddress: 28,
  ntpServers: 42,
  requestedAddress: 50,
  leaseTime: 51,
  overload: 52,
  messageType: 53,
  serverIdentifier: 54,
  parameterRequestList: 55,
  message: 56,
  renewalTime: 58,
  rebindingTime: 59,
  clientIdentifier: 61,
  end: 255,
} as const;

export interface DhcpMessage {
  op: number;
  htype: number;
  hlen: number;
  hops: number;
  xid: number;
  /** Since the client began. */
  secs: number;
  /** The client cannot take unicast before it has an address. */
  broadcast: boolean;
  ciaddr: Ipv4Address;
  yiaddr: Ipv4Address;
  siaddr: Ipv4Address;
  giaddr: Ipv4Address;
  chaddr: Mac;
  sname: string;
  file: string;
  /** By code; the parts of long ones joined. */
  options: ReadonlyMap<number, Uint8Array>;
}

const magicCookie = 0x63825363;
/** RFC 1542, 2.1: some relays and clients drop shorter ones. */
const minMessageBytes = 300;

export function parseDhcp(bytes: Uint8Array, spans?: FieldSpan[]): Parsed<DhcpMessage> {
  const reader = new FieldReader(bytes, spans);
  const fixed = {
    op: reader.u8('op'),
    htype: reader.u8('htype'),
    hlen: reader.u8('hlen'),
    hops: reader.u8('hops'),
    xid: reader.u32('xid'),
    secs: reader.u16('secs'),
    broadcast: (reader.u16('flags') & 0x8000) !== 0,
    ciaddr: reader.u32('ciaddr'),
    yiaddr: reader.u32('yiaddr'),
    siaddr: reader.u32('siaddr'),
    giaddr: reader.u32('giaddr'),
    chaddr: reader.u48('chaddr'),
  };
  reader.block('chaddr padding', 10);
  const sname = reader.block('sname', 64);
  const file = reader.block('file', 128);
  const cookie = reader.u32('magic cookie');
  if (!reader.fault && cookie !== magicCookie)
    reader.complain('magic cookie', `is 0x${cookie.toString(16)}: BOOTP without options`, reader.offset - 4);
  const options = new Map<number, Uint8Array>();
  if (!reader.fault) readOptions(reader, options);
  // RFC 2131, 4.1: the two text fields may hold options, `file` first.
  const overload = options.get(dhcpOptions.overload)?.[0] ?? 0;
  for (const [bit, field, area] of [
    [1, 'file', file],
    [2, 'sname', sname],
  ] as const) {
    if ((overload & bit) === 0) continue;
    const inner = new FieldReader(area);
    readOptions(inner, options);
    if (inner.fault) reader.complain(`${field}: ${inner.fault.field}`, inner.fault.reason);
  }
  return reader.finish({
    ...fixed,
    sname: overload & 2 ? '' : textOf(sname),
    file: overload & 1 ? '' : textOf(file),
    options,
  });
}

function readOptions(reader: FieldReader, options: Map<number, Uint8Array>): void {
  while (reader.remaining > 0) {
    const code = reader.u8('option');
    if (code === dhcpOptions.end) return;
    if (code === dhcpOptions.pad) continue;
    const data = reader.block(`option ${code}`, reader.u8(`length of option ${code}`));
    if (reader.fault) return;
    const before = options.get(code);
    options.set(code, before ? joined(before, data) : data);
  }
}

export function writeDhcp(message: DhcpMessage): Uint8Array<ArrayBuffer> {
  const writer = new FieldWriter(minMessageBytes);
  writer.u8(message.op).u8(message.htype).u8(message.hlen).u8(message.hops).u32(message.xid);
  writer.u16(message.secs).u16(message.broadcast ? 0x8000 : 0);
  writer.u32(message.ciaddr).u32(message.yiaddr).u32(message.siaddr).u32(message.giaddr);
  writer.u48(message.chaddr).zeros(10);
  writer.block(padded(message.sname, 64)).block(padded(message.file, 128)).u32(magicCookie);
  for (const [code, data] of message.options) {
    let at = 0;
    do {
      const part = data.subarray(at, at + 255);
      writer.u8(code).u8(part.length).block(part);
      at += 255;
    } while (at < data.length);
  }
  writer.u8(dhcpOptions.end);
  return writer.zeros(Math.max(0, minMessageBytes - writer.offset)).finish();
}

/** The first address of an option; `undefined` if it has none. */
export function addressOption(message: DhcpMessage, code: number): Ipv4Address | undefined {
  const data = message.options.get(code);
  return data && data.length >= 4 ? new FieldReader(data).u32('') : undefined;
}

export function messageType(message: DhcpMessage): number | undefined {
  return message.options.get(dhcpOptions.messageType)?.[0];
}

/** Text without the zeros that some clients put at its end. */
export function textOption(message: DhcpMessage, code: number): string | undefined {
  const data = message.options.get(code);
  return data && textOf(data);
}

/** Numbers of 32 bits, as option data: addresses and times. */
export function words(...values: number[]): Uint8Array {
  const writer = new FieldWriter(4 * values.length);
  for (const value of values) writer.u32(value);
  return writer.finish();
}

function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function padded(text: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  new TextEncoder().encodeInto(text, bytes);
  return bytes;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
