'use client';

import '@xterm/xterm/css/xterm.css';
import './terminal-view.css';
import { type Ref, useEffect, useId, useImperativeHandle, useRef, useState } from 'react';
import { Emitter } from '@/lib/base/emitter';
import type { Disposable } from '@/lib/base/lifecycle';
import { Button } from '../ui/button';
import { Notice } from '../ui/notice';
import { PlainText } from './plain-text';
import { type TerminalGrid, type TerminalLine, TerminalSession } from './terminal-session';
import type { TerminalSource } from './terminal-source';
import { TouchKeys } from './touch-keys';

export interface TerminalHandle {
  /** At once, or when the terminal has loaded. */
  focus(): void;
  /** The whole buffer, wrapped rows joined; empty until the terminal has loaded. */
  readLines(): TerminalLine[];
  /** Marks rows of the buffer (`TerminalLine.row` and the following); replaces earlier marks. */
  markRows(rows: readonly number[]): void;
  /** After output has reached the buffer. */
  onChange(listener: () => void): Disposable;
}

export interface TerminalViewProps {
  source: TerminalSource;
  /** What screen readers call it: "Console", "Shell 2". */
  label: string;
  readOnly?: boolean;
  /** A screen of so many characters, as large as fits; must not change between renders. Without it the terminal fills its place. */
  grid?: TerminalGrid;
  /** Takes what is typed in place of `source.write`, for example to send it to several sources. */
  onInput?: (bytes: Uint8Array) => void;
  /** A person has typed or pasted something; must not change between renders. */
  onTyped?: () => void;
  /** Must give the terminal a height. */
  className?: string;
  ref?: Ref<TerminalHandle>;
}

type Loading = { type: 'loading' } | { type: 'open'; session: TerminalSession } | { type: 'failed' };

const nothing = () => undefined;

/** A terminal of the page. A new `source` makes a new terminal; hiding the element keeps it. */
export function TerminalView({
  source,
  label,
  readOnly = false,
  grid,
  onInput,
  onTyped = nothing,
  className = 'h-96',
  ref,
}: TerminalViewProps) {
  const host = useRef<HTMLDivElement>(null);
  const input = useRef(onInput);
  const live = useRef<TerminalSession>(undefined);
  const wantsFocus = useRef(false);
  const [loading, setLoading] = useState<Loading>({ type: 'loading' });
  const [attempt, setAttempt] = useState(0);
  const [changes] = useState(() => new Emitter<void>());
  const [showsText, setShowsText] = useState(false);
  const [readsAloud, setReadsAloud] = useState(false);
  const afterId = useId();
  const session = loading.type === 'open' ? loading.session : undefined;

  useEffect(() => {
    input.current = onInput;
  }, [onInput]);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const abort = new AbortController();
    const write = (bytes: Uint8Array) => (input.current ? input.current(bytes) : source.write(bytes));
    TerminalSession.open(
      element,
      { source, label, readOnly, grid, onInput: write, onTyped },
      abort.signal,
    ).then(
      (session) => {
        if (abort.signal.aborted) {
          session.dispose();
          return;
        }
        live.current = session;
        if (wantsFocus.current) session.focus();
        wantsFocus.current = false;
        session.onChange(() => changes.emit());
        setLoading({ type: 'open', session });
      },
      () => {
        if (!abort.signal.aborted) setLoading({ type: 'failed' });
      },
    );
    return () => {
      abort.abort();
      live.current?.dispose();
      live.current = undefined;
      setLoading({ type: 'loading' });
    };
  }, [source, label, readOnly, grid, onTyped, changes, attempt]);

  useEffect(() => {
    session?.setScreenReaderMode(readsAloud);
  }, [session, readsAloud]);

  useImperativeHandle(
    ref,
    () => ({
      focus: () => {
        if (live.current) live.current.focus();
        else wantsFocus.current = true;
      },
      readLines: () => live.current?.readLines() ?? [],
      markRows: (rows) => live.current?.markRows(rows),
      onChange: changes.on,
    }),
    [changes],
  );

  return (
    <div>
      <a
        href={`#${afterId}`}
        className="sr-only rounded bg-ink px-3 py-2 text-sm text-paper focus:not-sr-only focus:mb-1 focus:inline-block"
      >
        Skip past the terminal
      </a>
      <div className={`relative rounded-md border border-line bg-sunken ${className}`}>
        <div
          ref={host}
          className={`absolute inset-2 font-mono ${grid ? 'grid justify-center overflow-x-auto' : ''} ${showsText ? 'invisible' : ''}`}
        />
        {showsText && session ? <PlainText label={label} session={session} /> : null}
        {loading.type === 'loading' ? (
          <p role="status" className="absolute inset-0 p-3 text-sm text-muted">
            Opening the terminal…
          </p>
        ) : null}
        {loading.type === 'failed' ? (
          <div className="absolute inset-2">
            <Notice tone="failure" title="The terminal could not be loaded.">
              <p className="mb-2">What runs behind it goes on. Check the network and load it again.</p>
              <Button onClick={() => setAttempt(attempt + 1)}>Load it again</Button>
            </Notice>
          </div>
        ) : null}
      </div>
      {readOnly ? null : <TouchKeys onPress={(text) => live.current?.type(text)} />}
      <div id={afterId} tabIndex={-1} className="mt-1 flex flex-wrap items-center gap-x-4 text-xs text-muted">
        <Toggle pressed={showsText} onChange={setShowsText}>
          Plain text
        </Toggle>
        <Toggle pressed={readsAloud} onChange={setReadsAloud}>
          Screen reader
        </Toggle>
        <p className="ml-auto">
          {readOnly ? (
            'Read only.'
          ) : (
            <>
              <kbd className="font-mono">Shift+Tab</kbd> leaves the terminal.
            </>
          )}
        </p>
      </div>
    </div>
  );
}

function Toggle({
  pressed,
  onChange,
  children,
}: {
  pressed: boolean;
  onChange: (pressed: boolean) => void;
  children: string;
}) {
  return (
    <button
      type="button"
      aria-pressed={pressed}
      onClick={() => onChange(!pressed)}
      className="min-h-7 cursor-pointer underline-offset-4 hover:text-ink aria-pressed:text-ink aria-pressed:underline"
    >
      {children}
    </button>
  );
}
