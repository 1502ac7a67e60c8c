// https://www.w3.org/TR/IndexedDB/
import { HullError } from '../base/hull-error';
import type { Disposable } from '../base/lifecycle';
import { type ReadonlyStore, Store } from '../base/store';
import { type SavedSnapshot, savedSnapshotSchema } from './saved-snapshot';

export type ShelfErrorCode = 'storage-full' | 'storage-unavailable' | 'snapshot-gone';

/** What the shelf needs of the place where it runs. */
export interface ShelfPlatform {
  databases: IDBFactory;
  /** Tells other tabs of the same site that the list has changed. */
  channel: BroadcastChannel;
  /** Milliseconds since the epoch. */
  now(): number;
  newId(): string;
}

const databaseName = 'twinhull.snapshots';
/** The list is read often and stays small; the contents are read one at a time. Both are written in one transaction. */
const entries = 'entries';
const contents = 'contents';

/** Snapshots that a person saved in this browser. What is on it stays until the person removes it or clears the site. */
export class SnapshotShelf implements Disposable {
  private readonly listed = new Store<readonly SavedSnapshot[]>([]);

  private constructor(
    private readonly database: IDBDatabase,
    private readonly platform: ShelfPlatform,
  ) {
    platform.channel.onmessage = () => void this.refresh().catch(() => undefined);
    // Another tab has a newer version of the site: do not stand in its way.
    database.onversionchange = () => database.close();
  }

  /** Rejects with `storage-unavailable` where the browser keeps nothing for this site. */
  static async open(platform: ShelfPlatform): Promise<SnapshotShelf> {
    const database = await openDatabase(platform.databases).catch((cause: unknown) => {
      throw unavailable(cause);
    });
    const shelf = new SnapshotShelf(database, platform);
    await shelf.refresh();
    return shelf;
  }

  /** Newest first. */
  get list(): ReadonlyStore<readonly SavedSnapshot[]> {
    return this.listed;
  }

  /** Rejects with `storage-full` when the browser grants no more room; then nothing has been kept. */
  async save(name: string, content: Uint8Array): Promise<SavedSnapshot> {
    const entry = { id: this.platform.newId(), name, savedAt: this.platform.now(), bytes: content.length };
    await this.write((stores) => {
      stores.entries.add(entry);
      stores.contents.add(content, entry.id);
    });
    return entry;
  }

  async read(id: string): Promise<Uint8Array> {
    const transaction = this.database.transaction(contents);
    const content: unknown = await settled(transaction.objectStore(contents).get(id));
    if (content instanceof Uint8Array) return content;
    throw new HullError<ShelfErrorCode>(
      'snapshot-gone',
      'This snapshot is no longer in the browser.',
      'It was removed in another tab, or the browser has cleared this site’s storage. Load it from a file, if you have one.',
    );
  }

  rename(id: string, name: string): Promise<void> {
    return this.write((stores) => {
      const found = stores.entries.get(id);
      found.onsuccess = () => {
        const entry = savedSnapshotSchema.safeParse(found.result);
        if (entry.success) stores.entries.put({ ...entry.data, name });
      };
    });
  }

  remove(id: string): Promise<void> {
    return this.write((stores) => {
      stores.entries.delete(id);
      stores.contents.delete(id);
    });
  }

  dispose(): void {
    this.platform.channel.close();
    this.database.close();
  }

  private async write(change: (stores: { entries: IDBObjectStore; contents: IDBObjectStore }) => void) {
    try {
      const transaction = this.database.transaction([entries, contents], 'readwrite', {
        durability: 'strict',
      });
      change({ entries: transaction.objectStore(entries), contents: transaction.objectStore(contents) });
      await committed(transaction);
    } catch (cause) {
      throw isQuotaError(cause) ? full(cause) : unavailable(cause);
    }
    this.platform.channel.postMessage('changed');
    await this.refresh();
  }

  private async refresh(): Promise<void> {
    const found: unknown[] = await settled(this.database.transaction(entries).objectStore(entries).getAll());
    const read = found.flatMap((entry) => savedSnapshotSchema.safeParse(entry).data ?? []);
    this.listed.set(read.sort((a, b) => b.savedAt - a.savedAt));
  }
}

/** Some browsers refuse by throwing, others by an error event. */
async function openDatabase(databases: IDBFactory): Promise<IDBDatabase> {
  const request = databases.open(databaseName, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(entries, { keyPath: 'id' });
    request.result.createObjectStore(contents);
  };
  return settled(request);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the browser gave no reason'));
  });
}

function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('the browser gave no reason'));
  });
}

function isQuotaError(cause: unknown): boolean {
  return cause instanceof Error && cause.name === 'QuotaExceededError';
}

function full(cause: unknown): HullError<ShelfErrorCode> {
  return new HullError(
    'storage-full',
    'The browser has no room left for this snapshot, so it was not saved.',
    'Download it as a file instead, or delete snapshots that you no longer need and save again.',
    { cause },
  );
}

function unavailable(cause: unknown): HullError<ShelfErrorCode> {
  return new HullError(
    'storage-unavailable',
    'The browser does not let this site store anything.',
    'Private windows and strict settings do that. Download snapshots as files instead.',
    { cause },
  );
}
