'use client';

import { useState } from 'react';
import type { SavedSnapshot } from '@/lib/snapshots/saved-snapshot';
import { Button } from '../ui/button';
import { formatBytes } from '../ui/format';

const dates = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

export function SavedRow({
  saved,
  isBusy,
  onRestore,
  onRename,
  onDownload,
  onDelete,
}: {
  saved: SavedSnapshot;
  isBusy: boolean;
  onRestore: () => void;
  onRename: (name: string) => void;
  onDownload: () => void;
  onDelete: () => void;
}) {
  const [isRenaming, setIsRenaming] = useState(false);
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line py-2">
      <div className="min-w-40 flex-1">
        {isRenaming ? (
          <NameForm
            name={saved.name}
            onDone={(name) => {
              setIsRenaming(false);
              if (name !== undefined && name !== saved.name) onRename(name);
            }}
          />
        ) : (
          <p className="font-medium break-words">{saved.name}</p>
        )}
        <p className="text-sm text-muted tabular-nums">
          <time dateTime={new Date(saved.savedAt).toISOString()}>{dates.format(saved.savedAt)}</time>
          {' · '}
          {formatBytes(saved.bytes)}
        </p>
      </div>
      <div role="group" aria-label={saved.name} className="-mr-3 flex flex-wrap">
        <Button className="mr-1" onClick={onRestore} disabled={isBusy}>
          Restore
        </Button>
        <Button look="quiet" onClick={() => setIsRenaming(true)}>
          Rename
        </Button>
        <Button look="quiet" onClick={onDownload}>
          Download
        </Button>
        <Button look="quiet" onClick={onDelete}>
          Delete
        </Button>
      </div>
    </li>
  );
}

/** `onDone` gets nothing when the person changed their mind. */
function NameForm({ name, onDone }: { name: string; onDone: (name?: string) => void }) {
  return (
    <form
      className="flex gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        const given = new FormData(event.currentTarget).get('name');
        onDone(typeof given === 'string' && given.trim() !== '' ? given.trim() : undefined);
      }}
    >
      <input
        name="name"
        aria-label="Name of the snapshot"
        defaultValue={name}
        maxLength={80}
        // The person has just asked to type here.
        ref={(input) => input?.select()}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onDone();
        }}
        className="min-h-9 w-full min-w-0 rounded-md border border-line bg-surface px-2 text-sm"
      />
      <Button type="submit">Save</Button>
    </form>
  );
}
