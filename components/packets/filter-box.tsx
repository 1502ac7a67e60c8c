'use client';

import { useId, useRef } from 'react';
import type { ParsedFilter } from '@/lib/packets/filter';
import { filterFields, filterProtocols } from '@/lib/packets/filter-fields';

/** The filter, what is wrong with it and where, and the words that it knows. */
export function FilterBox({
  text,
  parsed,
  onChange,
}: {
  text: string;
  parsed: ParsedFilter;
  onChange: (text: string) => void;
}) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const fault = parsed.type === 'fault' ? parsed.fault : undefined;
  const showPlace = () => {
    if (!fault) return;
    input.current?.focus();
    input.current?.setSelectionRange(fault.at, fault.at + fault.length);
  };
  return (
    <div>
      <label htmlFor={id} className="text-sm font-medium">
        Filter
      </label>
      <input
        ref={input}
        id={id}
        value={text}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
        placeholder="tcp.port == 80 and ip.addr == 192.168.7.10"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        aria-invalid={fault !== undefined}
        aria-describedby={`${id}-fault`}
        className="mt-1 block min-h-9 w-full rounded-md border border-line bg-surface px-2.5 font-mono text-sm aria-invalid:border-bad"
      />
      <p id={`${id}-fault`} role="status" className="min-h-6 pt-1 text-sm text-bad">
        {fault ? (
          <>
            {fault.message}{' '}
            {fault.length > 0 ? (
              <button type="button" onClick={showPlace} className="underline">
                Show where
              </button>
            ) : null}
          </>
        ) : null}
      </p>
      <details className="text-sm">
        <summary className="cursor-pointer text-muted">What a filter can say</summary>
        <p className="mt-2 max-w-prose">
          A protocol (<code>dns</code>), a field (<code>http.host</code>) or a comparison of one (
          <code>==</code> <code>!=</code> <code>&lt;</code> <code>&lt;=</code> <code>&gt;</code>{' '}
          <code>&gt;=</code> <code>contains</code>), joined by <code>and</code>, <code>or</code>,{' '}
          <code>not</code> and brackets, as in Wireshark. An address may be a network:{' '}
          <code>ip.addr == 192.168.7.0/24</code>.
        </p>
        <p className="mt-2 text-muted">Protocols: {[...filterProtocols].join(', ')}</p>
        <dl
          className="mt-2 grid max-h-64 gap-x-6 overflow-y-auto sm:grid-cols-2"
          tabIndex={0}
          aria-label="Fields"
        >
          {[...filterFields].map(([name, { says }]) => (
            <div key={name} className="flex flex-wrap gap-x-2">
              <dt className="font-mono text-[0.8125rem]">{name}</dt>
              <dd className="text-muted">{says}</dd>
            </div>
          ))}
        </dl>
      </details>
    </div>
  );
}
