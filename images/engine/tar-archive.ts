// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06 (ustar)

export interface TarEntry {
  /** At most 100 bytes; that of a directory ends with a slash. */
  name: string;
  mode: number;
  content?: Uint8Array;
  /** The target of a symbolic link. */
  link?: string;
}

const block = 512;

/** An archive whose files are root's and of the epoch. */
export function writeTar(entries: readonly TarEntry[]): Uint8Array {
  const parts = entries.flatMap((entry) => {
    const content = entry.content ?? new Uint8Array();
    return [header(entry), content, new Uint8Array(-content.length & (block - 1))];
  });
  return new Uint8Array(Buffer.concat([...parts, new Uint8Array(2 * block)]));
}

function header({ name, mode, content, link }: TarEntry): Uint8Array {
  const bytes = Buffer.alloc(block);
  if (Buffer.byteLength(name) > 100) throw new Error(`${name} is too long for a tar archive`);
  const octal = (value: number, at: number, digits: number) =>
    bytes.write(value.toString(8).padStart(digits, '0'), at);
  bytes.write(name, 0);
  octal(mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(content?.length ?? 0, 124, 11);
  octal(0, 136, 11);
  bytes.write(' '.repeat(8), 148);
  bytes.write(link !== undefined ? '2' : name.endsWith('/') ? '5' : '0', 156);
  bytes.write(link ?? '', 157);
  bytes.write('ustar\u000000', 257);
  octal(
    bytes.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  );
  bytes[154] = 0;
  return bytes;
}
