import { parseAddress } from '../wire/formats/addresses';
import { dnsTypes } from '../wire/formats/dns';
import { type EthernetHeader, etherTypes, writeEthernet } from '../wire/formats/ethernet';
import { writeIcmp } from '../wire/formats/icmp';
import { type Ipv4Fields, protocols, writeIpv4 } from '../wire/formats/ipv4';
import { type TcpHeader, tcpFlags, writeTcp } from '../wire/formats/tcp';
import { writeUdp } from '../wire/formats/udp';
import { vxlanPort, writeVxlan } from '../wire/formats/vxlan';

/** Packets for tests: from 10.0.0.10 to 10.0.0.1 unless said otherwise. */
export interface ExampleEnds {
  source?: string;
  destination?: string;
  ip?: Partial<Ipv4Fields>;
  eth?: Partial<EthernetHeader>;
}

export const address = (text: string) => parseAddress(text) ?? 0;
export const ascii = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** A question for web.twinhull. */
export const query = {
  id: 0x1234,
  response: false,
  opcode: 0,
  authoritative: false,
  truncated: false,
  recursionDesired: true,
  recursionAvailable: false,
  code: 0,
  questions: [{ name: 'web.twinhull', type: dnsTypes.a, class: 1 }],
  answers: [],
  authorities: [],
  additionals: [],
};

const pair = ({ source = '10.0.0.10', destination = '10.0.0.1' }: ExampleEnds) => ({
  source: address(source),
  destination: address(destination),
});

function ipFrame(ends: ExampleEnds, protocol: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const packet = writeIpv4({ protocol, identification: 7, ...pair(ends), ...ends.ip }, payload);
  const header = { destination: 1, source: 2, tags: [], etherType: etherTypes.ipv4, ...ends.eth };
  return writeEthernet(header, packet);
}

export function udpFrame(
  ports: readonly [source: number, destination: number],
  payload: Uint8Array,
  ends: ExampleEnds = {},
): Uint8Array<ArrayBuffer> {
  const datagram = writeUdp({ sourcePort: ports[0], destinationPort: ports[1] }, payload, pair(ends));
  return ipFrame(ends, protocols.udp, datagram);
}

export function tcpFrame(
  fields: Partial<Omit<TcpHeader, 'checksum'>>,
  payload: Uint8Array = new Uint8Array(0),
  ends: ExampleEnds = {},
): Uint8Array<ArrayBuffer> {
  const header = {
    sourcePort: 40_000,
    destinationPort: 80,
    sequenceNumber: 1000,
    acknowledgmentNumber: 500,
    flags: tcpFlags.ack,
    window: 64_000,
    urgentPointer: 0,
    options: {},
    ...fields,
  };
  return ipFrame(ends, protocols.tcp, writeTcp(header, payload, pair(ends)));
}

export function pingFrame(sequence: number, ends: ExampleEnds = {}, identifier = 9): Uint8Array<ArrayBuffer> {
  const message = writeIcmp(
    { type: 8, code: 0, restOfHeader: identifier * 0x1_0000 + sequence },
    new Uint8Array(56),
  );
  return ipFrame(ends, protocols.icmp, message);
}

export function inVxlan(vni: number, frame: Uint8Array, ends: ExampleEnds = {}): Uint8Array<ArrayBuffer> {
  return udpFrame([50_000, vxlanPort], writeVxlan({ vni }, frame), ends);
}
