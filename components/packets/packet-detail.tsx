'use client';

import { useMemo, useState } from 'react';
import type { CapturePoint } from '@/lib/packets/capture-point';
import { dissect } from '@/lib/packets/dissect';
import type { Protocol } from '@/lib/packets/layer';
import { type PathStep, pathOf } from '@/lib/packets/packet-path';
import { followTcp, type TcpStream } from '@/lib/packets/tcp-stream';
import type { Packet } from '@/lib/wire/capture/capture';
import { Button } from '../ui/button';
import { ByteView } from './byte-view';
import { type ByteRange, LayerTree } from './layer-tree';
import { PathPanel } from './path-panel';
import { StreamPanel } from './stream-panel';

/** Shown of a packet at first: what those who learn look for. */
const openAtFirst: readonly Protocol[] = ['arp', 'icmp', 'dns', 'dhcp', 'ntp', 'http', 'vxlan', 'vlan'];

type Extra =
  { type: 'none' } | { type: 'path'; steps: readonly PathStep[] } | { type: 'stream'; stream: TcpStream };

/** One packet: its layers, its bytes, and what it belongs to. */
export function PacketDetail({
  packet,
  packets,
  points,
  firstNs,
  onSelect,
}: {
  packet: Packet;
  /** All that were seen, in order of time. */
  packets: readonly Packet[];
  points: readonly CapturePoint[];
  firstNs: bigint;
  onSelect: (packet: Packet) => void;
}) {
  const [open, setOpen] = useState<ReadonlySet<Protocol>>(new Set(openAtFirst));
  const [selection, setSelection] = useState<{ of: Packet; id: string; range: ByteRange }>();
  const [extra, setExtra] = useState<Extra>({ type: 'none' });
  const seenAt = points[packet.point]?.name ?? '';
  const { layers } = useMemo(() => dissect({ ...packet, seenAt }), [packet, seenAt]);
  const current = selection?.of === packet ? selection : undefined;
  const hasTcp = layers.some(({ protocol }) => protocol === 'tcp');

  const onOpen = (protocol: Protocol, isOpen: boolean) => {
    const next = new Set(open);
    if (isOpen) next.add(protocol);
    else next.delete(protocol);
    setOpen(next);
  };
  const showPath = () => setExtra({ type: 'path', steps: pathOf(packets, points, packet) });
  const showStream = () => {
    const stream = followTcp(packets, packet);
    if (stream) setExtra({ type: 'stream', stream });
  };

  return (
    <section aria-label="The selected packet" className="space-y-3">
      <div className="flex flex-wrap gap-2">
        <Button onClick={showPath}>Path of this packet</Button>
        {hasTcp ? <Button onClick={showStream}>Follow its TCP stream</Button> : null}
        {extra.type === 'none' ? null : (
          <Button look="quiet" onClick={() => setExtra({ type: 'none' })}>
            {extra.type === 'path' ? 'Close the path' : 'Close the stream'}
          </Button>
        )}
      </div>
      <p role="status" className="sr-only">
        {extraText(extra)}
      </p>
      {extra.type === 'path' ? <PathPanel steps={extra.steps} selected={packet} onSelect={onSelect} /> : null}
      {extra.type === 'stream' ? <StreamPanel stream={extra.stream} firstNs={firstNs} /> : null}
      <div className="grid gap-3 lg:grid-cols-2">
        <LayerTree
          layers={layers}
          open={open}
          selected={current?.id}
          onOpen={onOpen}
          onSelect={(id, range) => setSelection({ of: packet, id, range })}
        />
        <ByteView bytes={packet.bytes} range={current?.range} />
      </div>
    </section>
  );
}

/** What a screen reader says when it is there. */
function extraText(extra: Extra): string {
  switch (extra.type) {
    case 'none':
      return '';
    case 'path':
      return `The path is shown: ${extra.steps.length} points.`;
    case 'stream':
      return `The stream between ${extra.stream.client} and ${extra.stream.server} is shown.`;
  }
}
