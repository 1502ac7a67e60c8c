// https://github.com/MercuryWorkshop/wisp-protocol/blob/main/protocol.md, version 1, and what of version 2 a version 1 may meet
import { type Parsed, FieldReader } from './field-reader';

export const wispTypes = { connect: 1, data: 2, continue: 3, close: 4, info: 5 } as const;
export const wispStreamTypes = { tcp: 1, udp: 2 } as const;

/** Why a stream was closed. */
export const wispReasons = {
  unspecified: 0x01,
  voluntary: 0x02,
  networkError: 0x03,
  invalid: 0x41,
  unreachable: 0x42,
  timeout: 0x43,
  refused: 0x44,
  blocked: 0x48,
  throttled: 0x49,
} as const;

export type WispPacket =
  | { type: 'connect'; stream: number; streamType: number; port: number; host: string }
  | { type: 'data'; stream: number; bytes: Uint8Array }
  /** How many more data packets the server takes; on stream 0, of every new stream. */
  | { type: 'continue'; stream: number; packets: number }
  | { type: 'close'; stream: number; reason: number }
  /** Version 2 begins with it. */
  | { type: 'info'; stream: number; major: number; minor: number }
  | { type: 'unknown'; stream: number; code: number };

const headerBytes = 5;

/** Numbers are little endian here. */
export function parseWisp(bytes: Uint8Array): Parsed<WispPacket> {
  const reader = new FieldReader(bytes);
  const code = reader.u8('type');
  const stream = swap(reader.u32('stream ID'));
  switch (code) {
    case wispTypes.connect: {
      const streamType = reader.u8('stream type');
      const port = reader.u16('destination port');
      const host = new TextDecoder().decode(reader.rest());
      const header = {
        type: 'connect',
        stream,
        streamType,
        port: ((port & 0xff) << 8) | (port >> 8),
        host,
      } as const;
      if (reader.isSound() && host === '') reader.complain('destination hostname', 'is empty');
      return reader.finish<WispPacket>(header, bytes.subarray(bytes.length));
    }
    case wispTypes.data:
      return reader.finish<WispPacket>(
        { type: 'data', stream, bytes: reader.rest() },
        bytes.subarray(bytes.length),
      );
    case wispTypes.continue:
      return reader.finish<WispPacket>({
        type: 'continue',
        stream,
        packets: swap(reader.u32('buffer remaining')),
      });
    case wispTypes.close:
      return reader.finish<WispPacket>({ type: 'close', stream, reason: reader.u8('reason') });
    case wispTypes.info:
      return reader.finish<WispPacket>({
        type: 'info',
        stream,
        major: reader.u8('major version'),
        minor: reader.u8('minor version'),
      });
    default:
      reader.complain('type', `is ${code}, which no version has`, 0);
      return reader.finish<WispPacket>({ type: 'unknown', stream, code });
  }
}

export function writeWisp(packet: Exclude<WispPacket, { type: 'unknown' }>): Uint8Array<ArrayBuffer> {
  switch (packet.type) {
    case 'connect': {
      const host = new TextEncoder().encode(packet.host);
      const [bytes, view] = begin(wispTypes.connect, packet.stream, 3 + host.length);
      view.setUint8(headerBytes, packet.streamType);
      view.setUint16(headerBytes + 1, packet.port, true);
      bytes.set(host, headerBytes + 3);
      return bytes;
    }
    case 'data': {
      const [bytes] = begin(wispTypes.data, packet.stream, packet.bytes.length);
      bytes.set(packet.bytes, headerBytes);
      return bytes;
    }
    case 'continue': {
      const [bytes, view] = begin(wispTypes.continue, packet.stream, 4);
      view.setUint32(headerBytes, packet.packets, true);
      return bytes;
    }
    case 'close': {
      const [bytes] = begin(wispTypes.close, packet.stream, 1);
      bytes[headerBytes] = packet.reason;
      return bytes;
    }
    case 'info': {
      const [bytes] = begin(wispTypes.info, packet.stream, 2);
      bytes.set([packet.major, packet.minor], headerBytes);
      return bytes;
    }
  }
}

function begin(code: number, stream: number, payloadBytes: number): [Uint8Array<ArrayBuffer>, DataView] {
  const bytes = new Uint8Array(headerBytes + payloadBytes);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, code);
  view.setUint32(1, stream, true);
  return [bytes, view];
}

function swap(value: number): number {
  return (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
}
