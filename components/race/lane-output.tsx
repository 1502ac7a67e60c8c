'use client';

import { useEffect, useRef } from 'react';

/** The tail of a lane's console as plain text. Fixed height: nothing on the page moves while it fills. */
export function LaneOutput({ label, text }: { label: string; text: string }) {
  const box = useRef<HTMLPreElement>(null);
  useEffect(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text]);
  return (
    <pre
      ref={box}
      tabIndex={0}
      role="region"
      aria-label={label}
      className="h-40 overflow-auto rounded bg-sunken p-2 font-mono text-[0.7rem] leading-4 whitespace-pre-wrap text-muted"
    >
      {plainText(text)}
    </pre>
  );
}

/** Drops terminal control sequences (ECMA-48) and carriage returns. */
function plainText(text: string): string {
  return text.replace(/\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-_]|\r/g, '');
}
