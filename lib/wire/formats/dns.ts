// RFC 1035: Domain Names - Implementation and Specification; EDNS of RFC 6891, its errors of RFC 8914
import type { Ipv4Address } from './addresses';
import { type NameTable, readName, writeName } from './dns-name';
import { type FieldSpan, FieldReader, type Parsed } from './field-reader';
import { FieldWriter } from './field-writer';

export const dnsPort = 53;

export const dnsTypes = {
  a: 1,
  ns: 2,
  cname: 5,
  soa: 6,
  ptr: 12,
  mx: 15,
  txt: 16,
  aaaa: 28,
  srv: 33,
  opt: 41,
  any: 255,
} as const;

export const dnsClasses = { internet: 1, any: 255 } as const;
export const dnsOpcodes = { query: 0 } as const;
export const dnsCodes = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  notImplemented: 4,
  refused: 5,
} as const;

export interface DnsQuestion {
  name: string;
  type: number;
  class: number;
}

/** Data of the types that this project speaks; all others as bytes. */
export type DnsData =
  | { kind: 'address'; address: Ipv4Address }
  /** CNAME, NS, PTR. */
  | { kind: 'name'; name: string }
  | { kind: 'text'; strings: readonly Uint8Array[] }
  | { kind: 'exchange'; preference: number; exchange: string }
  | { kind: 'service'; priority: number; weight: number; port: number; target: string }
  | {
      kind: 'authority';
      primary: string;
      mailbox: string;
      serial: number;
      refresh: number;
      retry: number;
      expire: number;
      minimum: number;
    }
  | { kind: 'options'; options: readonly EdnsOption[] }
  | { kind: 'raw'; bytes: Uint8Array };

export interface EdnsOption {
  code: number;
  data: Uint8Array;
}

export interface DnsRecord {
  name: string;
  type: number;
  /** For OPT: the size of UDP payload that the sender takes. */
  class: number;
  /** Seconds. For OPT: extended code, version and flags. */
  timeToLive: number;
  data: DnsData;
}

export interface DnsMessage {
  id: number;
  response: boolean;
  opcode: number;
  authoritative: boolean;
  truncated: boolean;
  recursionDesired: boolean;
  recursionAvailable: boolean;
  code: number;
  questions: readonly DnsQuestion[];
  answers: readonly DnsRecord[];
  authorities: readonly DnsRecord[];
  additionals: readonly DnsRecord[];
}

/** More than any answer has, and what a message of 64 KiB can claim is bounded anyway. */
const maxRecords = 1024;

export function parseDns(bytes: Uint8Array, spans?: FieldSpan[]): Parsed<DnsMessage> {
  const reader = new FieldReader(bytes, spans);
  const id = reader.u16('ID');
  const flags = reader.u16('flags');
  const questionCount = reader.u16('QDCOUNT');
  const counts = [reader.u16('ANCOUNT'), reader.u16('NSCOUNT'), reader.u16('ARCOUNT')] as const;
  const questions: DnsQuestion[] = [];
  for (let count = 0; count < questionCount && reader.isSound() && count < maxRecords; count++)
    questions.push({
      name: readName(reader, 'QNAME'),
      type: reader.u16('QTYPE'),
      class: reader.u16('QCLASS'),
    });
  const [answers, authorities, additionals] = counts.map((count) => readRecords(reader, count));
  return reader.finish({
    id,
    response: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    authoritative: (flags & 0x0400) !== 0,
    truncated: (flags & 0x0200) !== 0,
    recursionDesired: (flags & 0x0100) !== 0,
    recursionAvailable: (flags & 0x0080) !== 0,
    code: flags & 15,
    questions,
    answers: answers ?? [],
    authorities: authorities ?? [],
    additionals: additionals ?? [],
  });
}

/** Records up to the first that is damaged; of that one, what could be read. */
function readRecords(reader: FieldReader, count: number): DnsRecord[] {
  const records: DnsRecord[] = [];
  while (records.length < Math.min(count, maxRecords) && reader.isSound()) {
    const name = readName(reader, 'NAME');
    const type = reader.u16('TYPE');
    const recordClass = reader.u16('CLASS');
    const timeToLive = reader.u32('TTL');
    const length = reader.u16('RDLENGTH');
    const start = reader.offset;
    const raw = reader.block('RDATA', length);
    records.push({
      name,
      type,
      class: recordClass,
      timeToLive,
      data: reader.isSound() ? readData(reader, start, raw, type) : { kind: 'raw', bytes: raw },
    });
  }
  return records;
}

/** Names in the data may point anywhere before them, so they are read in the whole message up to the data's end. */
function readData(outer: FieldReader, start: number, raw: Uint8Array, type: number): DnsData {
  const reader = new FieldReader(outer.bytes.subarray(0, start + raw.length));
  reader.offset = start;
  const data = dataOf(reader, type);
  if (reader.fault) {
    outer.complain(`RDATA: ${reader.fault.field}`, reader.fault.reason, reader.fault.offset);
    return { kind: 'raw', bytes: raw };
  }
  return data && reader.remaining === 0 ? data : { kind: 'raw', bytes: raw };
}

function dataOf(reader: FieldReader, type: number): DnsData | undefined {
  switch (type) {
    case dnsTypes.a:
      return { kind: 'address', address: reader.u32('ADDRESS') };
    case dnsTypes.ns:
    case dnsTypes.cname:
    case dnsTypes.ptr:
      return { kind: 'name', name: readName(reader, 'name') };
    case dnsTypes.mx:
      return {
        kind: 'exchange',
        preference: reader.u16('PREFERENCE'),
        exchange: readName(reader, 'EXCHANGE'),
      };
    case dnsTypes.txt: {
      const strings: Uint8Array[] = [];
      while (reader.remaining > 0)
        strings.push(reader.block('character-string', reader.u8('character-string')));
      return { kind: 'text', strings };
    }
    case dnsTypes.srv:
      return {
        kind: 'service',
        priority: reader.u16('priority'),
        weight: reader.u16('weight'),
        port: reader.u16('port'),
        target: readName(reader, 'target'),
      };
    case dnsTypes.soa:
      return {
        kind: 'authority',
        primary: readName(reader, 'MNAME'),
        mailbox: readName(reader, 'RNAME'),
        serial: reader.u32('SERIAL'),
        refresh: reader.u32('REFRESH'),
        retry: reader.u32('RETRY'),
        expire: reader.u32('EXPIRE'),
        minimum: reader.u32('MINIMUM'),
      };
    case dnsTypes.opt: {
      const options: EdnsOption[] = [];
      while (reader.remaining > 0) {
        const code = reader.u16('OPTION-CODE');
        options.push({ code, data: reader.block('OPTION-DATA', reader.u16('OPTION-LENGTH')) });
      }
      return { kind: 'options', options };
    }
    default:
      return undefined;
  }
}

/** @throws RangeError for names and texts that do not fit their fields */
export function writeDns(message: DnsMessage): Uint8Array<ArrayBuffer> {
  const writer = new FieldWriter(512);
  const names: NameTable = new Map();
  writer
    .u16(message.id)
    .u16(
      (message.response ? 0x8000 : 0) |
        (message.opcode << 11) |
        (message.authoritative ? 0x0400 : 0) |
        (message.truncated ? 0x0200 : 0) |
        (message.recursionDesired ? 0x0100 : 0) |
        (message.recursionAvailable ? 0x0080 : 0) |
        message.code,
    )
    .u16(message.questions.length)
    .u16(message.answers.length)
    .u16(message.authorities.length)
    .u16(message.additionals.length);
  for (const { name, type, class: questionClass } of message.questions) {
    writeName(writer, name, names);
    writer.u16(type).u16(questionClass);
  }
  for (const record of [...message.answers, ...message.authorities, ...message.additionals])
    writeRecord(writer, record, names);
  return writer.finish();
}

function writeRecord(writer: FieldWriter, record: DnsRecord, names: NameTable): void {
  writeName(writer, record.name, names);
  writer.u16(record.type).u16(record.class).u32(record.timeToLive).u16(0);
  const start = writer.offset;
  writeData(writer, record.data, names);
  writer.patchU16(start - 2, writer.offset - start);
}

function writeData(writer: FieldWriter, data: DnsData, names: NameTable): void {
  switch (data.kind) {
    case 'address':
      writer.u32(data.address);
      return;
    case 'name':
      writeName(writer, data.name, names);
      return;
    case 'text':
      for (const string of data.strings) {
        if (string.length > 255) throw new RangeError('a character-string has at most 255 bytes');
        writer.u8(string.length).block(string);
      }
      return;
    case 'exchange':
      writer.u16(data.preference);
      writeName(writer, data.exchange, names);
      return;
    case 'service':
      writer.u16(data.priority).u16(data.weight).u16(data.port);
      // RFC 2782: no compression here.
      writeName(writer, data.target);
      return;
    case 'authority':
      writeName(writer, data.primary, names);
      writeName(writer, data.mailbox, names);
      writer.u32(data.serial).u32(data.refresh).u32(data.retry).u32(data.expire).u32(data.minimum);
      return;
    case 'options':
      for (const { code, data: bytes } of data.options) writer.u16(code).u16(bytes.length).block(bytes);
      return;
    case 'raw':
      writer.block(data.bytes);
  }
}

/** RFC 8914: the option that says why. */
export const extendedErrorOption = 15;
export const extendedErrors = { other: 0, blocked: 15, prohibited: 18, networkError: 23 } as const;

export function writeExtendedError(infoCode: number, extraText: string): EdnsOption {
  const text = new TextEncoder().encode(extraText);
  return {
    code: extendedErrorOption,
    data: new FieldWriter(2 + text.length).u16(infoCode).block(text).finish(),
  };
}

export function parseExtendedError(option: EdnsOption): { infoCode: number; extraText: string } | undefined {
  if (option.code !== extendedErrorOption || option.data.length < 2) return undefined;
  const [high = 0, low = 0] = option.data;
  return { infoCode: (high << 8) | low, extraText: new TextDecoder().decode(option.data.subarray(2)) };
}
