import { type Disposable } from '../../base/lifecycle';
import { failures } from '../failures';
import type { Platform } from '../platform';
import type { ShareFile } from './manifest';
import type { Soon } from './promptly';

export interface ShareFilesOptions {
  /** Gives the file's verified bytes. */
  fetch(
    file: ShareFile,
    signal: AbortSignal,
    onBytes: (count: number) => void,
  ): Promise<Uint8Array<ArrayBuffer>>;
  scheduler: Pick<Platform['scheduler'], 'after'>;
  /** More wait for their turn, in the order in which they were asked for. */
  atOnce: number;
  events: ShareFileEvents;
}

export interface ShareFileEvents {
  onFetching(path: string): void;
  onArrived(path: string, bytes: number): void;
  onFailed(path: string, cause: unknown): void;
}

/** A file is kept while it is being read, in pieces; afterwards the guest has it in its own memory. */
const keptBytes = 48 * 1024 * 1024;
/** A transfer that has brought nothing for so long will bring nothing. */
const stallMs = 20_000;

/** Whole files of a share, each fetched when it is read. */
export class ShareFiles implements Disposable {
  /** By SHA-256, least recently used first. */
  private readonly kept = new Map<string, Uint8Array>();
  private readonly arriving = new Map<string, Promise<Uint8Array>>();
  private readonly queue: (() => void)[] = [];
  private readonly ended = new AbortController();
  private fetching = 0;

  constructor(private readonly options: ShareFilesOptions) {}

  read(file: ShareFile): Soon<Uint8Array> {
    const there = this.kept.get(file.sha256);
    if (there) {
      this.kept.delete(file.sha256);
      this.kept.set(file.sha256, there);
      return there;
    }
    const known = this.arriving.get(file.sha256);
    if (known) return known;
    const arrival = this.fetch(file).finally(() => this.arriving.delete(file.sha256));
    this.arriving.set(file.sha256, arrival);
    return arrival;
  }

  /** What is on its way is given up. */
  dispose(): void {
    this.ended.abort();
    this.kept.clear();
  }

  private async fetch(file: ShareFile): Promise<Uint8Array> {
    const { events } = this.options;
    if (this.fetching >= this.options.atOnce) await new Promise<void>((resolve) => this.queue.push(resolve));
    this.fetching += 1;
    try {
      events.onFetching(file.path);
      const bytes = await this.fetchUnlessStalled(file);
      this.keep(file, bytes);
      events.onArrived(file.path, bytes.length);
      return bytes;
    } catch (cause) {
      if (!this.ended.signal.aborted) events.onFailed(file.path, cause);
      throw cause;
    } finally {
      this.fetching -= 1;
      this.queue.shift()?.();
    }
  }

  private async fetchUnlessStalled(file: ShareFile): Promise<Uint8Array<ArrayBuffer>> {
    const { fetch, scheduler } = this.options;
    const stalled = new AbortController();
    const giveUp = () =>
      stalled.abort(failures.assetMissing(file.path, new Error('nothing arrives any more')));
    let watch = scheduler.after(stallMs, giveUp);
    const signal = AbortSignal.any([stalled.signal, this.ended.signal]);
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    aborted.catch(() => {});
    try {
      const arrival = fetch(file, signal, () => {
        watch.dispose();
        watch = scheduler.after(stallMs, giveUp);
      });
      // A source that ignores the signal must not keep a guest waiting.
      arrival.catch(() => {});
      return await Promise.race([arrival, aborted]);
    } finally {
      watch.dispose();
    }
  }

  private keep(file: ShareFile, bytes: Uint8Array): void {
    this.kept.set(file.sha256, bytes);
    let total = 0;
    for (const { length } of this.kept.values()) total += length;
    for (const [digest, { length }] of this.kept) {
      if (total <= keptBytes || digest === file.sha256) return;
      this.kept.delete(digest);
      total -= length;
    }
  }
}
