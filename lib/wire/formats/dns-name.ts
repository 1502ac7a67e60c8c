// RFC 1035, 3.1 and 4.1.4: domain names and their compression
import type { FieldReader } from './field-reader';
import type { FieldWriter } from './field-writer';

/** RFC 1035, 2.3.4: in octets. */
const maxLabelBytes = 63;
const maxNameBytes = 255;

/**
 * Reads a name, following compression pointers, and moves the reader behind it. The root is the empty string. A dot or
 * backslash inside a label is written `\.` or `\\`, a byte that is no visible ASCII `\DDD`.
 *
 * Pointers must lead backwards from where the part that they end began, so no chain of them is endless.
 */
export function readName(reader: FieldReader, field: string): string {
  const { bytes, offset: start } = reader;
  const labels: string[] = [];
  let at = start;
  let partStart = start;
  let end: number | undefined;
  let length = 1;
  const fail = (reason: string) => {
    reader.complain(field, reason, start);
    reader.offset = Math.min(end ?? at, bytes.length);
    return labels.join('.');
  };
  for (;;) {
    const count = bytes[at];
    if (count === undefined) {
      // Lets the reader find out itself, so that it reads nothing beyond.
      reader.offset = bytes.length;
      reader.u8(field);
      return labels.join('.');
    }
    if (count === 0) {
      reader.offset = end ?? at + 1;
      return labels.join('.');
    }
    if (count >= 0xc0) {
      const low = bytes[at + 1];
      if (low === undefined) {
        reader.offset = at;
        reader.u16(field);
        return labels.join('.');
      }
      end ??= at + 2;
      at = ((count & 0x3f) << 8) | low;
      if (at >= partStart) return fail('has a pointer that does not lead backwards');
      partStart = at;
      continue;
    }
    if (count > maxLabelBytes) return fail(`has a label of an unknown type, 0x${count.toString(16)}`);
    length += count + 1;
    if (length > maxNameBytes) return fail(`is longer than ${maxNameBytes} bytes`);
    if (at + 1 + count > bytes.length) {
      reader.offset = at;
      reader.block(field, 1 + count);
      return labels.join('.');
    }
    labels.push(labelText(bytes.subarray(at + 1, at + 1 + count)));
    at += count + 1;
  }
}

function labelText(label: Uint8Array): string {
  let text = '';
  for (const byte of label) {
    if (byte === 0x2e || byte === 0x5c) text += `\\${String.fromCharCode(byte)}`;
    else if (byte > 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += `\\${String(byte).padStart(3, '0')}`;
  }
  return text;
}

/** The labels of a name as `readName` returns it. @throws RangeError for what no name can be */
export function labelsOf(name: string): Uint8Array[] {
  if (name === '') return [];
  const labels: number[][] = [[]];
  const encoder = new TextEncoder();
  for (let at = 0; at < name.length;) {
    const label = labels[labels.length - 1] ?? [];
    const escaped = /^\\(\d{3})/.exec(name.slice(at, at + 4))?.[1];
    const character = name[at] ?? '';
    if (escaped !== undefined) {
      label.push(Number(escaped) & 0xff);
      at += 4;
    } else if (character === '\\') {
      label.push(...encoder.encode(name[at + 1] ?? ''));
      at += 2;
    } else if (character === '.') {
      labels.push([]);
      at += 1;
    } else {
      label.push(...encoder.encode(String.fromCodePoint(name.codePointAt(at) ?? 0)));
      at += (name.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
    }
  }
  if (labels[labels.length - 1]?.length === 0) labels.pop();
  const bytes = labels.reduce((sum, label) => sum + label.length + 1, 1);
  if (bytes > maxNameBytes || labels.some(({ length }) => length === 0 || length > maxLabelBytes))
    throw new RangeError(`${JSON.stringify(name)} cannot be a domain name`);
  return labels.map((label) => Uint8Array.from(label));
}

/** Where the names that a message has already spelled begin; only these can be pointed to. */
export type NameTable = Map<string, number>;

const maxPointer = 0x3fff;

/** @param table with it, the longest suffix that was written before becomes a pointer */
export function writeName(writer: FieldWriter, name: string, table?: NameTable): void {
  const labels = labelsOf(name);
  for (const [index, label] of labels.entries()) {
    const suffix = labels
      .slice(index)
      .map((each) => labelText(each))
      .join('.');
    const known = table?.get(suffix);
    if (known !== undefined) {
      writer.u16(0xc000 | known);
      return;
    }
    if (writer.offset <= maxPointer) table?.set(suffix, writer.offset);
    writer.u8(label.length).block(label);
  }
  writer.u8(0);
}
