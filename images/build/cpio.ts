import { sha256 } from './digest';

// The "newc" format: https://docs.kernel.org/driver-api/early-userspace/buffer-format.html

/** Ownership is always root and the time is always 0, so that equal entries give equal bytes. */
export type CpioEntry = { /** without a leading slash */ path: string; mode: number } & (
  | { type: 'file'; data: Uint8Array }
  | { type: 'directory' }
  | { type: 'symlink'; target: string }
  | { type: 'character-device'; major: number; minor: number }
);

const typeBits = { file: 0o100000, directory: 0o040000, symlink: 0o120000, 'character-device': 0o020000 };

const typeMask = 0o170000;
const headerBytes = 110;
const trailer = 'TRAILER!!!';

/**
 * An archive sorted by path, which puts every directory before what is in it. Equal programs become hard links of one
 * file, so that they take memory once; other files do not, because somebody may write into one of them.
 */
export function writeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const sorted = [...entries].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const parts: Uint8Array[] = [];
  const inodes = inodesOf(sorted);
  let previous: string | undefined;
  for (const entry of sorted) {
    if (entry.path === previous) throw new Error(`${entry.path} is in the archive twice`);
    previous = entry.path;
    parts.push(...record(entry, inodes.get(entry)));
  }
  parts.push(...record({ path: trailer, mode: 0, type: 'file', data: new Uint8Array() }, undefined));
  return concatenate(parts);
}

/** Reads what `writeCpio` writes, and other archives whose entries are of these types. */
export function parseCpio(archive: Uint8Array): CpioEntry[] {
  const entries: CpioEntry[] = [];
  const text = new TextDecoder();
  /** Contents of files with several names, by inode. */
  const linked = new Map<number, Uint8Array>();
  let at = 0;
  for (;;) {
    if (at + headerBytes > archive.length) throw new Error(`archive ends inside the header at byte ${at}`);
    const header = text.decode(archive.subarray(at, at + headerBytes));
    if (!/^070701[0-9A-Fa-f]{104}$/.test(header)) throw new Error(`no newc header at byte ${at}`);
    const field = (index: number) => parseInt(header.slice(6 + index * 8, 14 + index * 8), 16);
    const nameEnd = at + headerBytes + field(11);
    const dataStart = align(nameEnd);
    const dataEnd = dataStart + field(6);
    if (dataEnd > archive.length) throw new Error(`archive ends inside the entry at byte ${at}`);
    const path = text.decode(archive.subarray(at + headerBytes, nameEnd - 1));
    if (path === trailer) return entries;
    const data = linked.get(field(0)) ?? archive.slice(dataStart, dataEnd);
    if (field(4) > 1 && (field(1) & typeMask) === typeBits.file) linked.set(field(0), data);
    entries.push(entryOf(path, field(1), data, field(9), field(10)));
    at = align(dataEnd);
  }
}

function entryOf(path: string, bits: number, data: Uint8Array, major: number, minor: number): CpioEntry {
  const mode = bits & 0o7777;
  switch (bits & typeMask) {
    case typeBits.file:
      return { path, mode, type: 'file', data };
    case typeBits.directory:
      return { path, mode, type: 'directory' };
    case typeBits.symlink:
      return { path, mode, type: 'symlink', target: new TextDecoder().decode(data) };
    case typeBits['character-device']:
      return { path, mode, type: 'character-device', major, minor };
    default:
      throw new Error(`${path} has the unknown type ${(bits & typeMask).toString(8)}`);
  }
}

function contentOf(entry: CpioEntry): Uint8Array {
  if (entry.type === 'file') return entry.data;
  return entry.type === 'symlink' ? new TextEncoder().encode(entry.target) : new Uint8Array();
}

/** What one or several entries are names of. */
interface Inode {
  number: number;
  /** The first is the one that has the content. */
  names: CpioEntry[];
}

function inodesOf(sorted: readonly CpioEntry[]): Map<CpioEntry, Inode> {
  const inodes = new Map<CpioEntry, Inode>();
  const programs = new Map<string, Inode>();
  for (const [index, entry] of sorted.entries()) {
    let inode: Inode = { number: index + 1, names: [] };
    if (entry.type === 'file' && (entry.mode & 0o111) !== 0 && entry.data.length > 0) {
      const key = `${entry.mode} ${sha256(entry.data)}`;
      inode = programs.get(key) ?? inode;
      programs.set(key, inode);
    }
    inode.names.push(entry);
    inodes.set(entry, inode);
  }
  return inodes;
}

/** Without an inode it is the trailer. */
function record(entry: CpioEntry, inode: Inode | undefined): Uint8Array[] {
  const name = new TextEncoder().encode(`${entry.path}\0`);
  const device = entry.type === 'character-device' ? entry : { major: 0, minor: 0 };
  const data = inode && inode.names[0] !== entry ? new Uint8Array() : contentOf(entry);
  const bits = inode ? typeBits[entry.type] | entry.mode : 0;
  const links = entry.type === 'directory' ? 2 : (inode?.names.length ?? 1);
  const fields = [
    ...[inode?.number ?? 0, bits, 0, 0, links, 0, data.length, 0, 0],
    ...[device.major, device.minor, name.length, 0],
  ];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  return [
    new TextEncoder().encode(header),
    name,
    padding(headerBytes + name.length),
    data,
    padding(data.length),
  ];
}

function align(offset: number): number {
  return (offset + 3) & ~3;
}

function padding(length: number): Uint8Array {
  return new Uint8Array(align(length) - length);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
