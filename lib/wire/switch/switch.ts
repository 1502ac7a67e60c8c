// IEEE 802.1Q, clause 8: the forwarding process of a bridge
import { because } from '../counters';
import type { Frame, FrameSink } from '../frame';
import { headerBytes, leastFrameBytes } from '../frame-header';
import { bytesOf, longestSegmentOf, segmentsOf } from '../frame-segments';
import { MacTable, noRoom, nowhere } from './mac-table';
import type { Mirror, PortSettings } from './port-settings';
import { type PortWatcher, SwitchPort } from './switch-port';
import { isTagged, popTag, pushTag, setTag, tagOf } from './vlan-tag';

/** What IEEE recommends: addresses that were silent for five minutes are forgotten. */
export const usualAgeMs = 300_000;

const destinationAt = headerBytes;
const sourceAt = headerBytes + 6;

const read16 = (frame: Frame, at: number) => ((frame[at] as number) << 8) | (frame[at + 1] as number);
const read32 = (frame: Frame, at: number) => (read16(frame, at) << 16) | read16(frame, at + 2);

/**
 * A learning switch. Frames go straight from `receive` to the outputs, within the call: it has no queues of its own, the links
 * have. Nothing is allocated for a frame that leaves through one port as it came.
 */
export class Switch {
  private readonly ports: (SwitchPort | undefined)[] = [];
  private readonly table: MacTable;
  private mirrors: { mirror: Mirror; watcher: PortWatcher }[] = [];

  constructor(
    private readonly clock: { now(): number },
    options: { ageMs?: number } = {},
  ) {
    this.table = new MacTable(options.ageMs ?? usualAgeMs);
  }

  /** The port's number is the lowest that is free. */
  addPort(output: FrameSink): SwitchPort {
    let number = this.ports.indexOf(undefined);
    if (number < 0) number = this.ports.length;
    const port = new SwitchPort(number, output);
    this.ports[number] = port;
    return port;
  }

  removePort(port: SwitchPort): void {
    if (this.ports[port.number] !== port) return;
    this.setMirrors(
      this.mirrors
        .map(({ mirror }) => mirror)
        .filter(({ from, to }) => from !== port.number && to !== port.number),
    );
    this.ports[port.number] = undefined;
    this.table.forget(port.number);
  }

  configure(port: SwitchPort, settings: PortSettings): void {
    port.configure(settings);
    this.table.forget(port.number);
  }

  /** A port that the loop guard blocks neither takes nor gives, and what was learned there is forgotten. */
  setBlocked(port: SwitchPort, blocked: boolean): void {
    if (port.blocked === blocked) return;
    port.blocked = blocked;
    this.table.forget(port.number);
  }

  /** A port without carrier is given nothing, and what was learned there is forgotten. */
  setCarrier(port: SwitchPort, carrier: boolean): void {
    port.carrier = carrier;
    if (!carrier) this.table.forget(port.number);
  }

  setAge(ageMs: number): void {
    this.table.setAge(ageMs);
  }

  /** Forgets all addresses: after the ways through several switches have changed, what was learned is wrong. */
  forget(): void {
    this.table.forget();
  }

  addresses(): ReturnType<MacTable['entries']> {
    return this.table.entries(this.clock.now());
  }

  setMirrors(mirrors: readonly Mirror[]): void {
    for (const { mirror, watcher } of this.mirrors) this.ports[mirror.from]?.unwatch(watcher);
    for (const port of this.ports) if (port) port.isMirror = false;
    this.mirrors = [];
    const shown = new Set(mirrors.map(({ to }) => to));
    for (const mirror of mirrors) {
      const [from, to] = [this.ports[mirror.from], this.ports[mirror.to]];
      // A mirror in a mirror shows nothing new, and two of them each other for ever.
      if (!from || !to || shown.has(mirror.from)) continue;
      to.isMirror = true;
      this.table.forget(to.number);
      const watcher: PortWatcher = (frame, direction) => {
        if (mirror.direction === 'both' || mirror.direction === direction) this.put(to, frame.slice());
      };
      from.watch(watcher);
      this.mirrors.push({ mirror, watcher });
    }
  }

  /** Takes a frame in at a port. It belongs to the switch from then on. */
  receive(port: SwitchPort, frame: Frame): void {
    const { counters } = port;
    const length = frame.length;
    if (length < leastFrameBytes) return counters.drop(because.tooShort);
    const frames = segmentsOf(frame);
    if (frames === 0) return counters.drop(because.malformed);
    counters.inFrames += frames;
    counters.inBytes += bytesOf(frame, frames);
    if (port.watchers !== undefined) for (const watch of port.watchers) watch(frame, 'in');
    if (port.blocked || port.isMirror) return counters.drop(because.blocked, frames);

    const tagged = isTagged(frame);
    const longest = longestSegmentOf(frame);
    if (longest > (tagged ? port.longest + 4 : port.longest)) return counters.drop(because.tooLong, frames);

    const vlan = tagged ? tagOf(frame) || port.untagged : port.untagged;
    if (vlan === 0 || vlan === 4095 || !port.has(vlan)) return counters.drop(because.badVlan, frames);
    if (((frame[sourceAt] as number) & 1) !== 0) return counters.drop(because.badSource, frames);
    const sourceUpper = read16(frame, sourceAt);
    const sourceLower = read32(frame, sourceAt + 2);
    if (port.allowed !== undefined && !port.allowed.has(sourceUpper * 2 ** 32 + (sourceLower >>> 0)))
      return counters.drop(because.spoofed, frames);

    const now = this.clock.now();
    const above = vlan << 16;
    const before = this.table.learn(above | sourceUpper, sourceLower, port.number, now);
    if (before >= 0 && before !== port.number) counters.macMoves += 1;
    if (before === noRoom) counters.notLearned += 1;

    const group = ((frame[destinationAt] as number) & 1) !== 0;
    if (group && isReserved(frame)) return counters.drop(because.reserved, frames);
    const to = group
      ? nowhere
      : this.table.find(above | read16(frame, destinationAt), read32(frame, destinationAt + 2), now);
    const target = to === nowhere ? undefined : this.ports[to];
    if (target === undefined) {
      if (!port.guard.admits(frames, now)) return counters.drop(because.storm, frames);
      return this.flood(port, frame, vlan, tagged);
    }
    if (target === port && !port.hairpin) return counters.drop(because.samePort, frames);
    this.send(target, frame, vlan, tagged);
  }

  /** To all ports of the VLAN but the one where it came in. The last one gets the frame itself. */
  private flood(from: SwitchPort, frame: Frame, vlan: number, tagged: boolean): void {
    let last: SwitchPort | undefined;
    for (const port of this.ports) {
      if (port === undefined || (port === from && !port.hairpin)) continue;
      if (!port.carrier || port.blocked || port.isMirror || !port.has(vlan)) continue;
      if (last !== undefined) this.send(last, frame.slice(), vlan, tagged);
      last = port;
    }
    if (last !== undefined) this.send(last, frame, vlan, tagged);
  }

  private send(port: SwitchPort, frame: Frame, vlan: number, tagged: boolean): void {
    if (port.blocked || !port.has(vlan)) return;
    const wantsTag = vlan !== port.untagged;
    if (tagged !== wantsTag) this.put(port, wantsTag ? pushTag(frame, vlan) : popTag(frame));
    else {
      if (wantsTag && tagOf(frame) === 0) setTag(frame, vlan);
      this.put(port, frame);
    }
  }

  private put(port: SwitchPort, frame: Frame): void {
    const frames = segmentsOf(frame);
    const longest = longestSegmentOf(frame);
    if (longest > port.longest && longest > port.longest + (isTagged(frame) ? 4 : 0))
      return port.counters.drop(because.tooLong, frames);
    port.counters.outFrames += frames;
    port.counters.outBytes += bytesOf(frame, frames);
    if (port.watchers !== undefined) for (const watch of port.watchers) watch(frame, 'out');
    port.output(frame);
  }
}

/** 01-80-C2-00-00-00 to 0F: for the bridge itself (spanning tree, LLDP, pause), never passed on. */
function isReserved(frame: Frame): boolean {
  return (
    read32(frame, destinationAt) === 0x0180c200 &&
    frame[destinationAt + 4] === 0 &&
    (frame[destinationAt + 5] as number) < 16
  );
}
