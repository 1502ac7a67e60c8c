import type { Packet } from '../wire/capture/capture';
import { dissect } from './dissect';
import { factsOf, type PacketFacts } from './packet-facts';

/** A packet with what it can be recognised by elsewhere. */
export interface Recognised {
  packet: Packet;
  facts: PacketFacts;
  /** Equal for the same packet at another point: nothing that NAT, routers, tags or tunnels change. */
  identity: string;
}

/** Of the payload, in bytes; captures keep at least so much. */
const comparedBytes = 64;

/** @returns undefined for what has nothing to be recognised by */
export function recognise(packet: Packet): Recognised | undefined {
  const facts = factsOf(dissect(packet).layers);
  const identity = identityOf(facts, packet.bytes);
  return identity === undefined ? undefined : { packet, facts, identity };
}

/**
 * NAT writes new addresses, ports and identifiers of echoes, routers another TTL and other hardware addresses, tunnels and tags
 * stand before the frame. The identification, what TCP counts, and the payload stay as they were.
 */
function identityOf({ arp, ip, transport }: PacketFacts, bytes: Uint8Array): string | undefined {
  if (arp) return ['arp', arp.opcode, arp.sender, arp.target].join(' ');
  if (!ip) return undefined;
  if (!transport) return ['ip', ip.protocol, ip.id].join(' ');
  const { at, length } = transport.payload;
  const payload = beginning(bytes, at, length);
  switch (transport.type) {
    case 'tcp': {
      const { sequence, acknowledgment, flags } = transport;
      return ['tcp', ip.id, sequence, acknowledgment, flags, length, payload].join(' ');
    }
    case 'udp':
      return ['udp', ip.id, length, payload].join(' ');
    case 'icmp':
      return ['icmp', ip.id, transport.kind, transport.code, transport.sequence ?? '', payload].join(' ');
  }
}

function beginning(bytes: Uint8Array, at: number, length: number): string {
  let text = '';
  for (const byte of bytes.subarray(at, at + Math.min(length, comparedBytes)))
    text += String.fromCharCode(byte);
  return text;
}

/**
 * Whether one is a part of the other: a superframe is cut into segments on its way, each with a header of its own and its share of the
 * bytes. Compared by where in the stream they are and by the bytes there.
 */
export function isPartOf(part: Recognised, whole: Recognised): boolean {
  const [one, other] = [part.facts.transport, whole.facts.transport];
  if (one?.type !== 'tcp' || other?.type !== 'tcp') return false;
  if (one.acknowledgment !== other.acknowledgment || one.payload.length === 0) return false;
  const offset = (one.sequence - other.sequence) | 0;
  if (offset < 0 || offset + one.payload.length > other.payload.length) return false;
  if (one.payload.length === other.payload.length) return false;
  return (
    beginning(part.packet.bytes, one.payload.at, one.payload.length) ===
    beginning(whole.packet.bytes, other.payload.at + offset, one.payload.length)
  );
}
