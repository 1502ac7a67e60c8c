import { type Mac, broadcastMac } from './formats/addresses';
import { etherTypes, writeEthernet } from './formats/ethernet';
import type { Frame } from './frame';
import { frameOf } from './frame-header';

/** The n-th machine's address in tests and benchmarks. */
export const exampleMac = (n: number): Mac => 0x02_00_00_00_00_00 + n;

export interface ExampleFrame {
  from: number;
  /** Absent: broadcast. */
  to?: number;
  /** Absent: no tag. */
  vlan?: number;
  /** Of the Ethernet frame with its tag; the payload is zero but for `mark`. */
  bytes?: number;
  /** Stands in the first payload byte, to tell frames apart. */
  mark?: number;
}

/** A frame with a type that nothing answers to (IEEE 802, local experimental). For tests and benchmarks. */
export function exampleFrame({ from, to, vlan, bytes = 60, mark = 0 }: ExampleFrame): Frame {
  const tags = vlan === undefined ? [] : [{ tpid: etherTypes.vlan, pcp: 0, dei: false, vid: vlan }];
  const payload = new Uint8Array(bytes - 14 - 4 * tags.length);
  payload[0] = mark;
  const destination = to === undefined ? broadcastMac : exampleMac(to);
  return frameOf(writeEthernet({ destination, source: exampleMac(from), tags, etherType: 0x88b5 }, payload));
}
