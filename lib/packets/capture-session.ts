import { HullError } from '../base/hull-error';
import { type Disposable, DisposableStack } from '../base/lifecycle';
import { errorOf, plainError } from '../base/plain-error';
import { type ReadonlyStore, Store } from '../base/store';
import type { Guest } from '../guest/guest';
import type { Packet } from '../wire/capture/capture';
import { writePcapng } from '../wire/capture/pcapng';
import type { Wire } from '../wire/wire';
import { type CapturePoint, pointText } from './capture-point';
import { type GuestLink, GuestTap } from './guest-tap';
import { PacketLog } from './packet-log';

/** What to listen at: ports of the switch, and links of guests, a program in each guest. */
export interface CaptureChoice {
  ports: readonly CapturePoint[];
  guests: readonly {
    machine: string;
    guest: Pick<Guest, 'exec'>;
    links: readonly { point: CapturePoint; link: GuestLink }[];
  }[];
}

export type CaptureState =
  | { type: 'starting' }
  | { type: 'running' }
  /** What was seen stays. */
  | { type: 'ended' };

export interface CaptureSurroundings {
  wire: Pick<Wire, 'startCapture' | 'readCapture' | 'endCapture'>;
  /** Nanoseconds since 1970: the wire's own clock. */
  unixNs(): bigint;
  after(delayMs: number, run: () => void): Disposable;
}

/** One of the guests that are listened in, as far as its clock is known. */
export interface ClockLine {
  machine: string;
  /** Its packets' times are right to this, compared with those of the wire. */
  errorNs: bigint;
}

/** As often as a list is worth renewing. */
const pollMs = 200;
/** Guests are asked for their time every so many polls: each question wakes them. */
const pollsPerQuestion = 5;
/** Quick questions at the beginning; the best of them counts. */
const firstQuestions = 6;
/** For a last answer. */
const patienceMs = 500;
/** What guests may send between two polls; more is dropped, and counted. */
const mostArrived = 20_000;

let sessions = 0;

/**
 * One capture, at points of the wire and inside guests, on one clock. Whatever ends one of its sources, a machine that is reset for
 * example, is in `troubles`, and the others go on.
 */
export class CaptureSession implements Disposable {
  private readonly states = new Store<CaptureState>({ type: 'starting' });
  private readonly told = new Store<readonly HullError[]>([]);
  private readonly owned = new DisposableStack();
  private readonly taps: { machine: string; tap: GuestTap; links: number }[] = [];
  private readonly name = `packets-${++sessions}`;
  private arrived: Omit<Packet, 'number'>[] = [];
  private dropped = 0;
  private next = 0;
  private droppedInGuests = 0;
  private polls = 0;
  private isOnWire = false;
  private timer: Disposable | undefined;

  readonly state: ReadonlyStore<CaptureState> = this.states;
  readonly troubles: ReadonlyStore<readonly HullError[]> = this.told;
  /** By the packets' `point`. */
  readonly points: readonly CapturePoint[];

  constructor(
    private readonly surroundings: CaptureSurroundings,
    private readonly choice: CaptureChoice,
    readonly log = new PacketLog(),
  ) {
    this.points = [...choice.ports, ...choice.guests.flatMap(({ links }) => links.map(({ point }) => point))];
  }

  /** Resolves when all points are listened to. What cannot be is in `troubles`; rejects only when nothing can be. */
  async start(): Promise<void> {
    if (this.points.length === 0)
      throw new HullError('no-points', 'No point is chosen.', 'Choose at least one point to listen at.');
    const { wire } = this.surroundings;
    const begun = this.startGuests();
    if (this.choice.ports.length > 0) begun.push(this.startWire(wire));
    this.poll();
    const outcomes = await Promise.allSettled(begun);
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
    if (failed.length === outcomes.length) {
      this.dispose();
      throw failed[0]?.reason;
    }
    if (this.owned.isDisposed) return;
    this.states.set({ type: 'running' });
  }

  /** Residual differences of clocks, of the guests that are listened in. */
  clocks(): ClockLine[] {
    return this.taps.flatMap(({ machine, tap }) => {
      const errorNs = tap.clock.best?.errorNs;
      return errorNs === undefined ? [] : [{ machine, errorNs }];
    });
  }

  /** Reads once more what is there, and ends. */
  async stop(): Promise<void> {
    // Guests first: what they have seen is here when they have answered. A paused one does not.
    const answered = Promise.all(this.taps.map(({ tap }) => tap.ask()));
    await Promise.race([
      answered,
      new Promise<void>((resolve) => this.surroundings.after(patienceMs, resolve)),
    ]);
    if (this.states.get().type === 'running') await this.read();
    this.dispose();
  }

  /** A file that Wireshark opens, with every point as an interface. */
  save(packets = this.log.content.get().packets): Uint8Array<ArrayBuffer> {
    return writePcapng({
      points: this.points.map(({ name, place }) => ({ name, description: pointText(place) })),
      packets,
      limits: { snapBytes: 65_557 },
    });
  }

  dispose(): void {
    this.timer?.dispose();
    this.owned.dispose();
    this.states.set({ type: 'ended' });
  }

  private async startWire(wire: CaptureSurroundings['wire']): Promise<void> {
    const ports = this.choice.ports.flatMap(({ place }) => (place.type === 'port' ? [place.port] : []));
    await wire.startCapture({ capture: this.name, ports });
    // A wire that is gone has ended it already.
    this.owned.defer(() => void wire.endCapture(this.name).catch(() => undefined));
    this.isOnWire = !this.owned.isDisposed;
  }

  private startGuests(): Promise<void>[] {
    let first = this.choice.ports.length;
    return this.choice.guests.map(async ({ machine, guest, links }) => {
      const base = first;
      first += links.length;
      const tap = new GuestTap(
        guest,
        links.map(({ link }) => link),
        {
          unixNs: this.surroundings.unixNs,
          onPacket: (packet) => this.arrive({ ...packet, point: base + packet.point }),
          onEnd: (error) => this.tell(machine, error),
        },
      );
      this.owned.add(tap);
      this.taps.push({ machine, tap, links: links.length });
      await tap.ready;
      for (let question = 0; question < firstQuestions; question++) await tap.ask();
    });
  }

  private tell(machine: string, { code, message, remedy }: HullError): void {
    this.told.set([...this.told.get(), new HullError(code, `${machine}: ${message}`, remedy)]);
  }

  private arrive(packet: Omit<Packet, 'number'>): void {
    if (this.arrived.length < mostArrived) this.arrived.push(packet);
    else this.dropped += 1;
  }

  private poll(): void {
    this.timer = this.surroundings.after(pollMs, () => {
      if (this.polls++ % pollsPerQuestion === 0) for (const { tap } of this.taps) void tap.ask();
      void this.read().then(() => {
        if (!this.owned.isDisposed) this.poll();
      });
    });
  }

  /** Fetches what has been seen since the last time. */
  async read(): Promise<void> {
    let lost = this.dropped;
    this.dropped = 0;
    let fromWire: readonly Packet[] = [];
    if (this.isOnWire) {
      try {
        const { packets, next, gone } = await this.surroundings.wire.readCapture(this.name, this.next);
        fromWire = packets;
        lost += gone;
        this.next = next;
      } catch (cause) {
        this.isOnWire = false;
        this.tell('wire', errorOf(plainError(cause)));
      }
    }
    const inGuests = this.arrived;
    this.arrived = [];
    this.log.add([...fromWire, ...inGuests], lost + this.newlyDropped());
  }

  private newlyDropped(): number {
    let dropped = 0;
    for (const { tap, links } of this.taps)
      for (let link = 0; link < links; link++) dropped += Number(tap.count(link).dropped);
    const fresh = Math.max(0, dropped - this.droppedInGuests);
    this.droppedInGuests = dropped;
    return fresh;
  }
}
