'use client';

import { useEffect, useState } from 'react';
import type { TerminalSession } from './terminal-session';

/** At most this often is the text read anew: a screen reader restarts at every change. */
const refreshMs = 250;

/** The terminal's buffer as text that can be selected, searched and read line by line. */
export function PlainText({ label, session }: { label: string; session: TerminalSession }) {
  const [shown, setShown] = useState(() => textOf(session));

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const subscription = session.onChange(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        setShown(textOf(session));
      }, refreshMs);
    });
    return () => {
      subscription.dispose();
      clearTimeout(timer);
    };
  }, [session]);

  return (
    <pre
      role="region"
      aria-label={`${label} as text`}
      tabIndex={0}
      className="absolute inset-0 overflow-auto rounded-md p-2 font-mono text-[13px]/[1.4] break-all whitespace-pre-wrap"
    >
      {shown}
    </pre>
  );
}

function textOf(session: TerminalSession): string {
  return session
    .readLines()
    .map((line) => line.text)
    .join('\n');
}
