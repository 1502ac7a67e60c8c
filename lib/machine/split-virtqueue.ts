// https://docs.oasis-open.org/virtio/virtio/v1.3/virtio-v1.3.html#x1-350007 (2.7, split virtqueues)
import type { GuestMemory } from './guest-memory';
import type { V86Queue, V86Virtio } from './v86-surface';

export const VIRTIO_F_INDIRECT_DESC = 28;
export const VIRTIO_F_EVENT_IDX = 29;

const VIRTQ_DESC_F_NEXT = 1;
const VIRTQ_DESC_F_WRITE = 2;
const VIRTQ_DESC_F_INDIRECT = 4;
const VIRTQ_AVAIL_F_NO_INTERRUPT = 1;
const VIRTQ_USED_F_NO_NOTIFY = 1;

const descriptorBytes = 16;
/** `flags` and `idx` before the entries of either ring. */
const ringHead = 4;
const availEntryBytes = 2;
const usedEntryBytes = 8;

export interface GuestBuffer {
  address: number;
  length: number;
}

/** Buffers that the driver made available together, readable ones first. All of them lie in the guest's memory. */
export interface Chain {
  head: number;
  readable: readonly GuestBuffer[];
  writable: readonly GuestBuffer[];
}

/**
 * The device's side of a queue. v86 keeps the registers and saves them; the rings are walked here, which is made for
 * batches and trusts nothing that the driver writes. A driver that breaks the rules loses its buffers and nothing else.
 */
export class SplitVirtqueue {
  /** Entries of the used ring that are written, and not shown to the driver yet. */
  private staged = 0;

  constructor(
    private readonly virtio: Pick<V86Virtio, 'is_feature_negotiated'>,
    private readonly registers: V86Queue,
    private readonly memory: GuestMemory,
  ) {}

  /** Chains that wait. None when the rings are nowhere, or their indices are further apart than the queue is long. */
  get available(): number {
    if (!this.isUsable()) return 0;
    const { avail_addr, avail_last_idx, size } = this.registers;
    const count = (this.memory.view.getUint16((avail_addr >>> 0) + 2, true) - avail_last_idx) & 0xffff;
    return count <= size ? count : 0;
  }

  /**
   * The next chain; there must be one. Without buffers if it makes no sense: it runs in circles, or leaves memory. The
   * driver gets it back with `push` all the same, or its queue would shrink.
   */
  pop(): Chain {
    const { avail_addr, avail_last_idx, size } = this.registers;
    const entry = (avail_addr >>> 0) + ringHead + (avail_last_idx & (size - 1)) * availEntryBytes;
    const head = this.memory.view.getUint16(entry, true);
    this.registers.avail_last_idx = (avail_last_idx + 1) & 0xffff;
    return this.chainAt(head) ?? { head, readable: [], writable: [] };
  }

  /** The last `count` chains popped, of which none was pushed, wait again. */
  unpop(count: number): void {
    this.registers.avail_last_idx = (this.registers.avail_last_idx - count) & 0xffff;
  }

  /** `written` bytes from the first writable one on. The driver sees it after `publish`. */
  push({ head }: Chain, written: number): void {
    const { used_addr, size } = this.registers;
    const { view } = this.memory;
    const index = view.getUint16((used_addr >>> 0) + 2, true) + this.staged;
    const entry = (used_addr >>> 0) + ringHead + (index & (size - 1)) * usedEntryBytes;
    view.setUint32(entry, head, true);
    view.setUint32(entry + 4, written, true);
    this.staged += 1;
  }

  /** Shows the driver what was pushed. True when it wants an interrupt for that. */
  publish(): boolean {
    if (this.staged === 0 || !this.isUsable()) return false;
    const { avail_addr, used_addr, size } = this.registers;
    const { view } = this.memory;
    const before = view.getUint16((used_addr >>> 0) + 2, true);
    const after = (before + this.staged) & 0xffff;
    this.staged = 0;
    view.setUint16((used_addr >>> 0) + 2, after, true);
    if (!this.virtio.is_feature_negotiated(VIRTIO_F_EVENT_IDX)) {
      return (view.getUint16(avail_addr >>> 0, true) & VIRTQ_AVAIL_F_NO_INTERRUPT) === 0;
    }
    const usedEvent = view.getUint16((avail_addr >>> 0) + ringHead + size * availEntryBytes, true);
    return ((after - usedEvent - 1) & 0xffff) < ((after - before) & 0xffff);
  }

  /**
   * Whether the driver is to say when it makes the next chain available. Only asked, not told: it may all the same. To
   * be said again after every `pop`.
   */
  wantNotification(wanted: boolean): void {
    if (!this.isUsable()) return;
    const { used_addr, avail_last_idx, size } = this.registers;
    const { view } = this.memory;
    if (this.virtio.is_feature_negotiated(VIRTIO_F_EVENT_IDX)) {
      // The driver notifies when it passes this index. The one behind the device has been passed.
      const event = wanted ? avail_last_idx : (avail_last_idx - 1) & 0xffff;
      view.setUint16((used_addr >>> 0) + ringHead + size * usedEntryBytes, event, true);
    } else view.setUint16(used_addr >>> 0, wanted ? 0 : VIRTQ_USED_F_NO_NOTIFY, true);
  }

  /** What was pushed and not published is forgotten, as the device's reset does. */
  reset(): void {
    this.staged = 0;
  }

  private isUsable(): boolean {
    const { enabled, size, desc_addr, avail_addr, used_addr } = this.registers;
    return (
      enabled &&
      size > 0 &&
      this.memory.holds(desc_addr >>> 0, size * descriptorBytes) &&
      this.memory.holds(avail_addr >>> 0, ringHead + size * availEntryBytes + 2) &&
      this.memory.holds(used_addr >>> 0, ringHead + size * usedEntryBytes + 2)
    );
  }

  private chainAt(head: number): Chain | undefined {
    const { view } = this.memory;
    const { size } = this.registers;
    const readable: GuestBuffer[] = [];
    const writable: GuestBuffer[] = [];
    let table = this.registers.desc_addr >>> 0;
    let entries = size;
    let index = head;
    let isIndirect = false;
    // A chain is no longer than the queue; one more is the descriptor that leads to an indirect table.
    for (let step = 0; step <= size; step += 1) {
      if (index >= entries) return undefined;
      const at = table + index * descriptorBytes;
      const address = view.getUint32(at, true);
      const length = view.getUint32(at + 8, true);
      const flags = view.getUint16(at + 12, true);
      if (view.getUint32(at + 4, true) !== 0 || !this.memory.holds(address, length)) return undefined;
      if (flags & VIRTQ_DESC_F_INDIRECT) {
        if (isIndirect || !this.virtio.is_feature_negotiated(VIRTIO_F_INDIRECT_DESC)) return undefined;
        isIndirect = true;
        table = address;
        entries = Math.floor(length / descriptorBytes);
        index = 0;
        continue;
      }
      const isWritable = (flags & VIRTQ_DESC_F_WRITE) !== 0;
      if (!isWritable && writable.length > 0) return undefined;
      (isWritable ? writable : readable).push({ address, length });
      if ((flags & VIRTQ_DESC_F_NEXT) === 0) return { head, readable, writable };
      index = view.getUint16(at + 14, true);
    }
    return undefined;
  }
}

export function lengthOf(buffers: readonly GuestBuffer[]): number {
  return buffers.reduce((sum, { length }) => sum + length, 0);
}
