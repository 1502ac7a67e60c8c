'use client';

import type { StreamPart, TcpStream } from '@/lib/packets/tcp-stream';
import { formatBytes } from '../ui/format';
import { printable, sinceText } from './packet-text';

/** What is shown of a stream. All of it is in the download. */
const mostShownBytes = 64 * 1024;

interface Turn {
  from: StreamPart['from'];
  timeNs: bigint;
  text: string;
}

/** What both ends of a connection said, in turns. */
export function StreamPanel({ stream, firstNs }: { stream: TcpStream; firstNs: bigint }) {
  const { client, server, said, isCutShort } = stream;
  const { turns, isShort } = turnsOf(stream.parts);
  return (
    <div className="space-y-2 text-sm">
      <p>
        {client} said {formatBytes(said.client)}, {server} {formatBytes(said.server)}.
        {isShort || isCutShort ? ' Only the beginning is shown.' : ''}
      </p>
      {turns.length === 0 ? <p className="text-muted">No data was captured.</p> : null}
      <ol
        aria-label="Stream"
        tabIndex={0}
        className="max-h-96 space-y-2 overflow-y-auto rounded-md border border-line bg-surface p-2 -outline-offset-2"
      >
        {turns.map(({ from, timeNs, text }, at) => (
          <li key={at} className={from === 'client' ? 'pr-8' : 'pl-8'}>
            <p className="text-xs text-muted">
              {from === 'client' ? `${client} → ${server}` : `${server} → ${client}`},{' '}
              {sinceText(timeNs - firstNs)} s
            </p>
            <pre
              className={`overflow-x-auto border-ink/60 bg-sunken p-2 font-mono text-xs whitespace-pre-wrap [overflow-wrap:anywhere] ${from === 'client' ? 'border-l-2' : 'border-r-2'}`}
            >
              {text}
            </pre>
          </li>
        ))}
      </ol>
    </div>
  );
}

function turnsOf(parts: readonly StreamPart[]): { turns: Turn[]; isShort: boolean } {
  const turns: Turn[] = [];
  let shown = 0;
  for (const { from, timeNs, bytes, missing } of parts) {
    if (shown >= mostShownBytes) return { turns, isShort: true };
    const piece = bytes.subarray(0, mostShownBytes - shown);
    shown += piece.length;
    const text = missing > 0 ? `\n[${missing} bytes were not captured]\n` : printable(piece, true);
    const last = turns.at(-1);
    if (last?.from === from) last.text += text;
    else turns.push({ from, timeNs, text });
  }
  return { turns, isShort: false };
}
