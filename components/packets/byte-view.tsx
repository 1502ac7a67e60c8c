'use client';

import { useEffect, useRef, useState } from 'react';
import { Button } from '../ui/button';
import type { ByteRange } from './layer-tree';
import { printable } from './packet-text';

/** In a row: as many as there is room for, of these two. */
const wideRow = 16;
const narrowRow = 8;
const narrowBelow = 500;
/** What is shown of a superframe at a time. */
const windowBytes = 1536;

/** Bytes in rows, with the selected ones marked. */
export function ByteView({ bytes, range }: { bytes: Uint8Array; range: ByteRange | undefined }) {
  const box = useRef<HTMLDivElement>(null);
  const wanted = range && range.length > 0 ? Math.floor(range.at / windowBytes) * windowBytes : 0;
  const [chosen, setChosen] = useState<{ of: ByteRange | undefined; first: number }>({ of: range, first: 0 });
  // Another selection shows itself; until then the reader turns the pages.
  const first = Math.min(chosen.of === range ? chosen.first : wanted, Math.max(0, bytes.length - 1));
  const end = Math.min(bytes.length, first + windowBytes);

  useEffect(() => {
    const mark = box.current?.querySelector('mark');
    const element = box.current;
    if (!mark || !element) return;
    const place = mark.offsetTop - element.offsetTop;
    if (place < element.scrollTop || place > element.scrollTop + element.clientHeight - 24)
      element.scrollTop = Math.max(0, place - 24);
  }, [range, first]);

  const [rowBytes, setRowBytes] = useState(wideRow);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() =>
      setRowBytes(element.clientWidth < narrowBelow ? narrowRow : wideRow),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const rows: number[] = [];
  for (let at = first - (first % rowBytes); at < end; at += rowBytes) rows.push(at);
  return (
    <div className="min-w-0">
      <div
        ref={box}
        role="region"
        aria-label="Bytes"
        tabIndex={0}
        className="relative max-h-96 overflow-auto rounded-md border border-line bg-surface p-2 font-mono text-xs leading-5 -outline-offset-2"
      >
        {rows.map((at) => (
          <div key={at} className="whitespace-pre">
            <span className="text-muted select-none">{at.toString(16).padStart(4, '0')} </span>
            <Marked
              at={at}
              end={Math.min(at + rowBytes, end)}
              range={range}
              of={(from, to) => hexOf(bytes, from, to)}
            />
            <span className="select-none">{'   '.repeat(at + rowBytes - Math.min(at + rowBytes, end))} </span>
            <Marked
              at={at}
              end={Math.min(at + rowBytes, end)}
              range={range}
              of={(from, to) => printable(bytes.subarray(from, to), false)}
            />
          </div>
        ))}
        {bytes.length === 0 ? <span className="text-muted">Nothing was kept.</span> : null}
      </div>
      {bytes.length > windowBytes ? (
        <div className="mt-1 flex flex-wrap items-center gap-2 text-sm text-muted">
          <span>
            Bytes {first} to {end - 1} of {bytes.length}
          </span>
          <Button
            look="quiet"
            disabled={first === 0}
            onClick={() => setChosen({ of: range, first: Math.max(0, first - windowBytes) })}
          >
            Before
          </Button>
          <Button
            look="quiet"
            disabled={end === bytes.length}
            onClick={() => setChosen({ of: range, first: first + windowBytes })}
          >
            After
          </Button>
        </div>
      ) : null}
    </div>
  );
}

/** A row's text in up to three parts, the selected one marked. */
function Marked({
  at,
  end,
  range,
  of,
}: {
  at: number;
  end: number;
  range: ByteRange | undefined;
  of: (from: number, to: number) => string;
}) {
  const clamp = (place: number) => Math.max(at, Math.min(end, place));
  const from = range && range.length > 0 ? clamp(range.at) : end;
  const to = range && range.length > 0 ? clamp(range.at + range.length) : end;
  return (
    <>
      {of(at, from)}
      {to > from ? <mark className="bg-ink text-paper">{of(from, to)}</mark> : null}
      {of(to, end)}
    </>
  );
}

function hexOf(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (const byte of bytes.subarray(from, to)) text += `${byte.toString(16).padStart(2, '0')} `;
  return text;
}
