// 9P2000.L: https://github.com/chaos/diod/blob/master/protocol.md
import {
  type Field,
  MalformedMessage,
  Reader,
  type Values,
  Writer,
  bytes,
  list,
  record,
  text,
  u16,
  u32,
  u64,
  u8,
} from './codec';

export const protocolVersion = '9P2000.L';
/** size[4] type[1] tag[2] */
export const headerBytes = 7;
/** P9_MAXWELEM: names that one walk may have. */
export const walkNames = 16;
/** Numbers of errors as Linux has them: 9P2000.L sends them as they are. */
export const errno = {
  EINTR: 4,
  EIO: 5,
  EBADF: 9,
  ENOENT: 2,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  EROFS: 30,
  EPROTO: 71,
  EOPNOTSUPP: 95,
  ESTALE: 116,
} as const;

/** QTDIR, QTSYMLINK, QTFILE */
export const qidType = { directory: 0x80, symlink: 0x02, file: 0x00 } as const;

export const qid = record({ type: u8, version: u32, path: u64 });
export type Qid = Values<{ type: typeof u8; version: typeof u32; path: typeof u64 }>;

/** An entry of Rreaddir's data. `offset` is where the next one begins, in the server's own counting. */
export const directoryEntry = record({ qid, offset: u64, type: u8, name: text });

const time = record({ seconds: u64, nanoseconds: u64 });

/** What a client of a read-only file system asks. */
const requests = {
  statfs: { number: 8, fields: { fid: u32 } },
  open: { number: 12, fields: { fid: u32, flags: u32 } },
  readlink: { number: 22, fields: { fid: u32 } },
  getattr: { number: 24, fields: { fid: u32, mask: u64 } },
  readdir: { number: 40, fields: { fid: u32, offset: u64, count: u32 } },
  version: { number: 100, fields: { msize: u32, version: text } },
  attach: { number: 104, fields: { fid: u32, afid: u32, user: text, tree: text, uid: u32 } },
  flush: { number: 108, fields: { oldTag: u16 } },
  walk: { number: 110, fields: { fid: u32, newFid: u32, names: list(text, walkNames) } },
  read: { number: 116, fields: { fid: u32, offset: u64, count: u32 } },
  clunk: { number: 120, fields: { fid: u32 } },
  remove: { number: 122, fields: { fid: u32 } },
} as const;

const responses = {
  error: { number: 7, fields: { errno: u32 } },
  statfs: {
    number: 9,
    fields: {
      fileSystem: u32,
      blockSize: u32,
      blocks: u64,
      free: u64,
      available: u64,
      files: u64,
      freeFiles: u64,
      id: u64,
      nameLength: u32,
    },
  },
  open: { number: 13, fields: { qid, ioUnit: u32 } },
  readlink: { number: 23, fields: { target: text } },
  getattr: {
    number: 25,
    fields: {
      valid: u64,
      qid,
      mode: u32,
      uid: u32,
      gid: u32,
      links: u64,
      device: u64,
      size: u64,
      blockSize: u64,
      blocks: u64,
      accessed: time,
      modified: time,
      changed: time,
      born: time,
      generation: u64,
      dataVersion: u64,
    },
  },
  readdir: { number: 41, fields: { entries: bytes } },
  version: { number: 101, fields: { msize: u32, version: text } },
  attach: { number: 105, fields: { qid } },
  flush: { number: 109, fields: {} },
  walk: { number: 111, fields: { qids: list(qid, walkNames) } },
  read: { number: 117, fields: { data: bytes } },
  clunk: { number: 121, fields: {} },
} as const;

/** Requests that change something: lcreate, symlink, mknod, rename, setattr, xattrcreate, ... */
const changes: ReadonlySet<number> = new Set([14, 16, 18, 20, 26, 32, 70, 72, 74, 76, 118]);

type Table = Readonly<Record<string, { number: number; fields: Readonly<Record<string, Field<unknown>>> }>>;
type MessageOf<T extends Table> = {
  [K in keyof T]: { type: K } & Values<T[K]['fields']>;
}[keyof T];

/** `change` and `unknown` are read by their number alone. */
export type Request = MessageOf<typeof requests> | { type: 'change' } | { type: 'unknown' };
export type Response = MessageOf<typeof responses>;
export interface Tagged<M> {
  tag: number;
  message: M;
}

/** The tag of a message, if there is a header to have one. */
export function tagOf(message: Uint8Array): number | undefined {
  if (message.length < headerBytes) return undefined;
  return new DataView(message.buffer, message.byteOffset).getUint16(5, true);
}

/** Throws `MalformedMessage`. */
export function parseRequest(message: Uint8Array): Tagged<Request> {
  return parse(requests, message, (number) => ({ type: changes.has(number) ? 'change' : 'unknown' }));
}

export function writeRequest(tag: number, request: MessageOf<typeof requests>): Uint8Array {
  return write(requests, tag, request);
}

/** Throws `MalformedMessage`. */
export function parseResponse(message: Uint8Array): Tagged<Response> {
  return parse(responses, message, (number) => {
    throw new MalformedMessage(`there is no message ${number}`);
  });
}

export function writeResponse(tag: number, response: Response): Uint8Array {
  return write(responses, tag, response);
}

function parse<T extends Table, Other>(
  table: T,
  message: Uint8Array,
  other: (number: number) => Other,
): Tagged<MessageOf<T> | Other> {
  const header = new Reader(message);
  const size = u32.read(header);
  const number = u8.read(header);
  const tag = u16.read(header);
  if (size !== message.length) throw new MalformedMessage(`it has ${message.length} bytes, not ${size}`);
  const found = Object.entries(table).find(([, entry]) => entry.number === number);
  if (!found) return { tag, message: other(number) };
  const [type, { fields }] = found;
  const values = record(fields).read(header);
  if (header.left > 0) throw new MalformedMessage(`it goes on for ${header.left} bytes`);
  return { tag, message: { type, ...values } as MessageOf<T> };
}

function write<T extends Table>(table: T, tag: number, message: MessageOf<T>): Uint8Array {
  const entry = table[message.type];
  if (!entry) throw new Error(`there is no message ${String(message.type)}`);
  const to = new Writer();
  u32.write(to, 0);
  u8.write(to, entry.number);
  u16.write(to, tag);
  record(entry.fields).write(to, message);
  const written = to.end();
  new DataView(written.buffer).setUint32(0, written.length, true);
  return written;
}
