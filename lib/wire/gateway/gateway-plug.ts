import type { Frame, Offloads } from '../frame';
import { noOffloads } from '../frame-port';
import { FunctionPlug, type Plug, type PlugSurroundings } from '../plug';
import { Gateway, type GatewayOptions } from './gateway';

/** What the gateway's host reads as it is. Tunnels and datagrams in superframes are none of its business. */
const taken: Offloads = { ...noOffloads, checksum: true, tcp4: true };

/** A gateway in a port's socket. */
export class GatewayPlug implements Plug {
  readonly kind = 'gateway';
  readonly gateway: Gateway;
  private readonly end: FunctionPlug;
  private waiting: Frame[] = [];

  constructor(
    options: Omit<GatewayOptions, 'send'>,
    private readonly surroundings: Pick<PlugSurroundings, 'turns' | 'toCable'>,
  ) {
    this.gateway = new Gateway({ ...options, send: (frame) => this.send(frame) });
    this.end = new FunctionPlug(this.gateway.receive, taken);
  }

  get malformed(): number {
    return this.end.malformed;
  }

  deliver(frame: Frame): void {
    this.end.deliver(frame);
  }

  setLink(): void {
    // Its connections notice a cut as everybody's do: nothing comes.
  }

  dispose(): void {
    this.gateway.dispose();
    this.flush();
  }

  /** What it sends at one time, in a turn of somebody else's or after waiting for a file, leaves in one turn: a message each card. */
  private send(frame: Frame): void {
    this.waiting.push(frame);
    if (this.waiting.length === 1) queueMicrotask(this.flush);
  }

  private readonly flush = (): void => {
    const frames = this.waiting;
    if (frames.length === 0) return;
    this.waiting = [];
    this.surroundings.turns.take(() => frames.forEach(this.surroundings.toCable));
  };
}
