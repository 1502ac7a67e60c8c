/** Why a packet is not what its protocol says: the first field that is cut off or contradicts the rest. */
export interface Fault {
  /** The RFC's name of the field. */
  field: string;
  /** What is wrong with it, to follow the field's name in a sentence. */
  reason: string;
  /** Where the field begins, in bytes from the start of the layer. */
  offset: number;
}

/** Where a field was found: for views that show it among the bytes. */
export interface FieldSpan {
  field: string;
  offset: number;
  length: number;
}

/**
 * What a decoder made of some bytes. It never throws and never gives up: fields that are cut off are zero or empty, all
 * others are as they were sent, and `payload` is what follows the header, a view of the same memory.
 */
export interface Parsed<T> {
  header: T;
  payload: Uint8Array;
  fault: Fault | undefined;
}

/** Reads big-endian fields by name. After one that is cut off, all that follow read as zero or empty. */
export class FieldReader {
  offset = 0;
  fault: Fault | undefined;
  private readonly view: DataView;
  private isCut = false;

  /** @param spans is filled with the place of each field, where somebody wants to know */
  constructor(
    readonly bytes: Uint8Array,
    private readonly spans?: FieldSpan[],
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.isCut ? 0 : this.bytes.length - this.offset;
  }

  /** Whether there is no fault yet. A method, because every read may change the answer. */
  isSound(): boolean {
    return this.fault === undefined;
  }

  u8(field: string): number {
    return this.take(field, 1) ? this.view.getUint8(this.offset - 1) : 0;
  }

  u16(field: string): number {
    return this.take(field, 2) ? this.view.getUint16(this.offset - 2) : 0;
  }

  u24(field: string): number {
    if (!this.take(field, 3)) return 0;
    return (this.view.getUint16(this.offset - 3) << 8) | this.view.getUint8(this.offset - 1);
  }

  u32(field: string): number {
    return this.take(field, 4) ? this.view.getUint32(this.offset - 4) : 0;
  }

  /** A hardware address: 48 bits are a safe integer. */
  u48(field: string): number {
    if (!this.take(field, 6)) return 0;
    return this.view.getUint16(this.offset - 6) * 2 ** 32 + this.view.getUint32(this.offset - 4);
  }

  u64(field: string): bigint {
    return this.take(field, 8) ? this.view.getBigUint64(this.offset - 8) : 0n;
  }

  /** As many as there are of `length` bytes; fewer are a fault. */
  block(field: string, length: number): Uint8Array {
    const { offset } = this;
    if (this.take(field, length)) return this.bytes.subarray(offset, offset + length);
    return this.bytes.subarray(offset, offset);
  }

  /** Everything that no field has claimed. */
  rest(): Uint8Array {
    return this.bytes.subarray(this.offset);
  }

  /** Notes that a field was read but cannot be right. Only the first fault of a packet is kept. */
  complain(field: string, reason: string, offset = this.offset): void {
    this.fault ??= { field, reason, offset };
  }

  finish<T>(header: T, payload = this.rest()): Parsed<T> {
    return { header, payload, fault: this.fault };
  }

  private take(field: string, length: number): boolean {
    if (this.isCut) return false;
    if (this.offset + length > this.bytes.length) {
      this.complain(field, `needs ${length} bytes, of which ${this.bytes.length - this.offset} are there`);
      this.isCut = true;
      return false;
    }
    this.spans?.push({ field, offset: this.offset, length });
    this.offset += length;
    return true;
  }
}
