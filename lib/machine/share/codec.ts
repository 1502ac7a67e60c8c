/** Bytes that are no message of the protocol: too short, too long, or with a field that cannot be. */
export class MalformedMessage extends Error {}

/** How one field of a message is read and written. Numbers are little endian. */
export interface Field<T> {
  read(from: Reader): T;
  write(to: Writer, value: T): void;
}

export class Reader {
  private offset = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.offset;
  }

  number(size: 1 | 2 | 4): number {
    const at = this.advance(size);
    if (size === 1) return this.view.getUint8(at);
    return size === 2 ? this.view.getUint16(at, true) : this.view.getUint32(at, true);
  }

  big(): bigint {
    return this.view.getBigUint64(this.advance(8), true);
  }

  take(length: number): Uint8Array {
    const at = this.advance(length);
    return this.bytes.subarray(at, at + length);
  }

  private advance(count: number): number {
    if (count > this.left) throw new MalformedMessage(`it ends at byte ${this.bytes.length}`);
    const at = this.offset;
    this.offset += count;
    return at;
  }
}

export class Writer {
  private bytes = new Uint8Array(256);
  private view = new DataView(this.bytes.buffer);
  private length = 0;

  number(size: 1 | 2 | 4, value: number): void {
    const at = this.grow(size);
    if (size === 1) this.view.setUint8(at, value);
    else if (size === 2) this.view.setUint16(at, value, true);
    else this.view.setUint32(at, value, true);
  }

  big(value: bigint): void {
    const at = this.grow(8);
    this.view.setBigUint64(at, value, true);
  }

  put(bytes: Uint8Array): void {
    const at = this.grow(bytes.length);
    this.bytes.set(bytes, at);
  }

  end(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  private grow(count: number): number {
    const at = this.length;
    this.length += count;
    if (this.length > this.bytes.length) {
      const wider = new Uint8Array(Math.max(this.length, 2 * this.bytes.length));
      wider.set(this.bytes.subarray(0, at));
      this.bytes = wider;
      this.view = new DataView(wider.buffer);
    }
    return at;
  }
}

function unsigned(size: 1 | 2 | 4): Field<number> {
  return { read: (from) => from.number(size), write: (to, value) => to.number(size, value) };
}

export const u8 = unsigned(1);
export const u16 = unsigned(2);
export const u32 = unsigned(4);
export const u64: Field<bigint> = { read: (from) => from.big(), write: (to, value) => to.big(value) };

/** 32 bits of length, then the bytes. Reading gives a view. */
export const bytes: Field<Uint8Array> = {
  read: (from) => from.take(u32.read(from)),
  write: (to, value) => {
    u32.write(to, value.length);
    to.put(value);
  },
};

/** 16 bits of length, then UTF-8. */
export const text: Field<string> = {
  read: (from) => {
    const encoded = from.take(u16.read(from));
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(encoded);
    } catch {
      throw new MalformedMessage('a string is not UTF-8');
    }
  },
  write: (to, value) => {
    const encoded = new TextEncoder().encode(value);
    u16.write(to, encoded.length);
    to.put(encoded);
  },
};

/** 16 bits of count, at most `limit`, then the items. */
export function list<T>(item: Field<T>, limit: number): Field<T[]> {
  return {
    read: (from) => {
      const count = u16.read(from);
      if (count > limit) throw new MalformedMessage(`a list has ${count} items`);
      return Array.from({ length: count }, () => item.read(from));
    },
    write: (to, items) => {
      u16.write(to, items.length);
      for (const one of items) item.write(to, one);
    },
  };
}

type Fields = Readonly<Record<string, Field<unknown>>>;
export type Values<F> = { -readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/** Fields one after another. */
export function record<F extends Fields>(fields: F): Field<Values<F>> {
  const entries = Object.entries(fields);
  return {
    read: (from) => Object.fromEntries(entries.map(([name, field]) => [name, field.read(from)])) as Values<F>,
    write: (to, value) => {
      for (const [name, field] of entries) field.write(to, (value as Record<string, unknown>)[name]);
    },
  };
}
