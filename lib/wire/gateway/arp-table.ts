// RFC 826: the translation table
import { type Disposable, toDisposable } from '../../base/lifecycle';
import type { Ipv4Address, Mac } from '../formats/addresses';
import type { Surroundings } from './surroundings';

/** RFC 1122, 2.3.2.1: entries must not live for ever. */
const lifeMs = 10 * 60_000;
const retryMs = 1000;
const maxAttempts = 3;
const maxEntries = 1024;
/** Packets that wait for one address; RFC 1122, 2.3.2.2: at least the latest. */
const maxWaiting = 8;

type Entry =
  | { type: 'known'; mac: Mac; until: number }
  | { type: 'asked'; waiting: ((mac: Mac) => void)[]; attempts: number };

/** Which card has which address. Bounded: a new entry takes the place of the oldest. */
export class ArpTable {
  private readonly entries = new Map<Ipv4Address, Entry>();
  private readonly waiters = new Set<{ address: Ipv4Address; then: () => void }>();
  /** Packets that were dropped because nobody has the address they went to. */
  unresolved = 0;

  constructor(
    private readonly surroundings: Surroundings,
    private readonly ask: (address: Ipv4Address) => void,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  /** Calls back at once if the address is known, else when the answer comes, or never. */
  resolve(address: Ipv4Address, then: (mac: Mac) => void): void {
    const entry = this.entries.get(address);
    if (entry?.type === 'known' && entry.until > this.surroundings.now()) return then(entry.mac);
    if (entry?.type === 'asked') {
      entry.waiting.push(then);
      if (entry.waiting.length > maxWaiting) {
        entry.waiting.shift();
        this.unresolved += 1;
      }
      return;
    }
    const asked: Entry = { type: 'asked', waiting: [then], attempts: 0 };
    this.put(address, asked);
    this.askAgain(address, asked);
  }

  /** @param isForUs whether an entry is made, or only renewed: not everybody who talks to others is remembered (RFC 826) */
  learn(address: Ipv4Address, mac: Mac, isForUs: boolean): void {
    const entry = this.entries.get(address);
    if (!entry && !isForUs) return;
    this.put(address, { type: 'known', mac, until: this.surroundings.now() + lifeMs });
    if (entry?.type === 'asked') for (const then of entry.waiting) then(mac);
    for (const waiter of [...this.waiters])
      if (waiter.address === address && this.waiters.delete(waiter)) waiter.then();
  }

  /** Calls back when the address is known, at once or however long it takes. */
  whenKnown(address: Ipv4Address, then: () => void): Disposable {
    const entry = this.entries.get(address);
    if (entry?.type === 'known' && entry.until > this.surroundings.now()) {
      then();
      return toDisposable(() => {});
    }
    const waiter = { address, then };
    this.waiters.add(waiter);
    return toDisposable(() => this.waiters.delete(waiter));
  }

  /** The next packet asks anew. */
  forget(address: Ipv4Address): void {
    this.entries.delete(address);
  }

  private askAgain(address: Ipv4Address, entry: Entry & { type: 'asked' }): void {
    if (this.entries.get(address) !== entry) return;
    if (entry.attempts >= maxAttempts) {
      this.entries.delete(address);
      this.unresolved += entry.waiting.length;
      return;
    }
    entry.attempts += 1;
    this.ask(address);
    this.surroundings.after(retryMs, () => this.askAgain(address, entry));
  }

  private put(address: Ipv4Address, entry: Entry): void {
    this.entries.delete(address);
    this.entries.set(address, entry);
    if (this.entries.size <= maxEntries) return;
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest);
      return;
    }
  }
}
