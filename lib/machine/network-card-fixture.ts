import type { Frame, Offloads } from '../wire/frame';
import { GuestMemory } from './guest-memory';
import { type CardPort, NetworkCard } from './network-card';
import type { V86Cpu, V86Queue, V86Virtio, V86VirtioOptions } from './v86-surface';

/** A guest's memory is as large as this; the rings are at its beginning, buffers behind them. */
export const ramBytes = 1 << 20;
const ringsBytes = 0x8000;
const firstBuffer = 0x20000;

interface Registers extends V86Queue {
  enabled: boolean;
  size: number;
  desc_addr: number;
  avail_addr: number;
  used_addr: number;
}

function setBit(words: Uint32Array, bit: number, on: boolean): void {
  const word = words[bit >>> 5] ?? 0;
  words[bit >>> 5] = on ? word | (1 << (bit & 31)) : word & ~(1 << (bit & 31));
}

/** v86's registers of a virtio device, as far as a card uses them. */
class FakeVirtio {
  readonly queues: Registers[];
  readonly device_feature = new Uint32Array(4);
  driver_feature = new Uint32Array(4);
  device_status = 0;
  interrupts = 0;
  configChanges = 0;

  constructor(
    _cpu: V86Cpu,
    readonly options: V86VirtioOptions,
  ) {
    for (const bit of options.common.features) setBit(this.device_feature, bit, true);
    this.queues = options.common.queues.map(({ size_supported }) => ({
      enabled: false,
      size: size_supported,
      desc_addr: 0,
      avail_addr: 0,
      used_addr: 0,
      avail_last_idx: 0,
      is_configured: () => true,
      has_request: () => false,
    }));
  }

  is_feature_negotiated(bit: number): boolean {
    return ((this.driver_feature[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0;
  }
  raise_irq(): void {
    this.interrupts += 1;
  }
  notify_config_changes(): void {
    this.configChanges += 1;
  }
  update_config_generation(): void {}
  reset(): void {
    this.device_status = 0;
    for (const queue of this.queues) Object.assign(queue, { enabled: false, avail_last_idx: 0 });
  }
  set_state(state: unknown): void {
    [, , , this.driver_feature, , this.device_status] = state as [
      0,
      0,
      0,
      Uint32Array<ArrayBuffer>,
      0,
      number,
    ];
  }
}

export interface Descriptor {
  address: number;
  length: number;
  flags?: number;
  next?: number;
  high?: number;
}

/** The driver's side of one queue, which writes whatever it is told to. */
export class DriverQueue {
  private added = 0;
  private seen = 0;
  private nextDescriptor = 0;
  readonly descriptors: number;
  readonly avail: number;
  readonly used: number;

  constructor(
    private readonly view: DataView,
    readonly registers: Registers,
    index: number,
  ) {
    this.descriptors = index * ringsBytes;
    this.avail = this.descriptors + 0x4000;
    this.used = this.descriptors + 0x5000;
    Object.assign(registers, {
      enabled: true,
      desc_addr: this.descriptors,
      avail_addr: this.avail,
      used_addr: this.used,
    });
  }

  writeDescriptor(
    index: number,
    { address, length, flags = 0, next = 0, high = 0 }: Descriptor,
    table = this.descriptors,
  ) {
    const at = table + index * 16;
    this.view.setUint32(at, address, true);
    this.view.setUint32(at + 4, high, true);
    this.view.setUint32(at + 8, length, true);
    this.view.setUint16(at + 12, flags, true);
    this.view.setUint16(at + 14, next, true);
  }

  /** A chain of these buffers. Returns the head. */
  add(buffers: readonly { address: number; length: number }[], writable = false): number {
    const head = this.nextDescriptor;
    buffers.forEach(({ address, length }, position) => {
      const last = position === buffers.length - 1;
      const index = this.nextDescriptor;
      this.nextDescriptor = (this.nextDescriptor + 1) % this.registers.size;
      this.writeDescriptor(index, {
        address,
        length,
        flags: (last ? 0 : 1) | (writable ? 2 : 0),
        next: this.nextDescriptor,
      });
    });
    this.makeAvailable(head);
    return head;
  }

  makeAvailable(head: number): void {
    this.view.setUint16(this.avail + 4 + (this.added % this.registers.size) * 2, head, true);
    this.added = (this.added + 1) & 0xffff;
    this.setAvailIndex(this.added);
  }

  setAvailIndex(index: number): void {
    this.view.setUint16(this.avail + 2, index, true);
  }

  /** Like Linux's driver that has seen everything: an interrupt is wanted for the next. */
  wantInterrupt(): void {
    this.view.setUint16(this.avail + 4 + this.registers.size * 2, this.seen, true);
  }

  get availEvent(): number {
    return this.view.getUint16(this.used + 4 + this.registers.size * 8, true);
  }

  /** What the device has given back since the last call. */
  takeUsed(): { head: number; written: number }[] {
    const entries = [];
    for (const index = this.view.getUint16(this.used + 2, true); this.seen !== index;) {
      const at = this.used + 4 + (this.seen % this.registers.size) * 8;
      entries.push({ head: this.view.getUint32(at, true), written: this.view.getUint32(at + 4, true) });
      this.seen = (this.seen + 1) & 0xffff;
    }
    return entries;
  }
}

/** Everything that this card offers, taken. */
export function startCard(without: readonly number[] = []) {
  const mem8 = new Uint8Array(ramBytes);
  const dirty: [number, number][] = [];
  const cpu = {
    mem8,
    jit_dirty_cache: (start: number, end: number) => void dirty.push([start, end]),
    devices: { virtio_console: { virtio: { constructor: FakeVirtio } } },
  } as unknown as V86Cpu;
  const sent: Frame[] = [];
  const told: Offloads[] = [];
  const link = { hasRoom: true, taken: 0 };
  const port: CardPort = {
    send: (frame) => link.hasRoom && sent.push(frame) > 0,
    flush: () => {},
    taken: () => void (link.taken += 1),
    accepts: (offloads) => void told.push(offloads),
  };
  const mac = Uint8Array.of(2, 0, 0, 0, 0, 1);
  const card = new NetworkCard(cpu, new GuestMemory(cpu), port, { mac, mtu: 1500 });
  const virtio = card.get_state()[0] as FakeVirtio & V86Virtio;
  virtio.driver_feature.set(virtio.device_feature);
  for (const bit of without) setBit(virtio.driver_feature, bit, false);
  virtio.device_status = 15;
  const view = new DataView(mem8.buffer);
  const [receive, transmit, control] = virtio.queues.map(
    (registers, index) => new DriverQueue(view, registers, index),
  );
  if (!receive || !transmit || !control) throw new Error('the card has three queues');
  const notify = (queue: number) => virtio.options.notification.handlers[queue]?.();
  const readConfig = (name: string) =>
    virtio.options.device_specific.struct.find((field) => field.name === name)?.read();
  return {
    card,
    cpu,
    mem8,
    dirty,
    sent,
    told,
    link,
    mac,
    virtio,
    receive,
    transmit,
    control,
    notify,
    readConfig,
    firstBuffer,
  };
}
