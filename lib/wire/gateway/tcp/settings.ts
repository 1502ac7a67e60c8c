/** What a connection may use and how long it waits. Times in milliseconds, sizes in bytes. */
export interface TcpSettings {
  /** Our own maximum segment size: an Ethernet packet of 1500 without the two headers. */
  maximumSegmentSize: number;
  /** Whether segments may leave as superframes, to be cut where a cable needs it. */
  superframes: boolean;
  /** `write` waits while more than this is not yet acknowledged. */
  sendBufferBytes: number;
  /** What is held for a reader, in order or not. Also the largest window that is announced. */
  receiveBufferBytes: number;
  /** All connections of an endpoint, those that wait for their last segments to die included. */
  maxConnections: number;
  /** Connections whose handshake is not finished. A further one takes the place of the oldest. */
  maxHalfOpen: number;
  /** RFC 6298 asks for a second; Linux has taken a fifth for decades, and on a virtual wire even that is long. */
  minRetransmissionMs: number;
  maxRetransmissionMs: number;
  /** Without any acknowledgment for so long, the peer counts as gone. RFC 9293 (3.8.3): at least 100 s. */
  giveUpMs: number;
  /** The same for a connection that is not yet established. */
  connectGiveUpMs: number;
  /** A peer that answers, but has not opened its window for so long, is given up. */
  stallMs: number;
  /** Silence after which a peer is asked whether it is still there, and between two such questions. */
  keepAliveMs: number;
  keepAliveProbes: number;
  delayedAckMs: number;
  /** Twice the maximum segment lifetime. */
  timeWaitMs: number;
}

export const defaultTcpSettings: TcpSettings = {
  maximumSegmentSize: 1460,
  superframes: true,
  sendBufferBytes: 1024 * 1024,
  receiveBufferBytes: 1024 * 1024,
  maxConnections: 512,
  maxHalfOpen: 128,
  minRetransmissionMs: 200,
  maxRetransmissionMs: 60_000,
  giveUpMs: 120_000,
  connectGiveUpMs: 30_000,
  stallMs: 300_000,
  keepAliveMs: 75_000,
  keepAliveProbes: 5,
  delayedAckMs: 40,
  timeWaitMs: 60_000,
};
