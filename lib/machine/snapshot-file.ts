import { z } from 'zod';
import { failures } from './failures';

/**
 * A snapshot: magic, version, length of the header (32 bits each, little endian), the header as JSON, then the payload,
 * packed or not: what the console last showed, which pages of memory are kept, v86's state without memory, the pages.
 */
const magic = new TextEncoder().encode('TWINHULL');
const version = 1;
const prefixBytes = magic.length + 8;
/** A header is a few hundred bytes; more is not a header. */
const headerLimit = 64 * 1024;
export const pageBytes = 4096;

export const snapshotHeaderSchema = z.object({
  createdAt: z.string(),
  profile: z.string(),
  memoryBytes: z
    .number()
    .int()
    .positive()
    .max(2 ** 31)
    .multipleOf(pageBytes),
  /** SHA-256 of every artifact that the machine was made from, by name. */
  images: z.record(z.string(), z.string()),
  /** A person's own is packed with what every browser has; the site's with what unpacks fastest (docs/adr/0035). */
  packing: z.enum(['none', 'gzip', 'zstd']),
  consoleBytes: z
    .number()
    .int()
    .nonnegative()
    .max(2 ** 24),
  stateBytes: z
    .number()
    .int()
    .positive()
    .max(2 ** 28),
  pages: z.number().int().nonnegative(),
});
export type SnapshotHeader = z.infer<typeof snapshotHeaderSchema>;

export interface SnapshotParts {
  console: Uint8Array;
  /** One bit a page of guest memory, lowest bit first. */
  bitmap: Uint8Array;
  state: Uint8Array;
  pages: Uint8Array;
}

export function bitmapBytes(header: Pick<SnapshotHeader, 'memoryBytes'>): number {
  return Math.ceil(header.memoryBytes / pageBytes / 8);
}

export function writeSnapshot(header: SnapshotHeader, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(prefixBytes + json.length + payload.length);
  const view = new DataView(file.buffer);
  file.set(magic);
  view.setUint32(magic.length, version, true);
  view.setUint32(magic.length + 4, json.length, true);
  file.set(json, prefixBytes);
  file.set(payload, prefixBytes + json.length);
  return file;
}

/** Throws `snapshot-damaged`, or `snapshot-foreign` for another version of this format. */
export function parseSnapshot(file: Uint8Array): { header: SnapshotHeader; payload: Uint8Array } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < prefixBytes || magic.some((byte, index) => file[index] !== byte)) {
    throw failures.snapshotDamaged('it does not begin like a snapshot');
  }
  const found = view.getUint32(magic.length, true);
  if (found !== version)
    throw failures.snapshotForeign(`its format is number ${found}, this site's is ${version}`);
  const length = view.getUint32(magic.length + 4, true);
  if (length > headerLimit || prefixBytes + length > file.length) {
    throw failures.snapshotDamaged('its header is cut off');
  }
  const header = parseHeader(file.subarray(prefixBytes, prefixBytes + length));
  return { header, payload: file.subarray(prefixBytes + length) };
}

function parseHeader(bytes: Uint8Array): SnapshotHeader {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw failures.snapshotDamaged('its header is not JSON', cause);
  }
  const parsed = snapshotHeaderSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw failures.snapshotDamaged(`its header's ${issue?.path.join('.')} is wrong: ${issue?.message}`);
  }
  return parsed.data;
}

/** Throws `snapshot-foreign` unless the snapshot was made from these images, in a machine like this. */
export function checkIdentity(
  header: SnapshotHeader,
  expected: { profile: string; memoryBytes: number; images: Readonly<Record<string, string>> },
): void {
  if (header.profile !== expected.profile) {
    throw failures.snapshotForeign(
      `it is of a "${header.profile}" machine, this one is a "${expected.profile}"`,
    );
  }
  if (header.memoryBytes !== expected.memoryBytes) {
    throw failures.snapshotForeign(
      `its memory has ${header.memoryBytes} bytes, this one's ${expected.memoryBytes}`,
    );
  }
  for (const [name, sha256] of Object.entries(expected.images)) {
    if (header.images[name] !== sha256) throw failures.snapshotForeign(`it was made with another "${name}"`);
  }
}
