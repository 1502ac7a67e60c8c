import type { PointPlace } from '@/lib/packets/capture-point';
import type { Change } from '@/lib/packets/packet-changes';
import type { Packet } from '@/lib/wire/capture/capture';

/** Seconds since the first packet, to the microsecond: "0.012345". */
export function sinceText(ns: bigint): string {
  const us = ns / 1000n;
  const sign = us < 0n ? '−' : '';
  const digits = String(us < 0n ? -us : us).padStart(7, '0');
  return `${sign}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

/** "+35 µs", "+1.2 ms", "−0.4 ms" */
export function afterText(ns: bigint): string {
  const us = Number(ns) / 1000;
  const sign = us < 0 ? '−' : '+';
  const size = Math.abs(us);
  return size < 1000
    ? `${sign}${size.toFixed(0)} µs`
    : `${sign}${(size / 1000).toFixed(size < 10_000 ? 2 : 1)} ms`;
}

/** How a packet passed a point. */
export function directionText(place: PointPlace, direction: Packet['direction']): string {
  if (place.type === 'port') return direction === 'in' ? 'into the switch' : 'out of the switch';
  return direction === 'in' ? 'received' : 'sent';
}

export function changeText({ what, from, to }: Change): string {
  if (from === '') return what === 'tunnel' ? `wrapped in ${to}` : `${what} ${to} added`;
  if (to === '') return what === 'tunnel' ? `taken out of ${from}` : `${what} ${from} removed`;
  return `${what} ${from} → ${to}`;
}

/** What a reader can read: bytes that are no visible ASCII are dots, line ends stay. */
export function printable(bytes: Uint8Array, lineEnds: boolean): string {
  let text = '';
  for (const byte of bytes) {
    const isVisible = byte >= 0x20 && byte < 0x7f;
    text +=
      isVisible || (lineEnds && byte === 10) ? String.fromCharCode(byte) : lineEnds && byte === 13 ? '' : '.';
  }
  return text;
}
