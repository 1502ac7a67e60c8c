import { failures } from '../failures';
import type { PortWatcher, SwitchPort } from '../switch/switch-port';
import type { NewCapture } from '../wire';
import { Capture, type CapturedPackets } from './capture';
import { writePcapng } from './pcapng';

interface Running {
  capture: Capture;
  points: { name: string; port: SwitchPort; watcher: PortWatcher; received: number }[];
}

/** The captures of a wire, by name. */
export class CaptureSet {
  private readonly running = new Map<string, Running>();

  constructor(private readonly nowNs: () => bigint) {}

  start(wanted: NewCapture, ports: readonly { name: string; port: SwitchPort }[]): void {
    if (this.running.has(wanted.capture)) throw failures.taken('capture', wanted.capture);
    const limits = wanted.limits;
    if (limits && !(limits.snapBytes >= 14 && limits.totalBytes >= 0))
      throw failures.badSettings(`capture “${wanted.capture}”`, 'a packet is kept with 14 bytes at least');
    const capture = new Capture(this.nowNs, limits);
    const points = ports.map(({ name, port }, index) => {
      const watcher: PortWatcher = (frame, direction) => {
        point.received += 1;
        capture.add(index, frame, direction);
      };
      const point = { name, port, watcher, received: 0 };
      port.watch(watcher);
      return point;
    });
    this.running.set(wanted.capture, { capture, points });
  }

  read(name: string, from?: number): CapturedPackets {
    return this.named(name).capture.read(from);
  }

  save(name: string): Uint8Array<ArrayBuffer> {
    const { capture, points } = this.named(name);
    const { packets } = capture.read();
    const kept = points.map(() => 0);
    for (const { point } of packets) kept[point] = (kept[point] ?? 0) + 1;
    return writePcapng({
      points: points.map((point, index) => ({
        name: point.name,
        description: `port ${point.name} of the virtual switch`,
        statistics: { received: point.received, dropped: point.received - (kept[index] ?? 0) },
      })),
      packets,
      limits: capture.limits,
    });
  }

  end(name: string): void {
    for (const { port, watcher } of this.named(name).points) port.unwatch(watcher);
    this.running.delete(name);
  }

  /** A port that is gone: what it showed stays readable. */
  forget(port: SwitchPort): void {
    for (const { points } of this.running.values())
      for (const point of points) if (point.port === port) port.unwatch(point.watcher);
  }

  private named(name: string): Running {
    const found = this.running.get(name);
    if (!found) throw failures.unknown('capture', name);
    return found;
  }
}
