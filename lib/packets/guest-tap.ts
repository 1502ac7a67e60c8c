import { z } from 'zod';
import { HullError } from '../base/hull-error';
import { type Disposable, DisposableStack } from '../base/lifecycle';
import type { ExitStatus, Guest, GuestProcess } from '../guest/guest';
import type { Packet } from '../wire/capture/capture';
import type { LinkKind } from './capture-point';
import { GuestClock } from './guest-clock';
import { PcapngStream } from './pcapng-stream';

/** Copies packets out of network namespaces (images/tap). On the share: fetched when somebody captures. */
export const tapProgram = '/usr/share/twinhull/capture/bin/hulltap';

/** A link that can be listened to. */
export interface GuestLink {
  /** The file of the link's namespace: of a process in it, or what the engine has bound it to. */
  namespace: string;
  /** The container whose namespace it is, 64 digits. */
  container?: string;
  /** The namespace of an overlay network, which nobody is in, by the beginning of the network's id. */
  network?: string;
  link: string;
  kind: LinkKind;
}

const kinds: ReadonlyMap<string, LinkKind> = new Map([
  ['', 'card'],
  ['veth', 'veth'],
  ['bridge', 'bridge'],
  ['vxlan', 'vxlan'],
  ['vlan', 'vlan'],
  ['macvlan', 'macvlan'],
  ['ipvlan', 'ipvlan'],
  ['loopback', 'loopback'],
]);

const line = z.object({
  namespace: z.string().regex(/^\/./).max(320),
  container: z.string().regex(/^([0-9a-f]{64})?$/),
  link: z.string().min(1).max(64),
  kind: z.string(),
});

/** What an engine calls a namespace that a network has for itself. Whoever else has one has a process in it. */
const bound = /^\/run\/docker\/netns\/(?:1-)?(\w+)$/;

/** Every link of every network namespace of a guest, the machine's own first. */
export async function listLinks(guest: Pick<Guest, 'run'>, signal: AbortSignal): Promise<GuestLink[]> {
  const { status, stdout, stderr } = await guest.run({ argv: [tapProgram, 'list'] }, signal);
  if (status.type !== 'exited' || status.code !== 0) throw tapFailed(textOf(stderr));
  return readLinks(textOf(stdout));
}

/** @throws HullError `tap-failed` for what is no list */
export function readLinks(text: string): GuestLink[] {
  try {
    return text
      .split('\n')
      .filter((each) => each !== '')
      .map((each) => {
        const { namespace, container, link, kind } = line.parse(JSON.parse(each));
        const network = bound.exec(namespace)?.[1];
        return {
          namespace,
          ...(container === '' ? {} : { container }),
          ...(network === undefined ? {} : { network }),
          link,
          kind: kinds.get(kind) ?? 'other',
        };
      });
  } catch (cause) {
    throw tapFailed('its list of links makes no sense', cause);
  }
}

export interface TapOptions {
  /** Nanoseconds since 1970, of the clock that all packets are told by. */
  unixNs(): bigint;
  /** `point` is the index of the link. */
  onPacket(packet: Omit<Packet, 'number'>): void;
  /** Once, unless it is disposed of before. */
  onEnd(error: HullError): void;
}

/** Packets that passed at links of a guest, as they pass. */
export class GuestTap implements Disposable {
  readonly clock = new GuestClock();
  /** Resolves when all links are listened to; rejects when one cannot be. */
  readonly ready: Promise<void>;
  private readonly owned = new DisposableStack();
  private readonly process: GuestProcess;
  private readonly stream = new PcapngStream();
  private readonly counts: { received: bigint; dropped: bigint }[];
  private askedNs: bigint | undefined;
  private complaint = '';
  private isOver = false;
  private waiting: (() => void)[] = [];
  private settle: { resolve(): void; reject(error: HullError): void } | undefined;

  constructor(
    guest: Pick<Guest, 'exec'>,
    links: readonly GuestLink[],
    private readonly options: TapOptions,
  ) {
    this.counts = links.map(() => ({ received: 0n, dropped: 0n }));
    this.ready = new Promise((resolve, reject) => (this.settle = { resolve, reject }));
    // Who only listens to `onEnd` need not wait.
    this.ready.catch(() => undefined);
    this.askedNs = options.unixNs();
    const where = links.map(({ namespace, link }) => `${namespace}/${link}`);
    this.process = this.owned.add(guest.exec({ argv: [tapProgram, 'capture', ...where] }));
    this.owned.add(this.process.onStdout((bytes) => this.receive(bytes)));
    this.owned.add(
      this.process.onStderr((bytes) => (this.complaint = (this.complaint + textOf(bytes)).slice(-1000))),
    );
    this.process.exit.then(
      (status) => this.end(tapFailed(this.complaint || endText(status))),
      (cause: unknown) => this.end(tapFailed('the program could not be started or is gone', cause)),
    );
  }

  /** Asks for the guest's time and its counts, unless a question is still open. Resolves with the answer, or the end. */
  ask(): Promise<void> {
    if (this.isOver) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      if (this.askedNs !== undefined) return;
      this.askedNs = this.options.unixNs();
      // An end of the process is told by `exit`.
      this.process.stdin.write(Uint8Array.of(0x3f)).catch(() => undefined);
    });
  }

  /** Packets that passed at a link, and those of them that the kernel had to drop before they were read. */
  count(link: number): { received: bigint; dropped: bigint } {
    return this.counts[link] ?? { received: 0n, dropped: 0n };
  }

  dispose(): void {
    this.isOver = true;
    this.settle?.reject(tapFailed('it was stopped'));
    this.answer();
    this.owned.dispose();
  }

  private receive(bytes: Uint8Array): void {
    for (const block of this.stream.push(bytes)) {
      if (this.isOver) return;
      if (block.type === 'packet') {
        const { direction, length } = block;
        const timeNs = this.clock.toOurs(block.timeNs);
        this.options.onPacket({ point: block.interface, direction, timeNs, bytes: block.bytes, length });
      } else if (block.type === 'statistics') {
        const { received, dropped } = block;
        this.counts[block.interface] = { received, dropped };
        if (block.interface === 0) this.hearTime(block.timeNs);
      }
    }
    if (this.stream.fault !== undefined) this.end(tapFailed(this.stream.fault));
  }

  private hearTime(guestNs: bigint): void {
    if (this.askedNs !== undefined) this.clock.add(this.askedNs, guestNs, this.options.unixNs());
    this.askedNs = undefined;
    this.settle?.resolve();
    this.settle = undefined;
    this.answer();
  }

  private answer(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  private end(error: HullError): void {
    if (this.isOver) return;
    this.settle?.reject(error);
    this.dispose();
    this.options.onEnd(error);
  }
}

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function endText(status: ExitStatus): string {
  return status.type === 'exited'
    ? `it ended with status ${status.code}`
    : `signal ${status.signal} ended it`;
}

function tapFailed(why: string, cause?: unknown): HullError<'tap-failed'> {
  return new HullError(
    'tap-failed',
    `Packets cannot be seen inside the machine: ${why.trim().replace(/\.?$/, '.')}`,
    'Links come and go with containers: read the list of points again, and start again.',
    cause === undefined ? undefined : { cause },
  );
}
