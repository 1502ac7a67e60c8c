// https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html, as it comes, piece by piece
import type { Direction } from '../wire/capture/capture';

export type PcapngBlock =
  | { type: 'interface'; name: string }
  | {
      type: 'packet';
      interface: number;
      timeNs: bigint;
      direction: Direction;
      bytes: Uint8Array;
      length: number;
    }
  | { type: 'statistics'; interface: number; timeNs: bigint; received: bigint; dropped: bigint };

const sectionHeaderBlock = 0x0a0d0d0a;
const interfaceDescriptionBlock = 1;
const interfaceStatisticsBlock = 5;
const enhancedPacketBlock = 6;
const byteOrderMagic = 0x1a2b3c4d;

const ifName = 2;
const ifTsresol = 9;
const epbFlags = 2;
const isbIfrecv = 4;
const isbIfdrop = 5;
const outbound = 2;

/** A block of a packet of 64 KiB with its options. What is longer was never a block. */
const mostBlockBytes = 128 * 1024;
const mostInterfaces = 1024;
/** Timestamps are microseconds where an interface does not say otherwise. */
const usualResolution = 6;

/**
 * Reads pcapng as it arrives, in any pieces. Bytes that are no pcapng end it: `fault` says why, and nothing more is read. Unknown
 * blocks and options are skipped. Little endian only, because that is what our guests write.
 */
export class PcapngStream {
  private kept: Uint8Array = new Uint8Array(0);
  private readonly resolutions: number[] = [];
  private hasBegun = false;
  private problem: string | undefined;

  /** A sentence; none while all is well. */
  get fault(): string | undefined {
    return this.problem;
  }

  /** What these bytes complete. The packets' bytes are copies. */
  push(bytes: Uint8Array): PcapngBlock[] {
    const blocks: PcapngBlock[] = [];
    if (this.problem !== undefined) return blocks;
    const all = joined(this.kept, bytes);
    const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
    let at = 0;
    while (at + 12 <= all.length) {
      const length = view.getUint32(at + 4, true);
      if (length < 12 || length % 4 !== 0 || length > mostBlockBytes) {
        this.problem = `A block says that it has ${length} bytes.`;
        break;
      }
      if (at + length > all.length) break;
      const block = this.block(view.getUint32(at, true), all.subarray(at + 8, at + length - 4));
      if (view.getUint32(at + length - 4, true) !== length)
        this.problem ??= 'A block has another length at its end.';
      if (this.fault !== undefined) break;
      if (block) blocks.push(block);
      at += length;
    }
    this.kept = this.fault === undefined ? all.slice(at) : new Uint8Array(0);
    return blocks;
  }

  private block(type: number, body: Uint8Array): PcapngBlock | undefined {
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    if (type === sectionHeaderBlock) {
      if (body.length < 16 || view.getUint32(0, true) !== byteOrderMagic)
        return this.fail('It begins as no pcapng does that is written here.');
      this.hasBegun = true;
      this.resolutions.length = 0;
      return undefined;
    }
    if (!this.hasBegun) return this.fail('It does not begin as pcapng does.');
    switch (type) {
      case interfaceDescriptionBlock:
        return this.interface(body);
      case enhancedPacketBlock:
        return this.packet(view, body);
      case interfaceStatisticsBlock:
        return this.statistics(view, body);
      default:
        return undefined;
    }
  }

  private interface(body: Uint8Array): PcapngBlock | undefined {
    if (body.length < 8) return this.fail('An interface is cut off.');
    if (this.resolutions.length >= mostInterfaces) return this.fail('It has too many interfaces.');
    const options = optionsOf(body.subarray(8));
    this.resolutions.push(options.get(ifTsresol)?.[0] ?? usualResolution);
    return { type: 'interface', name: new TextDecoder().decode(options.get(ifName)) };
  }

  private packet(view: DataView, body: Uint8Array): PcapngBlock | undefined {
    if (body.length < 20) return this.fail('A packet is cut off.');
    const kept = view.getUint32(12, true);
    if (20 + kept > body.length) return this.fail('A packet has fewer bytes than it says.');
    const options = optionsOf(body.subarray(20 + ((kept + 3) & ~3)));
    const timeNs = this.time(view);
    if (timeNs === undefined) return undefined;
    return {
      type: 'packet',
      interface: view.getUint32(0, true),
      timeNs,
      direction: ((options.get(epbFlags)?.[0] ?? 0) & 3) === outbound ? 'out' : 'in',
      bytes: body.slice(20, 20 + kept),
      length: view.getUint32(16, true),
    };
  }

  private statistics(view: DataView, body: Uint8Array): PcapngBlock | undefined {
    if (body.length < 12) return this.fail('Statistics are cut off.');
    const options = optionsOf(body.subarray(12));
    const count = (code: number) => {
      const value = options.get(code);
      return value?.length === 8 ? new DataView(value.buffer, value.byteOffset).getBigUint64(0, true) : 0n;
    };
    const timeNs = this.time(view);
    if (timeNs === undefined) return undefined;
    return {
      type: 'statistics',
      interface: view.getUint32(0, true),
      timeNs,
      received: count(isbIfrecv),
      dropped: count(isbIfdrop),
    };
  }

  /** The interface's number, then the time, upper half first. */
  private time(view: DataView): bigint | undefined {
    const resolution = this.resolutions[view.getUint32(0, true)];
    if (resolution === undefined) {
      this.fail('A block is of an interface that was not described.');
      return undefined;
    }
    const units = (BigInt(view.getUint32(4, true)) << 32n) | BigInt(view.getUint32(8, true));
    // The highest bit: a power of two and not of ten.
    if ((resolution & 0x80) !== 0) return (units * 1_000_000_000n) >> BigInt(resolution & 0x7f);
    return resolution <= 9 ? units * 10n ** BigInt(9 - resolution) : units / 10n ** BigInt(resolution - 9);
  }

  private fail(problem: string): undefined {
    this.problem ??= problem;
    return undefined;
  }
}

/** The last of each code; as far as they can be read. */
function optionsOf(bytes: Uint8Array): Map<number, Uint8Array> {
  const options = new Map<number, Uint8Array>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 4 <= bytes.length;) {
    const code = view.getUint16(at, true);
    const length = view.getUint16(at + 2, true);
    if (code === 0 || at + 4 + length > bytes.length) break;
    options.set(code, bytes.subarray(at + 4, at + 4 + length));
    at += 4 + ((length + 3) & ~3);
  }
  return options;
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) return other;
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
