// https://docs.oasis-open.org/virtio/virtio/v1.3/virtio-v1.3.html#x1-2340001 (5.1, network device)
import type { Frame, Offloads } from '../wire/frame';
import {
  csumOffsetAt,
  csumStartAt,
  flagNeedsCsum,
  flagsAt,
  gsoEcn,
  gsoNone,
  gsoSizeAt,
  gsoTcp4,
  gsoTypeAt,
  gsoVxlan,
  headerBytes,
  leastFrameBytes,
  mostFrameBytes,
  numBuffersAt,
  read16le,
  write16le,
} from '../wire/frame-header';
import { noOffloads, portWindow } from '../wire/frame-port';
import { failures } from './failures';
import type { GuestMemory } from './guest-memory';
import { type Chain, type GuestBuffer, SplitVirtqueue, lengthOf } from './split-virtqueue';
import type { V86Cpu, V86Virtio } from './v86-surface';
import {
  VIRTIO_CONFIG_S_DRIVER_OK,
  VIRTIO_ISR_QUEUE,
  VIRTIO_NET_CTRL_MAC,
  VIRTIO_NET_CTRL_MAC_ADDR_SET,
  VIRTIO_NET_ERR,
  VIRTIO_NET_F_CSUM,
  VIRTIO_NET_F_GUEST_CSUM,
  VIRTIO_NET_F_GUEST_TSO4,
  VIRTIO_NET_F_GUEST_VXLAN_TSO4,
  VIRTIO_NET_F_HOST_ECN,
  VIRTIO_NET_F_HOST_TSO4,
  VIRTIO_NET_F_HOST_VXLAN_TSO4,
  VIRTIO_NET_F_MRG_RXBUF,
  VIRTIO_NET_OK,
  VIRTIO_NET_S_LINK_UP,
  controlq,
  networkDevice,
  receiveq,
  transmitq,
} from './virtio-net';

/** Without offloads: what the wire carries, with two VLAN tags. */
const tagsBytes = 8;
const ethernetHeaderBytes = 14;
/** Linux's controls have a dozen; the table of multicast addresses, which this card does not offer, would have more. */
const mostControlBytes = 64;

/**
 * What waits for the guest's driver at most; more is dropped, as a card with a full ring does. A sender who keeps to his
 * window does not come to it.
 */
const queueFrames = 2 * portWindow.frames;
const queueBytes = 2 * portWindow.bytes;

/** Where the card's frames go, and what it says of itself. Called between two instructions; must not throw. */
export interface CardPort {
  /** False when there is no room: the guest keeps the frame until `transmit` is called. */
  send(frame: Frame): boolean;
  /** What was sent may leave: nothing follows for now. */
  flush(): void;
  /** A frame has left the card's queue: the guest has it, or nobody does. */
  taken(frame: Frame): void;
  /** The guest's driver takes these from now on. */
  accepts(offloads: Offloads): void;
}

export interface CardTotals {
  /** A superframe counts once, as it does in the guest. */
  framesSent: number;
  framesReceived: number;
  /** Either way: what the guest sent made no sense, or what came found no place. */
  framesDropped: number;
}

/**
 * The machine's network card, in place of v86's: it leaves checksums and the cutting of superframes to whoever needs them, and
 * interrupts the guest once for all that has come.
 */
export class NetworkCard {
  readonly totals: CardTotals = { framesSent: 0, framesReceived: 0, framesDropped: 0 };
  /** Its registers on the bus. */
  readonly virtio: V86Virtio;
  private readonly queues: readonly SplitVirtqueue[];
  private waiting: Frame[] = [];
  private waitingBytes = 0;
  private linkStatus = VIRTIO_NET_S_LINK_UP;
  private told: Offloads = noOffloads;

  constructor(
    cpu: V86Cpu,
    private readonly memory: GuestMemory,
    private readonly port: CardPort,
    private readonly options: { /** The guest may change it. */ mac: Uint8Array; mtu: number },
  ) {
    // The class that all of v86's virtio devices share is nowhere else to be had.
    const Virtio = cpu.devices.virtio_console.virtio.constructor;
    this.virtio = new Virtio(
      cpu,
      networkDevice({
        mac: options.mac,
        mtu: options.mtu,
        status: () => this.readStatus(),
        onBuffers: () => {
          this.tell();
          this.deliver();
        },
        onFrames: () => {
          this.transmit();
          // At once, not when the turn is over: whoever waits for an answer waits for what this guest does until then too.
          this.port.flush();
        },
        onControl: () => this.control(),
      }),
    );
    this.queues = this.virtio.queues.map((queue) => new SplitVirtqueue(this.virtio, queue, memory));
    const resetRegisters = this.virtio.reset.bind(this.virtio);
    this.virtio.reset = () => {
      resetRegisters();
      for (const queue of this.queues) queue.reset();
      this.drop();
      this.tell();
    };
  }

  /** One batch, in order. They are the card's from now on. */
  receive(frames: readonly Frame[]): void {
    for (const frame of frames) {
      const fits = this.waitingBytes + frame.length <= queueBytes && this.waiting.length < queueFrames;
      if (fits && this.isDriven() && frame.length >= leastFrameBytes && frame.length <= mostFrameBytes) {
        this.waiting.push(frame);
        this.waitingBytes += frame.length;
      } else this.discard(frame);
    }
    this.deliver();
  }

  /** Takes from the guest what it has put into the queue, as long as the port has room. */
  transmit(): void {
    const queue = this.queue(transmitq);
    let hasRoom = true;
    while (hasRoom && queue.available > 0) {
      const chain = queue.pop();
      const frame = this.frameOf(chain);
      hasRoom = !frame || this.port.send(frame);
      if (!hasRoom) queue.unpop(1);
      else {
        queue.push(chain, 0);
        if (frame) this.totals.framesSent += 1;
        else this.totals.framesDropped += 1;
      }
    }
    queue.wantNotification(hasRoom);
    this.publish(queue);
  }

  dispose(): void {
    this.drop();
  }

  /** Whether the cable goes anywhere. The guest sees its carrier come and go. */
  setLink(up: boolean): void {
    const status = up ? VIRTIO_NET_S_LINK_UP : 0;
    if (status === this.linkStatus) return;
    this.linkStatus = status;
    if (this.isDriven()) this.virtio.notify_config_changes();
  }

  /** v86's `reset` of all devices, when the guest restarts. */
  reset(): void {
    this.virtio.reset();
  }

  /** v86 writes numbers, arrays, and objects with a `get_state` of their own. */
  get_state(): unknown[] {
    return [this.virtio, this.linkStatus];
  }

  /** The address stays: it is this machine's, and whoever restores it tells the guest. Throws `snapshot-foreign`. */
  set_state([virtio, linkStatus]: unknown[]): void {
    if (!Array.isArray(virtio) || !isSame(virtio[2], this.virtio.device_feature)) {
      throw failures.snapshotForeign("its network card can do other things than this site's");
    }
    this.virtio.set_state(virtio);
    this.tell();
    if (linkStatus !== this.linkStatus && this.isDriven()) this.virtio.notify_config_changes();
  }

  private deliver(): void {
    const queue = this.queue(receiveq);
    let taken = 0;
    for (const frame of this.waiting) {
      if (!this.deliverOne(queue, frame)) break;
      taken += 1;
      this.waitingBytes -= frame.length;
      this.port.taken(frame);
    }
    if (taken > 0) this.waiting = this.waiting.slice(taken);
    queue.wantNotification(this.waiting.length > 0);
    this.publish(queue);
  }

  /** False when the driver has not made room for it yet. */
  private deliverOne(queue: SplitVirtqueue, frame: Frame): boolean {
    const chains: Chain[] = [];
    let room = 0;
    while (room < frame.length && queue.available > 0) {
      const chain = queue.pop();
      chains.push(chain);
      room += lengthOf(chain.writable);
      if (!this.virtio.is_feature_negotiated(VIRTIO_NET_F_MRG_RXBUF)) break;
    }
    if (chains.length === 0) return false;
    if (room < frame.length) {
      if (this.virtio.is_feature_negotiated(VIRTIO_NET_F_MRG_RXBUF)) {
        queue.unpop(chains.length);
        // A frame that all of the queue could not hold would wait for ever.
        if (chains.length < this.queueSize(receiveq)) return false;
      } else queue.unpop(1);
      this.totals.framesDropped += 1;
      return true;
    }
    write16le(frame, numBuffersAt, chains.length);
    let offset = 0;
    for (const chain of chains) {
      const before = offset;
      for (const { address, length } of chain.writable) {
        const part = frame.subarray(offset, offset + length);
        this.memory.write(address, part);
        offset += part.length;
      }
      queue.push(chain, offset - before);
    }
    this.totals.framesReceived += 1;
    return true;
  }

  /** What the guest sends, checked; nothing if it is no frame or asks for what was not agreed on. */
  private frameOf({ readable }: Chain): Frame | undefined {
    const length = lengthOf(readable);
    if (length < leastFrameBytes || length > mostFrameBytes) return undefined;
    const frame = this.gather(readable, length);
    const flags = (frame[flagsAt] ?? 0) & flagNeedsCsum;
    const gsoType = frame[gsoTypeAt] ?? 0;
    frame[flagsAt] = flags;
    write16le(frame, numBuffersAt, 0);
    const ethernetBytes = length - headerBytes;
    if (flags !== 0 && !this.canSum(frame, ethernetBytes)) return undefined;
    if (gsoType === gsoNone) {
      write16le(frame, gsoSizeAt, 0);
      return ethernetBytes <= this.options.mtu + ethernetHeaderBytes + tagsBytes ? frame : undefined;
    }
    return this.canCut(frame, flags, gsoType) ? frame : undefined;
  }

  private gather(buffers: readonly GuestBuffer[], length: number): Frame {
    const frame = new Uint8Array(length);
    let offset = 0;
    for (const buffer of buffers) {
      frame.set(this.memory.read(buffer.address, buffer.length), offset);
      offset += buffer.length;
    }
    return frame;
  }

  private canSum(frame: Frame, ethernetBytes: number): boolean {
    const start = read16le(frame, csumStartAt);
    return (
      this.virtio.is_feature_negotiated(VIRTIO_NET_F_CSUM) &&
      start >= ethernetHeaderBytes &&
      start + read16le(frame, csumOffsetAt) + 2 <= ethernetBytes
    );
  }

  private canCut(frame: Frame, flags: number, gsoType: number): boolean {
    const size = read16le(frame, gsoSizeAt);
    const agreed = (flag: number, feature: number) =>
      (gsoType & flag) === 0 || this.virtio.is_feature_negotiated(feature);
    return (
      flags !== 0 &&
      (gsoType & ~(gsoEcn | gsoVxlan)) === gsoTcp4 &&
      agreed(gsoTcp4, VIRTIO_NET_F_HOST_TSO4) &&
      agreed(gsoEcn, VIRTIO_NET_F_HOST_ECN) &&
      agreed(gsoVxlan, VIRTIO_NET_F_HOST_VXLAN_TSO4) &&
      size > 0 &&
      size <= this.options.mtu
    );
  }

  private control(): void {
    const queue = this.queue(controlq);
    while (queue.available > 0) {
      const chain = queue.pop();
      const [status] = chain.writable;
      if (status && status.length > 0) {
        this.memory.write(status.address, Uint8Array.of(this.obey(chain) ? VIRTIO_NET_OK : VIRTIO_NET_ERR));
      }
      queue.push(chain, status ? 1 : 0);
    }
    queue.wantNotification(true);
    this.publish(queue);
  }

  private obey({ readable }: Chain): boolean {
    const length = lengthOf(readable);
    if (length > mostControlBytes) return false;
    const [group, command, ...data] = this.gather(readable, length);
    if (group !== VIRTIO_NET_CTRL_MAC || command !== VIRTIO_NET_CTRL_MAC_ADDR_SET || data.length !== 6)
      return false;
    this.options.mac.set(data);
    return true;
  }

  private publish(queue: SplitVirtqueue): void {
    if (queue.publish()) this.virtio.raise_irq(VIRTIO_ISR_QUEUE);
  }

  private discard(frame: Frame): void {
    this.totals.framesDropped += 1;
    this.port.taken(frame);
  }

  private drop(): void {
    const { waiting } = this;
    this.waiting = [];
    this.waitingBytes = 0;
    for (const frame of waiting) this.discard(frame);
  }

  private isDriven(): boolean {
    return (this.virtio.device_status & VIRTIO_CONFIG_S_DRIVER_OK) !== 0;
  }

  /** v86 has a callback for the moment when the driver is ready, and does not call it. */
  private tell(): void {
    const can = (feature: number) => this.isDriven() && this.virtio.is_feature_negotiated(feature);
    const offloads: Offloads = {
      checksum: can(VIRTIO_NET_F_GUEST_CSUM),
      tcp4: can(VIRTIO_NET_F_GUEST_TSO4),
      tcp6: false,
      udp: false,
      vxlan: can(VIRTIO_NET_F_GUEST_VXLAN_TSO4),
    };
    const { checksum, tcp4, vxlan } = this.told;
    if (offloads.checksum === checksum && offloads.tcp4 === tcp4 && offloads.vxlan === vxlan) return;
    this.told = offloads;
    this.port.accepts(offloads);
  }

  private queue(index: number): SplitVirtqueue {
    const queue = this.queues[index];
    if (!queue) throw new Error(`the card has no queue ${index}`);
    return queue;
  }

  private queueSize(index: number): number {
    return this.virtio.queues[index]?.size ?? 0;
  }

  private readStatus(): number {
    this.virtio.update_config_generation();
    return this.linkStatus;
  }
}

function isSame(saved: unknown, features: Uint32Array): boolean {
  return saved instanceof Uint32Array && features.every((word, index) => saved[index] === word);
}
