// RFC 9293: Transmission Control Protocol; RFC 7323, RFC 2018, RFC 5961 (blind attacks)
import type { Disposable } from '../../../base/lifecycle';
import { formatAddress, type Ipv4Address } from '../../formats/addresses';
import { type SackBlock, tcpFlags, type TcpHeader, type TcpOptions } from '../../formats/tcp';
import type { ByteStream } from '../byte-stream';
import { random32, type Surroundings } from '../surroundings';
import { failures, type TcpError } from './failures';
import { Receiver } from './receiver';
import { earliest, Sender, type Stretch } from './sender';
import type { SendQueue } from './send-queue';
import { unwrap, wrap } from './sequence';
import type { TcpSettings } from './settings';

/** RFC 9293, 3.3.2. LISTEN is the endpoint's. */
export type TcpState =
  | 'syn-sent'
  | 'syn-received'
  | 'established'
  | 'fin-wait-1'
  | 'fin-wait-2'
  | 'close-wait'
  | 'closing'
  | 'last-ack'
  | 'time-wait'
  | 'closed';

/** The four numbers that a connection is known by. */
export interface TcpAddresses {
  localAddress: Ipv4Address;
  localPort: number;
  remoteAddress: Ipv4Address;
  remotePort: number;
}

/** A segment to be sent: header, and where its data is. */
export interface Outgoing {
  header: Omit<TcpHeader, 'checksum'>;
  data: SendQueue;
  dataFrom: number;
  dataBytes: number;
  /** Of each frame, when this one carries more. */
  segmentBytes: number;
}

export interface ConnectionOwner {
  surroundings: Surroundings;
  settings: TcpSettings;
  transmit(connection: TcpConnection, segment: Outgoing): void;
  /** The handshake is done. */
  onEstablished(connection: TcpConnection): void;
  /** Nothing will be sent or received any more, except by the timer of TIME-WAIT. */
  onClosed(connection: TcpConnection): void;
}

/** RFC 9293, 3.7.1: what a side takes that does not say. */
const defaultSegmentBytes = 536;
const timestampBytes = 12;
/** RFC 7323, 2.3. */
const maxWindowScale = 14;
/** RFC 5961, 7: more than so many answers to dubious segments in a second help nobody but attackers. */
const challengesPerSecond = 10;

export class TcpConnection implements ByteStream {
  state: TcpState;
  readonly peer: string;
  readonly sender: Sender;
  readonly receiver: Receiver;
  private readonly localInitial: number;
  private remoteInitial = 0;
  private remoteScale = 0;
  private readonly localScale: number;
  private usesScale = false;
  private timestamps: { recent: number } | undefined;
  private failure: TcpError | undefined;
  private isFailed = false;
  private lastHeardAt: number;
  private keepAliveAt: number | undefined;
  private keepAliveProbes = 0;
  private timeWaitUntil: number | undefined;
  private timer: { at: number; handle: Disposable } | undefined;
  private isPushing = false;
  private challenges = { second: 0, count: 0 };
  private roomWaiters: { resolve(): void; reject(error: unknown): void }[] = [];
  private drainWaiters: { resolve(): void; reject(error: unknown): void }[] = [];

  private constructor(
    readonly addresses: TcpAddresses,
    private readonly owner: ConnectionOwner,
    state: TcpState,
  ) {
    this.state = state;
    this.peer = `${formatAddress(addresses.remoteAddress)}:${addresses.remotePort}`;
    const { surroundings, settings } = owner;
    this.localInitial = random32(surroundings);
    this.localScale = scaleFor(settings.receiveBufferBytes);
    this.lastHeardAt = surroundings.now();
    this.sender = new Sender(
      settings,
      () => surroundings.now(),
      (stretch) => this.emit(stretch),
      () => this.emitProbe(),
    );
    this.receiver = new Receiver(settings, () => surroundings.now());
  }

  /** Sends a SYN. */
  static connect(addresses: TcpAddresses, owner: ConnectionOwner): TcpConnection {
    const connection = new TcpConnection(addresses, owner, 'syn-sent');
    connection.sender.sendSyn();
    connection.arm();
    return connection;
  }

  /** Answers a SYN. */
  static accept(addresses: TcpAddresses, syn: TcpHeader, owner: ConnectionOwner): TcpConnection {
    const connection = new TcpConnection(addresses, owner, 'syn-received');
    connection.learn(syn);
    connection.sender.sendSyn();
    connection.arm();
    return connection;
  }

  read(): Promise<Uint8Array | undefined> {
    const read = this.receiver.read();
    if (this.receiver.widen(this.sender.segmentBytes) && this.isSynchronized) this.emitAck();
    return read;
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.failure) throw this.failure;
    if (!this.canWrite) throw failures.aborted(this.peer, 'it was written to after its end.');
    this.sender.write(bytes);
    this.pushSoon();
    if (this.sender.hasRoom) return;
    await new Promise<void>((resolve, reject) => this.roomWaiters.push({ resolve, reject }));
  }

  end(): void {
    if (!this.canWrite) return;
    this.sender.end();
    if (this.state === 'established') this.state = 'fin-wait-1';
    else if (this.state === 'close-wait') this.state = 'last-ack';
    this.pushSoon();
  }

  async drained(): Promise<void> {
    if (this.sender.isDrained) return;
    if (this.failure) throw this.failure;
    await new Promise<void>((resolve, reject) => this.drainWaiters.push({ resolve, reject }));
  }

  abort(reason: string): void {
    if (this.state === 'closed' || this.state === 'time-wait') return;
    if (this.isSynchronized || this.state === 'syn-received') this.emitReset();
    this.fail(failures.aborted(this.peer, reason), true);
  }

  /** RFC 9293, 3.10.7.4: a connection that only waits for stragglers makes way for a new one of the same ports. */
  yieldsTo({ sequenceNumber }: TcpHeader): boolean {
    if (this.state !== 'time-wait') return false;
    return unwrap(this.remoteInitial, sequenceNumber, this.receiver.next) > this.receiver.next;
  }

  get hasFailed(): boolean {
    return this.isFailed;
  }

  receive(header: TcpHeader, payload: Uint8Array): void {
    if (this.state === 'closed') return;
    this.lastHeardAt = this.owner.surroundings.now();
    this.keepAliveProbes = 0;
    if (this.state === 'syn-sent') this.receiveAnswer(header);
    else this.receiveSegment(header, payload);
    this.settle();
  }

  /** The peer did not answer in a way that TCP has. */
  refuse(): void {
    if (this.state === 'syn-sent') this.fail(failures.refused(this.peer), true);
  }

  /** Makes room for others: goes without a word. */
  drop(): void {
    this.fail(failures.full(), true);
  }

  private get isSynchronized(): boolean {
    return this.state !== 'syn-sent' && this.state !== 'syn-received' && this.state !== 'closed';
  }

  private get canWrite(): boolean {
    return (
      ['syn-sent', 'syn-received', 'established', 'close-wait'].includes(this.state) &&
      !this.sender.isEndedByUs
    );
  }

  /** RFC 9293, 3.10.7.3: the answer to a SYN of ours. */
  private receiveAnswer(header: TcpHeader): void {
    const { flags } = header;
    const acknowledges =
      (flags & tcpFlags.ack) !== 0 && header.acknowledgmentNumber === wrap(this.localInitial, 1);
    if ((flags & tcpFlags.ack) !== 0 && !acknowledges) {
      if ((flags & tcpFlags.rst) === 0) this.emitResetAt(header.acknowledgmentNumber);
      return;
    }
    if ((flags & tcpFlags.rst) !== 0) {
      if (acknowledges) this.fail(failures.refused(this.peer), true);
      return;
    }
    if ((flags & tcpFlags.syn) === 0) return;
    this.learn(header);
    if (!acknowledges) {
      // Both sides called at once.
      this.state = 'syn-received';
      this.emit({ syn: true, fin: false, position: 0, dataFrom: 1, dataBytes: 0 });
      return;
    }
    this.establish(header);
    this.receiver.demandAck();
  }

  /** RFC 9293, 3.10.7.4. */
  private receiveSegment(header: TcpHeader, payload: Uint8Array): void {
    const { flags } = header;
    const { receiver } = this;
    const position = unwrap(this.remoteInitial, header.sequenceNumber, receiver.next);
    const fin = (flags & tcpFlags.fin) !== 0;
    const syn = (flags & tcpFlags.syn) !== 0;
    const length = payload.length + (fin ? 1 : 0) + (syn ? 1 : 0);
    const isReset = (flags & tcpFlags.rst) !== 0;
    if (syn && this.state === 'syn-received' && position === 0) return this.receiveSynAgain(header);
    if (this.isOld(header) || !this.isAcceptable(position, length)) {
      if (!isReset) this.answerDubious();
      return;
    }
    if (isReset) {
      if (position === receiver.next) this.fail(failures.reset(this.peer), this.state === 'syn-received');
      else this.challenge();
      return;
    }
    if (syn) return this.challenge();
    if ((flags & tcpFlags.ack) === 0) return;
    if (this.timestamps && header.options.timestamps && position <= receiver.next)
      this.timestamps.recent = header.options.timestamps.value;
    if (!this.receiveAck(header, length === 0)) return;
    if (length > 0) this.receiveText(position, payload, fin);
  }

  private receiveText(position: number, payload: Uint8Array, fin: boolean): void {
    if (this.state === 'time-wait') {
      this.receiver.demandAck();
      this.timeWaitUntil = this.owner.surroundings.now() + this.owner.settings.timeWaitMs;
      return;
    }
    const wasFinished = this.receiver.isFinished;
    this.receiver.receive(position, payload, fin, this.sender.segmentBytes);
    this.receiver.widen(this.sender.segmentBytes);
    if (wasFinished || !this.receiver.hasEverything()) return;
    if (this.state === 'established') this.state = 'close-wait';
    else if (this.state === 'fin-wait-1') this.state = 'closing';
    else if (this.state === 'fin-wait-2') this.waitForStragglers();
  }

  /** @returns whether the rest of the segment is to be looked at */
  private receiveAck(header: TcpHeader, isBare: boolean): boolean {
    const { sender } = this;
    const position = unwrap(this.localInitial, header.acknowledgmentNumber, sender.una);
    if (this.state === 'syn-received') {
      if (position !== 1) {
        this.emitResetAt(header.acknowledgmentNumber);
        return false;
      }
      this.establish(header);
      return true;
    }
    if (position > sender.nxt) {
      this.challenge();
      return false;
    }
    if (position < sender.una) return true;
    sender.acknowledge({
      position,
      window: header.window * 2 ** this.remoteScale,
      sack: this.sackOf(header),
      roundTripMs: position > sender.una ? this.echoedMs(header) : undefined,
      isBare,
    });
    if (sender.finAcknowledged) this.onFinAcknowledged();
    return true;
  }

  private onFinAcknowledged(): void {
    if (this.state === 'fin-wait-1') this.state = 'fin-wait-2';
    else if (this.state === 'closing') this.waitForStragglers();
    else if (this.state === 'last-ack') this.close();
  }

  private establish(header: TcpHeader): void {
    const { options } = header;
    const isSyn = (header.flags & tcpFlags.syn) !== 0;
    this.state = 'established';
    this.sender.open(
      this.sender.segmentBytes,
      this.sender.usesSack,
      isSyn ? header.window : header.window * 2 ** this.remoteScale,
    );
    this.sender.acknowledge({
      position: 1,
      window: isSyn ? header.window : header.window * 2 ** this.remoteScale,
      sack: [],
      roundTripMs: options.timestamps && this.echoedMs(header),
      isBare: true,
    });
    if (this.sender.isEndedByUs) this.state = 'fin-wait-1';
    this.owner.onEstablished(this);
  }

  /** What the other side's SYN says. */
  private learn({ sequenceNumber, options }: TcpHeader): void {
    const { settings } = this.owner;
    this.remoteInitial = sequenceNumber;
    this.usesScale = options.windowScale !== undefined;
    this.remoteScale = Math.min(options.windowScale ?? 0, maxWindowScale);
    this.timestamps = options.timestamps && { recent: options.timestamps.value };
    const most = Math.min(settings.maximumSegmentSize, options.maximumSegmentSize ?? defaultSegmentBytes);
    this.sender.usesSack = options.sackPermitted ?? false;
    // A segment size of nothing would send nothing for ever.
    this.sender.segmentBytes = Math.max(48, most - (this.timestamps ? timestampBytes : 0));
  }

  private isAcceptable(position: number, length: number): boolean {
    const { next, window } = this.receiver;
    if (position === next) return true;
    return length === 0
      ? position > next && position <= next + window
      : position < next + window && position + length > next;
  }

  /** RFC 7323, 5.3: protection against segments from a sequence space ago. */
  private isOld({ flags, options }: TcpHeader): boolean {
    if (!this.timestamps || !options.timestamps || (flags & tcpFlags.rst) !== 0) return false;
    return ((options.timestamps.value - this.timestamps.recent) | 0) < 0;
  }

  private echoedMs({ options }: TcpHeader): number | undefined {
    if (!options.timestamps || options.timestamps.echoReply === 0) return undefined;
    return (this.timestampNow() - options.timestamps.echoReply) >>> 0;
  }

  private sackOf({ options }: TcpHeader): SackBlock[] {
    const { una, nxt } = this.sender;
    const blocks: SackBlock[] = [];
    for (const { left, right } of options.sack ?? []) {
      const block = {
        left: unwrap(this.localInitial, left, una),
        right: unwrap(this.localInitial, right, una),
      };
      if (block.left >= una && block.right <= nxt) blocks.push(block);
    }
    return blocks;
  }

  /** A repeated SYN, or the second half of two calls that crossed. */
  private receiveSynAgain(header: TcpHeader): void {
    const acknowledges =
      (header.flags & tcpFlags.ack) !== 0 && header.acknowledgmentNumber === wrap(this.localInitial, 1);
    if (!acknowledges) return this.repeatSynAck();
    this.establish(header);
    this.receiver.demandAck();
  }

  private repeatSynAck(): void {
    this.emit({ syn: true, fin: false, position: 0, dataFrom: 1, dataBytes: 0 });
  }

  /** A segment from outside the window: old, or a question whether anybody is there. */
  private answerDubious(): void {
    if (this.state === 'syn-received') this.repeatSynAck();
    else this.receiver.demandAck();
  }

  private challenge(): void {
    const second = Math.floor(this.owner.surroundings.now() / 1000);
    if (this.challenges.second !== second) this.challenges = { second, count: 0 };
    this.challenges.count += 1;
    if (this.challenges.count <= challengesPerSecond) this.receiver.demandAck();
  }

  /** Head and body of a message are often written one after the other: they leave together. */
  private pushSoon(): void {
    if (this.isPushing) return;
    this.isPushing = true;
    queueMicrotask(() => {
      this.isPushing = false;
      if (this.state !== 'closed') this.settle();
    });
  }

  /** After anything has happened: sends what can be sent, wakes who waits, sets the timer. */
  private settle(): void {
    if (this.state === 'closed') return;
    this.sender.push();
    if (this.receiver.mustAck && this.state !== 'syn-sent') this.emitAck();
    if (this.roomWaiters.length > 0 && this.sender.hasRoom)
      for (const { resolve } of this.roomWaiters.splice(0)) resolve();
    if (this.drainWaiters.length > 0 && this.sender.isDrained)
      for (const { resolve } of this.drainWaiters.splice(0)) resolve();
    this.arm();
  }

  private arm(): void {
    const { keepAliveMs } = this.owner.settings;
    const isQuiet = this.sender.isIdle && this.isSynchronized && this.state !== 'time-wait';
    this.keepAliveAt = isQuiet ? this.lastHeardAt + keepAliveMs * (1 + this.keepAliveProbes) : undefined;
    const at = earliest(this.sender.deadline, this.receiver.deadline, this.keepAliveAt, this.timeWaitUntil);
    // One that rings too early is harmless, and cheaper than setting it anew for every segment.
    if (at === undefined || (this.timer && this.timer.at <= at)) return;
    this.timer?.handle.dispose();
    const { surroundings } = this.owner;
    const delayMs = Math.max(0, at - surroundings.now());
    this.timer = { at, handle: surroundings.after(delayMs, () => this.tick()) };
  }

  private tick(): void {
    this.timer = undefined;
    if (this.state === 'closed') return;
    const now = this.owner.surroundings.now();
    if (this.timeWaitUntil !== undefined && this.timeWaitUntil <= now) return this.close();
    this.receiver.tick();
    const verdict = this.sender.tick();
    const { giveUpMs, connectGiveUpMs, stallMs } = this.owner.settings;
    if (verdict === 'timeout') {
      const patience = this.isSynchronized ? giveUpMs : connectGiveUpMs;
      return this.giveUp(failures.timeout(this.peer, Math.round(patience / 1000)));
    }
    if (verdict === 'stalled') return this.giveUp(failures.stalled(this.peer, Math.round(stallMs / 1000)));
    if (this.keepAliveAt !== undefined && this.keepAliveAt <= now) {
      if (this.keepAliveProbes >= this.owner.settings.keepAliveProbes)
        return this.giveUp(failures.timeout(this.peer, Math.round((now - this.lastHeardAt) / 1000)));
      this.keepAliveProbes += 1;
      this.emitProbe();
    }
    this.settle();
  }

  private giveUp(failure: TcpError): void {
    if (this.isSynchronized) this.emitReset();
    this.fail(failure, false);
  }

  private waitForStragglers(): void {
    this.state = 'time-wait';
    this.timeWaitUntil = this.owner.surroundings.now() + this.owner.settings.timeWaitMs;
    this.sender.clear();
  }

  private fail(failure: TcpError, discard: boolean): void {
    if (this.state === 'closed') return;
    this.isFailed = this.state !== 'time-wait';
    this.failure = failure;
    this.receiver.fail(failure, discard);
    for (const { reject } of [...this.roomWaiters.splice(0), ...this.drainWaiters.splice(0)]) reject(failure);
    this.close();
  }

  private close(): void {
    this.failure ??= failures.aborted(this.peer, 'it is over.');
    for (const { resolve } of this.drainWaiters.splice(0)) resolve();
    this.state = 'closed';
    this.sender.clear();
    this.timer?.handle.dispose();
    this.timer = undefined;
    this.owner.onClosed(this);
  }

  private timestampNow(): number {
    return (Math.floor(this.owner.surroundings.now()) + this.localInitial) >>> 0;
  }

  private emit({ syn, fin, position, dataFrom, dataBytes }: Stretch): void {
    const isFirst = syn && this.state === 'syn-sent';
    const flags =
      (syn ? tcpFlags.syn : 0) |
      (fin ? tcpFlags.fin : 0) |
      (isFirst ? 0 : tcpFlags.ack) |
      (dataBytes > 0 && dataFrom + dataBytes === this.sender.queue.end ? tcpFlags.psh : 0);
    this.send(flags, wrap(this.localInitial, position), dataFrom, dataBytes, syn);
  }

  private emitAck(): void {
    this.send(tcpFlags.ack, wrap(this.localInitial, this.sender.nxt), 1, 0, false);
  }

  /** RFC 9293, 3.8.4: a position that was acknowledged long ago makes the other side say where it is. */
  private emitProbe(): void {
    this.send(tcpFlags.ack, wrap(this.localInitial, this.sender.una - 1), 1, 0, false);
  }

  private emitReset(): void {
    this.send(tcpFlags.rst | tcpFlags.ack, wrap(this.localInitial, this.sender.nxt), 1, 0, false);
  }

  private emitResetAt(sequenceNumber: number): void {
    this.send(tcpFlags.rst, sequenceNumber, 1, 0, false);
  }

  private send(
    flags: number,
    sequenceNumber: number,
    dataFrom: number,
    dataBytes: number,
    syn: boolean,
  ): void {
    const { receiver, owner, addresses } = this;
    const window = syn
      ? Math.min(receiver.window, 0xffff)
      : Math.min(receiver.window >>> (this.usesScale ? this.localScale : 0), 0xffff);
    owner.transmit(this, {
      header: {
        sourcePort: addresses.localPort,
        destinationPort: addresses.remotePort,
        sequenceNumber,
        acknowledgmentNumber: (flags & tcpFlags.ack) !== 0 ? wrap(this.remoteInitial, receiver.next) : 0,
        flags,
        window,
        urgentPointer: 0,
        options: syn ? this.synOptions() : this.options(),
      },
      data: this.sender.queue,
      dataFrom,
      dataBytes,
      segmentBytes: this.sender.segmentBytes,
    });
    if ((flags & tcpFlags.ack) !== 0) receiver.acknowledged();
  }

  /** All of them in our own SYN; in the answer to one, those that it had. */
  private synOptions(): TcpOptions {
    const isFirst = this.state === 'syn-sent';
    const options: TcpOptions = { maximumSegmentSize: this.owner.settings.maximumSegmentSize };
    if (isFirst || this.usesScale) options.windowScale = this.localScale;
    if (isFirst || this.sender.usesSack) options.sackPermitted = true;
    if (isFirst || this.timestamps)
      options.timestamps = { value: this.timestampNow(), echoReply: this.timestamps?.recent ?? 0 };
    return options;
  }

  private options(): TcpOptions {
    const options: TcpOptions = {};
    if (this.timestamps)
      options.timestamps = { value: this.timestampNow(), echoReply: this.timestamps.recent };
    if (this.sender.usesSack && this.receiver.queue.hasGap)
      options.sack = this.receiver.queue.sackBlocks().map(({ left, right }) => ({
        left: wrap(this.remoteInitial, left),
        right: wrap(this.remoteInitial, right),
      }));
    return options;
  }
}

/** The least shift with which a whole buffer can be announced. */
function scaleFor(bytes: number): number {
  let scale = 0;
  while (bytes >> scale > 0xffff && scale < maxWindowScale) scale += 1;
  return scale;
}
