'use client';

import { type SubmitEvent, useId, useState } from 'react';
import type { PreviewSession } from '@/lib/preview/preview-session';
import { Button } from '../ui/button';
import { useStore } from '../ui/use-store';

/** Back, forward, load again or stop, and where the visitor is. */
export function AddressBar({ session }: { session: PreviewSession }) {
  const address = useStore(session.address);
  const activity = useStore(session.activity);
  const trail = useStore(session.trail);
  const page = useStore(session.page);
  const isLoading = activity.type === 'loading';
  const isFresh = !page && activity.type === 'idle';
  return (
    <div role="group" aria-label="Navigation" className="flex flex-wrap items-center gap-2">
      <Button aria-label="Back" title="Back" disabled={!trail.canGoBack} onClick={() => session.back()}>
        ←
      </Button>
      <Button
        aria-label="Forward"
        title="Forward"
        disabled={!trail.canGoForward}
        onClick={() => session.forward()}
      >
        →
      </Button>
      <Button disabled={isFresh} onClick={() => (isLoading ? session.stop() : session.reload())}>
        {isLoading ? 'Stop' : 'Reload'}
      </Button>
      {/* Another address makes another field: what somebody is typing is lost only when the page moves on. */}
      <AddressField key={address.href} address={address.href} onOpen={(typed) => session.open(typed)} />
    </div>
  );
}

function AddressField({ address, onOpen }: { address: string; onOpen: (typed: string) => void }) {
  const id = useId();
  const [typed, setTyped] = useState(address);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onOpen(typed);
  };
  return (
    <form onSubmit={submit} className="flex min-w-0 flex-[1_1_14rem] gap-2">
      <label htmlFor={id} className="sr-only">
        Address
      </label>
      <input
        id={id}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        inputMode="url"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        className="min-h-9 w-full min-w-0 rounded-md border border-line bg-surface px-3 py-1.5 font-mono text-[0.8125rem]"
      />
      <Button type="submit">Open</Button>
    </form>
  );
}
