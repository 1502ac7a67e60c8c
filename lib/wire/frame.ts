/**
 * What passes between a network card, the wire and the gateway. Types only; docs/adr/0090 says why they are as they are.
 *
 * The protocol is the same in both directions and of every port: a card may be joined to a switch, to the gateway or,
 * by a crossover cable, to another card. `FramePort` (frame-port.ts) speaks it over a MessagePort, so that nobody else
 * has to. Who is in the same thread as the switch plugs a function in instead (`FrameSink`).
 */

/**
 * One Ethernet frame without FCS, behind a `virtio_net_hdr_v1` of 12 bytes (frame-header.ts): what a virtio card has in
 * its queue, so that nothing is copied. With an all-zero header it is an ordinary, complete frame. Otherwise the header says what
 * is left to do: a checksum to fill in (`NEEDS_CSUM`), or a superframe of up to 64 KiB to cut into segments of `gso_size`.
 *
 * The frame is the only user of its buffer, which is transferred with it. The view need not begin where the buffer does: room before it
 * saves a copy when a VLAN tag is pushed. Who hands a frame on gives it up; who gets it may change it in place.
 */
export type Frame = Uint8Array<ArrayBuffer>;

/** Takes frames one by one, in the same thread. The frame is the sink's from then on. Must not throw. */
export type FrameSink = (frame: Frame) => void;

/** What an end is able to finish itself, VIRTIO_NET_F_GUEST_*. What the other end cannot do, the sender does. */
export interface Offloads {
  /** Takes frames whose TCP or UDP checksum is not filled in (`NEEDS_CSUM`). All others want this one. */
  checksum: boolean;
  /** Takes TCP superframes over IPv4, over IPv6, UDP superframes of equal datagrams (`GSO_UDP_L4`). */
  tcp4: boolean;
  tcp6: boolean;
  udp: boolean;
  /** Takes TCP superframes over IPv4 whose packets are in VXLAN over IPv4 (`gsoVxlan`), without tags before that. */
  vxlan: boolean;
}

/** Said by either end of a port at any time. What a reader does not know is an error of the writer: it is ignored, and counted. */
export type PortMessage =
  /** In the order in which they were sent. As many as there were at the time: a message a frame is too slow. */
  | { type: 'frames'; frames: Frame[] }
  /**
   * The reader has taken so many more frames, of so many bytes with their headers, off its queue. An end has no more than
   * `portWindow` (frame-port.ts) of both on the way; a card then leaves frames with its guest, a switch queues, then drops.
   */
  | { type: 'taken'; frames: number; bytes: number }
  /** From now on this end takes these. Before it has said so, it takes nothing but complete frames. */
  | { type: 'accepts'; offloads: Offloads }
  /** Carrier: whether the cable goes anywhere. Up until told otherwise. A card shows it to its guest (VIRTIO_NET_S_LINK_UP). */
  | { type: 'link'; up: boolean };
