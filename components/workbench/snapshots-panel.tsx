'use client';

import { useId, useRef, useState } from 'react';
import { HullError } from '@/lib/base/hull-error';
import { type ReadonlyStore, Store } from '@/lib/base/store';
import type { SavedSnapshot } from '@/lib/snapshots/saved-snapshot';
import type { SnapshotShelf } from '@/lib/snapshots/shelf';
import { FailureNotice } from '../machine/failure-notice';
import { Button } from '../ui/button';
import { useConfirm } from '../ui/confirm-dialog';
import { downloadFile } from '../ui/download';
import { useStore } from '../ui/use-store';
import type { Bench, Start } from './bench';
import { SavedRow } from './saved-row';
import type { ShelfState } from './shelf';

const noSnapshots: ReadonlyStore<readonly SavedSnapshot[]> = new Store([]);

type Outcome =
  | { type: 'none' }
  | { type: 'busy'; text: string }
  | { type: 'done'; text: string }
  /** `rescue`: a snapshot that could not be saved and is still in hand. */
  | { type: 'failed'; failure: unknown; rescue?: { name: string; bytes: Uint8Array } };

/** Saving the machine, in the browser or as a file, and getting it back. */
export function SnapshotsPanel({
  bench,
  shelf,
  isUp,
  onRestore,
}: {
  bench: Bench;
  shelf: ShelfState;
  isUp: boolean;
  /** Resolves when the restored machine runs; rejects when it does not and the old one was kept. */
  onRestore: (start: Start) => Promise<void>;
}) {
  const headingId = useId();
  const open = shelf.type === 'open' ? shelf.shelf : undefined;
  const saved = useStore(open?.list ?? noSnapshots);
  const [outcome, setOutcome] = useState<Outcome>({ type: 'none' });
  const { ask, dialog } = useConfirm();
  const file = useRef<HTMLInputElement>(null);
  const isBusy = outcome.type === 'busy';

  const attempt = async (text: string, work: () => Promise<string>) => {
    setOutcome({ type: 'busy', text });
    try {
      setOutcome({ type: 'done', text: await work() });
    } catch (failure) {
      setOutcome({ type: 'failed', failure });
    }
  };

  const save = async (to: SnapshotShelf) => {
    setOutcome({ type: 'busy', text: 'Saving the machine…' });
    const name = nextName(saved);
    let bytes: Uint8Array | undefined;
    try {
      bytes = await bench.snapshot();
      await to.save(name, bytes);
      bench.markSaved();
      setOutcome({ type: 'done', text: `Saved as “${name}”. ${await keepingText()}` });
    } catch (failure) {
      setOutcome({ type: 'failed', failure, ...(bytes && { rescue: { name, bytes } }) });
    }
  };

  const download = () =>
    attempt('Taking the snapshot…', async () => {
      downloadSnapshot('machine', await bench.snapshot());
      bench.markSaved();
      return 'The snapshot is among your downloads.';
    });

  const restore = async (name: string, read: () => Promise<Uint8Array>) => {
    const mayReplace =
      !bench.hasUnsaved.get() ||
      (await ask({
        title: `Replace the running machine by “${name}”?`,
        text: 'What you did in it since it started or was last saved is lost.',
        proceed: 'Replace it',
      }));
    if (!mayReplace) return;
    await attempt(`Restoring “${name}”…`, async () => {
      await onRestore({ type: 'saved', name, bytes: await read() });
      return '';
    });
  };

  const remove = async (from: SnapshotShelf, snapshot: SavedSnapshot) => {
    const isMeant = await ask({
      title: `Delete “${snapshot.name}”?`,
      text: 'It cannot be brought back.',
      proceed: 'Delete it',
    });
    if (!isMeant) return;
    await attempt('Deleting…', async () => {
      await from.remove(snapshot.id);
      return `“${snapshot.name}” is deleted.`;
    });
  };

  return (
    <section aria-labelledby={headingId} className="mt-10">
      <h2 id={headingId} className="text-xl font-semibold tracking-tight">
        Snapshots
      </h2>
      <p className="mt-1 max-w-prose text-sm text-muted">
        The whole machine at one moment: memory, processor, devices. Saved ones stay in this browser when you
        leave.
      </p>
      <div className="mt-3 flex flex-wrap gap-2">
        <Button onClick={() => open && void save(open)} disabled={!isUp || !open || isBusy}>
          Save in this browser
        </Button>
        <Button onClick={() => void download()} disabled={!isUp || isBusy}>
          Download as a file
        </Button>
        <Button onClick={() => file.current?.click()} disabled={isBusy}>
          Load from a file…
        </Button>
        <input
          ref={file}
          type="file"
          hidden
          aria-label="Snapshot file"
          onChange={(event) => {
            const chosen = event.currentTarget.files?.[0];
            // The same file can be chosen again after a failure.
            event.currentTarget.value = '';
            if (chosen) void restore(chosen.name, () => readFile(chosen));
          }}
        />
      </div>
      <div className="mt-3 space-y-3">
        <p role="status" className="min-h-5 text-sm text-muted">
          {outcome.type === 'busy' || outcome.type === 'done' ? outcome.text : ''}
        </p>
        {outcome.type === 'failed' ? (
          <FailureNotice failure={outcome.failure}>
            <Rescue outcome={outcome} onDone={() => bench.markSaved()} />
            <Button look="quiet" onClick={() => setOutcome({ type: 'none' })}>
              Dismiss
            </Button>
          </FailureNotice>
        ) : null}
        {shelf.type === 'unavailable' ? <FailureNotice failure={shelf.why} /> : null}
      </div>
      {open && saved.length > 0 ? (
        <ul className="mt-3 border-t border-line">
          {saved.map((snapshot) => (
            <SavedRow
              key={snapshot.id}
              saved={snapshot}
              isBusy={isBusy}
              onRestore={() => void restore(snapshot.name, () => open.read(snapshot.id))}
              onRename={(name) =>
                void attempt('Renaming…', async () => {
                  await open.rename(snapshot.id, name);
                  return '';
                })
              }
              onDownload={() =>
                void attempt('Reading…', async () => {
                  downloadSnapshot(snapshot.name, await open.read(snapshot.id));
                  return 'The snapshot is among your downloads.';
                })
              }
              onDelete={() => void remove(open, snapshot)}
            />
          ))}
        </ul>
      ) : null}
      {open && saved.length === 0 ? <p className="text-sm text-muted">None saved yet.</p> : null}
      {dialog}
    </section>
  );
}

function Rescue({ outcome, onDone }: { outcome: Outcome & { type: 'failed' }; onDone: () => void }) {
  const { rescue } = outcome;
  if (!rescue) return null;
  const download = () => {
    downloadSnapshot(rescue.name, rescue.bytes);
    onDone();
  };
  return <Button onClick={download}>Download it as a file</Button>;
}

/** Files larger than any snapshot of this machine are not read at all. */
const fileLimitBytes = 512 * 1024 * 1024;

async function readFile(file: File): Promise<Uint8Array> {
  if (file.size > fileLimitBytes) {
    throw new HullError(
      'file-too-large',
      `“${file.name}” is larger than any snapshot of this machine.`,
      'Choose a file that was downloaded from this page.',
    );
  }
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (cause) {
    throw new HullError(
      'file-unreadable',
      `“${file.name}” could not be read.`,
      'Check the file and choose it again.',
      {
        cause,
      },
    );
  }
}

function downloadSnapshot(name: string, bytes: Uint8Array): void {
  const plain = name.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '') || 'machine';
  downloadFile(`twinhull-${plain}.snapshot`, bytes as Uint8Array<ArrayBuffer>, 'application/octet-stream');
}

/** "Snapshot 3": one more than the highest there is. */
function nextName(saved: readonly SavedSnapshot[]): string {
  const numbers = saved.map(({ name }) => Number(/^Snapshot (\d+)$/.exec(name)?.[1] ?? 0));
  return `Snapshot ${Math.max(0, ...numbers) + 1}`;
}

/** Asks the browser to keep the site's storage when the disk runs full, and says what it answered. */
async function keepingText(): Promise<string> {
  const isKept = await navigator.storage.persist().catch(() => false);
  return isKept ? '' : 'The browser may clear it when the disk runs full; a downloaded file stays.';
}
