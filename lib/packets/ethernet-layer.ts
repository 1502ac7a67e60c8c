import { formatAddress, formatMac } from '../wire/formats/addresses';
import { arpOperations, parseArp } from '../wire/formats/arp';
import {
  type EthernetHeader,
  ethernetHeaderBytes,
  parseEthernet,
  vlanTagBytes,
} from '../wire/formats/ethernet';
import type { FieldSpan } from '../wire/formats/field-reader';
import { type Layer, LayerBuilder } from './layer';
import { nameOf } from './names';

/** The frame's header and, each as a layer of its own, its tags. */
export function ethernetLayers(
  bytes: Uint8Array,
  base: number,
): { header: EthernetHeader; layers: Layer[]; payload: Uint8Array; payloadAt: number } {
  const spans: FieldSpan[] = [];
  const { header, payload, fault } = parseEthernet(bytes, spans);
  const [source, destination] = [formatMac(header.source), formatMac(header.destination)];
  const types = spans.filter(({ field }) => field === 'type');
  const first = header.tags[0]?.tpid ?? header.etherType;
  const layer = new LayerBuilder(base, spans)
    .field('destination', { key: 'eth.dst', raw: header.destination, value: destination })
    .field('source', { key: 'eth.src', raw: header.source, value: source })
    .field('type', { key: 'eth.type', raw: first, value: nameOf.etherType(first) })
    .finish(
      { protocol: 'eth', title: 'Ethernet', summary: `${source} → ${destination}` },
      Math.min(bytes.length, ethernetHeaderBytes),
      fault,
    );
  const tags = header.tags.map((tag, index) => {
    const inside = header.tags[index + 1]?.tpid ?? header.etherType;
    const at = base + ethernetHeaderBytes + vlanTagBytes * index;
    const builder = new LayerBuilder(at)
      .place('priority code point', { key: 'vlan.priority', raw: tag.pcp }, at, 2)
      .place('drop eligible', { value: tag.dei ? 'yes' : 'no' }, at, 2)
      .place('VLAN identifier', { key: 'vlan.id', raw: tag.vid }, at, 2);
    // The type is not there when the frame ends with the tag.
    if (types[index + 1])
      builder.place('type', { key: 'vlan.etype', raw: inside, value: nameOf.etherType(inside) }, at + 2, 2);
    return builder.finish(
      { protocol: 'vlan', title: 'IEEE 802.1Q tag', summary: `VLAN ${tag.vid}` },
      Math.min(vlanTagBytes, base + bytes.length - at),
    );
  });
  // A tag that was cut off has no bytes to be shown at.
  const layers = [layer, ...tags.filter(({ length }) => length >= 2)];
  return { header, layers, payload, payloadAt: base + bytes.length - payload.length };
}

export function arpLayer(bytes: Uint8Array, base: number): Layer {
  const spans: FieldSpan[] = [];
  const { header, payload, fault } = parseArp(bytes, spans);
  const sender = formatAddress(header.senderProtocolAddress);
  const target = formatAddress(header.targetProtocolAddress);
  const senderMac = formatMac(header.senderHardwareAddress);
  const targetMac = formatMac(header.targetHardwareAddress);
  const isRequest = header.operation === arpOperations.request;
  const operation = isRequest ? 'request' : header.operation === arpOperations.reply ? 'reply' : 'operation';
  const question = sender === target ? `${sender} is mine` : `who has ${target}? tell ${sender}`;
  return new LayerBuilder(base, spans)
    .field('opcode', {
      key: 'arp.opcode',
      raw: header.operation,
      value: `${operation} (${header.operation})`,
    })
    .field('sender hardware address', {
      key: 'arp.src.hw',
      raw: header.senderHardwareAddress,
      value: senderMac,
    })
    .field('sender protocol address', {
      key: 'arp.src.proto',
      raw: header.senderProtocolAddress,
      value: sender,
    })
    .field('target hardware address', {
      key: 'arp.dst.hw',
      raw: header.targetHardwareAddress,
      value: targetMac,
    })
    .field('target protocol address', {
      key: 'arp.dst.proto',
      raw: header.targetProtocolAddress,
      value: target,
    })
    .finish(
      {
        protocol: 'arp',
        title: 'Address Resolution Protocol',
        summary: isRequest ? question : `${sender} is at ${senderMac}`,
      },
      bytes.length - payload.length,
      fault,
    );
}
