'use client';

import { type ReactNode, type Ref, useId } from 'react';
import type { Listing } from '@/lib/engine/live-list';
import { FailureNotice } from '../machine/failure-notice';
import { Button } from '../ui/button';
import type { Deeds } from './use-deeds';

/** One kind of object, each in a row, or what to type to have one. */
export function ObjectSection<T>({
  title,
  listing,
  keyOf,
  empty,
  deeds,
  headingRef,
  children,
}: {
  title: string;
  listing: Listing<T>;
  keyOf: (item: T) => string;
  empty: ReactNode;
  deeds: Deeds;
  /** Takes the focus of what has been removed. */
  headingRef: Ref<HTMLHeadingElement>;
  children: (item: T) => ReactNode;
}) {
  const headingId = useId();
  const items = listing.type === 'listed' ? listing.items : [];
  return (
    <section aria-labelledby={headingId}>
      <div className="mb-1 flex flex-wrap items-baseline gap-x-4">
        <h2 ref={headingRef} id={headingId} tabIndex={-1} className="font-semibold">
          {title}
        </h2>
        <p role="status" className="text-sm text-muted">
          {deeds.doing?.text ?? deeds.done}
        </p>
      </div>
      {listing.type === 'failed' ? <FailureNotice failure={listing.cause} /> : null}
      {deeds.failure === undefined ? null : (
        <FailureNotice failure={deeds.failure}>
          <Button look="quiet" onClick={deeds.forgetFailure}>
            Dismiss
          </Button>
        </FailureNotice>
      )}
      {items.length > 0 ? (
        <ul aria-labelledby={headingId} className="border-t border-line">
          {items.map((item) => (
            <li key={keyOf(item)} className="border-b border-line py-2">
              {children(item)}
            </li>
          ))}
        </ul>
      ) : null}
      {listing.type === 'loading' ? <p className="text-sm text-muted">Asking the engine…</p> : null}
      {listing.type === 'listed' && items.length === 0 ? (
        <div className="text-sm text-muted">{empty}</div>
      ) : null}
    </section>
  );
}

/** A row: what it is, what is known of it, what can be done with it. */
export function ObjectRow({
  name,
  facts,
  children,
}: {
  name: ReactNode;
  /** Empty ones are left out. */
  facts: readonly string[];
  children?: ReactNode;
}) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <div className="min-w-0 flex-[1_1_14rem]">
        <p className="font-medium [overflow-wrap:anywhere]">{name}</p>
        {facts.map((fact) =>
          fact === '' ? null : (
            <p key={fact} className="text-sm [overflow-wrap:anywhere] text-muted">
              {fact}
            </p>
          ),
        )}
      </div>
      {children ? <div className="flex flex-wrap gap-2">{children}</div> : null}
    </div>
  );
}

/** What a person can type to have something here. */
export function Typed({ children }: { children: string }) {
  return (
    <code className="rounded bg-sunken px-1.5 py-0.5 font-mono text-[0.8125rem] [overflow-wrap:anywhere] text-ink">
      {children}
    </code>
  );
}
